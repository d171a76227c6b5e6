"""Documents: what is said of them, and new ones through the same pipeline as ``python -m ingest``."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import PurePath
from typing import Annotated

from fastapi import APIRouter, Form, Response, UploadFile
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from api.auth import Access, Caller, OpenDesk
from api.desk import Desk
from api.errors import documented
from api.v1.resources import BASE, author_of, shown
from api.v1.rules import as_labelled, no_answer
from core.errors import BadInput, Conflict, Denied, DocumentUnreadable
from db.crud.failures import translated
from db.crud.resource import Resource
from db.crud.writing import audit
from db.models import Audience, Document, DocumentKind, DocumentProduct, ProductCategory
from db.schemas.library import DocumentBody
from db.schemas.words import Code, Language, Line
from db.session import session_scope
from ingest.embedders import make_embedder
from ingest.isolation import isolated_reader
from ingest.pipeline import Outcome, Status, ingest_sources
from ingest.store import CHANNEL, Labels
from policy.decide import may_create
from policy.scopes import WRITE

UPLOAD_PATH = f"{BASE}/documents"
UPLOAD_BYTES = 20_000_000
_READING_SECONDS = 120.0
_LONGEST_NAME = 200


def tell_readers(session: Session) -> None:
    """The library changed: those who search it look again."""
    session.execute(select(func.pg_notify(CHANNEL, "")))


DOCUMENTS = Resource(
    "documents",
    Document,
    DocumentBody,
    filters=("title", "kind", "audience", "language", "revision", "pages", "ingested_at"),
    search=("title",),
    order="title",
    rule=as_labelled,
    leaves=no_answer,
    after=tell_readers,
    retires=True,
    makes=False,
)
DOCUMENT_PRODUCTS = Resource("document-products", DocumentProduct, filters=("document_id", "product_id"))
LIBRARY = (DOCUMENTS, DOCUMENT_PRODUCTS)


class UploadForm(BaseModel):
    """What is said of the file. The same ``source`` (its name when left out) again replaces what was read before."""

    model_config = ConfigDict(extra="forbid")

    file: UploadFile = Field(description="PDF, DOCX, XLSX, CSV, Markdown, HTML or text")
    audience: Audience
    kind: DocumentKind
    title: Line | None = None
    language: Language = "es"
    revision: Line | None = None
    product: list[Code] = Field(default_factory=list[str], max_length=50, description="SKUs it is about")
    category: list[ProductCategory] = Field(default_factory=list[ProductCategory], max_length=20)
    source: Line | None = None


@dataclass(frozen=True, slots=True)
class Upload:
    """A file that was sent: a :class:`ingest.sources.item.Source`."""

    name: str
    source: str
    labels: Labels
    data: bytes

    def read(self) -> bytes:
        """The bytes."""
        return self.data


def document_routes() -> APIRouter:
    """``POST /documents``."""
    router = APIRouter(tags=["documents"])

    @router.post(
        "/documents",
        status_code=201,
        operation_id="create_documents",
        response_model=DOCUMENTS.record,
        responses={
            200: {"description": "It was there already", "model": DOCUMENTS.record},
            **documented(400, 401, 403, 409, 413, 422, 429, 503),
        },
    )
    def upload(access: Caller, desk: OpenDesk, sent: Annotated[UploadForm, Form()]) -> Response:
        """Read a document into the library. Sent again it changes nothing, so no idempotency key is needed."""
        access.need(WRITE, DOCUMENTS.name)
        decision = may_create(access.principal.role, DOCUMENTS.name)
        if not decision.allowed:
            raise Denied(what=decision.what, reason=decision.reason)
        outcome = _ingest(desk, _upload(sent))
        return _answer(desk, access, outcome)

    return router


def _upload(sent: UploadForm) -> Upload:
    name = _name(sent.file.filename or "")
    labels = Labels(
        sent.audience, sent.kind, sent.title, sent.language, sent.revision, tuple(sent.product), tuple(sent.category)
    )
    return Upload(name, f"upload/{sent.source or name}", labels, sent.file.file.read())


def _name(sent: str) -> str:
    """What a file is called: no path, nothing that cannot be seen, and not too long to keep its ending."""
    seen = "".join(character for character in sent.replace("\\", "/") if character.isprintable())
    path = PurePath(PurePath(seen).name.strip(". ") or "document")
    ending = path.suffix[:20]
    return f"{path.stem[: _LONGEST_NAME - len(ending)]}{ending}"


def _ingest(desk: Desk, upload: Upload) -> Outcome:
    """Read it in a process of its own: a parser that hangs or swells costs that file."""
    with translated(), isolated_reader(_READING_SECONDS) as reader:
        report = ingest_sources(desk.crew.engine, [upload], make_embedder(desk.settings), reader=reader)
    outcome = report.outcomes[0]
    if outcome.status is Status.FAILED:
        if outcome.reason in {BadInput.code, "unknown_product"}:
            raise BadInput(outcome.detail, what="product", reason=outcome.reason)
        raise DocumentUnreadable("The file could not be read.", what="file", reason=outcome.reason)
    return outcome


def _answer(desk: Desk, access: Access, outcome: Outcome) -> Response:
    role = access.principal.role
    source = outcome.detail if outcome.status is Status.DUPLICATE else outcome.source
    with translated(), session_scope(desk.sessions) as session:
        columns = [DOCUMENTS.table.columns[name] for name in DOCUMENTS.columns(role)]
        live = select(*columns).where(Document.source == source, Document.retired_at.is_(None))
        found = session.execute(live).mappings().first()
        if found is None:
            raise Conflict("Somebody retired it meanwhile.", what=DOCUMENTS.name, reason="busy")
        row = dict(found)
        fresh = outcome.status in (Status.ADDED, Status.REPLACED)
        if fresh:
            author = author_of(desk, access)
            audit(session, author, "create", DOCUMENTS.name, str(row["document_id"]), {"title": [None, row["title"]]})
    answer = shown(DOCUMENTS, role, row)
    headers = {**answer.headers, "Location": f"{UPLOAD_PATH}/{row['document_id']}"}
    return Response(answer.body, 201 if fresh else 200, headers, media_type="application/json")
