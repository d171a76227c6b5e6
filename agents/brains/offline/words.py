"""Word knowledge shared by the parts of the offline brain: stems and words that say little."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache

import Stemmer

from agents.brains.offline.data import load_data
from core.text import fold, tokens

CODE = re.compile(r"^(?:[a-z]{1,2}-?\d{1,2}|[a-z]{1,2}\d{1,2}[a-z]?)$")
MODEL = re.compile(r"^(?=.*[a-z])(?=.*\d)[a-z0-9]{4,}$")
_STEM_CACHE = 20_000


class Lexicon:
    """Stems, and the words of each language that carry no content. Read once when the brain is built."""

    def __init__(self) -> None:
        data = load_data("lexicon.yaml")
        self.stopwords = frozenset(str(w) for words in data["stopwords"].values() for w in words)
        self.generic = frozenset(str(w) for words in data["generic"].values() for w in words)
        self._spanish = Stemmer.Stemmer("spanish")
        self._english = Stemmer.Stemmer("english")
        self.stem = lru_cache(maxsize=_STEM_CACHE)(self._stem)

    def _stem(self, word: str) -> str:
        """Stem of a folded Spanish word; codes and numbers are left alone."""
        if any(c.isdigit() for c in word):
            return word.replace("-", "")
        stem: str = fold(self._spanish.stemWord(word))
        return stem

    def stem_english(self, word: str) -> str:
        """Stem of a folded English word."""
        stem: str = self._english.stemWord(word)
        return stem

    def content(self, text: str) -> list[str]:
        """Folded words of ``text`` that carry content, in order."""
        empty = self.stopwords | self.generic
        return [t.folded for t in tokens(text) if t.folded not in empty and (len(t.folded) > 1 or t.folded.isdigit())]

    def stems(self, words: Iterable[str]) -> list[str]:
        """Stems of folded words."""
        return [self.stem(word) for word in words]


def is_code(folded: str) -> bool:
    """Is this an error code such as e4, f10, a12?"""
    return bool(CODE.match(folded))


def is_model(folded: str) -> bool:
    """Is this a model name such as xp400?"""
    return bool(MODEL.match(folded.replace("-", ""))) and not is_code(folded)
