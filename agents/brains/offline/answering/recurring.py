"""How often: is it asked for, and does a text say it ("cada mes", "una vez al año")?"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from agents.brains.offline.answering.measuring import words_of
from agents.brains.offline.drafting.matching import Phrases
from core.text import fold, tokens

_TEXTS_KEPT = 4000
_COLUMN = re.compile(r"\| ([^\W\d_]+): ")
_NEAR = 3
"""A turn stands within so many words of "cada" ("cada dos meses")."""


class Recurrence:
    """Reads ``asks.often``, ``frequency_words``, ``each``, ``turns`` and ``calendar`` of ``answering.yaml``.

    ``asked(words)``: do they ask how often? ``said(text)``: does it say how often?
    """

    def __init__(self, data: Mapping[str, Any]) -> None:
        self.asked = lru_cache(maxsize=_TEXTS_KEPT)(Phrases.of(data["asks"]["often"]).found)
        self._words = frozenset(data["frequency_words"])
        self._each, self._turns = frozenset(data["each"]), frozenset(data["turns"])
        self._calendar = frozenset(data["calendar"])
        self.said = lru_cache(maxsize=_TEXTS_KEPT)(self._said)

    def turn(self, word: str) -> bool:
        """Is ``word`` what comes round ("meses")?"""
        return word in self._turns

    def _said(self, text: str) -> bool:
        """Does ``text`` say how often?"""
        if not words_of(text).isdisjoint(self._words):
            return True
        if any(fold(name) in self._calendar for name in _COLUMN.findall(text)):
            return True
        said = [token.folded for token in tokens(text)]
        return any(
            word in self._each and not self._turns.isdisjoint(said[at + 1 : at + _NEAR]) for at, word in enumerate(said)
        )
