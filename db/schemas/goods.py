"""Products, warehouses and what is in them."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from db.models import ProductCategory
from db.schemas.words import Code, Count, Flag, Json, Line, Money, Number


class ProductBody(BaseModel):
    """A product to be made."""

    model_config = ConfigDict(extra="forbid")

    sku: Code = Field(examples=["XP400"])
    name: Line = Field(examples=["Split Norvento XP400 4 kW"])
    brand: Line = Field(examples=["Norvento"])
    category: ProductCategory = Field(examples=[ProductCategory.SPLIT])
    price: Money = Field(examples=["1290.00"])
    warranty_months: int = Field(strict=True, default=24, ge=0, le=600, examples=[36])
    specs: Json = Field(default_factory=dict[str, Any], examples=[{"power_kw": 4.0, "refrigerant": "R32"}])
    discontinued: Flag = False


class WarehouseBody(BaseModel):
    """A warehouse to be made."""

    model_config = ConfigDict(extra="forbid")

    name: Line = Field(examples=["Central Zaragoza"])
    city: Line = Field(examples=["Zaragoza"])
    address: Line | None = Field(default=None, examples=["Polígono Malpica, calle E, 14"])


class StockBody(BaseModel):
    """Units of a product in a warehouse, where there were none."""

    model_config = ConfigDict(extra="forbid")

    product_id: Number = Field(examples=[1])
    warehouse_id: Number = Field(examples=[1])
    quantity: Count = Field(examples=[12])
    minimum: Count = Field(default=0, examples=[3])
