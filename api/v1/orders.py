"""Orders, and their lines below each of them."""

from __future__ import annotations

from db.crud.resource import Resource
from db.models import Order, OrderItem
from db.schemas.sales import OrderBody, OrderItemBody

ORDERS = Resource(
    "orders",
    Order,
    OrderBody,
    filters=("client_id", "ordered_at", "status", "delivered_on", "total"),
    order="-ordered_at",
)
ORDER_ITEMS = Resource(
    "orders/{order_id}/items",
    OrderItem,
    OrderItemBody,
    filters=("product_id", "quantity", "unit_price"),
    parent=ORDERS,
)
SALES = (ORDERS, ORDER_ITEMS)
