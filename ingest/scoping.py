"""Which documents a question may be answered from, and which of them come first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from ingest.index import Ids, Selector
from ingest.lexical import Floats, Ints

EXACT = 1.2
FAMILY = 0.5
GENERAL = 0.0
OTHER_MODEL_HEADING = -2.5
KEPT = 32
"""Selections that are remembered; each weighs a little more than a byte a chunk."""


@dataclass(frozen=True, slots=True)
class DocumentFacts:
    """What scoping asks about a document: who may read it and which models and families it is about.

    ``families`` are its categories and those of its models.
    """

    document_id: int
    audience: str
    products: frozenset[str]
    categories: frozenset[str]
    families: frozenset[str]


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

    def heading_bonus(self, models: frozenset[str]) -> float:
        """What standing under a heading that names ``models`` adds."""
        return OTHER_MODEL_HEADING if models and self.products and not models & self.products else 0.0


@dataclass(frozen=True, slots=True, eq=False)
class Admitted:
    """The rows that may answer, and the same as a selector of chunk ids."""

    rows: NDArray[np.bool_]
    selector: Selector
    by_kind: Floats
    by_heading: Floats


class Admissions:
    """Decides for one picture of the library which of its rows may answer whom, and remembers what was decided."""

    def __init__(
        self,
        documents: Sequence[DocumentFacts],
        document_of: NDArray[np.integer],
        headings: Sequence[frozenset[str]],
        ids: Ids,
    ) -> None:
        """``document_of``: the place in ``documents`` of each row; ``headings``: the models that its headings name;
        ``ids``: its chunk."""
        kinds: dict[tuple[str, frozenset[str], frozenset[str]], int] = {}
        alike = [kinds.setdefault((d.audience, d.products, d.families), len(kinds)) for d in documents]
        examples = dict(zip(alike, documents, strict=True))
        self._examples = [examples[kind] for kind in range(len(kinds))]
        self._kind_of: Ints = np.array(alike, dtype=np.int32)[document_of]
        named: dict[frozenset[str], int] = {}
        self._heading_of: Ints = np.array([named.setdefault(models, len(named)) for models in headings], dtype=np.int32)
        self._named = list(named)
        self._ids = ids
        self._kept = lru_cache(maxsize=KEPT)(self._decided)

    def admitted(self, audiences: Sequence[str], scope: Scope) -> Admitted:
        """What a reader of ``audiences`` may be answered from when the question is about ``scope``."""
        return self._kept(frozenset(audiences), scope)

    def bonuses(self, admitted: Admitted, rows: NDArray[np.integer]) -> Floats:
        """What being about the right thing adds to the score of each of ``rows``, all of them admitted."""
        added: Floats = admitted.by_kind[self._kind_of[rows]] + admitted.by_heading[self._heading_of[rows]]
        return added

    def _decided(self, audiences: frozenset[str], scope: Scope) -> Admitted:
        bonuses = [scope.bonus(kind) if kind.audience in audiences else None for kind in self._examples]
        readable = np.array([bonus is not None for bonus in bonuses], dtype=bool)
        rows = readable[self._kind_of] if len(self._kind_of) else np.zeros(0, dtype=bool)
        by_kind = np.array([bonus or 0.0 for bonus in bonuses], dtype=np.float32)
        by_heading = np.array([scope.heading_bonus(models) for models in self._named], dtype=np.float32)
        return Admitted(rows, Selector.of(self._ids[rows]), by_kind, by_heading)
