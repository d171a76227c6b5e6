"""The live chunks of the database, in memory: what search needs to know of each, and the indexes built from them."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Engine, func, select
from sqlalchemy.orm import Session

from core.text import fold
from db.models import Document, DocumentChunk, DocumentProduct, Product, ProductCategory
from ingest.embeddings import Embedder, Vectors
from ingest.index import VectorIndex
from ingest.lexical import LexicalIndex
from ingest.lexicon import Lexicon
from ingest.question import QuestionReader
from ingest.splitting import Chunk, contextual
from ingest.terms import code_ranges, pairs, pieces, term, terms

_FIRST_LINE = 160
_FIRST_CELL = re.compile(r"^[^|\n:]+: ([^|\n]+) \| ", re.MULTILINE)
HEADING_WEIGHT = 3


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
class Entry:
    """A chunk as search sees it. ``models`` are the SKUs that its headings or caption name; ``front``: a cover."""

    chunk_id: int
    document_id: int
    counts: Mapping[str, int]
    words: frozenset[str]
    models: frozenset[str]
    front: bool
    vector: Vectors


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """Changes whenever a document is added, replaced, withdrawn or described anew, or the models change."""

    documents: int
    last: int
    described: int
    products: int


class Corpus:
    """An immutable picture of the library; rows number its chunks from 0."""

    def __init__(
        self,
        fingerprint: Fingerprint,
        documents: Sequence[DocumentFacts],
        entries: Sequence[Entry],
        families: Mapping[str, str],
        lexicon: Lexicon,
    ) -> None:
        """``families``: the category of each SKU that the company knows."""
        self.fingerprint = fingerprint
        self.documents = tuple(documents)
        self.entries = tuple(entries)
        self.families = families
        self.skus = {sku_term(sku): sku for sku in families}
        places = {document.document_id: place for place, document in enumerate(self.documents)}
        self.document_of: NDArray[np.int32] = np.array([places[e.document_id] for e in entries], dtype=np.int32)
        self.ids: NDArray[np.int64] = np.array([e.chunk_id for e in entries], dtype=np.int64)
        self.lexical = LexicalIndex([entry.counts for entry in entries])
        vectors = np.stack([e.vector for e in entries]) if entries else np.empty((0, 1), dtype=np.float32)
        self.vectors = VectorIndex(self.ids, vectors)
        self.front: NDArray[np.bool_] = np.array([entry.front for entry in entries], dtype=bool)
        self.reader = QuestionReader(self.lexical, frozenset().union(*(e.words for e in entries)), lexicon)


def headline(path: Sequence[str], content: str, language: str) -> list[str]:
    """What the heading and the caption of a chunk say, once more: they tell what it is about; so do the first
    cells of its rows. Pairs of words too."""
    section = terms(path[-1], language) if path else []
    first_cells = _FIRST_CELL.findall(content)
    keys = terms("\n".join(first_cells), language) if first_cells else []
    caption = terms(content.split("\n", 1)[0][:_FIRST_LINE], language) if content.lower().startswith("tabla") else []
    return [*section * HEADING_WEIGHT, *caption, *keys, *pairs(section)]


def sku_term(sku: str) -> str:
    """The search term of a model code ("XP-400" is "xp400")."""
    return re.sub(r"[^a-z\d]", "", fold(sku))


def read_fingerprint(session: Session) -> Fingerprint:
    """The state of the library now, in one cheap query."""
    documents = session.execute(
        select(
            func.count(),
            func.coalesce(func.max(Document.document_id), 0),
            func.coalesce(func.sum(func.hashtext(func.concat_ws("|", *_described()))), 0),
        ).where(Document.retired_at.is_(None))
    ).one()
    products = session.scalar(select(func.coalesce(func.sum(func.hashtext(Product.sku)), 0)))
    return Fingerprint(int(documents[0]), int(documents[1]), int(documents[2]), int(products or 0))


def _described() -> tuple[object, ...]:
    return (Document.document_id, Document.title, Document.audience, Document.categories, Document.content_hash)


def load_corpus(engine: Engine, embedder: Embedder, lexicon: Lexicon, before: Corpus | None = None) -> Corpus:
    """Read the library, but for the chunks that ``before`` holds. Returns ``before`` itself when nothing changed."""
    with Session(engine) as session:
        fingerprint = read_fingerprint(session)
        if before is not None and before.fingerprint == fingerprint:
            return before
        families, names = _models(session)
        documents = _documents(session, families)
        known = {e.chunk_id: e for e in before.entries} if before and before.families == families else {}
        about = {d.document_id: " ".join(names[sku] for sku in sorted(d.products)) for d in documents}
        entries = _entries(session, embedder, families, about, known)
    return Corpus(fingerprint, documents, entries, families, lexicon)


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
        select(Document.document_id, Document.audience, Document.categories)
        .where(Document.retired_at.is_(None))
        .order_by(Document.document_id)
    )
    out = []
    for document_id, audience, categories in rows:
        own = frozenset(sku for sku in products.get(document_id, ()) if sku in families)
        about = frozenset(str(category) for category in categories)
        out.append(DocumentFacts(document_id, str(audience), own, about, about | {families[sku] for sku in own}))
    return out


def _entries(
    session: Session,
    embedder: Embedder,
    families: Mapping[str, str],
    about: Mapping[int, str],
    known: Mapping[int, Entry],
) -> list[Entry]:
    live = select(DocumentChunk.chunk_id).join(Document).where(Document.retired_at.is_(None))
    ids = list(session.scalars(live.order_by(DocumentChunk.chunk_id)))
    missing = [chunk_id for chunk_id in ids if chunk_id not in known]
    skus = {sku_term(sku): sku for sku in families}
    fresh = {entry.chunk_id: entry for entry in _read(session, embedder, skus, about, missing)}
    return [known.get(chunk_id) or fresh[chunk_id] for chunk_id in ids]


def _read(
    session: Session, embedder: Embedder, skus: Mapping[str, str], about: Mapping[int, str], ids: Sequence[int]
) -> list[Entry]:
    rows = session.execute(
        select(
            DocumentChunk.chunk_id,
            DocumentChunk.document_id,
            Document.title,
            Document.language,
            DocumentChunk.ordinal,
            DocumentChunk.heading_path,
            DocumentChunk.content,
            DocumentChunk.embedding,
            DocumentChunk.embedding_model,
        )
        .join(Document)
        .where(DocumentChunk.chunk_id.in_(ids))
    )
    out = []
    for chunk_id, document_id, title, language, ordinal, path, content, embedding, model in rows:
        text = contextual(title, path, content)
        stored = embedding if model == embedder.name else None
        vector = np.frombuffer(stored, dtype="<f4") if stored is not None else embedder.embed([text])[0]
        chunk = Chunk(ordinal, content, None, None, tuple(path))
        out.append(make_entry(chunk_id, document_id, title, chunk, vector, language, about[document_id], skus))
    return out


def make_entry(
    chunk_id: int,
    document_id: int,
    title: str,
    chunk: Chunk,
    vector: Vectors,
    language: str = "es",
    about: str = "",
    skus: Mapping[str, str] = MappingProxyType({}),
) -> Entry:
    """What search keeps of ``chunk``. ``about`` names the models of its document; ``skus`` are all models by term."""
    path, content = chunk.heading_path, chunk.content
    words = list(pieces(contextual(title, path, content)))
    counts = Counter(term(word, language) for word in words)
    counts.update(term(word) for word in set(pieces(about)))
    counts.update(headline(path, content, language))
    counts.update(code for code in code_ranges(content) if code not in counts)
    named = pieces("\n".join([*path, content.split("\n", 1)[0][:_FIRST_LINE]]))
    models = frozenset(skus[word] for word in map(fold, named) if word in skus)
    front = chunk.ordinal == 0 and not path
    return Entry(chunk_id, document_id, counts, frozenset(map(fold, words)), models, front, vector)
