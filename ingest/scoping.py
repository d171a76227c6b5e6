"""Which documents a question may be answered from, and which of them come first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ingest.corpus import Corpus, DocumentFacts

EXACT = 1.2
FAMILY = 0.5
GENERAL = 0.0
OTHER_MODEL_HEADING = -2.5

Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Scope:
    """What the question is about: models, and the families they or the asker name. Empty: no preference."""

    products: frozenset[str]
    families: frozenset[str]

    @classmethod
    def of(cls, products: Sequence[str], categories: Sequence[str], families: Mapping[str, str]) -> Scope:
        """A scope; the families of the ``products`` are added to ``categories``."""
        named = frozenset(products)
        return cls(named, frozenset(categories) | {families[sku] for sku in named if sku in families})

    def bonus(self, document: DocumentFacts) -> float | None:
        """What being about the right thing adds to a score; None when ``document`` is about something else."""
        if not self.families and not self.products:
            return GENERAL
        if document.products & self.products:
            return EXACT
        if self.products and document.products:
            return None
        if not document.families:
            return GENERAL
        return FAMILY if document.families & self.families else None


def allowed_rows(corpus: Corpus, audiences: Sequence[str], scope: Scope) -> tuple[NDArray[np.int64], Floats]:
    """Rows that may answer, and the bonus of every row of the corpus (meaningless where it may not)."""
    bonuses = np.zeros(len(corpus.documents), dtype=np.float32)
    readable = np.zeros(len(corpus.documents), dtype=bool)
    for place, document in enumerate(corpus.documents):
        bonus = scope.bonus(document)
        if bonus is not None and document.audience in audiences:
            readable[place], bonuses[place] = True, bonus
    rows = np.flatnonzero(readable[corpus.document_of]).astype(np.int64)
    adjusted = bonuses[corpus.document_of]
    if scope.products:
        for models, headed in corpus.headed.items():
            if not models & scope.products:
                adjusted[headed] += OTHER_MODEL_HEADING
    return rows, adjusted
