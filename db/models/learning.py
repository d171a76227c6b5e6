"""What people answered to unknown questions, version by version."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Identity, Index, Text, UniqueConstraint, false, func, text
from sqlalchemy.dialects.postgresql import TIMESTAMP
from sqlalchemy.orm import Mapped, mapped_column

from db.models.base import Base, db_enum
from db.models.library import Audience


class AskerState(StrEnum):
    """How far the answer got with one of those who asked."""

    WAITING = "waiting"
    QUEUED = "queued"
    TOLD = "told"
    WITH_COLLEAGUE = "with_colleague"
    WITHHELD = "withheld"
    UNDELIVERABLE = "undeliverable"


class Owes(StrEnum):
    """What one of those who asked is to be told next.

    ``retraction``: they were told what no longer holds; a correction instead, if there is one. ``correction``: they
    know that it does not hold and wait for what does.
    """

    ANSWER = "answer"
    RETRACTION = "retraction"
    CORRECTION = "correction"


class KnowledgeAnswer(Base):
    """One version of the answer to an unknown question; what is written never changes, a new version does."""

    __tablename__ = "knowledge_answers"
    __table_args__ = (
        UniqueConstraint("feedback_id", "version"),
        UniqueConstraint("origin"),
        CheckConstraint("valid_from IS NULL OR valid_until IS NULL OR valid_from <= valid_until", name="validity"),
        Index("ix_knowledge_answers_document_id", "document_id"),
        Index(
            "uq_knowledge_answers_live",
            "feedback_id",
            unique=True,
            postgresql_where=text("approved_at IS NOT NULL AND revoked_at IS NULL"),
        ),
        {"comment": "Answers of people to unknown questions, version by version"},
    )

    answer_id: Mapped[int] = mapped_column(Identity(), primary_key=True, comment="Number")
    feedback_id: Mapped[int] = mapped_column(
        ForeignKey("knowledge_feedback.feedback_id", ondelete="CASCADE"), comment="Question"
    )
    version: Mapped[int] = mapped_column(comment="Version, from 1")
    text: Mapped[str] = mapped_column(Text, comment="What was answered")
    language: Mapped[str] = mapped_column(Text, server_default="es", comment="Language it is written in")
    audience: Mapped[Audience] = mapped_column(db_enum(Audience, "audience"), comment="Least privileged reader")
    author: Mapped[str] = mapped_column(Text, comment="Name of who answered")
    author_id: Mapped[int | None] = mapped_column(ForeignKey("users.user_id"), comment="Office user, if one")
    source: Mapped[str] = mapped_column(Text, comment="rest, chatwoot, csv, sheets")
    origin: Mapped[str | None] = mapped_column(Text, comment="What it was made from, so that it is made once")
    valid_from: Mapped[date | None] = mapped_column(comment="First day it holds")
    valid_until: Mapped[date | None] = mapped_column(comment="Last day it holds")
    created_at: Mapped[datetime] = mapped_column(TIMESTAMP(timezone=True), server_default=func.now(), comment="Written")
    approved_at: Mapped[datetime | None] = mapped_column(TIMESTAMP(timezone=True), comment="Approved")
    approved_by: Mapped[str | None] = mapped_column(Text, comment="Name of who approved it")
    revoked_at: Mapped[datetime | None] = mapped_column(TIMESTAMP(timezone=True), comment="Withdrawn or replaced")
    revoked_by: Mapped[str | None] = mapped_column(Text, comment="Name of who withdrew it")
    tell_again: Mapped[bool] = mapped_column(
        server_default=false(), comment="Are those who were told it to be told that it no longer holds?"
    )
    document_id: Mapped[int | None] = mapped_column(
        ForeignKey("documents.document_id", ondelete="SET NULL"), comment="Document it is served as"
    )
