"""Documents and their chunks in the database: one transaction each, which also retires what is replaced."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Engine, delete, func, select, update
from sqlalchemy.orm import Session

from core.errors import BadInput, Unavailable
from db.models import (
    Audience,
    Document,
    DocumentChunk,
    DocumentKind,
    DocumentProduct,
    DocumentTerms,
    Product,
    ProductCategory,
)
from ingest.analysis import analyse
from ingest.embeddings import Embedder, Vectors
from ingest.kept_terms import Told, keep_terms
from ingest.splitting import Chunk, contextual

CHANNEL = "cuadrilla_library"
"""Where the database tells that the library changed, when the change is committed."""

_BATCH = 500


@dataclass(frozen=True, slots=True)
class Labels:
    """What a person says of a document: who reads it, what it is, and which models (SKUs) or families it is about."""

    audience: Audience
    kind: DocumentKind
    title: str | None = None
    language: str = "es"
    revision: str | None = None
    products: tuple[str, ...] = ()
    categories: tuple[ProductCategory, ...] = ()


@dataclass(frozen=True, slots=True)
class Reading:
    """A document read and divided, ready to be stored."""

    source: str
    title: str
    media_type: str
    content_hash: str
    pages: int | None
    chunks: tuple[Chunk, ...]


@dataclass(frozen=True, slots=True)
class Saved:
    """Whether there was a version to replace, and whether the chunks have their vectors."""

    replaced: bool
    embedded: bool


def as_bytes(vector: Vectors) -> bytes:
    """A vector as it is stored: float32, little endian."""
    return vector.astype("<f4").tobytes()


def live_hashes(engine: Engine, sources: Collection[str]) -> Mapping[str, str]:
    """Content hash of each of ``sources`` that has a live version."""
    with Session(engine) as session:
        rows = session.execute(
            select(Document.source, Document.content_hash).where(
                Document.retired_at.is_(None), Document.source.in_(sources)
            )
        )
        return {row.source: row.content_hash for row in rows}


def product_ids(session: Session, skus: Collection[str]) -> list[int]:
    """Numbers of the models ``skus``; raise :class:`BadInput` when one is not in the catalogue."""
    rows = session.execute(select(Product.sku, Product.product_id).where(Product.sku.in_(skus)))
    known = {row.sku: row.product_id for row in rows}
    unknown = sorted(set(skus) - set(known))
    if unknown:
        raise BadInput(f"Unknown product: {', '.join(unknown)}.", reason="unknown_product", products=unknown)
    return [known[sku] for sku in dict.fromkeys(skus)]


def same_content(engine: Engine, content_hash: str, source: str) -> str | None:
    """Another live source than ``source`` with the same bytes and labels."""
    return _another(engine, Document.content_hash == content_hash, source)


def same_title(engine: Engine, title: str, source: str) -> str | None:
    """Another live source than ``source`` that is cited by the same title."""
    return _another(engine, Document.title == title, source)


def _another(engine: Engine, alike: ColumnElement[bool], source: str) -> str | None:
    others = select(Document.source).where(alike, Document.retired_at.is_(None), Document.source != source)
    with Session(engine) as session:
        return session.scalars(others.order_by(Document.document_id).limit(1)).first()


def save(engine: Engine, reading: Reading, labels: Labels, embedder: Embedder) -> Saved:
    """Store ``reading`` and retire the version it replaces, all or nothing.

    When ``embedder`` is out of reach the chunks are stored without vectors; :func:`embed_missing` makes up for it.
    """
    vectors = vectors_of(reading, embedder)
    with Session(engine) as session, session.begin():
        replaced, _ = keep(session, reading, labels, vectors, embedder.name)
    return Saved(replaced, vectors is not None)


def keep(
    session: Session, reading: Reading, labels: Labels, vectors: Vectors | None, model: str
) -> tuple[bool, Document]:
    """Store ``reading`` in the transaction of ``session`` and retire the version it replaces.

    ``vectors``: of its chunks, made by ``model``; None leaves them to :func:`embed_missing`. Gives whether something
    was replaced, and the document. Who searches hears of it when the transaction is committed.
    """
    session.execute(select(func.pg_advisory_xact_lock(func.hashtext(reading.source))))
    replaced = withdraw(session, [reading.source])
    document = _document(reading, labels)
    session.add(document)
    session.flush()
    for number in product_ids(session, labels.products):
        session.add(DocumentProduct(document_id=document.document_id, product_id=number))
    for row, chunk in enumerate(reading.chunks):
        vector = None if vectors is None else as_bytes(vectors[row])
        session.add(_chunk(document.document_id, chunk, vector, model if vectors is not None else None))
    told = _told(session, reading, labels)
    analysis = analyse(told.title, reading.chunks, told.language, told.about)
    keep_terms(session, document.document_id, told, analysis)
    session.execute(select(func.pg_notify(CHANNEL, str(document.document_id))))
    return replaced > 0, document


def _told(session: Session, reading: Reading, labels: Labels) -> Told:
    models = select(Product.sku, Product.name).where(
        Product.sku.in_(labels.products), Product.category != ProductCategory.SPARE_PART
    )
    return Told.of(labels.kind, reading.title, labels.language, {row.sku: row.name for row in session.execute(models)})


def vectors_of(reading: Reading, embedder: Embedder) -> Vectors | None:
    """A vector for each chunk of ``reading``; None while the service that makes them is out of reach."""
    try:
        return embedder.embed([contextual(reading.title, c.heading_path, c.content) for c in reading.chunks])
    except Unavailable:
        return None


def _document(reading: Reading, labels: Labels) -> Document:
    return Document(
        source=reading.source,
        title=reading.title,
        kind=labels.kind,
        audience=labels.audience,
        language=labels.language,
        revision=labels.revision,
        categories=list(labels.categories),
        media_type=reading.media_type,
        content_hash=reading.content_hash,
        pages=reading.pages,
    )


def _chunk(document_id: int, chunk: Chunk, vector: bytes | None, model: str | None) -> DocumentChunk:
    return DocumentChunk(
        document_id=document_id,
        ordinal=chunk.ordinal,
        page=chunk.page,
        section=chunk.section,
        heading_path=list(chunk.heading_path),
        content=chunk.content,
        embedding=vector,
        embedding_model=model,
    )


def retire(engine: Engine, sources: Iterable[str]) -> int:
    """Withdraw the live versions of ``sources``; how many there were."""
    with Session(engine) as session, session.begin():
        return withdraw(session, list(sources))


def withdraw(session: Session, sources: Sequence[str]) -> int:
    """As :func:`retire`, in the transaction of ``session``."""
    rows = session.execute(
        update(Document)
        .where(Document.source.in_(sources), Document.retired_at.is_(None))
        .values(retired_at=func.now())
        .returning(Document.document_id)
    ).all()
    if rows:
        gone = [number for (number,) in rows]
        session.execute(delete(DocumentTerms).where(DocumentTerms.document_id.in_(gone)))
        session.execute(select(func.pg_notify(CHANNEL, "")))
    return len(rows)


def live_sources(engine: Engine, prefix: str) -> set[str]:
    """Sources with a live version that begin with ``prefix``."""
    with Session(engine) as session:
        return set(
            session.scalars(
                select(Document.source).where(
                    Document.retired_at.is_(None), Document.source.startswith(prefix, autoescape=True)
                )
            )
        )


def embed_missing(engine: Engine, embedder: Embedder) -> int:
    """Give every live chunk a vector of ``embedder``; how many lacked one. Batches are separate transactions, which
    several processes may share out. Raises :class:`Unavailable` when the service that embeds is out of reach.
    """
    done = 0
    while True:
        with Session(engine) as session, session.begin():
            rows = session.execute(
                select(DocumentChunk, Document.title)
                .join(Document)
                .where(Document.retired_at.is_(None), DocumentChunk.embedding_model.is_distinct_from(embedder.name))
                .limit(_BATCH)
                .with_for_update(of=DocumentChunk, skip_locked=True)
            ).all()
            if rows:
                vectors = embedder.embed([contextual(title, c.heading_path, c.content) for c, title in rows])
                for (chunk, _), vector in zip(rows, vectors, strict=True):
                    chunk.embedding, chunk.embedding_model = as_bytes(vector), embedder.name
                done += len(rows)
            elif done:
                session.execute(select(func.pg_notify(CHANNEL, "")))
        if not rows:
            return done
