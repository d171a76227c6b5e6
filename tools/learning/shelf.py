"""Approved answers on the shelf: documents of their own kind, searched and cited like any other."""

from __future__ import annotations

import hashlib
import re
from datetime import tzinfo
from types import MappingProxyType

from babel.dates import format_date
from sqlalchemy.orm import Session

from db.crud import learning as crud
from db.models import Document, DocumentKind, KnowledgeAnswer, KnowledgeFeedback
from ingest.blocks import Block, Heading, ListItem, Loaded, Paragraph
from ingest.embeddings import Embedder, Vectors
from ingest.splitting import split
from ingest.store import Labels, Reading, keep, vectors_of, withdraw
from tools.learning.reading import read

SOURCE = "learned/"
_ITEM = re.compile(r"^\s*(?:(?P<number>\d{1,2}[.)])|[-*•])\s+(?P<text>.+)$")
_TITLES = MappingProxyType(
    {
        "es": ("Respuesta de {author}, {day}", "d 'de' MMMM 'de' y"),
        "en": ("Answer by {author}, {day}", "d MMMM y"),
    }
)
_SPACES = re.compile(r"\s+")


def source_of(feedback_id: int) -> str:
    """The lasting identity of the document that answers a question."""
    return f"{SOURCE}{feedback_id}"


def title_of(answer: KnowledgeAnswer, zone: tzinfo) -> str:
    """How the answer is cited."""
    language = answer.language if answer.language in _TITLES else "es"
    words, pattern = _TITLES[language]
    day = format_date(answer.created_at.astimezone(zone).date(), pattern, locale=language)
    return words.format(author=answer.author, day=day)


def as_reading(question: KnowledgeFeedback, answer: KnowledgeAnswer, zone: tzinfo) -> Reading:
    """The answer as a document under the heading of its question."""
    heading = Heading(1, _SPACES.sub(" ", question.question).strip())
    loaded = Loaded((heading, *_blocks(answer.text)), "text/plain")
    digest = hashlib.sha256(f"{answer.answer_id}\n{heading.text}\n{answer.text}".encode()).hexdigest()
    return Reading(source_of(question.feedback_id), title_of(answer, zone), "text/plain", digest, None, split(loaded))


def vectors_for(reading: Reading, embedder: Embedder) -> Vectors | None:
    """As :func:`ingest.store.vectors_of`: to be made before a transaction is opened."""
    return vectors_of(reading, embedder)


def shelve(
    session: Session,
    question: KnowledgeFeedback,
    answer: KnowledgeAnswer,
    reading: Reading,
    vectors: Vectors | None,
    model: str,
) -> Document:
    """Put ``answer`` in the library in the transaction of ``session``, in the place of an earlier version."""
    named = tuple(crud.skus_named(session, read(question.question, question.language).exact.split()))
    labels = Labels(answer.audience, DocumentKind.ANSWER, reading.title, answer.language, f"v{answer.version}", named)
    _, document = keep(session, reading, labels, vectors, model)
    document.valid_from, document.valid_until = answer.valid_from, answer.valid_until
    answer.document_id = document.document_id
    return document


def unshelve(session: Session, feedback_id: int) -> None:
    """Take the answer to a question out of the library, at once for everybody when the transaction is committed."""
    withdraw(session, [source_of(feedback_id)])


def _blocks(text: str) -> tuple[Block, ...]:
    """Paragraphs and list items, as a person wrote them."""
    blocks: list[Block] = []
    for line in text.splitlines():
        item = _ITEM.match(line)
        if item:
            blocks.append(ListItem(item["text"].strip(), (item["number"] or "-").replace(")", ".")))
        elif line.strip():
            blocks.append(Paragraph(line.strip()))
    return tuple(blocks)
