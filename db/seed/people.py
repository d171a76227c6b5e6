"""Zones, clients, technicians, the office, and the phone numbers they are known by."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from core.text import fold
from db.seed.world import Row, World

if TYPE_CHECKING:
    from faker import Faker

DEMO_CLIENT = "+34600000001"
DEMO_TECHNICIAN = "+34600000002"
DEMO_ADMIN = "+34600000003"


def add_people(world: World) -> None:
    """Fill zones, technicians, users, clients and contact identities."""
    from faker import Faker  # a sixth of a second that only the first start needs

    names = Faker("es_ES")
    names.seed_instance(7)
    for zone in world.company["zones"]:
        world.add("zones", zone=zone)
    _technicians(world)
    _users(world)
    for client in _clients(world, names):
        _client(world, client)
    _identities(world)


def _slug(name: str) -> str:
    return "".join(c if c.isalnum() else "." for c in fold(name)).strip(".").replace("..", ".")


def _technicians(world: World) -> None:
    for number, (name, zone, specialty, years) in enumerate(world.company["technicians"], start=1):
        world.add(
            "technicians",
            technician_id=number,
            name=name,
            email=f"{_slug(name)}@termicaebro.example",
            phone_number=DEMO_TECHNICIAN if number == 1 else f"+346001{number:05d}",
            assigned_zone=zone,
            specialty=specialty,
            active=name != world.company["retired_technician"],
            hired_on=world.today - timedelta(days=365 * years + 17 * number),
        )


def _users(world: World) -> None:
    for number, name in enumerate(world.company["users"], start=1):
        world.add(
            "users",
            user_id=number,
            name=name,
            email=f"{_slug(name)}@termicaebro.example",
            role="admin",
            created_at=world.now - timedelta(days=900 + number),
        )


def _clients(world: World, names: Faker) -> list[Row]:
    people = world.company["clients"]
    listed: list[Row] = [{**people["demo"], "kind": "person", "zone": "Zaragoza"}, *people["perez"]]
    persons = (
        {"name": f"{names.first_name()} {names.last_name()} {names.last_name()}", "kind": "person"}
        for _ in range(people["persons"])
    )
    trades = [f"{trade} {name}, S.L." for trade in world.company["trades"] for name in world.company["trade_names"]]
    companies = ({"name": name, "kind": "company"} for name in world.random.sample(trades, people["companies"]))
    streets = world.random.sample(world.company["streets"], people["communities"])
    communities = (
        {"name": f"Comunidad de Propietarios {street}, {number}", "kind": "community", "address": f"{street}, {number}"}
        for street, number in ((s, world.random.randint(1, 120)) for s in streets)
    )
    others = [*persons, *companies, *communities]
    world.random.shuffle(others)
    return listed + others


def _client(world: World, given: Row) -> None:
    zones = world.company["zones"]
    zone = given.get("zone") or world.pick(list(zones), [z["share"] for z in zones.values()])
    place = place_in(world, zone)
    number = len(world.table("clients")) + 1
    person = given["kind"] == "person"
    world.add(
        "clients",
        client_id=number,
        name=given["name"],
        kind=given["kind"],
        tax_id=_nif(world.random.randint(10_000_000, 72_000_000)) if person else _cif(world, given["kind"]),
        email=f"{_slug(given['name'])[:40].rstrip('.')}@{'correo' if person else 'empresa'}.example",
        phone_number=_phone(number),
        address=given.get("address") or street(world),
        postal_code=given.get("postal") or f"{place['postal']}{world.random.randint(1, 45):02d}",
        city=given.get("city", place["city"]),
        province=place["province"] if "city" not in given else "Zaragoza",
        zone=zone,
        language="en" if number % 29 == 0 else "es",
        created_at=world.now - timedelta(days=world.random.randint(40, 2900), hours=world.random.randint(0, 9)),
    )


def _nif(number: int) -> str:
    return f"{number}{'TRWAGMYFPDXBNJZSQVHLCKE'[number % 23]}"


def _cif(world: World, kind: str) -> str:
    digits = [world.random.randint(0, 9) for _ in range(7)]
    odd = sum(sum(divmod(2 * digit, 10)) for digit in digits[::2])
    control = -(odd + sum(digits[1::2])) % 10
    return f"{'B' if kind == 'company' else 'H'}{''.join(map(str, digits))}{control}"


def place_in(world: World, zone: str) -> dict[str, Any]:
    """A city of ``zone`` with its province and postal code, big ones more often."""
    cities: list[dict[str, Any]] = world.company["zones"][zone]["cities"]
    return world.pick(cities, [city["weight"] for city in cities])


def street(world: World) -> str:
    """A street address."""
    return f"{world.pick(world.company['streets'])}, {world.random.randint(1, 140)}"


def _phone(number: int) -> str | None:
    if number == 1:
        return DEMO_CLIENT
    return None if number % 23 == 0 else f"+346002{number:05d}"


def _identities(world: World) -> None:
    owners = (
        ("client_id", [(c["client_id"], c["phone_number"], c["created_at"]) for c in world.table("clients")]),
        ("technician_id", [(t["technician_id"], t["phone_number"], world.now) for t in world.table("technicians")]),
        ("user_id", [(u["user_id"], f"+346003{u['user_id']:05d}", u["created_at"]) for u in world.table("users")]),
    )
    for column, people in owners:
        for number, phone, since in people:
            if column == "user_id" and number == 1:
                phone = DEMO_ADMIN
            if phone:
                owner = {"client_id": None, "technician_id": None, "user_id": None} | {column: number}
                world.add("contact_identities", channel="phone", external_id=phone, verified_at=since, **owner)
