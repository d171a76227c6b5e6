"""BM25 over search terms, with the questions' terms weighted and their alternatives compared.

Libraries of BM25 score every term alike; a question of ours has terms of different weight (a synonym counts less than
the word that was written) and alternatives of which the best counts, so the postings are kept here, in numpy.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

K1 = 0.9
B = 0.4

_SCATTERED = 12
"""To search for a row takes as long as to write so many."""

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
class Postings:
    """Where something occurs, in order, what it adds to the score there, and the most that it adds anywhere."""

    rows: Ints
    impacts: Floats
    most: float

    def at(self, rows: Ints, scratch: Floats | None = None) -> Floats:
        """What it adds to the score of each of ``rows``; 0 where it does not occur. ``scratch``, zeros for all rows, is
        written to and cleared again where that is faster than to search."""
        if scratch is not None and len(self.rows) < _SCATTERED * len(rows):
            own = self.rows.astype(np.intp)
            scratch[own] = self.impacts
            found: Floats = scratch[rows]
            scratch[own] = 0
            return found
        places = np.minimum(np.searchsorted(self.rows, rows), len(self.rows) - 1)
        return np.where(self.rows[places] == rows, self.impacts[places], np.float32(0))


@dataclass(frozen=True, slots=True)
class TermCounts:
    """The terms of one passage, by their numbers in a :class:`Vocabulary`, and how often each occurs."""

    terms: Ints
    counts: NDArray[np.uint16]


class Vocabulary:
    """Terms by number. Only ever grows, so that passages that were numbered stay valid."""

    def __init__(self) -> None:
        self._numbers: dict[str, int] = {}

    def __len__(self) -> int:
        return len(self._numbers)

    def number(self, term: str) -> int | None:
        """The number of ``term``; None when no passage has it."""
        return self._numbers.get(term)

    def numbered(self, counts: Mapping[str, int]) -> TermCounts:
        """``counts`` with numbers for terms; new terms get one."""
        most = np.iinfo(np.uint16).max
        times = np.fromiter((min(count, most) for count in counts.values()), dtype=np.uint16, count=len(counts))
        return TermCounts(self.numbers(counts), times)

    def numbers(self, terms: Collection[str]) -> Ints:
        """The numbers of ``terms``; new ones get one."""
        known = self._numbers
        return np.fromiter((known.setdefault(t, len(known)) for t in terms), dtype=np.int32, count=len(terms))


class LexicalIndex:
    """Postings of a fixed set of passages, numbered from 0 in the order given. Immutable."""

    def __init__(self, documents: Sequence[Mapping[str, int]]) -> None:
        """``documents``: the terms of each passage and how often each occurs."""
        vocabulary = Vocabulary()
        self._build(vocabulary, [vocabulary.numbered(counts) for counts in documents])

    @classmethod
    def packed(cls, vocabulary: Vocabulary, passages: Sequence[TermCounts]) -> LexicalIndex:
        """An index of ``passages`` that were numbered in ``vocabulary`` before."""
        made = cls.__new__(cls)
        made._build(vocabulary, passages)
        return made

    def _build(self, vocabulary: Vocabulary, passages: Sequence[TermCounts]) -> None:
        self.size = len(passages)
        self._vocabulary = vocabulary
        sizes = np.fromiter((len(p.terms) for p in passages), dtype=np.int64, count=self.size)
        terms = np.concatenate([np.empty(0, dtype=np.int32), *(p.terms for p in passages)])
        counts = np.concatenate([np.empty(0, dtype=np.uint16), *(p.counts for p in passages)])
        bounds = np.concatenate([[0], np.cumsum(sizes)])
        said = np.concatenate([[0], np.cumsum(counts, dtype=np.int64)])
        lengths: Floats = np.diff(said[bounds]).astype(np.float32)
        mean = float(lengths.mean()) if self.size and lengths.any() else 1.0
        norms = (K1 * (1 - B + B * lengths / mean)).astype(np.float32)
        # by passage, then by term: a sort by counting
        sorted_by_term = csr_array((counts, terms, bounds), shape=(self.size, len(vocabulary))).tocsc()
        del terms, counts
        self._starts: NDArray[np.int64] = sorted_by_term.indptr.astype(np.int64)
        self._rows: Ints = sorted_by_term.indices.astype(np.int32, copy=False)
        frequencies = np.diff(self._starts)
        tf: Floats = sorted_by_term.data.astype(np.float32)
        tf *= K1 + 1
        tf /= tf / (K1 + 1) + norms[self._rows]
        idf = np.log1p((self.size - frequencies + 0.5) / (frequencies + 0.5)).astype(np.float32)
        tf *= np.repeat(idf, frequencies)
        self._impacts: Floats = tf
        self._most = _most(tf, self._starts)

    @property
    def size_bytes(self) -> int:
        """What the postings weigh."""
        return self._rows.nbytes + self._impacts.nbytes + self._starts.nbytes + self._most.nbytes

    def idf(self, frequency: int) -> float:
        """How much a term tells that occurs in ``frequency`` passages."""
        return float(np.log1p((self.size - frequency + 0.5) / (frequency + 0.5)))

    def postings(self, term: str) -> Postings | None:
        """Where ``term`` occurs; None when nowhere."""
        number = self._vocabulary.number(term)
        if number is None or number + 1 >= len(self._starts):
            return None
        start, end = self._starts[number], self._starts[number + 1]
        return (
            Postings(self._rows[start:end], self._impacts[start:end], float(self._most[number]))
            if end > start
            else None
        )

    def __contains__(self, term: str) -> bool:
        return self.frequency(term) > 0

    def frequency(self, term: str) -> int:
        """In how many passages ``term`` occurs."""
        number = self._vocabulary.number(term)
        if number is None or number + 1 >= len(self._starts):
            return 0
        return int(self._starts[number + 1] - self._starts[number])

    def information(self, concept: Concept) -> float:
        """IDF of the word as written, or of its commonest alternative when the library never writes it so.

        A concept that occurs nowhere weighs as much as the rarest word, so that what the library does not know shows.
        """
        exact = [a for a in concept.alternatives if a.weight >= 1.0] or list(concept.alternatives)
        counts = [min(self.frequency(t) for t in a.terms) for a in exact] or [0]
        if not max(counts):
            counts = [min(self.frequency(t) for t in a.terms) for a in concept.alternatives] or [0]
        return self.idf(max(counts)) * concept.weight


def _most(impacts: Floats, starts: NDArray[np.int64]) -> Floats:
    """The greatest of the impacts of each term; 0 for a term without any."""
    most: Floats = np.zeros(len(starts) - 1, dtype=np.float32)
    used = np.flatnonzero(np.diff(starts))
    if len(used):
        most[used] = np.maximum.reduceat(impacts, starts[used])
    return most
