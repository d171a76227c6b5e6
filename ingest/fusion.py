"""Two rankings into one: z-scores of BM25 plus a part of those of the vectors, over the best candidates of either."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ingest.corpus import Corpus
from ingest.embeddings import Vectors
from ingest.lexical import Concept, Floats, Ints
from ingest.matching import Matching
from ingest.scoping import Admitted

VECTOR_WEIGHT = 0.4
CANDIDATES = 200
COVERAGE_WEIGHT = 2.0
COVER = -1.5


@dataclass(frozen=True, slots=True)
class Ranked:
    """A row of the corpus with its score and the share of the question that it explains."""

    row: int
    score: float
    coverage: float


def rank(
    corpus: Corpus, concepts: Sequence[Concept], vector: Vectors, admitted: Admitted, limit: int
) -> tuple[Ranked, ...]:
    """The best ``limit`` of what is ``admitted``, best first."""
    if not admitted.selector.count or limit < 1 or not concepts:
        return ()
    matching = Matching(corpus.lexical, concepts)
    pool = _pool(corpus, matching, vector, admitted)
    lexical, coverage = matching.explained(pool)
    similar = corpus.vectors.similarities(vector, corpus.ids[pool])
    if not lexical.any() and not similar.any():
        return ()
    fused = _standard(lexical) + VECTOR_WEIGHT * _standard(similar) + corpus.admissions.bonuses(admitted, pool)
    fused += COVERAGE_WEIGHT * coverage + COVER * corpus.front[pool]
    order = np.argsort(-fused, kind="stable")[:limit]
    return tuple(Ranked(int(pool[at]), float(fused[at]), float(coverage[at])) for at in order)


def _pool(corpus: Corpus, matching: Matching, vector: Vectors, admitted: Admitted) -> Ints:
    """Rows that either ranking finds among its best; all of them where they are few."""
    if admitted.selector.count <= CANDIDATES:
        return np.flatnonzero(admitted.rows).astype(np.int32)
    near, _ = corpus.vectors.search(vector, admitted.selector, CANDIDATES)
    found: Ints = np.union1d(matching.best(admitted.rows, CANDIDATES), np.searchsorted(corpus.ids, near))
    return found.astype(np.int32)


def _standard(scores: Floats) -> Floats:
    spread = float(scores.std())
    return (scores - scores.mean()) / spread if spread > 0 else np.zeros_like(scores)
