"""What the office watches, as it is sent."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

from pydantic import BaseModel, ConfigDict, Field


class _Row(BaseModel):
    model_config = ConfigDict(from_attributes=True)


class TurnCount(_Row):
    """Turns of one day, role and outcome."""

    day: date
    role: str | None
    outcome: str = Field(description="answered, asked, written, unanswered, handed_over, denied or failed")
    turns: int
    mean_ms: float | None = Field(description="Mean time from message to result")


class ExpiringContract(_Row):
    """A contract that ends soon."""

    contract_id: int
    client: str
    service_type: str
    ends_on: date
    auto_renew: bool
    annual_price: Decimal


class OpenVisits(_Row):
    """How many visits a technician has open; no name: not assigned yet."""

    technician: str
    open: int
    pressing: int = Field(description="Of high or urgent priority")
    next_at: datetime | None


class DeadLetter(_Row):
    """A reply that was given up."""

    outbox_id: int
    account_id: int
    conversation_id: int
    kind: str | None
    attempts: int
    error: str
    created_at: datetime


class OperationsSummary(BaseModel):
    """How the house stands."""

    figures: dict[str, float] = Field(description="As in /metrics, without their prefix")
    turns: list[TurnCount]
    expiring: list[ExpiringContract]
    visits: list[OpenVisits]
    dead_letters: list[DeadLetter]
