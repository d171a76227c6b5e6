"""BM25 over search terms, with the questions' terms weighted and their alternatives compared.

bm25s scores every term alike; a question of ours has terms of different weight (a synonym counts less than the word
that was written) and alternatives of which the best counts, so the postings are kept here, in numpy.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

K1 = 1.2
B = 0.4

Floats = NDArray[np.float32]
Ints = NDArray[np.int32]


@dataclass(frozen=True, slots=True)
class Alternative:
    """One way to say a concept: every one of ``terms``, counting ``weight`` of an exact word."""

    terms: tuple[str, ...]
    weight: float = 1.0


@dataclass(frozen=True, slots=True)
class Concept:
    """A word of the question and the other ways to say it.

    ``weight`` is its part in the score; ``informative`` is false for words that are no part of what is asked.
    """

    alternatives: tuple[Alternative, ...]
    weight: float = 1.0
    informative: bool = True


@dataclass(frozen=True, slots=True)
class _Postings:
    rows: Ints
    impacts: Floats


class LexicalIndex:
    """Postings of a fixed set of passages, numbered from 0 in the order given. Immutable."""

    def __init__(self, documents: Sequence[Mapping[str, int]]) -> None:
        """``documents``: the terms of each passage and how often each occurs."""
        self.size = len(documents)
        lengths = np.array([sum(counts.values()) for counts in documents], dtype=np.float32)
        mean = float(lengths.mean()) if self.size and lengths.any() else 1.0
        norms = K1 * (1 - B + B * lengths / mean)
        gathered: dict[str, tuple[list[int], list[int]]] = {}
        for row, counts in enumerate(documents):
            for term, count in counts.items():
                rows, frequencies = gathered.setdefault(term, ([], []))
                rows.append(row)
                frequencies.append(count)
        self._postings: dict[str, _Postings] = {}
        for term, (rows, frequencies) in gathered.items():
            at = np.array(rows, dtype=np.int32)
            tf = np.array(frequencies, dtype=np.float32)
            impacts = self._idf(len(rows)) * tf * (K1 + 1) / (tf + norms[at])
            self._postings[term] = _Postings(at, impacts.astype(np.float32))

    def _idf(self, frequency: int) -> float:
        return float(np.log1p((self.size - frequency + 0.5) / (frequency + 0.5)))

    def __contains__(self, term: str) -> bool:
        return term in self._postings

    def frequency(self, term: str) -> int:
        """In how many passages ``term`` occurs."""
        postings = self._postings.get(term)
        return 0 if postings is None else len(postings.rows)

    def scores(self, concepts: Sequence[Concept]) -> Floats:
        """BM25 of every passage: for each concept its best alternative, weighted."""
        total = np.zeros(self.size, dtype=np.float32)
        for concept in concepts:
            best = np.zeros(self.size, dtype=np.float32)
            for alternative in concept.alternatives:
                found = self._alternative(alternative.terms)
                if found is not None:
                    best[found.rows] = np.maximum(best[found.rows], found.impacts * alternative.weight)
            total += np.float32(concept.weight) * best
        return total

    def _alternative(self, terms: Sequence[str]) -> _Postings | None:
        """Where all of ``terms`` occur, and the mean of their impacts there."""
        found = [self._postings[term] for term in terms if term in self._postings]
        if not found or len(found) < len(terms):
            return None
        if len(found) == 1:
            return found[0]
        rows = found[0].rows
        for postings in found[1:]:
            rows = np.intersect1d(rows, postings.rows, assume_unique=True)
        impacts = sum((p.impacts[np.searchsorted(p.rows, rows)] for p in found), np.zeros(len(rows), dtype=np.float32))
        return _Postings(rows, impacts / np.float32(len(found)))

    def coverage(self, concepts: Sequence[Concept], rows: NDArray[np.integer]) -> Floats:
        """Share of the informative weight (IDF) of ``concepts`` that each of ``rows`` explains, 0 to 1.

        A concept that occurs nowhere weighs as much as the rarest word, so that what the library does not know shows.
        """
        places = np.full(self.size, -1, dtype=np.int32)
        places[rows] = np.arange(len(rows), dtype=np.int32)
        explained = np.zeros(len(rows), dtype=np.float32)
        total = 0.0
        for concept in concepts:
            if not concept.informative:
                continue
            weight = self._information(concept)
            total += weight
            degree = np.zeros(len(rows), dtype=np.float32)
            for alternative in concept.alternatives:
                found = self._alternative(alternative.terms)
                if found is not None:
                    at = places[found.rows]
                    at = at[at >= 0]
                    degree[at] = np.maximum(degree[at], np.float32(alternative.weight**0.5))
            explained += weight * degree
        return np.minimum(explained / np.float32(total), np.float32(1)) if total else explained

    def _information(self, concept: Concept) -> float:
        """IDF of the word as written, or of its commonest alternative when the library never writes it so."""
        exact = [a for a in concept.alternatives if a.weight >= 1.0] or list(concept.alternatives)
        counts = [min(self.frequency(t) for t in a.terms) for a in exact] or [0]
        if not max(counts):
            counts = [min(self.frequency(t) for t in a.terms) for a in concept.alternatives] or [0]
        return self._idf(max(counts)) * concept.weight
