"""The words that a library is written with, by length and letters, so that a misspelt one is compared with few."""

from __future__ import annotations

from array import array
from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

SHORTEST_TYPO = 5
"""Shorter words are not taken for misspellings, nor for what one meant."""

Masks = NDArray[np.uint32]


class Spelling:
    """Folded words. Only ever grows, so that those who search meanwhile are not disturbed."""

    def __init__(self, words: Iterable[str] = ()) -> None:
        self._words: set[str] = set()
        self._by_length: dict[int, tuple[list[str], array[int]]] = {}
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
                alike, masks = self._by_length.setdefault(len(word), ([], array("I")))
                alike.append(word)
                masks.append(_letters(word))

    def near(self, word: str, longer: int, edits: int) -> list[str]:
        """Words of letters only, at most ``longer`` letters longer or shorter than ``word``, whose letters may be those
        of ``word`` after ``edits``: each takes one letter away, adds one, or both."""
        own, found = _letters(word), list[str]()
        for length in range(len(word) - longer, len(word) + longer + 1):
            alike, masks = self._by_length.get(length, ((), array("I")))
            other = np.frombuffer(masks.tobytes(), dtype=np.uint32)  # a copy: another thread may be adding to them
            close = np.flatnonzero(_bits(other ^ np.uint32(own)) <= 2 * edits)
            found.extend(alike[place] for place in close.tolist())
        return found


def _letters(word: str) -> int:
    """The letters of ``word`` as bits; those that are none of a to z share one."""
    bits = 0
    for letter in word:
        place = ord(letter) - 97
        bits |= 1 << (place if 0 <= place < 26 else 26)
    return bits


def _bits(masks: Masks) -> NDArray[np.uint8]:
    """How many bits of each are set."""
    as_bytes = masks.view(np.uint8).reshape(-1, 4)
    counted: NDArray[np.uint8] = _SET[as_bytes].sum(axis=1, dtype=np.uint8)
    return counted


_SET: NDArray[np.uint8] = np.array([byte.bit_count() for byte in range(256)], dtype=np.uint8)
