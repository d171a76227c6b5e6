"""Recognises what a channel writes in place of a voice note, a photo or another file that was sent."""

from __future__ import annotations

import re
from typing import Any

from agents.brains.offline.data import HERE, load_data
from core.text import fold, tokens

_BRACKETED = re.compile(r"^\W*[\[<(].*[\])>]\W*$", re.DOTALL)
_PLACED = re.compile(r"^[^\n]*\(-?\d+\.\d+, -?\d+\.\d+\)\W*$")
"""Ends with where it is on Earth: a place that was shared, whatever it is called."""
_LONGEST = 8


class Placeholders:
    """The words and signs of ``placeholders.yaml``."""

    def __init__(self) -> None:
        data: Any = load_data("placeholders.yaml", HERE / "routing")
        self._filler = frozenset(str(word) for word in data.pop("filler"))
        self._phrases = tuple(str(phrase) for phrase in data.pop("phrases"))
        self._media: dict[str, tuple[tuple[str, ...], frozenset[str]]] = {
            str(media): (tuple(known["signs"]), frozenset(str(w) for w in known["words"]))
            for media, known in data.items()
        }

    def media(self, text: str) -> str | None:
        """The kind of file (a variant of the ``attachment`` reply) that ``text`` only stands for, else None."""
        if text.strip().startswith(self._media["location"][0]) and _PLACED.match(text.strip()):
            return "location"
        words = [word for token in tokens(text) for word in re.split(r"[.,'/-]", token.folded)]
        said = [word for word in words if not any(c.isdigit() for c in word)]
        if len(words) > _LONGEST:
            return None
        marked = bool(_BRACKETED.match(text)) or any(phrase in fold(text) for phrase in self._phrases)
        for media, (signs, names) in self._media.items():
            signed = any(sign in text for sign in signs)
            named = any(word in names for word in said)
            if (signed or (named and marked)) and all(word in names or word in self._filler for word in said):
                return media
        return None
