"""What a misspelt word of a question was meant to be."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from functools import lru_cache

from rapidfuzz.distance import OSA

from core.dictionary import load_dictionary

SHORTEST_TYPO = 4
_LONG_WORD = 7


class Spelling:
    """The words of the data, to read misspelt ones with; a word that everybody writes so is not misspelt."""

    def __init__(self, words: frozenset[str]) -> None:
        """``words``: folded."""
        self._words = words
        self._dictionary = load_dictionary()
        by_length: dict[int, list[str]] = defaultdict(list)
        for word in sorted(words):
            if len(word) >= SHORTEST_TYPO and word.isalpha():
                by_length[len(word)].append(word)
        self._by_length = by_length
        self._cached = lru_cache(maxsize=10_000)(self._meant)

    def meant(self, folded: str) -> str | None:
        """The word that ``folded`` is a misspelling of; None when it is none, or of nothing known."""
        return self._cached(folded)

    def _meant(self, folded: str) -> str | None:
        if len(folded) < SHORTEST_TYPO or folded in self._words or folded in self._dictionary:
            return None
        doubled = next((known for known in self._by_length.get(len(folded) + 1, ()) if _single(known) == folded), None)
        if doubled is not None or len(folded) < SHORTEST_TYPO + 1:
            return doubled
        allowed = 2 if len(folded) >= _LONG_WORD + 2 else 1
        best: tuple[int, str] | None = None
        for size in range(len(folded) - allowed, len(folded) + allowed + 1):
            for known in self._by_length.get(size, ()):
                if known[0] != folded[0] and len(folded) < _LONG_WORD:
                    continue
                distance = OSA.distance(folded, known, score_cutoff=allowed)
                if distance <= allowed and (best is None or distance < best[0]):
                    best = (distance, known)
        return best[1] if best else None


def nearly(word: str, vocabulary: frozenset[str]) -> Sequence[str]:
    """The terms of ``vocabulary`` that are ``word`` but for a letter."""
    if len(word) < SHORTEST_TYPO + 1:
        return ()
    return [
        known
        for known in vocabulary
        if abs(len(known) - len(word)) <= 1 and OSA.distance(word, known, score_cutoff=1) <= 1 and known[0] == word[0]
    ]


def _single(word: str) -> str:
    """ "error" as "eror": a letter that was not doubled."""
    return "".join(letter for letter, after in zip(word, f"{word[1:]} ", strict=True) if letter != after)
