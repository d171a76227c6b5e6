"""Documents, the chunks that are searched, and the audit of writes."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ARRAY, ForeignKey, Identity, Index, LargeBinary, Text, UniqueConstraint, func, text
from sqlalchemy.dialects.postgresql import JSONB, TIMESTAMP
from sqlalchemy.orm import Mapped, mapped_column

from db.models.base import Base, db_enum
from db.models.business import ProductCategory


class Audience(StrEnum):
    PUBLIC = "public"
    CLIENT = "client"
    TECHNICIAN = "technician"
    ADMIN = "admin"


class DocumentKind(StrEnum):
    USER_MANUAL = "user_manual"
    SERVICE_MANUAL = "service_manual"
    MAINTENANCE_PLAN = "maintenance_plan"
    ERROR_TABLE = "error_table"
    WARRANTY = "warranty"
    FAQ = "faq"
    DATA_SHEET = "data_sheet"
    PROCEDURE = "procedure"
    PRICE_LIST = "price_list"
    REGULATION = "regulation"
    ANSWER = "answer"


class Document(Base):
    """A file that was ingested; replaced versions keep their row with ``retired_at`` set."""

    __tablename__ = "documents"
    __table_args__ = (
        Index("ix_documents_audience", "audience"),
        Index("uq_documents_live_source", "source", unique=True, postgresql_where=text("retired_at IS NULL")),
        {"comment": "Manuals, plans, regulations and answers that may be cited"},
    )

    document_id: Mapped[int] = mapped_column(Identity(), primary_key=True, comment="Document number")
    source: Mapped[str] = mapped_column(Text, comment="Where it came from: path or URL")
    title: Mapped[str] = mapped_column(Text, comment="Title that is cited")
    kind: Mapped[DocumentKind] = mapped_column(db_enum(DocumentKind, "document_kind"), comment="Kind of document")
    audience: Mapped[Audience] = mapped_column(
        db_enum(Audience, "audience"), comment="Least privileged reader; technicians also read client documents"
    )
    language: Mapped[str] = mapped_column(Text, server_default="es", comment="Language, ISO 639-1")
    revision: Mapped[str | None] = mapped_column(Text, comment="Revision printed on the document")
    categories: Mapped[list[ProductCategory]] = mapped_column(
        ARRAY(db_enum(ProductCategory, "product_category")), server_default="{}", comment="Families it is about"
    )
    media_type: Mapped[str] = mapped_column(Text, comment="MIME type of the file")
    content_hash: Mapped[str] = mapped_column(Text, comment="SHA-256 of the bytes and of how they were read")
    pages: Mapped[int | None] = mapped_column(comment="Pages, where the format has them")
    ingested_at: Mapped[datetime] = mapped_column(TIMESTAMP(timezone=True), server_default=func.now(), comment="When")
    retired_at: Mapped[datetime | None] = mapped_column(TIMESTAMP(timezone=True), comment="Replaced or withdrawn")
    valid_from: Mapped[date | None] = mapped_column(comment="First day it holds; nobody reads it before")
    valid_until: Mapped[date | None] = mapped_column(comment="Last day it holds; nobody reads it afterwards")


class DocumentProduct(Base):
    """Which models a document is about; no row means general."""

    __tablename__ = "document_products"
    __table_args__ = ({"comment": "Models that each document is about"},)

    document_id: Mapped[int] = mapped_column(
        ForeignKey("documents.document_id", ondelete="CASCADE"), primary_key=True, comment="Document"
    )
    product_id: Mapped[int] = mapped_column(
        ForeignKey("products.product_id"), primary_key=True, index=True, comment="Model"
    )


class DocumentChunk(Base):
    """A passage that is searched and cited."""

    __tablename__ = "document_chunks"
    __table_args__ = (UniqueConstraint("document_id", "ordinal"), {"comment": "Passages of the documents"})

    chunk_id: Mapped[int] = mapped_column(Identity(), primary_key=True, comment="Chunk number; the id in FAISS")
    document_id: Mapped[int] = mapped_column(
        ForeignKey("documents.document_id", ondelete="CASCADE"), comment="Document"
    )
    ordinal: Mapped[int] = mapped_column(comment="Position in the document, from 0")
    page: Mapped[int | None] = mapped_column(comment="First page of the passage, from 1")
    section: Mapped[str | None] = mapped_column(Text, comment="Nearest heading")
    heading_path: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default="{}", comment="Headings from the top")
    content: Mapped[str] = mapped_column(Text, comment="Text of the passage")
    embedding: Mapped[bytes | None] = mapped_column(LargeBinary, comment="float32 vector, little endian")
    embedding_model: Mapped[str | None] = mapped_column(Text, comment="What made the vector")


class DocumentTerms(Base):
    """What search reads in a live document, so that a start need not stem it again."""

    __tablename__ = "document_terms"
    __table_args__ = ({"comment": "Terms of each live document, as search counts them; never granted to any reader"},)

    document_id: Mapped[int] = mapped_column(
        ForeignKey("documents.document_id", ondelete="CASCADE"), primary_key=True, comment="Document"
    )
    analyser: Mapped[str] = mapped_column(Text, comment="What they depend on besides the text, as a digest")
    packed: Mapped[bytes] = mapped_column(LargeBinary, comment="Terms and counts, chunk by chunk, as msgpack")


class AuditLog(Base):
    """Every write made through an agent."""

    __tablename__ = "audit_log"
    __table_args__ = (
        Index("ix_audit_log_table_name_record_id", "table_name", "record_id"),
        {"comment": "Writes made through agents: who, what, when"},
    )

    audit_id: Mapped[int] = mapped_column(Identity(), primary_key=True, comment="Number")
    at: Mapped[datetime] = mapped_column(TIMESTAMP(timezone=True), server_default=func.now(), comment="When")
    actor_role: Mapped[str] = mapped_column(Text, comment="Role of who confirmed it")
    actor_id: Mapped[int | None] = mapped_column(comment="Client, technician or user number of that role")
    action: Mapped[str] = mapped_column(Text, comment="What was done")
    table_name: Mapped[str] = mapped_column(Text, comment="Table written")
    record_id: Mapped[str] = mapped_column(Text, comment="Key of the record")
    turn_id: Mapped[str | None] = mapped_column(Text, unique=True, comment="Turn that wrote; one write a turn")
    details: Mapped[dict[str, Any]] = mapped_column(
        JSONB, server_default=text("'{}'::jsonb"), comment="Values before and after"
    )
