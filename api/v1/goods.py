"""Products, warehouses and stock."""

from __future__ import annotations

from db.crud.resource import Resource, Values, Writing
from db.models import Product, Stock, Warehouse
from db.schemas.goods import ProductBody, StockBody, WarehouseBody


def counted_now(writing: Writing, values: Values) -> Values:
    """Stock is as of when it was written."""
    return {**values, "updated_at": writing.now}


PRODUCTS = Resource(
    "products",
    Product,
    ProductBody,
    filters=("sku", "name", "brand", "category", "price", "warranty_months", "discontinued"),
    search=("sku", "name", "brand"),
)
WAREHOUSES = Resource("warehouses", Warehouse, WarehouseBody, filters=("name", "city"), search=("name", "city"))
STOCK = Resource(
    "stock",
    Stock,
    StockBody,
    filters=("product_id", "warehouse_id", "quantity", "minimum", "updated_at"),
    rule=counted_now,
)
GOODS = (PRODUCTS, WAREHOUSES, STOCK)
