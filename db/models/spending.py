"""What was spent on the model, and what the administrator was told of it."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import BigInteger, Date, Numeric, Text, func, text
from sqlalchemy.dialects.postgresql import TIMESTAMP
from sqlalchemy.orm import Mapped, mapped_column

from db.models.base import Base


class ModelSpending(Base):
    """What one conversation cost in one month."""

    __tablename__ = "model_spending"
    __table_args__ = ({"comment": "What the model cost, by month and conversation; never granted to any reader"},)

    month: Mapped[date] = mapped_column(Date, primary_key=True, comment="First day of the month")
    conversation_id: Mapped[str] = mapped_column(
        Text, primary_key=True, comment="Conversation, as the log of turns names it"
    )
    calls: Mapped[int] = mapped_column(BigInteger, server_default=text("0"), comment="Calls of the model")
    input_tokens: Mapped[int] = mapped_column(BigInteger, server_default=text("0"), comment="Tokens read")
    output_tokens: Mapped[int] = mapped_column(BigInteger, server_default=text("0"), comment="Tokens written")
    cost: Mapped[Decimal] = mapped_column(Numeric(14, 6), server_default=text("0"), comment="Money")


class SpendingNotice(Base):
    """A ceiling that was reached, and told of once."""

    __tablename__ = "spending_notices"
    __table_args__ = (
        {"comment": "Ceilings that the administrator was told of, once a month each; never granted to any reader"},
    )

    month: Mapped[date] = mapped_column(Date, primary_key=True, comment="First day of the month")
    ceiling: Mapped[str] = mapped_column(
        Text, primary_key=True, comment="Which ceiling was reached: month or conversation"
    )
    told_at: Mapped[datetime] = mapped_column(
        TIMESTAMP(timezone=True), server_default=func.now(), comment="When the administrator was told"
    )
