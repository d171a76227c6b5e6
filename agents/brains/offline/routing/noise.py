"""Recognises keys that were hit at random ("asdkjh qwe"), which ask nothing in any language."""

from __future__ import annotations

import re

from core.dictionary import load_dictionary
from core.text import tokens

_UNSPEAKABLE = re.compile(r"[bcdfghjklmnpqrstvwxyz]{4,}")
_LONGEST = 6


class Noise:
    """Knows the words that exist."""

    def __init__(self) -> None:
        self._words = load_dictionary()

    def is_noise(self, text: str) -> bool:
        """Has ``text`` no word that exists, and one that nobody could say? Codes and figures are never noise."""
        said = [token.folded for token in tokens(text)]
        if not 0 < len(said) <= _LONGEST or any(not word.isalpha() or word in self._words for word in said):
            return False
        return any(_UNSPEAKABLE.search(word) for word in said)
