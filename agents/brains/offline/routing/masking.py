"""Hides whose visit, machine or contract a message of the staff is about, so that any client's name reads alike."""

from __future__ import annotations

from functools import lru_cache

from agents.brains.offline.routing.features import Features
from agents.brains.protocol import Context
from core.text import tokens
from ingest.terms import function_words

_ANY_CLIENT = "Pérez"
_ANY_MODEL = "XP400"
"""A name and a model of the example utterances."""
_SHORTEST = 3
_REMEMBERED = 64


class NameMask:
    """Knows the names of the clients that the principal may read."""

    def __init__(self, features: Features) -> None:
        self._features = features
        self._telling = lru_cache(_REMEMBERED)(self._telling_words)

    def masked(self, text: str, context: Context) -> str:
        """``text`` with the names of clients, and of what documents are about, replaced by such as the examples use."""
        text = self.models_masked(text, context)
        names = context.values.get(("client", "name"), ())
        telling = self._telling(names) if names else frozenset()
        out, end, hidden = "", 0, False
        for token in tokens(text):
            gap = text[end : token.start]
            named = token.folded in telling
            if not (named and hidden and not gap.strip()):
                out += gap + (_ANY_CLIENT if named else token.text)
            end, hidden = token.end, named
        return out + text[end:]

    @staticmethod
    def models_masked(text: str, context: Context) -> str:
        """``text`` with a model in place of what only the documents know by name."""
        out, end = "", 0
        for mention in context.library.mentions(text):
            out, end = f"{out}{text[end : mention.start]}{_ANY_MODEL}", mention.end
        return out + text[end:]

    def _telling_words(self, names: tuple[str, ...]) -> frozenset[str]:
        words = {token.folded for name in names for token in tokens(name) if token.text[:1].isupper()}
        return frozenset(
            word
            for word in words - function_words()
            if len(word) >= _SHORTEST and word.isalpha() and not self._features.knows(word)
        )
