"""The live chunks of the database, in memory: what search needs to know of each, and the indexes built from them."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from operator import attrgetter
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Engine, Select, case, func, select
from sqlalchemy.orm import Session

from core.text import fold
from db.models import Document, DocumentChunk, DocumentKind, DocumentProduct, Product, ProductCategory
from ingest.embeddings import CharacterEmbedder, Embedder, Vectors
from ingest.index import VectorIndex
from ingest.kept_terms import Told, analyses
from ingest.law import LAW, laws_in, titled_as_law
from ingest.lexical import LexicalIndex
from ingest.lexicon import Lexicon
from ingest.naming import Names, names_in
from ingest.question import QuestionReader
from ingest.scoping import Admissions, DocumentFacts
from ingest.scribe import Entry, Scribe
from ingest.splitting import contextual
from ingest.terms import pieces

_BATCH = 5_000
_by_chunk = attrgetter("chunk_id")
_ENOUGH = 0.95
"""With this share of a service's vectors the library is searched by them; before, by the embedded ones."""


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """Changes whenever a document is added, replaced, withdrawn or described anew, the models change, or vectors of a
    service come in."""

    documents: int = 0
    last: int = 0
    described: int = 0
    products: int = 0
    embedded: int = 0


class Corpus:
    """An immutable picture of the library; rows number its chunks from 0, in the order of their ids."""

    def __init__(
        self,
        fingerprint: Fingerprint,
        documents: Sequence[DocumentFacts],
        entries: Sequence[Entry],
        families: Mapping[str, str],
        lexicon: Lexicon,
        scribe: Scribe,
        vectors: VectorIndex,
        embedder: Embedder,
        keys: Mapping[int, str] | None = None,
    ) -> None:
        """``families``: the category of each SKU that the company knows; ``scribe`` wrote ``entries``; ``embedder``
        made ``vectors``; ``keys``: what the analysis of each document depended on."""
        self.fingerprint = fingerprint
        self.keys = keys or {}
        self.documents = tuple(documents)
        self.entries = tuple(entries)
        self.families = families
        self.skus = {sku_term(sku): sku for sku in families}
        self.scribe = scribe
        self.embedder = embedder
        self.vectors = vectors
        places = {document.document_id: place for place, document in enumerate(self.documents)}
        self.document_of: NDArray[np.int32] = np.array([places[e.document_id] for e in entries], dtype=np.int32)
        self.ids: NDArray[np.int64] = np.array([e.chunk_id for e in entries], dtype=np.int64)
        self.admissions = Admissions(self.documents, self.document_of, [e.models for e in entries], self.ids)
        self.lexical = LexicalIndex.packed(scribe.vocabulary, [entry.counts for entry in entries])
        self.names = lru_cache(maxsize=8)(self._names)
        self.front: NDArray[np.bool_] = np.array([entry.front for entry in entries], dtype=bool)
        self.reader = QuestionReader(self.lexical, scribe.spelling, lexicon)

    def _names(self, audiences: frozenset[str]) -> Names:
        """What the documents for ``audiences`` call the things they are about."""
        return Names(document.names for document in self.documents if document.audience in audiences)


def sku_term(sku: str) -> str:
    """The search term of a model code ("XP-400" is "xp400")."""
    return re.sub(r"[^a-z\d]", "", fold(sku))


def read_fingerprint(session: Session, embedder: Embedder) -> Fingerprint:
    """The state of the library now, in one cheap query."""
    documents = session.execute(
        select(
            func.count(),
            func.coalesce(func.max(Document.document_id), 0),
            func.coalesce(func.sum(func.hashtext(func.concat_ws("|", *_described()))), 0),
        ).where(Document.retired_at.is_(None))
    ).one()
    products = session.scalar(select(func.coalesce(func.sum(func.hashtext(Product.sku)), 0)))
    embedded = 0
    if not embedder.local:
        embedded = session.scalar(_live(func.count()).where(DocumentChunk.embedding_model == embedder.name)) or 0
    return Fingerprint(int(documents[0]), int(documents[1]), int(documents[2]), int(products or 0), embedded)


def _described() -> tuple[object, ...]:
    return (Document.document_id, Document.title, Document.audience, Document.categories, Document.content_hash)


def _live(*what: Any) -> Select[Any]:
    """``what`` of the chunks of live documents."""
    return select(*what).select_from(DocumentChunk).join(Document).where(Document.retired_at.is_(None))


def load_corpus(engine: Engine, embedder: Embedder, lexicon: Lexicon, before: Corpus | None = None) -> Corpus:
    """Read the library, but for the chunks that ``before`` holds. Returns ``before`` itself when nothing changed.

    While most of the vectors of a service are still to come, the library is searched by the embedded ones.
    """
    with Session(engine) as session:
        fingerprint = read_fingerprint(session, embedder)
        if before is not None and before.fingerprint == fingerprint:
            return before
        families, names = _models(session)
        documents = _documents(session, families)
        titles = _titles(session)
        same = before is not None and before.families == families
        scribe = before.scribe if before and same else Scribe({sku_term(sku): sku for sku in families})
        told = {d.document_id: _told(d, titles[d.document_id], names) for d in documents}
        keys = {number: one.key for number, one in told.items()}
        entries = _kept(before, keys) if before and same else []
        held = {entry.document_id for entry in entries}
        for number, chunk_ids, analysis in analyses(session, {n: one for n, one in told.items() if n not in held}):
            entries += scribe.entries(number, chunk_ids, analysis)
        entries.sort(key=_by_chunk)
        documents = _named(documents, titles, scribe, names)
        serving = _serving(embedder, fingerprint, len(entries), before)
        vectors = _vectors(session, serving, np.array([e.chunk_id for e in entries], dtype=np.int64), before)
    return Corpus(fingerprint, documents, entries, families, lexicon, scribe, vectors, serving, keys)


