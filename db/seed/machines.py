"""Installed machines, their warranties and maintenance contracts."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from db.seed.people import place_in, street
from db.seed.world import Row, World, add_months, month_start

MACHINES = 500
CONTRACTS = 300
ENDING_THIS_MONTH = (-6, -3, -1, 0, 1, 2, 4, 7, 30, 30)
"""Days from today of contracts that end this month, kept inside the month."""
ENDING_NEXT_MONTH = 11


def add_machines(world: World) -> None:
    """Fill installed equipment: the demo client's, the Pérez's, then everybody's."""
    products: dict[str, list[Row]] = {}
    for product in world.table("products"):
        products.setdefault(product["category"], []).append(product)
    by_sku = {p["sku"]: p for p in world.table("products")}
    clients = world.table("clients")
    last_february = date(world.today.year - 1, 2, 17)
    _machine(world, clients[0], by_sku["XP400"], last_february, location="salón")
    _machine(world, clients[0], by_sku["CB24"], date(world.today.year - 2, 10, 9), location="cocina")
    for client, sku in zip(clients[1:5], ("XP400", "CB35", "VR800", "XP600"), strict=True):
        _machine(world, client, by_sku[sku], world.working_day(-900, -200))
    for client in clients[5:]:
        _machine(world, client, _model(world, client, products), _installed(world))
    weights = [{"person": 1, "company": 5, "community": 4}[c["kind"]] for c in clients[1:]]
    while len(world.table("installed_equipment")) < MACHINES:
        client = world.pick(clients[1:], weights)
        _machine(world, client, _model(world, client, products), _installed(world))


def _installed(world: World) -> date:
    return world.working_day(-12, -1) if world.random.random() < 0.02 else world.working_day(-2900, -12)


def _model(world: World, client: Row, products: dict[str, list[Row]]) -> Row:
    mix = world.company["mix"][client["kind"]]
    models = products[world.pick(list(mix), list(mix.values()))]
    return world.pick(models, [len(models) - place / 2 for place in range(len(models))])


def _machine(world: World, client: Row, product: Row, installed: date, location: str | None = None) -> Row:
    number = len(world.table("installed_equipment")) + 1
    place: Row = {key: client[key] for key in ("address", "city", "province", "zone")}
    if client["kind"] == "company" and world.random.random() < 0.2:
        zone = world.pick(list(world.company["zones"]))
        city = place_in(world, zone)
        place = {"address": street(world), "city": city["city"], "province": city["province"], "zone": zone}
    status = "active" if number < 7 else world.pick(["active", "under_review", "decommissioned"], [88, 6, 6])
    return world.add(
        "installed_equipment",
        equipment_id=number,
        client_id=client["client_id"],
        product_id=product["product_id"],
        serial_number=f"{product['sku']}-{installed:%y%m}-{number:04d}",
        installed_on=installed,
        status=status,
        location=location or world.pick(world.company["locations"][product["category"]]),
        config=_config(world, product),
        **place,
    )


def _config(world: World, product: Row) -> dict[str, Any]:
    choices = world.random
    firmware = f"{choices.randint(1, 4)}.{choices.randint(0, 9)}"
    match product["category"]:
        case "split" | "vrf":
            own: dict[str, Any] = {"setpoint_c": choices.randint(21, 26), "wifi": choices.random() < 0.5}
        case "boiler":
            own = {"dhw_setpoint_c": choices.randint(42, 55), "heating_curve": round(choices.uniform(0.8, 1.8), 1)}
        case "lift":
            own = {"stops": choices.randint(3, product["specs"]["max_stops"]), "emergency_phone": True}
        case "fire_panel":
            own = {"zones_in_use": choices.randint(2, 8), "detectors": choices.randint(8, 60)}
        case _:
            own = {"zones_in_use": choices.randint(3, 16), "monitored": choices.random() < 0.8}
    return {"firmware": firmware, **own}


def add_contracts(world: World) -> None:
    """Fill contracts: the demo client's, some that end this month and next, then warranties and plans of every age."""
    machines = world.table("installed_equipment")
    _warranty(world, machines[0], 36)
    _warranty(world, machines[1], 36)
    end = add_months(month_start(world.today, 1), 2) + timedelta(days=14)
    _plan(world, machines[0], "full_maintenance", end, auto_renew=True)
    _plan(world, machines[1], "preventive_maintenance", end - timedelta(days=15), auto_renew=False)
    others = [m for m in machines[2:] if m["status"] != "decommissioned"]
    world.random.shuffle(others)
    month, following = month_start(world.today), month_start(world.today, 1)
    last = following - timedelta(days=1)
    ends = [min(max(world.today + timedelta(days=days), month), last) for days in ENDING_THIS_MONTH]
    ends += [following + timedelta(days=2 * step) for step in range(ENDING_NEXT_MONTH)]
    for day in ends:
        _plan(world, others.pop(), world.pick(["preventive_maintenance", "full_maintenance"], [3, 2]), day)
    for machine in [m for m in others if (world.today - m["installed_on"]).days < 1500][:110]:
        _warranty(world, machine, world.pick([36, 12]) if machine["client_id"] % 2 else 36)
    while len(world.table("contracts")) < CONTRACTS:
        _any_plan(world, others)


def _any_plan(world: World, machines: list[Row]) -> None:
    machine = world.pick(machines)
    kind = world.pick(["preventive_maintenance", "full_maintenance", "extended_warranty"], [6, 4, 1])
    fate = world.pick(["live", "expired", "future", "cancelled"], [62, 28, 4, 6])
    far = (month_start(world.today, 2) - world.today).days
    match fate:
        case "live" | "cancelled":
            end = world.today + timedelta(days=world.random.randint(far, 360))
        case "expired":
            end = month_start(world.today) - timedelta(days=world.random.randint(1, 700))
        case _:
            end = world.today + timedelta(days=365 + world.random.randint(5, 60))
    whole = world.random.random() < 0.08
    contract = _plan(world, machine, kind, end, auto_renew=fate == "live" and world.random.random() < 0.6, whole=whole)
    if fate == "cancelled":
        contract["cancelled_on"] = world.today - timedelta(
            days=world.random.randint(0, (world.today - contract["starts_on"]).days or 1)
        )


def _warranty(world: World, machine: Row, months: int) -> None:
    start = machine["installed_on"]
    _contract(world, machine, "warranty", start, add_months(start, months), Decimal(0))


def _plan(world: World, machine: Row, kind: str, end: date, *, auto_renew: bool = False, whole: bool = False) -> Row:
    product = world.table("products")[machine["product_id"] - 1]
    basic, full = world.company["plans"][product["category"]]
    price = Decimal(full if kind == "full_maintenance" else basic) * (3 if whole else 1)
    start = add_months(end, -12) + timedelta(days=1)
    return _contract(world, machine, kind, start, end, price, auto_renew=auto_renew, whole=whole)


def _contract(
    world: World,
    machine: Row,
    kind: str,
    start: date,
    end: date,
    price: Decimal,
    *,
    auto_renew: bool = False,
    whole: bool = False,
) -> Row:
    return world.add(
        "contracts",
        contract_id=len(world.table("contracts")) + 1,
        client_id=machine["client_id"],
        equipment_id=None if whole else machine["equipment_id"],
        service_type=kind,
        starts_on=start,
        ends_on=end,
        cancelled_on=None,
        annual_price=price,
        auto_renew=auto_renew,
        terms=world.company["terms"][kind],
    )
