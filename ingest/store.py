"""Documents and their chunks in the database: one transaction each, which also retires what is replaced."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Engine, func, select, update
from sqlalchemy.orm import Session

from core.errors import BadInput
from db.models import Audience, Document, DocumentChunk, DocumentKind, DocumentProduct, Product, ProductCategory
from ingest.embeddings import Embedder, Vectors
from ingest.splitting import Chunk, contextual

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


def save(engine: Engine, reading: Reading, labels: Labels, embedder: Embedder) -> bool:
    """Store ``reading`` and retire the version it replaces, all or nothing. True when there was one."""
    vectors = embedder.embed([contextual(reading.title, c.heading_path, c.content) for c in reading.chunks])
    with Session(engine) as session, session.begin():
        session.execute(select(func.pg_advisory_xact_lock(func.hashtext(reading.source))))
        replaced = _retire(session, [reading.source])
        document = _document(reading, labels)
        session.add(document)
        session.flush()
        for number in product_ids(session, labels.products):
            session.add(DocumentProduct(document_id=document.document_id, product_id=number))
        for chunk, vector in zip(reading.chunks, vectors, strict=True):
            session.add(_chunk(document.document_id, chunk, vector, embedder.name))
    return replaced > 0


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


def _chunk(document_id: int, chunk: Chunk, vector: Vectors, model: str) -> DocumentChunk:
    return DocumentChunk(
        document_id=document_id,
        ordinal=chunk.ordinal,
        page=chunk.page,
        section=chunk.section,
        heading_path=list(chunk.heading_path),
        content=chunk.content,
        embedding=as_bytes(vector),
        embedding_model=model,
    )


def retire(engine: Engine, sources: Iterable[str]) -> int:
    """Withdraw the live versions of ``sources``; how many there were."""
    with Session(engine) as session, session.begin():
        return _retire(session, list(sources))


def _retire(session: Session, sources: Sequence[str]) -> int:
    rows = session.execute(
        update(Document)
        .where(Document.source.in_(sources), Document.retired_at.is_(None))
        .values(retired_at=func.now())
        .returning(Document.document_id)
    )
    return len(rows.all())


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
    """Give every live chunk a vector of ``embedder``; how many lacked one. Batches are separate transactions."""
    done = 0
    while True:
        with Session(engine) as session, session.begin():
            rows = session.execute(
                select(DocumentChunk, Document.title)
                .join(Document)
                .where(Document.retired_at.is_(None), DocumentChunk.embedding_model.is_distinct_from(embedder.name))
                .limit(_BATCH)
            ).all()
            if not rows:
                return done
            vectors = embedder.embed([contextual(title, c.heading_path, c.content) for c, title in rows])
            for (chunk, _), vector in zip(rows, vectors, strict=True):
                chunk.embedding, chunk.embedding_model = as_bytes(vector), embedder.name
            done += len(rows)
