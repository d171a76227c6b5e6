"""Emergencies that somebody on call must acknowledge, and the files that customers sent."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, ForeignKey, Identity, Index, SmallInteger, Text, UniqueConstraint, func, text
from sqlalchemy.dialects.postgresql import TIMESTAMP
from sqlalchemy.orm import Mapped, mapped_column

from db.models.base import Base


class Page(Base):
    """An emergency that was handed over; it is paged until it is acknowledged."""

    __tablename__ = "pages"
    __table_args__ = (
        UniqueConstraint("turn_key"),
        Index("ix_pages_next_at", "next_at", postgresql_where=text("acknowledged_at IS NULL")),
        {"comment": "Emergencies paged to those on call; never granted to any reader"},
    )

    page_id: Mapped[UUID] = mapped_column(
        primary_key=True, server_default=text("gen_random_uuid()"), comment="Number in links"
    )
    turn_key: Mapped[UUID] = mapped_column(comment="Turn that raised it")
    account_id: Mapped[int] = mapped_column(BigInteger, comment="Account")
    conversation_id: Mapped[int] = mapped_column(BigInteger, comment="Conversation")
    title: Mapped[str] = mapped_column(Text, comment="What it is, in a few words")
    summary: Mapped[str] = mapped_column(Text, comment="What whoever is on call should know")
    url: Mapped[str] = mapped_column(Text, server_default="", comment="Where the conversation is opened")
    created_at: Mapped[datetime] = mapped_column(
        TIMESTAMP(timezone=True), server_default=text("clock_timestamp()"), comment="Raised"
    )
    next_at: Mapped[datetime] = mapped_column(
        TIMESTAMP(timezone=True), server_default=text("clock_timestamp()"), comment="Not to be sent before"
    )
    sent: Mapped[int] = mapped_column(SmallInteger, server_default=text("0"), comment="Times sent")
    error: Mapped[str] = mapped_column(Text, server_default="", comment="What went wrong last")
    acknowledged_at: Mapped[datetime | None] = mapped_column(TIMESTAMP(timezone=True), comment="Somebody took it")
    acknowledged_by: Mapped[str | None] = mapped_column(Text, comment="Who: an address, or a colleague at the channel")


class ReceivedFile(Base):
    """A file that a customer sent, and the visit that it belongs to."""

    __tablename__ = "received_files"
    __table_args__ = (
        UniqueConstraint("turn_key", "position"),
        Index("ix_received_files_conversation", "account_id", "conversation_id", "received_at"),
        Index("ix_received_files_intervention_id", "intervention_id"),
        {"comment": "Files sent by customers; never granted to any reader"},
    )

    file_id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True, comment="File number")
    turn_key: Mapped[UUID] = mapped_column(comment="Turn it came with")
    position: Mapped[int] = mapped_column(SmallInteger, comment="Its place among the files of the turn, from 0")
    account_id: Mapped[int] = mapped_column(BigInteger, comment="Account")
    conversation_id: Mapped[int] = mapped_column(BigInteger, comment="Conversation")
    name: Mapped[str] = mapped_column(Text, comment="File name")
    media_type: Mapped[str] = mapped_column(Text, comment="Kind of file")
    url: Mapped[str | None] = mapped_column(Text, comment="Where the channel keeps it")
    intervention_id: Mapped[int | None] = mapped_column(
        ForeignKey("interventions.intervention_id", ondelete="SET NULL"), comment="Visit it belongs to"
    )
    received_at: Mapped[datetime] = mapped_column(
        TIMESTAMP(timezone=True), server_default=func.now(), comment="When it came"
    )
