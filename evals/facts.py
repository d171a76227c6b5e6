"""The truth that replies are judged against: gold queries on the owner's connection, and the days they speak of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, Engine, text

from core.clock import Clock
from evals.cases import Case, Expect
from evals.judges import Evidence, Row

Params = Mapping[str, object]

_OTHER_CLIENTS = (
    "SELECT name FROM clients WHERE client_id IS DISTINCT FROM :client_id "
    "AND name <> (SELECT name FROM clients WHERE client_id = :client_id)"
)


@dataclass(frozen=True, slots=True)
class People:
    """Who the demo identities are."""

    client_id: int
    technician_id: int


def days(today: date) -> dict[str, date]:
    """The days that gold queries name: starts of the periods around ``today``."""

    def months_on(start: date, count: int) -> date:
        years, month = divmod(start.year * 12 + start.month - 1 + count, 12)
        return date(years, month + 1, 1)

    week, month = today - timedelta(days=today.weekday()), today.replace(day=1)
    quarter = months_on(month, -((month.month - 1) % 3))
    return {
        "today": today,
        "tomorrow": today + timedelta(days=1),
        "yesterday": today - timedelta(days=1),
        "week": week,
        "last_week": week - timedelta(days=7),
        "next_week": week + timedelta(days=7),
        "month": month,
        "last_month": months_on(month, -1),
        "next_month": months_on(month, 1),
        "month_after_next": months_on(month, 2),
        "quarter": quarter,
        "last_quarter": months_on(quarter, -3),
        "next_quarter": months_on(quarter, 3),
        "year": date(today.year, 1, 1),
        "last_year": date(today.year - 1, 1, 1),
        "next_year": date(today.year + 1, 1, 1),
    }


class Facts:
    """Reads gold rows. One short transaction a question, always rolled back, so that writes of a turn are seen."""

    def __init__(self, engine: Engine, clock: Clock) -> None:
        self._engine = engine
        self._clock = clock
        self._people: People | None = None

    @property
    def zone(self) -> ZoneInfo:
        """The company's time zone."""
        return self._clock.zone

    def rows(self, sql: str, params: Params) -> tuple[Row, ...]:
        """The rows of one query; raises sqlalchemy's error when it is wrong."""
        with self._engine.connect() as connection:
            self._prepare(connection)
            return tuple(tuple(row) for row in connection.execute(text(sql), dict(params)))

    def _prepare(self, connection: Connection) -> None:
        connection.execute(text(f"SET LOCAL TIME ZONE '{self._clock.zone.key}'"))
        connection.execute(text("SET TRANSACTION READ ONLY"))

    def scalar(self, sql: str, params: Params) -> object:
        """The first value of one query; None when there is no row."""
        rows = self.rows(sql, params)
        return rows[0][0] if rows else None

    @property
    def people(self) -> People:
        """The demo client and technician, by their phone numbers."""
        if self._people is None:
            sql = "SELECT client_id, technician_id FROM contact_identities WHERE external_id = :phone"
            client = self.rows(sql, {"phone": "+34600000001"})
            technician = self.rows(sql, {"phone": "+34600000002"})
            self._people = People(int(str(client[0][0])), int(str(technician[0][1])))
        return self._people

    def params(self, case: Case) -> dict[str, object]:
        """Everything that the gold queries and the messages of ``case`` may name."""
        now: datetime = self._clock.now()
        params: dict[str, object] = {
            **days(self._clock.today()),
            "now": now,
            "client_id": self.people.client_id,
            "technician_id": self.people.technician_id,
        }
        params["interventions_before"] = self.scalar("SELECT count(*) FROM interventions", params)
        for name, sql in case.let.items():
            params[name] = self.scalar(sql, params)
        return params

    def evidence(self, expect: Expect, params: Params) -> Evidence:
        """What the judges need for ``expect``, read now."""
        forbidden: list[object] = []
        if expect.leaks is False:
            forbidden += [row[0] for row in self.rows(_OTHER_CLIENTS, params)]
        if expect.leak_sql:
            forbidden += [value for row in self.rows(expect.leak_sql, params) for value in row]
        return Evidence(
            gold=tuple(self.rows(sql, params) for sql in expect.gold_sql),
            holds=bool(self.scalar(expect.holds_sql, params)) if expect.holds_sql else None,
            forbidden=tuple(forbidden),
            options=tuple(self.evidence(option, params) for option in expect.any_of),
        )
