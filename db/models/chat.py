"""Conversations, the turns answered, and the questions nobody could answer."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Identity, Index, SmallInteger, Text, UniqueConstraint, func, text
from sqlalchemy.dialects.postgresql import JSONB, TIMESTAMP
from sqlalchemy.orm import Mapped, mapped_column

from db.models.base import Base, db_enum
from db.models.learning import AskerState, Owes


class SessionStatus(StrEnum):
    OPEN = "open"
    HANDED_OFF = "handed_off"
    CLOSED = "closed"


class MessageAuthor(StrEnum):
    CUSTOMER = "customer"
    BOT = "bot"
    COLLEAGUE = "colleague"


class UserType(StrEnum):
    CLIENT = "client"
    TECHNICIAN = "technician"
    ADMIN = "admin"
    GUEST = "guest"


class FeedbackStatus(StrEnum):
    PENDING = "pending"
    ANSWERED = "answered"
    APPROVED = "approved"
    RESOLVED = "resolved"
    DISMISSED = "dismissed"


class ChatSession(Base):
    """One conversation with one person."""

    __tablename__ = "chat_sessions"
    __table_args__ = (
        UniqueConstraint("conversation_id"),
        CheckConstraint("num_nonnulls(client_id, technician_id, user_id) <= 1", name="one_owner"),
        Index("ix_chat_sessions_client_id_last_message_at", "client_id", "last_message_at"),
        Index("ix_chat_sessions_technician_id", "technician_id"),
        Index("ix_chat_sessions_user_id", "user_id"),
        Index("ix_chat_sessions_equipment_id", "equipment_id"),
        {"comment": "Conversations held on any channel"},
    )

    session_id: Mapped[int] = mapped_column(Identity(), primary_key=True, comment="Conversation number")
    conversation_id: Mapped[str] = mapped_column(Text, comment="Id of the conversation at the door")
    channel: Mapped[str] = mapped_column(Text, comment="whatsapp, playground, api")
    user_type: Mapped[UserType] = mapped_column(db_enum(UserType, "user_type"), comment="Role of the person")
    client_id: Mapped[int | None] = mapped_column(ForeignKey("clients.client_id"), comment="Client, if one")
    technician_id: Mapped[int | None] = mapped_column(ForeignKey("technicians.technician_id"), comment="Technician")
    user_id: Mapped[int | None] = mapped_column(ForeignKey("users.user_id"), comment="Office user, if one")
    equipment_id: Mapped[int | None] = mapped_column(
        ForeignKey("installed_equipment.equipment_id"), comment="Machine it was about, when known"
    )
    subject: Mapped[str | None] = mapped_column(Text, comment="What it was about, in a few words")
    status: Mapped[SessionStatus] = mapped_column(
        db_enum(SessionStatus, "session_status"), server_default="open", comment="Open, with a person, or closed"
    )
    started_at: Mapped[datetime] = mapped_column(
        TIMESTAMP(timezone=True), server_default=func.now(), comment="First message"
    )
    last_message_at: Mapped[datetime] = mapped_column(
        TIMESTAMP(timezone=True), server_default=func.now(), comment="Latest message"
    )


class ChatMessage(Base):
    """One message of a conversation."""

    __tablename__ = "chat_messages"
    __table_args__ = (
        Index("ix_chat_messages_session_id_created_at", "session_id", "created_at"),
        Index("ix_chat_messages_created_at", "created_at"),
        {"comment": "Messages of the conversations"},
    )

    message_id: Mapped[int] = mapped_column(Identity(), primary_key=True, comment="Message number")
    session_id: Mapped[int] = mapped_column(
        ForeignKey("chat_sessions.session_id", ondelete="CASCADE"), comment="Conversation"
    )
    author: Mapped[MessageAuthor] = mapped_column(db_enum(MessageAuthor, "message_author"), comment="Who wrote it")
    body: Mapped[str] = mapped_column(Text, comment="Text as written")
    created_at: Mapped[datetime] = mapped_column(TIMESTAMP(timezone=True), server_default=func.now(), comment="When")
    turn_id: Mapped[UUID | None] = mapped_column(ForeignKey("turns.turn_id"), comment="Turn it belongs to")


class Turn(Base):
    """One message in and one result out; the record that makes a repeated message harmless."""

    __tablename__ = "turns"
    __table_args__ = (
        UniqueConstraint("conversation_id", "message_id"),
        {"comment": "Turns answered; never granted to any reader"},
    )

    turn_id: Mapped[UUID] = mapped_column(primary_key=True, comment="Turn id")
    conversation_id: Mapped[str] = mapped_column(Text, comment="Conversation at the door")
    message_id: Mapped[str | None] = mapped_column(Text, comment="The door's id of the message, for idempotency")
    request: Mapped[dict[str, Any]] = mapped_column(JSONB, comment="TurnRequest as received")
    result: Mapped[dict[str, Any] | None] = mapped_column(JSONB, comment="TurnResult; empty while it runs")
    created_at: Mapped[datetime] = mapped_column(TIMESTAMP(timezone=True), server_default=func.now(), comment="When")


class KnowledgeFeedback(Base):
    """A question that was not answered, and what became of it."""

    __tablename__ = "knowledge_feedback"
    __table_args__ = (
        Index("ix_knowledge_feedback_status_asked_at", "status", "asked_at"),
        Index("ix_knowledge_feedback_normalized", "normalized", "user_type"),
        Index("ix_knowledge_feedback_exact", "exact", "language"),
        {"comment": "Questions that could not be answered"},
    )

    feedback_id: Mapped[int] = mapped_column(Identity(), primary_key=True, comment="Question number")
    question: Mapped[str] = mapped_column(Text, comment="Question as first asked")
    normalized: Mapped[str] = mapped_column(Text, comment="Folded words, for merging equal questions")
    exact: Mapped[str] = mapped_column(
        Text, server_default="", comment="What must be the same in a question to be merged: codes, numbers, negations"
    )
    answer: Mapped[str | None] = mapped_column(Text, comment="Answer given by a person")
    user_type: Mapped[UserType] = mapped_column(db_enum(UserType, "user_type"), comment="Role of who asked")
    language: Mapped[str] = mapped_column(Text, server_default="es", comment="Language of the question")
    status: Mapped[FeedbackStatus] = mapped_column(
        db_enum(FeedbackStatus, "feedback_status"), server_default="pending", comment="Where it stands"
    )
    reason: Mapped[str] = mapped_column(Text, comment="Why it was not known")
    searched: Mapped[dict[str, Any]] = mapped_column(
        JSONB, server_default=text("'{}'::jsonb"), comment="What was looked up"
    )
    asked_at: Mapped[datetime] = mapped_column(
        TIMESTAMP(timezone=True), server_default=func.now(), comment="First asked"
    )
    answered_at: Mapped[datetime | None] = mapped_column(TIMESTAMP(timezone=True), comment="Answered")
    answered_by: Mapped[int | None] = mapped_column(ForeignKey("users.user_id"), comment="Who answered")
    resolved_at: Mapped[datetime | None] = mapped_column(TIMESTAMP(timezone=True), comment="Reply sent to the askers")
    merged_into: Mapped[int | None] = mapped_column(
        ForeignKey("knowledge_feedback.feedback_id"), comment="Question that it was found to be the same as"
    )


class KnowledgeAsker(Base):
    """Somebody who is waiting for the answer to an unknown question."""

    __tablename__ = "knowledge_askers"
    __table_args__ = (
        UniqueConstraint("feedback_id", "session_id"),
        Index("ix_knowledge_askers_exact", "exact", "language"),
        Index("ix_knowledge_askers_unsettled", "door", postgresql_where=text("state IN ('waiting', 'queued')")),
        Index("ix_knowledge_askers_delivery_key", "delivery_key"),
        {"comment": "Who asked each unknown question"},
    )

    asker_id: Mapped[int] = mapped_column(Identity(), primary_key=True, comment="Number")
    feedback_id: Mapped[int] = mapped_column(
        ForeignKey("knowledge_feedback.feedback_id", ondelete="CASCADE"), comment="Question"
    )
    session_id: Mapped[int] = mapped_column(
        ForeignKey("chat_sessions.session_id", ondelete="CASCADE"), index=True, comment="Conversation it came from"
    )
    asked_at: Mapped[datetime] = mapped_column(TIMESTAMP(timezone=True), server_default=func.now(), comment="When")
    notified_at: Mapped[datetime | None] = mapped_column(TIMESTAMP(timezone=True), comment="Answer sent")
    question: Mapped[str] = mapped_column(Text, server_default="", comment="Question as they put it")
    exact: Mapped[str] = mapped_column(Text, server_default="", comment="As of the question, in their words")
    language: Mapped[str] = mapped_column(Text, server_default="es", comment="Language they wrote in")
    door: Mapped[str] = mapped_column(Text, server_default="", comment="Conversation at the door")
    state: Mapped[AskerState] = mapped_column(
        db_enum(AskerState, "asker_state"), server_default="waiting", comment="How far the answer got with them"
    )
    owes: Mapped[Owes] = mapped_column(
        db_enum(Owes, "owed_news"), server_default="answer", comment="What they are to be told next"
    )
    answer_id: Mapped[int | None] = mapped_column(
        ForeignKey("knowledge_answers.answer_id", ondelete="SET NULL"), comment="Version they were told"
    )
    delivery_key: Mapped[UUID | None] = mapped_column(comment="What carries the answer to them")
    tries: Mapped[int] = mapped_column(SmallInteger, server_default=text("0"), comment="Times it was handed over")
