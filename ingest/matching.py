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

RUNNING = 4_000
"""How many passages at most are looked up in the lists that were not followed."""
_LOOK_UP = 8
"""To look a passage up costs as much as to follow so many postings."""
_SHORT = 1_000
"""So few postings are followed without asking whether they need to be."""
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

    def everywhere(self, scratch: Floats) -> tuple[Ints, Floats]:
        """Where it occurs at all, and what it adds there."""
        if len(self.parts) == 1:
            return self.parts[0].rows, self.parts[0].impacts * self.factor
        rows = min((part.rows for part in self.parts), key=len)
        added = self.at(rows, scratch)
        kept = np.flatnonzero(added)
        return rows[kept], added[kept]


@dataclass(frozen=True, slots=True)
class _Asked:
    """A concept with the alternatives that occur, the best of which counts."""

    ways: tuple[_Way, ...]
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
        race = _Race(self._size, self._asked, allowed, count)
        while race.open:
            race.follow()
        return race.decided()


@dataclass(frozen=True, slots=True)
class _Step:
    """A way of the concept numbered ``concept``. ``rest``: the most that a row can gain from here on."""

    way: _Way
    concept: int
    rest: float


class _Race:
    """Rows gather scores while one way after another is followed, the most telling first."""

    def __init__(self, size: int, asked: Sequence[_Asked], allowed: NDArray[np.bool_], count: int) -> None:
        self._steps = _steps(asked)
        self._at = 0
        self._allowed = allowed
        self._count = count
        self._total: Floats = np.zeros(size, dtype=np.float32)
        self._scratch: Floats = np.zeros(size, dtype=np.float32)
        self._unseen: list[Ints] = []
        """Rows that were met since the leaders were last looked for."""
        self._best: dict[int, Floats] = {}
        """What concepts of several ways have added to each row so far."""
        self._several = {at for at, one in enumerate(asked) if len(one.ways) > 1}
        self._leaders: Ints = np.empty(0, dtype=np.int32)
        self._bar = 0.0
        """A score that ``count`` rows are known to reach."""

    @property
    def open(self) -> bool:
        """Whether a row that was not met yet could still be among the best."""
        return self._at < len(self._steps) and self._bar <= self._steps[self._at].rest + _SLACK

    def follow(self) -> None:
        """Add the next way to the rows where it occurs."""
        step = self._steps[self._at]
        self._at += 1
        rows, impacts = step.way.everywhere(self._scratch)
        if step.concept in self._several:
            if step.concept not in self._best:
                self._best[step.concept] = np.zeros(len(self._total), dtype=np.float32)
            best = self._best[step.concept]
            reached = best[rows]
            impacts = np.maximum(impacts - reached, np.float32(0))
            best[rows] = reached + impacts
        self._total[rows] += impacts
        self._unseen.append(rows)
        if self._next > _SHORT:
            self._lead()
            if self._bar <= self._rest and self._looking_up_is_less():
                self._bar = max(self._bar, _nth(self._completed(self._leaders), self._count))

    def decided(self) -> Ints:
        """The best rows, once those that may be among them are looked up in the ways that were not followed."""
        self._lead()
        rows = np.flatnonzero(self._total > max(self._bar - self._rest - _SLACK, 0)).astype(np.int32)
        rows = rows[self._allowed[rows]]
        scores = self._total[rows]
        for concept, ways, rest in self._left():
            bar = max(self._bar, _nth(scores, self._count))
            near = scores >= bar - rest - _SLACK
            rows, scores = _greatest(rows[near], scores[near], RUNNING)
            scores = scores + self._gained(concept, ways, rows)
        rows, _ = _greatest(rows, scores, self._count)
        return rows

    @property
    def _rest(self) -> float:
        return self._steps[self._at].rest if self._at < len(self._steps) else 0.0

    @property
    def _next(self) -> int:
        """How many postings the next way has."""
        return self._steps[self._at].way.length if self._at < len(self._steps) else 0

    def _lead(self) -> None:
        """Find who leads now, and raise the bar."""
        before = self._total[self._leaders]
        least = before.min() if len(before) == self._count else np.float32(0)
        for rows in self._unseen:
            reached = self._total[rows]
            near = np.flatnonzero(reached > least)
            near = near[self._allowed[rows[near]]]
            found, _ = _greatest(rows[near], reached[near], self._count)
            leaders = np.union1d(self._leaders, found)
            self._leaders, before = _greatest(leaders, self._total[leaders], self._count)
            if len(before) == self._count:
                least = before.min()
        self._unseen.clear()
        self._bar = max(self._bar, float(least))

    def _looking_up_is_less(self) -> bool:
        """Whether it is less work to look the leaders up in all that is left than to follow the next way."""
        return self._next > _LOOK_UP * len(self._leaders) * (len(self._steps) - self._at)

    def _completed(self, rows: Ints) -> Floats:
        """The whole scores of ``rows``."""
        scores = self._total[rows]
        for concept, ways, _ in self._left():
            scores = scores + self._gained(concept, ways, rows)
        return scores

    def _left(self) -> list[tuple[int, list[_Way], float]]:
        """Concepts with ways that were not followed, these, and the most that all from this one on can add."""
        left: dict[int, list[_Way]] = {}
        for step in self._steps[self._at :]:
            left.setdefault(step.concept, []).append(step.way)
        most = [ways[0].most for ways in left.values()]
        rests = np.cumsum(most[::-1])[::-1]
        return [(concept, ways, float(rest)) for (concept, ways), rest in zip(left.items(), rests, strict=True)]

    def _gained(self, concept: int, ways: Sequence[_Way], rows: Ints) -> Floats:
        """What ``ways`` add to ``rows``, above what the concept has added before."""
        added: Floats = reduce(np.maximum, (way.at(rows, self._scratch) for way in ways))
        return np.maximum(added - self._best[concept][rows], np.float32(0)) if concept in self._best else added


def _steps(asked: Sequence[_Asked]) -> list[_Step]:
    ways = sorted(((way, at) for at, one in enumerate(asked) for way in one.ways), key=lambda pair: pair[0].most)
    most: dict[int, float] = {}
    steps = []
    for way, concept in ways:
        most[concept] = way.most
        steps.append(_Step(way, concept, sum(most.values())))
    return steps[::-1]


def _asked(index: LexicalIndex, concept: Concept) -> _Asked:
    ways = []
    for alternative in concept.alternatives:
        parts = [found for term in alternative.terms if (found := index.postings(term)) is not None]
        if parts and len(parts) == len(alternative.terms):
            ways.append(_Way(tuple(parts), alternative.weight, np.float32(alternative.weight * concept.weight)))
    information = index.information(concept) if concept.informative else 0.0
    return _Asked(tuple(ways), information)


def _greatest(rows: Ints, scores: Floats, count: int) -> tuple[Ints, Floats]:
    """The ``count`` of greatest score, in order of row."""
    if len(rows) <= count:
        return rows, scores
    kept = np.sort(np.argpartition(-scores, count - 1)[:count])
    return rows[kept], scores[kept]


def _nth(scores: Floats, count: int) -> float:
    return float(np.partition(scores, -count)[-count]) if len(scores) >= count else 0.0