def _serving(embedder: Embedder, fingerprint: Fingerprint, size: int, before: Corpus | None) -> Embedder:
    """The embedder whose vectors are searched."""
    enough = embedder.local or fingerprint.embedded >= _ENOUGH * size
    if enough or (before is not None and before.embedder.name == embedder.name):
        return embedder
    return CharacterEmbedder()


def _models(session: Session) -> tuple[dict[str, str], dict[str, str]]:
    """Category and commercial name of each model by its SKU; spare parts are no models."""
    rows = session.execute(
        select(Product.sku, Product.category, Product.name).where(Product.category != ProductCategory.SPARE_PART)
    ).all()
    return {row.sku: str(row.category) for row in rows}, {row.sku: row.name for row in rows}


def _documents(session: Session, families: Mapping[str, str]) -> list[DocumentFacts]:
    products: dict[int, set[str]] = {}
    links = select(DocumentProduct.document_id, Product.sku).join(
        Product, Product.product_id == DocumentProduct.product_id
    )
    for document_id, sku in session.execute(links):
        products.setdefault(document_id, set()).add(sku)
    rows = session.execute(
        select(Document.document_id, Document.audience, Document.categories, Document.kind)
        .where(Document.retired_at.is_(None))
        .order_by(Document.document_id)
    )
    out = []
    for document_id, audience, categories, kind in rows:
        own = frozenset(sku for sku in products.get(document_id, ()) if sku in families)
        about = frozenset(str(category) for category in categories)
        of = about | {families[sku] for sku in own}
        out.append(DocumentFacts(document_id, str(audience), own, about, of, str(kind)))
    return out


def _titles(session: Session) -> dict[int, tuple[str, str]]:
    """Title and language of each live document."""
    rows = session.execute(
        select(Document.document_id, Document.title, Document.language).where(Document.retired_at.is_(None))
    )
    return {row.document_id: (row.title, row.language) for row in rows}


def _told(document: DocumentFacts, titled: tuple[str, str], names: Mapping[str, str]) -> Told:
    return Told.of(document.kind, *titled, {sku: names[sku] for sku in document.products})


def _kept(before: Corpus, keys: Mapping[int, str]) -> list[Entry]:
    """Entries of ``before`` whose documents are live and are said to be what they were."""
    same = {number for number, key in keys.items() if before.keys.get(number) == key}
    return [entry for entry in before.entries if entry.document_id in same]


def _named(
    documents: Sequence[DocumentFacts],
    titles: Mapping[int, tuple[str, str]],
    scribe: Scribe,
    names: Mapping[str, str],
) -> list[DocumentFacts]:
    """``documents`` with what their titles call the thing they are about, as far as the catalogue does not know it; law
    is known by its title, whatever was said of it."""
    known = {fold(piece) for sku, name in names.items() for piece in (*pieces(name), sku_term(sku))}

    def named(document: DocumentFacts) -> DocumentFacts:
        number = document.document_id
        if document.kind == DocumentKind.ANSWER:
            return document
        said = _said_first(number, titles, scribe)
        if any(map(titled_as_law, said)):
            document = replace(document, kind=LAW)
        if document.kind == LAW:
            document = replace(document, laws=laws_in(" ".join(said)))
        return replace(document, names=names_in(said, scribe.lowered.get(number, ()), known, scribe.small))

    return [named(document) for document in documents]


def _said_first(document_id: int, titles: Mapping[int, tuple[str, str]], scribe: Scribe) -> tuple[str, ...]:
    title, _ = titles.get(document_id, ("", ""))
    return title, scribe.openings.get(document_id, "")


def _vectors(session: Session, embedder: Embedder, ids: NDArray[np.int64], before: Corpus | None) -> VectorIndex:
    """The vectors of ``ids`` in the space of ``embedder``. What is not stored is made on the spot by an embedder of
    this machine, and left out when it is a service's."""
    index = before.vectors if before is not None and before.embedder.name == embedder.name else None
    missing = ids if index is None else ids[~index.holds(ids)]
    if index is not None and not len(missing) and len(index) < 2 * max(len(ids), 1):
        return index
    space = np.empty((len(missing), embedder.dimensions), dtype=np.float32)
    there = np.zeros(len(missing), dtype=bool)
    what = select(DocumentChunk.chunk_id, Document.title, DocumentChunk.heading_path, DocumentChunk.content).join(
        Document
    )
    stored = case((DocumentChunk.embedding_model == embedder.name, DocumentChunk.embedding))
    for start in range(0, len(missing), _BATCH):
        part = [int(chunk_id) for chunk_id in missing[start : start + _BATCH]]
        held = select(DocumentChunk.chunk_id, stored).where(DocumentChunk.chunk_id.in_(part))
        found = {chunk_id: vector for chunk_id, vector in session.execute(held) if vector is not None}
        lacking = [chunk_id for chunk_id in part if chunk_id not in found] if embedder.local else []
        made: dict[int, Vectors] = {}
        for chunk_id, title, path, content in session.execute(what.where(DocumentChunk.chunk_id.in_(lacking))):
            made[chunk_id] = embedder.embed([contextual(title, path, content)])[0]
        for row, chunk_id in enumerate(part, start):
            if chunk_id in found:
                space[row], there[row] = np.frombuffer(found[chunk_id], dtype="<f4"), True
            elif chunk_id in made:
                space[row], there[row] = made[chunk_id], True
    if not there.all():
        missing, space = missing[there], space[there]
    return VectorIndex(missing, space) if index is None else index.extended(ids, missing, space)
