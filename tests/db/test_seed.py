"""The demo company is the same for the same day, and never empty when somebody asks about now."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from core.clock import FixedClock
from db.seed import build
from db.seed.world import World
from tests.conftest import NOW, ZONE

DAYS = [
    NOW,
    datetime(2026, 11, 1, 0, 5, tzinfo=ZONE),
    datetime(2026, 11, 30, 23, 55, tzinfo=ZONE),
    datetime(2027, 1, 1, 9, 0, tzinfo=ZONE),
    datetime(2027, 3, 28, 4, 0, tzinfo=ZONE),
    datetime(2028, 2, 29, 12, 0, tzinfo=ZONE),
]


@pytest.fixture(scope="module", params=DAYS, ids=lambda day: day.isoformat())
def world(request: pytest.FixtureRequest) -> Iterator[World]:
    yield build(FixedClock(request.param, ZONE))


def test_it_has_the_promised_size(world: World) -> None:
    sizes = {name: len(rows) for name, rows in world.rows.items()}
    promised = {"clients": 150, "technicians": 14, "products": 60, "installed_equipment": 500, "contracts": 300}
    assert sizes | promised | {"interventions": 3000} == sizes


def test_the_same_day_gives_the_same_company(clock: FixedClock) -> None:
    assert build(clock).rows == build(clock).rows


def test_nothing_has_happened_in_the_future(world: World) -> None:
    for visit in world.table("interventions"):
        for moment in ("requested_at", "started_at", "completed_at"):
            assert visit[moment] is None or visit[moment] <= world.now
        assert visit["status"] != "completed" or visit["completed_at"] >= visit["started_at"]
    for table, column in (
        ("chat_messages", "created_at"),
        ("knowledge_feedback", "asked_at"),
        ("orders", "ordered_at"),
    ):
        assert all(row[column] <= world.now for row in world.table(table))


def test_the_demo_technician_always_has_work(world: World) -> None:
    mine = [v for v in world.table("interventions") if v["technician_id"] == 1]
    monday = world.today - timedelta(days=world.today.weekday())
    this_month = [
        v for v in mine if v["status"] == "completed" and v["completed_at"].date() >= world.today.replace(day=1)
    ]
    today = [v for v in mine if v["scheduled_at"].date() == world.today]
    tomorrow = [v for v in mine if v["scheduled_at"].date() == world.today + timedelta(days=1)]
    week = [v for v in mine if monday <= v["scheduled_at"].date() < monday + timedelta(days=7)]
    assert this_month
    assert len(today) >= 3
    assert len(tomorrow) >= 3
    assert len(week) >= len(today)
    visit = next(v for v in mine if v["intervention_id"] == 1043)
    assert visit["status"] in {"scheduled", "in_progress"}


def test_the_demo_client_has_something_to_ask_about(world: World) -> None:
    machines = [m for m in world.table("installed_equipment") if m["client_id"] == 1]
    skus = {p["product_id"]: p["sku"] for p in world.table("products")}
    assert {skus[m["product_id"]] for m in machines} == {"XP400", "CB24"}
    split = next(m for m in machines if skus[m["product_id"]] == "XP400")
    assert (split["installed_on"].year, split["installed_on"].month) == (world.today.year - 1, 2)
    assert split["city"] == "Zaragoza"
    live = [c for c in world.table("contracts") if c["client_id"] == 1 and c["ends_on"] > world.today]
    assert {c["service_type"] for c in live} == {"warranty", "full_maintenance", "preventive_maintenance"}
    visits = [v for v in world.table("interventions") if v["client_id"] == 1]
    assert {v["status"] for v in visits} == {"completed", "scheduled"}
    assert [v for v in visits if v["status"] == "scheduled" and v["scheduled_at"] > world.now]
    assert len([o for o in world.table("orders") if o["client_id"] == 1]) >= 3


def test_the_office_always_has_something_to_look_at(world: World) -> None:
    ends = [c["ends_on"] for c in world.table("contracts") if c["cancelled_on"] is None]
    month = [day for day in ends if (day.year, day.month) == (world.today.year, world.today.month)]
    assert len([day for day in month if day >= world.today]) >= 4
    assert len(month) >= 10
    monday = world.at(world.today - timedelta(days=world.today.weekday()), 0)
    questions = world.table("knowledge_feedback")
    assert len([q for q in questions if q["asked_at"] >= monday and q["status"] == "pending"]) >= 5
    assert {q["status"] for q in questions} == {"pending", "answered", "resolved", "dismissed"}
    perez = {c["client_id"] for c in world.table("clients") if "Pérez" in c["name"]}
    talks = {s["client_id"] for s in world.table("chat_sessions") if s["equipment_id"] is not None}
    assert len(perez & talks) >= 4


def test_it_is_varied(world: World) -> None:
    for table, column, values in (
        ("interventions", "status", {"requested", "scheduled", "in_progress", "completed", "cancelled"}),
        ("interventions", "kind", {"installation", "maintenance", "repair", "inspection"}),
        ("interventions", "priority", {"low", "normal", "high", "urgent"}),
        ("installed_equipment", "status", {"active", "under_review", "decommissioned"}),
        ("orders", "status", {"pending", "confirmed", "shipped", "delivered", "cancelled"}),
        ("clients", "kind", {"person", "company", "community"}),
    ):
        assert {row[column] for row in world.table(table)} == values
    assert any(v["technician_id"] is None for v in world.table("interventions"))
    quantities = [(s["quantity"], s["minimum"]) for s in world.table("stock")]
    assert any(quantity == 0 for quantity, _ in quantities)
    assert any(0 < quantity < minimum for quantity, minimum in quantities)
    assert any(c["cancelled_on"] for c in world.table("contracts"))
    assert any(c["starts_on"] > world.today for c in world.table("contracts"))


def test_invoices_add_up(session: Session) -> None:
    wrong = session.scalar(
        text(
            "SELECT count(*) FROM orders o WHERE total <> (SELECT sum(amount) FROM order_items i"
            " WHERE i.order_id = o.order_id)"
        )
    )
    assert wrong == 0


def test_new_rows_get_numbers_of_their_own(session: Session) -> None:
    added = text(
        "INSERT INTO interventions (client_id, kind, status, description) VALUES (1, 'repair', 'requested', 'x')"
        " RETURNING intervention_id"
    )
    first, second = session.scalar(added), session.scalar(added)
    assert isinstance(first, int)
    assert 1043 < first < 10001
    assert second == first + 1
