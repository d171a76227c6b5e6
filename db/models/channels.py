"""The durable edges: what channels delivered, what is being answered, and what still has to be posted."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, BigInteger, ForeignKey, Identity, Index, SmallInteger, Text, func, text
from sqlalchemy.dialects.postgresql import DOUBLE_PRECISION, JSONB, TIMESTAMP
from sqlalchemy.orm import Mapped, mapped_column

from db.models.base import Base, db_enum


class EventState(StrEnum):
    DONE = "done"
    WAITING = "waiting"
    TAKEN = "taken"
    ANSWERED = "answered"
    DROPPED = "dropped"


class ChannelTurnState(StrEnum):
    RUNNING = "running"
    COMPOSED = "composed"
    SUPERSEDED = "superseded"
    DROPPED = "dropped"


class OutboxState(StrEnum):
    WAITING = "waiting"
    POSTING = "posting"
    POSTED = "posted"
    CONFIRMED = "confirmed"
    DROPPED = "dropped"
    DEAD = "dead"


class ChannelConversation(Base):
    """What is known of a conversation at a channel, as its newest event says."""

    __tablename__ = "channel_conversations"
    __table_args__ = (
        Index("ix_channel_conversations_last_event_at", "last_event_at"),
        {"comment": "Conversations at the channel, as last seen; never granted to any reader"},
    )

    account_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False, comment="Account")
    conversation_id: Mapped[int] = mapped_column(
        BigInteger, primary_key=True, autoincrement=False, comment="Conversation number within the account"
    )
    inbox_id: Mapped[int | None] = mapped_column(BigInteger, comment="Inbox it lies in")
    channel: Mapped[str] = mapped_column(Text, server_default="", comment="Kind of inbox, such as Channel::Whatsapp")
    status: Mapped[str] = mapped_column(Text, server_default="", comment="pending, open, resolved or snoozed")
    assignee_type: Mapped[str | None] = mapped_column(Text, comment="User, AgentBot or nobody")
    can_reply: Mapped[bool] = mapped_column(server_default=text("true"), comment="Free text may be sent")
    as_of: Mapped[float] = mapped_column(
        DOUBLE_PRECISION, server_default=text("0"), comment="The channel's own time of what is known"
    )
    facts: Mapped[dict[str, Any]] = mapped_column(
        JSONB, server_default=text("'{}'::jsonb"), comment="Contact, labels, priority, attributes"
    )
    person_at: Mapped[datetime | None] = mapped_column(
        TIMESTAMP(timezone=True), comment="A person wrote to the customer while it was the bot's"
    )
    person_as_of: Mapped[float] = mapped_column(
        DOUBLE_PRECISION, server_default=text("0"), comment="The channel's own time of that"
    )
    away_as_of: Mapped[float] = mapped_column(
        DOUBLE_PRECISION, server_default=text("0"), comment="The channel's own time when it last was not the bot's"
    )
    superseded: Mapped[int] = mapped_column(
        SmallInteger, server_default=text("0"), comment="Replies in a row not posted because more was written"
    )
    last_event_at: Mapped[datetime] = mapped_column(
        TIMESTAMP(timezone=True), server_default=func.now(), comment="Latest event"
    )
    checked_at: Mapped[datetime | None] = mapped_column(
        TIMESTAMP(timezone=True), comment="Last compared with what the channel says"
    )


class ChannelTurn(Base):
    """The messages answered together and the request made of them: the same after a crash."""

    __tablename__ = "channel_turns"
    __table_args__ = (
        Index(
            "ix_channel_turns_running",
            "account_id",
            "conversation_id",
            unique=True,
            postgresql_where=text("state = 'running'"),
        ),
        {"comment": "Turns of channels; never granted to any reader"},
    )

    turn_key: Mapped[UUID] = mapped_column(primary_key=True, comment="Made of the messages it answers")
    account_id: Mapped[int] = mapped_column(BigInteger, comment="Account")
    conversation_id: Mapped[int] = mapped_column(BigInteger, comment="Conversation")
    message_ids: Mapped[list[int]] = mapped_column(ARRAY(BigInteger), comment="Messages answered, in order")
    request: Mapped[dict[str, Any] | None] = mapped_column(JSONB, comment="TurnRequest, once it is made")
    state: Mapped[ChannelTurnState] = mapped_column(
        db_enum(ChannelTurnState, "channel_turn_state"), server_default="running", comment="How far it is"
    )
    attempts: Mapped[int] = mapped_column(SmallInteger, server_default=text("0"), comment="Times begun")
    reason: Mapped[str] = mapped_column(Text, server_default="", comment="Why it was dropped or superseded")
    created_at: Mapped[datetime] = mapped_column(TIMESTAMP(timezone=True), server_default=func.now(), comment="Begun")
    finished_at: Mapped[datetime | None] = mapped_column(TIMESTAMP(timezone=True), comment="Ended")


class ChannelEvent(Base):
    """One event that a channel delivered: the inbox."""

    __tablename__ = "channel_events"
    __table_args__ = (
        Index(
            "ix_channel_events_unsettled",
            "account_id",
            "conversation_id",
            postgresql_where=text("state IN ('waiting', 'taken')"),
        ),
        Index("ix_channel_events_received_at", "received_at"),
        Index("ix_channel_events_turn_key", "turn_key"),
        {"comment": "Events delivered by channels; never granted to any reader"},
    )

    event_id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True, comment="Number")
    delivery_id: Mapped[str | None] = mapped_column(Text, unique=True, comment="The channel's id of the delivery")
    dedupe_key: Mapped[str | None] = mapped_column(Text, unique=True, comment="What happened, if it happens once only")
    source: Mapped[str] = mapped_column(Text, comment="bot, account, sweep")
    event: Mapped[str] = mapped_column(Text, comment="Name of the event")
    account_id: Mapped[int | None] = mapped_column(BigInteger, comment="Account")
    conversation_id: Mapped[int | None] = mapped_column(BigInteger, comment="Conversation")
    message_id: Mapped[int | None] = mapped_column(BigInteger, comment="Message")
    kind: Mapped[str] = mapped_column(Text, comment="answer, takeover, echo, state, ignored")
    reason: Mapped[str] = mapped_column(Text, server_default="", comment="Why it is of that kind")
    state: Mapped[EventState] = mapped_column(db_enum(EventState, "channel_event_state"), comment="How far it is")
    turn_key: Mapped[UUID | None] = mapped_column(ForeignKey("channel_turns.turn_key"), comment="Turn that answers it")
    payload: Mapped[dict[str, Any]] = mapped_column(JSONB, comment="The event, without secrets")
    received_at: Mapped[datetime] = mapped_column(
        TIMESTAMP(timezone=True), server_default=func.clock_timestamp(), comment="When it came"
    )
    trace_id: Mapped[str] = mapped_column(Text, server_default="", comment="Trace of its delivery, for the logs")


class ChannelOutbox(Base):
    """One call to make at a channel, once: the outbox."""

    __tablename__ = "channel_outbox"
    __table_args__ = (
        Index(
            "ix_channel_outbox_unsettled",
            "account_id",
            "conversation_id",
            "outbox_id",
            postgresql_where=text("state IN ('waiting', 'posting')"),
        ),
        Index("ix_channel_outbox_dead", "outbox_id", postgresql_where=text("state = 'dead'")),
        Index("ix_channel_outbox_turn_key", "turn_key"),
        {"comment": "What is to be posted at channels; never granted to any reader"},
    )

    outbox_id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True, comment="Order of posting")
    uid: Mapped[UUID] = mapped_column(unique=True, comment="Our id, sent along and echoed")
    turn_key: Mapped[UUID | None] = mapped_column(ForeignKey("channel_turns.turn_key"), comment="Turn it comes from")
    account_id: Mapped[int] = mapped_column(BigInteger, comment="Account")
    conversation_id: Mapped[int] = mapped_column(BigInteger, comment="Conversation")
    payload: Mapped[dict[str, Any]] = mapped_column(JSONB, comment="What to do")
    state: Mapped[OutboxState] = mapped_column(
        db_enum(OutboxState, "channel_outbox_state"), server_default="waiting", comment="How far it is"
    )
    attempts: Mapped[int] = mapped_column(SmallInteger, server_default=text("0"), comment="Times tried")
    due_at: Mapped[datetime] = mapped_column(
        TIMESTAMP(timezone=True), server_default=func.now(), comment="Not to be tried before"
    )
    posting_at: Mapped[datetime | None] = mapped_column(TIMESTAMP(timezone=True), comment="Last try began")
    after_message_id: Mapped[int | None] = mapped_column(
        BigInteger, comment="Newest message of the conversation before the first try"
    )
    channel_message_id: Mapped[int | None] = mapped_column(BigInteger, comment="The channel's id of what was posted")
    error: Mapped[str] = mapped_column(Text, server_default="", comment="What went wrong last")
    created_at: Mapped[datetime] = mapped_column(TIMESTAMP(timezone=True), server_default=func.now(), comment="Kept")
    settled_at: Mapped[datetime | None] = mapped_column(TIMESTAMP(timezone=True), comment="Posted, dropped or given up")
