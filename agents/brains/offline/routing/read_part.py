"""A part of a message that was read: the ask it makes, the fragment it came from, and how parts go together."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from agents.brains.offline.routing.dependencies import Subject
from agents.brains.offline.routing.segments import Fragment
from agents.brains.protocol import BESIDES, Ask, Context, Intent
from core.text import tokens
from policy.decide import may_write
from policy.grants import Write

_SHORTEST_ORDER = 5
_ORDERS = ("sela", "selo", "selas", "selos", "mela", "melo")
"""How orders end that say to whom something goes ("pónsela a Iván")."""


@dataclass(frozen=True, slots=True)
class ReadPart:
    """An ask, the fragment it came from and the machine that must be looked up first."""

    ask: Ask
    fragment: Fragment
    subject: Subject | None = None


def together(first: ReadPart, second: ReadPart) -> str:
    """The words of two parts as one request."""
    joint = f" {second.fragment.link} " if second.fragment.link and second.fragment.link != "," else ", "
    joint = " " if first.ask.text.endswith((".", "?", "!", ",", ":", ";")) else joint
    return f"{first.ask.text}{joint}{second.ask.text}"


def as_asked_before(before: ReadPart | None, part: ReadPart, *, talks: bool) -> ReadPart:
    """ "… y que vaya Nuria" goes on ordering what was ordered before, whatever it seems to want by itself.

    ``talks``: it asks to be talked to ("… y que me llamen"), which is for a person.
    """
    ordered = before is not None and before.ask.intent is Intent.TICKET
    first = next((token.folded for token in tokens(part.ask.text)), "")
    vague = part.ask.intent in {Intent.OUT_OF_SCOPE, Intent.UNCLEAR, Intent.HUMAN} and not talks
    ordering = first == "que" or (len(first) >= _SHORTEST_ORDER and first.endswith(_ORDERS))
    if not (ordered and vague and ordering and "?" not in part.ask.text):
        return part
    return replace(part, ask=replace(part.ask, intent=Intent.TICKET, reason=""))


def with_fix(asks: tuple[Ask, ...], context: Context, meanwhile: Callable[[str], str | None]) -> tuple[Ask, ...]:
    """``asks``, and before a client's only request for a visit the question of what helps ``meanwhile``, if any."""
    requests = [ask for ask in asks if ask.intent is Intent.TICKET]
    asked = any(ask.intent is Intent.DOCUMENTS for ask in asks)
    mine = may_write(context.principal.role, Write.REQUEST_VISIT).allowed and context.pending is None
    if not mine or asked or len(requests) != 1 or any(ask.needs is not None for ask in asks):
        return asks
    question = meanwhile(requests[0].text)
    return asks if question is None else (Ask(question, Intent.DOCUMENTS, 0.8, reason=BESIDES), *asks)
