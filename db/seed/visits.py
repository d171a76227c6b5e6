"""Interventions: two years of visits, the ones of today and the ones to come."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from db.seed.world import Row, World, read

VISITS = 3000
RECENT_DAYS = 40
"""Visits asked for since then carry the company's new numbers, from 1001; older ones those of its former system."""
FIRST_RECENT, FIRST_OLD = 1001, 10001
DEMO_VISIT = 1043


def add_visits(world: World) -> None:
    """Fill interventions; number 1043 is open and belongs to the demo technician."""
    visits = Visits(world)
    visits.of_the_demo_client()
    visits.of_the_demo_technician()
    for technician in world.table("technicians")[1:]:
        if technician["active"]:
            visits.of_today(technician)
    visits.requests()
    visits.coming()
    visits.history()
    _number(world)


class Visits:
    """Makes visits for machines, by technicians who cover their zone and know the trade."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.words = read("visits")
        self.machines = [m for m in world.table("installed_equipment") if m["status"] != "decommissioned"]
        self.zones: dict[str, list[Row]] = {}
        for machine in self.machines[2:]:
            self.zones.setdefault(machine["zone"], []).append(machine)
        self.contracts = {
            c["equipment_id"] for c in world.table("contracts") if c["service_type"] == "full_maintenance"
        }

    def of_the_demo_client(self) -> None:
        """A repair, two revisions and a visit to come, on the two machines of the demo client."""
        split, boiler = self.machines[0], self.machines[1]
        first = self.world.table("technicians")[0]
        today = self.world.today
        repair = self.words["split"]["repair"]
        self.done(split, first, today - timedelta(days=118), 10, "repair", text=repair[2])
        self.done(split, first, today - timedelta(days=212), 9, "maintenance")
        self.done(boiler, self.world.table("technicians")[1], today - timedelta(days=31), 12, "maintenance")
        self.done(split, first, split["installed_on"], 9, "installation")
        self.planned(
            split, first, today + timedelta(days=5), 10, "maintenance", text=self.words["split"]["maintenance"][0]
        )

    def of_the_demo_technician(self) -> None:
        """Something done today and yesterday, something under way, something for today, tomorrow and this week."""
        technician = self.world.table("technicians")[0]
        today = self.world.today
        near = self._near(technician, "split")
        self.done_today(near[0], technician, 0.2, 0.5, "repair")
        self.under_way(near[1], technician, 0.8)
        self.planned(near[2], technician, today, 17, "repair", priority="high")
        self.planned(near[3], technician, today, 18, "maintenance")
        for step, hour in enumerate((8, 10, 12, 16)):
            self.planned(near[4 + step], technician, today + timedelta(days=1), hour, "maintenance")
        for days in range(2, 7):
            self.planned(near[8 + days], technician, today + timedelta(days=days), 9 + days, "repair")
        for days in range(1, 20):
            self.done(near[(days * 3) % len(near)], technician, today - timedelta(days=days), 8 + days % 8)

    def of_today(self, technician: Row) -> None:
        """Every active technician has done something today, has something left and something for tomorrow."""
        machines = self._near(technician, None)
        today = self.world.today
        self.done_today(machines[0], technician, 0.3, 0.6)
        self.planned(machines[1], technician, today, 17)
        for step, hour in enumerate((9, 11, 16)):
            self.planned(machines[2 + step], technician, today + timedelta(days=1), hour)
        if technician["technician_id"] % 4 == 2:
            self.under_way(machines[6], technician, 0.9)

    def requests(self) -> None:
        """Asked for and not assigned yet, the latest this very day."""
        for number in range(24):
            machine = self.world.pick(self.machines[2:])
            asked = self.world.earlier_today(0.4) if number < 3 else self._hour(self.world.working_day(-9, -1))
            self._visit(machine, None, self._kind(0.7), "requested", asked, priority=self._priority())

    def coming(self) -> None:
        """Planned for the next five weeks, and a few that should have happened already."""
        for _ in range(150):
            machine = self.world.pick(self.machines[2:])
            self.planned(
                machine, self._technician(machine), self.world.working_day(2, 35), self.world.random.randint(8, 17)
            )
        for _ in range(9):
            machine = self.world.pick(self.machines[2:])
            self.planned(machine, self._technician(machine), self.world.working_day(-12, -2), 12)

    def history(self) -> None:
        """The rest, done or cancelled, over 24 months."""
        while len(self.world.table("interventions")) < VISITS:
            machine = self.world.pick(self.machines[2:])
            day = self.world.working_day(-728, -1)
            if day < machine["installed_on"]:
                continue
            technician = self._technician(machine, past=True)
            kind = "installation" if (day - machine["installed_on"]).days < 3 else self._kind(0.4)
            if self.world.random.random() < 0.05:
                self._cancelled(machine, technician, day, kind)
            else:
                self.done(machine, technician, day, self.world.random.randint(8, 17), kind)

    def done(
        self,
        machine: Row,
        technician: Row,
        day: date,
        hour: int,
        kind: str | None = None,
        text: list[str] | None = None,
    ) -> None:
        """A visit of a past day that went well."""
        start = self.world.at(day, hour, self.world.pick([0, 0, 15, 30]))
        end = start + timedelta(minutes=self.world.random.randint(30, 210))
        self._finished(machine, technician, start, end, kind or self._kind(0.5), text)

    def done_today(self, machine: Row, technician: Row, start: float, end: float, kind: str = "repair") -> None:
        """A visit that ended today, whatever the hour is now."""
        instants = self.world.earlier_today(start), self.world.earlier_today(end)
        self._finished(machine, technician, *instants, kind, None)

    def under_way(self, machine: Row, technician: Row, since: float) -> None:
        """A visit that began today and goes on."""
        start = self.world.earlier_today(since)
        self._visit(
            machine, technician, "repair", "in_progress", self._asked(start), start, started_at=start, priority="high"
        )

    def planned(
        self,
        machine: Row,
        technician: Row,
        day: date,
        hour: int,
        kind: str | None = None,
        *,
        priority: str | None = None,
        text: list[str] | None = None,
    ) -> None:
        """A visit agreed for a day and hour."""
        start = self.world.at(day, hour)
        self._visit(
            machine, technician, kind or self._kind(0.4), "scheduled", self._asked(start), start,
            priority=priority or self._priority(), text=text,
        )  # fmt: skip

    def _finished(
        self, machine: Row, technician: Row, start: datetime, end: datetime, kind: str, text: list[str] | None
    ) -> None:
        visit = self._visit(
            machine, technician, kind, "completed", self._asked(start), start,
            started_at=start, completed_at=end, cost=self._cost(machine, kind, end - start), text=text,
        )  # fmt: skip
        visit["result"] = visit.pop("_result")
        if self.world.random.random() < 0.3:
            visit["document_path"] = f"partes/{start:%Y/%m}/{machine['serial_number']}.pdf"

    def _cancelled(self, machine: Row, technician: Row, day: date, kind: str) -> None:
        start = self.world.at(day, self.world.random.randint(8, 17))
        visit = self._visit(machine, technician, kind, "cancelled", self._asked(start), start)
        visit["result"] = self.world.pick(self.words["cancelled"])

    def _visit(
        self,
        machine: Row,
        technician: Row | None,
        kind: str,
        status: str,
        requested: datetime,
        scheduled: datetime | None = None,
        *,
        text: list[str] | None = None,
        **rest: Any,
    ) -> Row:
        product = self.world.table("products")[machine["product_id"] - 1]
        description, result = text or self.world.pick(self.words[product["category"]][kind])
        return self.world.add(
            "interventions",
            **{
                "client_id": machine["client_id"],
                "equipment_id": machine["equipment_id"],
                "technician_id": technician["technician_id"] if technician else None,
                "kind": kind,
                "status": status,
                "priority": "normal",
                "requested_at": min(requested, self.world.now),
                "scheduled_at": scheduled,
                "started_at": None,
                "completed_at": None,
                "description": description.format(sku=product["sku"], location=machine["location"]),
                "_result": result,
                "result": None,
                "cost": None,
                "document_path": None,
                **rest,
            },
        )

    def _cost(self, machine: Row, kind: str, spent: timedelta) -> Decimal:
        if machine["equipment_id"] in self.contracts or kind == "installation":
            return Decimal(0)
        category = self.world.table("products")[machine["product_id"] - 1]["category"]
        half_hours = max(0, round(spent.total_seconds() / 1800) - 1)
        parts = self.world.pick([0, 24, 58, 129, 348], [6, 2, 2, 1, 1]) if kind == "repair" else 0
        return Decimal(
            self.words["visit_price"][category] + half_hours * self.words["hour_price"][category] // 2 + parts
        )

    def _kind(self, repairs: float) -> str:
        rest = 1 - repairs
        return self.world.pick(["repair", "maintenance", "inspection"], [repairs, rest * 0.85, rest * 0.15])

    def _priority(self) -> str:
        return self.world.pick(["low", "normal", "high", "urgent"], [2, 10, 3, 1])

    def _hour(self, day: date) -> datetime:
        return self.world.at(day, self.world.random.randint(8, 17), self.world.random.randint(0, 59))

    def _asked(self, start: datetime) -> datetime:
        return start - timedelta(days=self.world.random.randint(1, 12), hours=self.world.random.randint(0, 5))

    def _technician(self, machine: Row, *, past: bool = False) -> Row:
        product = self.world.table("products")[machine["product_id"] - 1]
        trades = self.world.company["specialties"][product["category"]]
        here = [
            t
            for t in self.world.table("technicians")
            if t["assigned_zone"] == machine["zone"] and (past or t["active"])
        ]
        return self.world.pick(here, [6 if t["specialty"] in trades else 1 for t in here])

    def _near(self, technician: Row, category: str | None) -> list[Row]:
        """Machines of the technician's zone, those of ``category`` and of its city of residence first."""
        zone = technician["assigned_zone"]
        products = self.world.table("products")
        machines = self.zones[zone].copy()
        self.world.random.shuffle(machines)
        machines.sort(
            key=lambda m: (
                m["city"] != zone,
                category is not None and products[m["product_id"] - 1]["category"] != category,
            )
        )
        return machines


def _number(world: World) -> None:
    """Number the visits in the order they were asked for, recent and old ones apart."""
    visits = sorted(world.table("interventions"), key=lambda v: v["requested_at"])
    since = world.now - timedelta(days=RECENT_DAYS)
    recent = [v for v in visits if v["requested_at"] >= since]
    for first, group in ((FIRST_OLD, [v for v in visits if v["requested_at"] < since]), (FIRST_RECENT, recent)):
        for number, visit in enumerate(group, start=first):
            visit["intervention_id"] = number
            visit.pop("_result", None)
    demo = next(
        v for v in recent if v["technician_id"] == 1 and v["status"] == "in_progress" and v["equipment_id"] is not None
    )
    other = recent[DEMO_VISIT - FIRST_RECENT]
    demo["intervention_id"], other["intervention_id"] = DEMO_VISIT, demo["intervention_id"]
