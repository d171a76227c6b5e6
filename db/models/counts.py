"""What several servers count together. Nothing here is granted to any reader."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ARRAY, Double, Index, LargeBinary, Text, text
from sqlalchemy.dialects.postgresql import TIMESTAMP
from sqlalchemy.orm import Mapped, mapped_column

from db.models.base import Base


class CallCount(Base):
    """How often one caller was let through in one window of a limit."""

    __tablename__ = "call_counts"
    __table_args__ = (
        Index("ix_call_counts_forget_at", "forget_at"),
        {
            "comment": "Calls of each caller; lost in a crash, which is no harm; never granted to any reader",
            "prefixes": ["UNLOGGED"],
        },
    )

    caller: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True, comment="Digest of the limit and of who calls")
    begins_at: Mapped[datetime] = mapped_column(
        TIMESTAMP(timezone=True), primary_key=True, comment="Beginning of the window"
    )
    calls: Mapped[int] = mapped_column(comment="Calls let through in the window")
    forget_at: Mapped[datetime] = mapped_column(TIMESTAMP(timezone=True), comment="When it counts for nothing any more")


class AlertGroup(Base):
    """A kind of failure, how often it happened since the last letter, and until when no other is sent."""

    __tablename__ = "alert_groups"
    __table_args__ = ({"comment": "Failures that people are told of, one row a kind; never granted to any reader"},)

    kind: Mapped[str] = mapped_column(Text, primary_key=True, comment="Kind of failure, as core/alerts.yaml names it")
    times: Mapped[list[float]] = mapped_column(
        ARRAY(Double),
        server_default=text("'{}'"),
        comment="When it happened since the last letter, in seconds since 1970",
    )
    detail: Mapped[str] = mapped_column(Text, server_default="", comment="The last one, redacted")
    silent_until: Mapped[float] = mapped_column(
        Double, server_default=text("0"), comment="No letter before this, in seconds since 1970"
    )
