"""Which documents a question may be answered from, and which of them come first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from ingest.index import Ids, Selector
from ingest.law import LAW
from ingest.lexical import Floats, Ints
from ingest.naming import Name, kinds_of_products

EXACT = 1.2
FAMILY = 0.5
GENERAL = 0.0
BY_LAW = 3.0
"""What being law adds when the question asks what the law says."""
OTHER_MODEL_HEADING = -2.5
KEPT = 32
"""Selections that are remembered; each weighs a little more than a byte a chunk."""


@dataclass(frozen=True, slots=True)
class DocumentFacts:
    """What scoping asks about a document: who may read it and which models and families it is about.

    ``families`` are its categories and those of its models; ``names``: what its titles call the thing it is about;
    ``laws``: of law, what it is called.
    """

    document_id: int
    audience: str
    products: frozenset[str]
    categories: frozenset[str]
    families: frozenset[str]
    kind: str = ""
    names: frozenset[Name] = frozenset()
    laws: frozenset[str] = frozenset()

    @property
    def of_a_product(self) -> bool:
        """Whether it is about one product, by its models or by its kind and what it is called."""
        return bool(self.products) or bool(self.names and self.kind in kinds_of_products())


@dataclass(frozen=True, slots=True)
class Scope:
    """What the question is about: models, and the families they or the asker name. Empty: no preference.

    ``names``: what it calls things that only the documents know; ``makes``: words that say who makes them; ``law``:
    it asks what the law says, and ``laws`` which ones, if any in particular.
    """

    products: frozenset[str]
    families: frozenset[str]
    names: frozenset[Name] = frozenset()
    makes: frozenset[str] = frozenset()
    law: bool = False
    laws: frozenset[str] = frozenset()

    @classmethod
    def of(
        cls,
        products: Sequence[str],
        categories: Sequence[str],
        families: Mapping[str, str],
        names: Sequence[Name] = (),
        makes: frozenset[str] = frozenset(),
        law: bool = False,
        laws: frozenset[str] = frozenset(),
    ) -> Scope:
        """A scope; the families of the ``products`` are added to ``categories``."""
        models = frozenset(products)
        wanted = frozenset(categories) | {families[sku] for sku in models if sku in families}
        return cls(models, wanted, frozenset(names), makes, law, laws)

    def bonus(self, document: DocumentFacts) -> float | None:
        """What being about the right thing adds to a score; None when ``document`` is about something else."""
        if self.law and document.kind == LAW:
            return BY_LAW if not self.laws or self.laws & document.laws else None
        if self.names:
            return self._of_named(document)
        if not self.families and not self.products:
            return GENERAL
        if document.products & self.products:
            return EXACT
        if self.products and document.products:
            return None
        if not document.families:
            return GENERAL
        return FAMILY if document.families & self.families else None

    def _of_named(self, document: DocumentFacts) -> float | None:
        if any(own.meant_by(name) for own in document.names for name in self.names):
            return EXACT
        if document.products & self.products:
            return EXACT
        if document.of_a_product and not (document.names and {name.word for name in document.names} <= self.makes):
            return None
        return GENERAL

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
        kinds: dict[object, int] = {}
        alike = [
            kinds.setdefault(
                (d.audience, d.products, d.families, d.names, d.of_a_product, d.kind == LAW, d.laws), len(kinds)
            )
            for d in documents
        ]
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
