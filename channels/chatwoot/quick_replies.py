"""Buttons under a question: WhatsApp takes up to three of them, or a list of up to ten rows.

A tap comes back as a message with the title, so a title must mean the option to whoever reads the answer.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from agents.choosing import Choosing, load_choosing
from channels.chatwoot.liquid import without_liquid
from channels.chatwoot.splitting import size
from channels.chatwoot.wording import Wording
from graph.messages import Choices

MOST_BUTTONS = 3
MOST_ROWS = 10
BUTTON_TITLE = 20
ROW_TITLE = 24


def quick_replies(choices: Choices | None, language: str, wording: Wording) -> tuple[dict[str, Any], ...]:
    """Items of an ``input_select``; none when there is nothing to choose or too much."""
    if choices is None:
        return ()
    if choices.kind == "confirmation":
        return _items([wording.button("yes", language), wording.button("no", language)])
    options = choices.options
    if not 2 <= len(options) <= MOST_ROWS:
        return ()
    room = BUTTON_TITLE if len(options) <= MOST_BUTTONS else ROW_TITLE
    choosing = load_choosing()
    titles = [_title(at, options, room, choosing) for at in range(len(options))]
    if None in titles or len(set(titles)) < len(titles):
        titles = [wording.button("option", language, number=at + 1) for at in range(len(options))]
    return _items([str(title) for title in titles])


def _title(at: int, options: Sequence[str], room: int, choosing: Choosing) -> str | None:
    """As many words of the option as fit, when they pick it and no other."""
    plain = without_liquid(" ".join(options[at].replace("*", "").split()))
    kept = ""
    for word in plain.split(" "):
        longer = f"{kept} {word}".strip()
        if size(longer) > room:
            break
        kept = longer
    kept = kept.rstrip(" ·,;:-(")
    return kept if kept and choosing.choose(kept, options) == (at,) else None


def _items(titles: Sequence[str]) -> tuple[dict[str, Any], ...]:
    return tuple({"title": title, "value": title} for title in titles)
