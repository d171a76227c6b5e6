"""The concepts of a question against the postings: which passages match best, and how much of it each explains.

Scores are gathered in one array, concept after concept, the most telling first. What is left, often words of grammar
that nearly every passage has, is only looked up for the passages that can still be among the best (MaxScore, Turtle and
Flood 1995). The outcome is exact.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce

import numpy as np
from numpy.typing import NDArray

from ingest.lexical import Concept, Floats, Ints, LexicalIndex, Postings

_LOOK_UP = 80
"""To look a passage up costs as much as to follow so many postings."""
_SHORT = 2_000
"""So few postings are followed without asking whether they need to be."""
_BLOCKS = 8
"""Blocks for each of the best, whose greatest scores tell what the best reach at least."""
_SLACK = 1e-4
"""Sums of 32-bit numbers in another order differ by less."""


@dataclass(frozen=True, slots=True)
class _Way:
    """One alternative of a concept: where each of its terms occurs. ``factor`` is its part in the score."""

    parts: tuple[Postings, ...]
    weight: float
    factor: np.float32

    @property
    def most(self) -> float:
        return float(self.factor) * sum(part.most for part in self.parts) / len(self.parts)

    @property
    def length(self) -> int:
        """How many postings there are to follow."""
        return min(len(part.rows) for part in self.parts)

    def at(self, rows: Ints, scratch: Floats | None = None) -> Floats:
        """What it adds to ``rows``: the mean of its terms where all of them occur. ``scratch``: a zero for every row of
        the index, as it is again afterwards."""
        found = [part.at(rows, scratch) for part in self.parts]
        if len(found) == 1:
            return found[0] * self.factor
        everywhere = np.logical_and.reduce([impacts > 0 for impacts in found])
        return np.where(everywhere, sum(found) * (self.factor / np.float32(len(found))), np.float32(0))

    def everywhere(self, scratch: Floats) -> tuple[NDArray[np.intp], Floats]:
        """Where it occurs at all, as numpy adds fastest, and what it adds there."""
        if len(self.parts) == 1:
            return self.parts[0].rows.astype(np.intp), self.parts[0].impacts * self.factor
        rarest, *others = sorted(self.parts, key=lambda part: len(part.rows))
        rows, impacts = rarest.rows, rarest.impacts
        for part in others:
            found = part.at(rows, scratch)
            kept = np.flatnonzero(found)
            rows, impacts = rows[kept], impacts[kept] + found[kept]
        return rows.astype(np.intp), impacts * (self.factor / np.float32(len(self.parts)))


@dataclass(frozen=True, slots=True)
class _Asked:
    """A concept with the alternatives that occur, the best of which counts."""

    ways: tuple[_Way, ...]
    information: float

    @property
    def most(self) -> float:
        """The most that it can add."""
        return max(way.most for way in self.ways)

    @property
    def length(self) -> int:
        """How many postings there are to follow."""
        return sum(way.length for way in self.ways)


class Matching:
    """A question over one index."""

    def __init__(self, index: LexicalIndex, concepts: Sequence[Concept]) -> None:
        self._size = index.size
        self._asked = [_asked(index, concept) for concept in concepts]

    def scores(self, rows: Ints) -> Floats:
        """BM25 of each of ``rows``: for each concept its best alternative, weighted."""
        return self.explained(rows)[0]

    def explained(self, rows: Ints) -> tuple[Floats, Floats]:
        """BM25 of each of ``rows``: for each concept its best alternative, weighted; and the share, 0 to 1, of the
        informative weight (IDF) of the concepts that it explains."""
        scores: Floats = np.zeros(len(rows), dtype=np.float32)
        covered: Floats = np.zeros(len(rows), dtype=np.float32)
        total = np.float32(sum(asked.information for asked in self._asked))
        for asked in self._asked:
            if not asked.ways:
                continue
            added = [way.at(rows) for way in asked.ways]
            scores += reduce(np.maximum, added)
            if asked.information:
                degrees = (
                    (impacts > 0) * np.float32(way.weight**0.5) for way, impacts in zip(asked.ways, added, strict=True)
                )
                covered += np.float32(asked.information) * reduce(np.maximum, degrees)
        return scores, np.minimum(covered / total, np.float32(1)) if total else covered

    def best(self, allowed: NDArray[np.bool_], count: int) -> Ints:
        """The ``count`` rows of greatest score among those ``allowed``, in order of row; fewer when fewer match."""
        asked = sorted((one for one in self._asked if one.ways), key=lambda one: -one.most)
        rest = np.cumsum([0.0, *(one.most for one in reversed(asked))])[::-1]  # what the concepts from here on can add
        total: Floats = np.where(allowed, np.float32(0), np.float32(-np.inf))
        scratch: Floats = np.zeros(self._size, dtype=np.float32)
        rows: Ints | None = None
        followed = 0
        while followed < len(asked):
            if asked[followed].length > _SHORT:
                rows = _running(total, count, rest[followed])
                if rows is not None and len(rows) * _LOOK_UP < sum(one.length for one in asked[followed:]):
                    break
            _follow(asked[followed], total, scratch)
            followed += 1
        else:
            rows = _above(total, _bar(total, count) - _SLACK)
        scores = total[rows]
        for one in asked[followed:]:
            scores = scores + reduce(np.maximum, (way.at(rows, scratch) for way in one.ways))
        return _greatest(rows, scores, count)


def _asked(index: LexicalIndex, concept: Concept) -> _Asked:
    ways, said = [], set[tuple[str, ...]]()
    for alternative in sorted(concept.alternatives, key=lambda one: -one.weight):
        if alternative.terms in said:
            continue  # what is written is often a synonym of itself too, for less
        said.add(alternative.terms)
        parts = [found for term in alternative.terms if (found := index.postings(term)) is not None]
        if parts and len(parts) == len(alternative.terms):
            ways.append(_Way(tuple(parts), alternative.weight, np.float32(alternative.weight * concept.weight)))
    information = index.information(concept) if concept.informative else 0.0
    return _Asked(tuple(ways), information)


def _follow(asked: _Asked, total: Floats, scratch: Floats) -> None:
    """Add ``asked`` to the scores of all rows where it occurs. ``scratch``: zeros, as they are again afterwards."""
    if len(asked.ways) == 1:
        np.add.at(total, *asked.ways[0].everywhere(scratch))
        return
    best: Floats = np.zeros(len(total), dtype=np.float32)
    for way in asked.ways:
        np.maximum.at(best, *way.everywhere(scratch))
    total += best


def _running(total: Floats, count: int, rest: float) -> Ints | None:
    """The rows that may be among the best ``count`` if none gains more than ``rest``; None when any may be."""
    bar = _bar(total, count)
    return _above(total, bar - rest - _SLACK) if bar > rest + _SLACK else None


def _bar(total: Floats, count: int) -> float:
    """A score that ``count`` rows reach, if there are so many with any: that many blocks have one that does."""
    block = max(len(total) // (_BLOCKS * count), 1)
    most = total[: len(total) // block * block].reshape(-1, block).max(axis=1)
    return max(float(np.partition(most, -count)[-count]), 0.0) if len(most) >= count else 0.0


def _above(total: Floats, bar: float) -> Ints:
    """The rows with a score of ``bar`` at least, and more than nothing."""
    return np.flatnonzero((total >= bar) & (total > 0) if bar <= 0 else total >= bar).astype(np.int32)


def _greatest(rows: Ints, scores: Floats, count: int) -> Ints:
    """The ``count`` of greatest score, in order of row."""
    return rows if len(rows) <= count else np.sort(rows[np.argpartition(-scores, count - 1)[:count]])
