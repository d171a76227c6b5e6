"""Products, warehouses, stock and orders."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

from db.seed.world import Row, World, read

ORDERS = 240


def add_goods(world: World) -> None:
    """Fill products, warehouses and stock."""
    data = read("products")
    for category, family in data["models"].items():
        for sku, name, price, specs in family["items"]:
            _product(world, data["warranty_months"], sku, name, family["brand"], category, price, specs)
    for sku, name, brand, price, fits in data["parts"]:
        _product(world, data["part_warranty_months"], sku, name, brand, "spare_part", price, {"fits": fits})
    for number, warehouse in enumerate(data["warehouses"], start=1):
        world.add("warehouses", warehouse_id=number, **{k: warehouse[k] for k in ("name", "city", "address")})
    for product in world.table("products"):
        for number, warehouse in enumerate(data["warehouses"], start=1):
            fixed = data["fixed_stock"].get(product["sku"])
            _stock(world, product, number, warehouse["weight"], fixed[number - 1] if fixed else None)


def _product(
    world: World, months: int, sku: str, name: str, brand: str, category: str, price: float, specs: dict[str, Any]
) -> None:
    kept = {key: value for key, value in specs.items() if key != "discontinued"}
    world.add(
        "products",
        product_id=len(world.table("products")) + 1,
        sku=sku,
        name=name,
        brand=brand,
        category=category,
        price=Decimal(str(price)),
        warranty_months=months,
        specs=kept,
        discontinued=bool(specs.get("discontinued")),
    )


def _stock(world: World, product: Row, warehouse: int, weight: float, fixed: int | None) -> None:
    scale = {"spare_part": 24, "alarm": 12, "fire_panel": 10, "split": 10, "boiler": 8}.get(product["category"], 2)
    minimum = max(1, round(scale * weight / 4))
    quantity = max(0, round(world.random.gauss(scale * weight * 0.6, scale * 0.45)))
    world.add(
        "stock",
        product_id=product["product_id"],
        warehouse_id=warehouse,
        quantity=quantity if fixed is None else fixed,
        minimum=minimum,
        updated_at=world.now - timedelta(days=world.random.randint(0, 20), minutes=world.random.randint(1, 600)),
    )


def add_orders(world: World) -> None:
    """Fill orders and their lines: two years of them, the demo client's own first."""
    sold = [p for p in world.table("products") if not p["discontinued"] and p["category"] != "lift"]
    parts = {p["sku"]: p for p in sold}
    demo = ((420, "delivered", ["XP400"]), (95, "delivered", ["NV4-F020"]), (1, "confirmed", ["NV4-F020", "NV-R40"]))
    for days, status, skus in demo:
        _order(world, 1, days, status, [parts[sku] for sku in skus])
    clients = [c["client_id"] for c in world.table("clients")][1:]
    for number in range(ORDERS - len(demo)):
        days = number % 25 if number < 40 else world.random.randint(25, 720)
        lines = world.random.sample(sold, world.pick([1, 2, 3, 4], [5, 3, 2, 1]))
        _order(world, world.pick(clients), days, _status(world, days), lines)


def _status(world: World, days: int) -> str:
    if world.random.random() < 0.05:
        return "cancelled"
    if days < 3:
        return world.pick(["pending", "confirmed"])
    if days < 12:
        return world.pick(["pending", "confirmed", "shipped", "delivered"], [1, 2, 4, 4])
    return "delivered" if days > 30 else world.pick(["shipped", "delivered"], [1, 6])


def _order(world: World, client: int, days: int, status: str, products: list[Row]) -> None:
    number = len(world.table("orders")) + 1
    day = world.today - timedelta(days=days)
    ordered = world.earlier_today(0.5) if days == 0 else world.at(day, world.random.randint(8, 18), number % 60)
    total = Decimal(0)
    for line, product in enumerate(products, start=1):
        quantity = world.random.randint(1, 6) if product["category"] == "spare_part" and client != 1 else 1
        total += quantity * product["price"]
        world.add(
            "order_items",
            order_id=number,
            line=line,
            product_id=product["product_id"],
            quantity=quantity,
            unit_price=product["price"],
        )
    world.add(
        "orders",
        order_id=number,
        client_id=client,
        ordered_at=ordered,
        status=status,
        delivered_on=min(day + timedelta(days=world.random.randint(2, 9)), world.today)
        if status == "delivered"
        else None,
        total=total,
    )
