"""Orders and their lines."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field

from db.models import OrderStatus
from db.schemas.words import Day, Moment, Money, Number


class OrderBody(BaseModel):
    """An order to be made."""

    model_config = ConfigDict(extra="forbid")

    client_id: Number = Field(examples=[1])
    ordered_at: Moment = Field(examples=["2026-11-20T10:30:00+01:00"])
    status: OrderStatus = Field(examples=[OrderStatus.PENDING])
    delivered_on: Day | None = Field(default=None, examples=["2026-11-27"])
    total: Money = Field(description="Euros as invoiced, without VAT", examples=["2580.00"])


class OrderItemBody(BaseModel):
    """A line to be added to an order."""

    model_config = ConfigDict(extra="forbid")

    line: int = Field(strict=True, ge=1, le=10_000, examples=[1])
    product_id: Number = Field(examples=[1])
    quantity: int = Field(strict=True, ge=1, le=100_000, examples=[2])
    unit_price: Money = Field(examples=["1290.00"])
