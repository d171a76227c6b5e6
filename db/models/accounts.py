"""How people and programs sign in: sessions, refresh tokens, service keys, failed attempts; and answers kept to repeat.

Nothing here is granted to any reader, and no secret is kept: digests only.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, ForeignKey, Identity, Index, LargeBinary, SmallInteger, Text, text
from sqlalchemy.dialects.postgresql import JSONB, TIMESTAMP
from sqlalchemy.orm import Mapped, mapped_column

from db.models.base import Base


class LoginSession(Base):
    """One sign-in, with all the tokens that it was refreshed into."""

    __tablename__ = "login_sessions"
    __table_args__ = (
        Index("ix_login_sessions_user_id", "user_id"),
        {"comment": "Sign-ins; never granted to any reader"},
    )

    session_id: Mapped[UUID] = mapped_column(
        primary_key=True, server_default=text("gen_random_uuid()"), comment="Sign-in"
    )
    user_id: Mapped[int] = mapped_column(ForeignKey("users.user_id", ondelete="CASCADE"), comment="Who signed in")
    created_at: Mapped[datetime] = mapped_column(TIMESTAMP(timezone=True), comment="When")
    expires_at: Mapped[datetime] = mapped_column(TIMESTAMP(timezone=True), comment="No token of it is good after this")
    ended_at: Mapped[datetime | None] = mapped_column(TIMESTAMP(timezone=True), comment="Signed out, or revoked")
    ended_reason: Mapped[str | None] = mapped_column(Text, comment="signed_out, reused, password_changed, disabled")


class RefreshToken(Base):
    """A refresh token: good once."""

    __tablename__ = "refresh_tokens"
    __table_args__ = (
        Index("ix_refresh_tokens_session_id", "session_id"),
        {"comment": "Refresh tokens as digests; never granted to any reader"},
    )

    token_hash: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True, comment="SHA-256 of the token")
    session_id: Mapped[UUID] = mapped_column(
        ForeignKey("login_sessions.session_id", ondelete="CASCADE"), comment="Sign-in it belongs to"
    )
    created_at: Mapped[datetime] = mapped_column(TIMESTAMP(timezone=True), comment="Issued")
    expires_at: Mapped[datetime] = mapped_column(TIMESTAMP(timezone=True), comment="Good until")
    used_at: Mapped[datetime | None] = mapped_column(TIMESTAMP(timezone=True), comment="Exchanged for the next one")


class ApiKey(Base):
    """A key that a program calls with, in the name of a user and within its scopes."""

    __tablename__ = "api_keys"
    __table_args__ = (
        Index("ix_api_keys_user_id", "user_id"),
        {"comment": "Service keys as digests; never granted to any reader"},
    )

    key_id: Mapped[int] = mapped_column(Identity(), primary_key=True, comment="Number")
    name: Mapped[str] = mapped_column(Text, comment="What it is for")
    public_id: Mapped[str] = mapped_column(Text, unique=True, comment="The part of the key that may be shown")
    key_hash: Mapped[bytes] = mapped_column(LargeBinary, comment="SHA-256 of the whole key")
    user_id: Mapped[int] = mapped_column(
        ForeignKey("users.user_id", ondelete="CASCADE"), comment="In whose name it calls"
    )
    scopes: Mapped[list[str]] = mapped_column(ARRAY(Text), comment="What it may be used for")
    created_at: Mapped[datetime] = mapped_column(TIMESTAMP(timezone=True), comment="Made")
    created_by: Mapped[int | None] = mapped_column(
        ForeignKey("users.user_id", ondelete="SET NULL"), comment="By whom; empty: by command"
    )
    expires_at: Mapped[datetime | None] = mapped_column(TIMESTAMP(timezone=True), comment="Good until; empty: no end")
    revoked_at: Mapped[datetime | None] = mapped_column(TIMESTAMP(timezone=True), comment="No longer good since")
    last_used_at: Mapped[datetime | None] = mapped_column(TIMESTAMP(timezone=True), comment="Roughly when last used")


class SignInFailure(Base):
    """Failed attempts of one account from one address, of one account, or of one address."""

    __tablename__ = "sign_in_failures"
    __table_args__ = ({"comment": "Failed sign-ins, to lock out guessers; never granted to any reader"},)

    subject: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True, comment="Digest of what is counted")
    failures: Mapped[int] = mapped_column(SmallInteger, comment="Attempts in a row")
    first_at: Mapped[datetime] = mapped_column(TIMESTAMP(timezone=True), comment="The first of them")
    locked_until: Mapped[datetime | None] = mapped_column(TIMESTAMP(timezone=True), comment="Refused until")


class IdempotentRequest(Base):
    """A request that came with an idempotency key, and what it was answered."""

    __tablename__ = "idempotent_requests"
    __table_args__ = (
        Index("ix_idempotent_requests_expires_at", "expires_at"),
        {"comment": "Answers kept for requests that are repeated; never granted to any reader"},
    )

    owner: Mapped[str] = mapped_column(Text, primary_key=True, comment="Whose key it is")
    key: Mapped[str] = mapped_column(Text, primary_key=True, comment="The caller's key")
    digest: Mapped[bytes] = mapped_column(LargeBinary, comment="SHA-256 of method, path and body")
    status: Mapped[int | None] = mapped_column(SmallInteger, comment="HTTP status of the answer")
    headers: Mapped[dict[str, Any]] = mapped_column(
        JSONB, server_default=text("'{}'::jsonb"), comment="ETag and Location of the answer"
    )
    body: Mapped[str | None] = mapped_column(Text, comment="The answer")
    created_at: Mapped[datetime] = mapped_column(TIMESTAMP(timezone=True), comment="First came")
    expires_at: Mapped[datetime] = mapped_column(TIMESTAMP(timezone=True), comment="Forgotten after")
