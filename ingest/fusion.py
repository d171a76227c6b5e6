"""Two rankings into one: z-scores of BM25 plus a part of those of the vectors, over the best candidates of either."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ingest.corpus import Corpus
from ingest.embeddings import Vectors
from ingest.lexical import Concept

VECTOR_WEIGHT = 0.4
CANDIDATES = 200
_SAMPLED = 20_000
_BAR = 400
COVERAGE_WEIGHT = 2.0
COVER = -1.5

Floats = NDArray[np.float32]
Rows = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Ranked:
    """A row of the corpus with its score and the share of the question that it explains."""

    row: int
    score: float
    coverage: float


def rank(
    corpus: Corpus, concepts: Sequence[Concept], vector: Vectors, rows: Rows, bonuses: Floats, limit: int
) -> tuple[Ranked, ...]:
    """The best ``limit`` of ``rows``, best first; ``bonuses``, one for each row of the corpus, add to the scores."""
    if not len(rows) or limit < 1 or not concepts:
        return ()
    lexical = corpus.lexical.scores(concepts)
    pool = _best(lexical, rows, CANDIDATES)
    if len(pool) < len(rows):
        near, _ = corpus.vectors.search(vector, corpus.ids[rows], CANDIDATES)
        pool = np.union1d(pool, np.searchsorted(corpus.ids, near))
    similar = corpus.vectors.similarities(vector, corpus.ids[pool])
    fused = _standard(lexical[pool]) + VECTOR_WEIGHT * _standard(similar) + bonuses[pool]
    coverage = corpus.lexical.coverage(concepts, pool)
    fused += COVERAGE_WEIGHT * coverage + COVER * corpus.front[pool]
    if not lexical[pool].any() and not similar.any():
        return ()
    order = np.argsort(-fused, kind="stable")[:limit]
    return tuple(Ranked(int(pool[at]), float(fused[at]), float(coverage[at])) for at in order)


def _best(scores: Floats, rows: Rows, count: int) -> Rows:
    if len(rows) <= count:
        return rows
    among = scores[rows]
    step = len(rows) // _SAMPLED
    if step > 1:  # far fewer pass the bar that a sample sets than must be compared without it
        bar = np.partition(among[::step], -_BAR)[-_BAR]
        above = np.flatnonzero(among >= bar)
        if count <= len(above) < len(rows):
            rows, among = rows[above], among[above]
    return rows[np.argpartition(-among, count - 1)[:count]]


def _standard(scores: Floats) -> Floats:
    spread = float(scores.std())
    return (scores - scores.mean()) / spread if spread > 0 else np.zeros_like(scores)
