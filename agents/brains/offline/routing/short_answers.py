"""Recognises a plain yes or no, and nothing that only begins like one ("sí, pero el martes")."""

from __future__ import annotations

from typing import Any

from agents.brains.offline.data import HERE, load_data
from agents.brains.protocol import Intent
from core.text import fold, tokens

_LONGEST = 8
_SHORTEST_ORDER = 5
_SIGNS = ("👍", "👌", "✅", "👎", "❌")


class ShortAnswers:
    """The yes and no words of ``answers.yaml``."""

    def __init__(self) -> None:
        data: Any = load_data("answers.yaml", HERE / "routing")
        self._words = {i: frozenset(data[i.value]["decide"]) for i in (Intent.CONFIRM, Intent.REJECT)}
        self._phrases = {i: tuple(data[i.value]["phrases"]) for i in (Intent.CONFIRM, Intent.REJECT)}
        self._repeating = tuple(str(ending) for ending in data["repeating"])
        self._filler = frozenset(data["filler"])
        self._grateful, self._weak = frozenset(data["grateful"]), frozenset(data["weak"])

    def read(self, message: str) -> Intent | None:
        """CONFIRM, REJECT or THANKS when that is all the message says, else None. A no beats a yes."""
        if "?" in message:
            return None
        words = [token.folded for token in tokens(message)] + [sign for sign in _SIGNS if sign in message]
        if not words or len(words) > _LONGEST:
            return None
        joined = f" {' '.join(words)} "
        yes, no = (self._says(intent, words, joined) for intent in (Intent.CONFIRM, Intent.REJECT))
        known = self._filler | self._words[Intent.CONFIRM] | self._words[Intent.REJECT]
        spoken = {
            w for phrases in self._phrases.values() for p in phrases if f" {p} " in joined for w in fold(p).split()
        }
        unknown = [word for word in words if word not in known and word not in spoken]
        if not (yes or no) or any(not (yes and self._repeats(word)) for word in unknown):
            return None
        if not no and self._grateful & set(words) and not self._firm(words):
            return Intent.THANKS
        return Intent.REJECT if no else Intent.CONFIRM

    def _repeats(self, word: str) -> bool:
        """Is it an order about what was just proposed ("créala", "apúntalo")?"""
        return len(word) >= _SHORTEST_ORDER and word.endswith(self._repeating)

    def _firm(self, words: list[str]) -> bool:
        """Does it say yes with more than the "ok" of a "vale, gracias"?"""
        return any(w in self._words[Intent.CONFIRM] and w not in self._weak for w in words)

    def _says(self, intent: Intent, words: list[str], joined: str) -> bool:
        return any(w in self._words[intent] for w in words) or any(f" {p} " in joined for p in self._phrases[intent])
