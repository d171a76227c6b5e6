"""The concepts of a question against the postings: which passages match best, and how much of it each explains.

Terms that cannot bring a passage among the best are not followed through their postings (MaxScore, Turtle and Flood
1995): the rest of a long list is only looked up for the passages that are still in the running. The outcome is exact,
but for the thousands that run neck and neck in a library of a million: of these :data:`RUNNING` stay.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce

import numpy as np
from numpy.typing import NDArray

from ingest.lexical import Concept, Floats, Ints, LexicalIndex, Postings

RUNNING = 10_000
"""How many passages at most are looked up in the lists that were not followed."""
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

    def at(self, rows: Ints) -> Floats:
        """What it adds to ``rows``: the mean of its terms where all of them occur."""
        found = [part.at(rows) for part in self.parts]
        if len(found) == 1:
            return found[0] * self.factor
        everywhere = np.logical_and.reduce([impacts > 0 for impacts in found])
        return np.where(everywhere, sum(found) * (self.factor / np.float32(len(found))), np.float32(0))

    def everywhere(self) -> tuple[Ints, Floats]:
        """Where it occurs at all, and what it adds there."""
        if len(self.parts) == 1:
            return self.parts[0].rows, self.parts[0].impacts * self.factor
        rarest, *others = sorted((part.rows for part in self.parts), key=len)
        rows = reduce(lambda a, b: np.intersect1d(a, b, assume_unique=True), others, rarest)
        return rows, self.at(rows)


@dataclass(frozen=True, slots=True)
class _Asked:
    """A concept with the alternatives that occur, the best of which counts, and the most that it can add."""

    ways: tuple[_Way, ...]
    most: float
    information: float


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
        total: Floats = np.zeros(self._size, dtype=np.float32)
        bar, followed = 0.0, 0
        while followed < len(asked) and bar <= rest[followed] + _SLACK:
            for rows in _follow(asked[followed], total):
                bar = _raised(bar, total, rows, allowed, count)
            followed += 1
        rows = np.flatnonzero(total > max(bar - rest[followed] - _SLACK, 0)).astype(np.int32)
        rows = rows[allowed[rows]]
        scores = total[rows]
        for at in range(followed, len(asked)):
            bar = max(bar, _nth(scores, count))
            near = scores >= bar - rest[at] - _SLACK
            rows, scores = _greatest(rows[near], scores[near], RUNNING)
            scores = scores + _best_way(asked[at], rows)
        rows, _ = _greatest(rows, scores, count)
        return rows


def _asked(index: LexicalIndex, concept: Concept) -> _Asked:
    ways = []
    for alternative in concept.alternatives:
        parts = [found for term in alternative.terms if (found := index.postings(term)) is not None]
        if parts and len(parts) == len(alternative.terms):
            ways.append(_Way(tuple(parts), alternative.weight, np.float32(alternative.weight * concept.weight)))
    information = index.information(concept) if concept.informative else 0.0
    return _Asked(tuple(ways), max((way.most for way in ways), default=0.0), information)


def _best_way(asked: _Asked, rows: Ints) -> Floats:
    return reduce(np.maximum, (way.at(rows) for way in asked.ways))


def _follow(asked: _Asked, total: Floats) -> list[Ints]:
    """Add ``asked`` to the scores of all rows where it occurs; those rows, by alternative."""
    if len(asked.ways) == 1:
        rows, impacts = asked.ways[0].everywhere()
        total[rows] += impacts
        return [rows]
    found = [way.everywhere() for way in asked.ways]
    best: Floats = np.zeros(len(total), dtype=np.float32)
    for rows, impacts in found:
        best[rows] = np.maximum(best[rows], impacts)
    for rows, _ in found:
        total[rows] += best[rows]
        best[rows] = 0  # where the next alternative occurs too, it is already counted
    return [rows for rows, _ in found]


def _raised(bar: float, total: Floats, rows: Ints, allowed: NDArray[np.bool_], count: int) -> float:
    """The score that ``count`` allowed rows are known to reach."""
    reached = total[rows]
    higher = reached > bar
    rows, reached = rows[higher], reached[higher]
    return max(bar, _nth(reached[allowed[rows]], count))


def _greatest(rows: Ints, scores: Floats, count: int) -> tuple[Ints, Floats]:
    """The ``count`` of greatest score, in order of row."""
    if len(rows) <= count:
        return rows, scores
    kept = np.sort(np.argpartition(-scores, count - 1)[:count])
    return rows[kept], scores[kept]


def _nth(scores: Floats, count: int) -> float:
    return float(np.partition(scores, -count)[-count]) if len(scores) >= count else 0.0
