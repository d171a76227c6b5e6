"""The words that a library is written with, by their length, so that a misspelt one is compared with few."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import chain

SHORTEST_TYPO = 5
"""Shorter words are not taken for misspellings, nor for what one meant."""


class Spelling:
    """Folded words. Only ever grows, so that those who search meanwhile are not disturbed."""

    def __init__(self, words: Iterable[str] = ()) -> None:
        self._words: set[str] = set()
        self._by_length: dict[int, list[str]] = {}
        self.learn(words)

    def __contains__(self, word: str) -> bool:
        return word in self._words

    def __len__(self) -> int:
        return len(self._words)

    def learn(self, words: Iterable[str]) -> None:
        """Know ``words`` too."""
        fresh = sorted(set(words) - self._words)
        self._words.update(fresh)
        for word in fresh:
            if len(word) >= SHORTEST_TYPO and word.isalpha():
                self._by_length.setdefault(len(word), []).append(word)

    def of_lengths(self, lengths: Iterable[int]) -> list[str]:
        """The words of letters only that have one of ``lengths``."""
        return list(chain.from_iterable(self._by_length.get(length, ()) for length in lengths))
