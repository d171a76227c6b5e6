"""The analyses of documents in the database: made once, with the document, and again when the analyser is another."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import aggregate_order_by, insert
from sqlalchemy.orm import Session

from db.models import DocumentChunk, DocumentKind, DocumentTerms
from ingest.analysis import Analysis, analyse, analyser_key, packed, unpacked
from ingest.splitting import Chunk

_BATCH = 100
"""Documents that are read at once."""


@dataclass(frozen=True, slots=True)
class Told:
    """What is said of a document besides its text. ``about`` names its models."""

    title: str
    language: str
    about: str

    @classmethod
    def of(cls, kind: str, title: str, language: str, names: Mapping[str, str]) -> Told:
        """``names``: commercial names of its models by SKU. The title of an answer says who answered, not what."""
        about = " ".join(names[sku] for sku in sorted(names))
        return cls("" if kind == DocumentKind.ANSWER else title, language, about)

    @property
    def key(self) -> str:
        """What the analysis depends on besides the chunks."""
        return analyser_key(self.title, self.language, self.about)


def keep_terms(session: Session, document_id: int, told: Told, analysis: Analysis) -> None:
    """Keep ``analysis`` of a live document in the transaction of ``session``."""
    values = {"analyser": told.key, "packed": packed(analysis)}
    statement = insert(DocumentTerms).values(document_id=document_id, **values)
    session.execute(statement.on_conflict_do_update(index_elements=[DocumentTerms.document_id], set_=values))


def analyses(session: Session, told: Mapping[int, Told]) -> Iterator[tuple[int, list[int], Analysis]]:
    """The documents ``told``, in order, with the numbers of their chunks and their analysis; those without chunks are
    left out.

    What is not kept, or was made by another analyser, is made now and kept: transactions of ``session`` are committed.
    """
    numbers = sorted(told)
    for start in range(0, len(numbers), _BATCH):
        part = numbers[start : start + _BATCH]
        kept = {
            number: (key, data)
            for number, key, data in session.execute(
                select(DocumentTerms.document_id, DocumentTerms.analyser, DocumentTerms.packed).where(
                    DocumentTerms.document_id.in_(part)
                )
            )
        }
        made = False
        for number, chunk_ids in _chunk_ids(session, part):
            key, data = kept.get(number, ("", b""))
            analysis = unpacked(data) if key == told[number].key else None
            if analysis is None or len(analysis.sizes) != len(chunk_ids):
                analysis = _made(session, number, told[number])
                keep_terms(session, number, told[number], analysis)
                made = True
            yield number, chunk_ids, analysis
        if made:
            session.commit()


def _chunk_ids(session: Session, documents: Sequence[int]) -> list[tuple[int, list[int]]]:
    ids = func.array_agg(aggregate_order_by(DocumentChunk.chunk_id, DocumentChunk.ordinal))
    rows = session.execute(
        select(DocumentChunk.document_id, ids)
        .where(DocumentChunk.document_id.in_(documents))
        .group_by(DocumentChunk.document_id)
        .order_by(DocumentChunk.document_id)
    )
    return [(number, list(found)) for number, found in rows]


def _made(session: Session, document_id: int, told: Told) -> Analysis:
    rows = session.execute(
        select(DocumentChunk.ordinal, DocumentChunk.heading_path, DocumentChunk.content)
        .where(DocumentChunk.document_id == document_id)
        .order_by(DocumentChunk.ordinal)
    )
    chunks = [Chunk(ordinal, content, None, None, tuple(path)) for ordinal, path, content in rows]
    return analyse(told.title, chunks, told.language, told.about)
