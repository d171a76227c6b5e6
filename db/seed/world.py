"""The demo company under construction: rows by table, one source of randomness, one idea of today."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from pathlib import Path
from random import Random
from typing import Any, TypeVar

import yaml

from core.clock import Clock

Row = dict[str, Any]
T = TypeVar("T")
HERE = Path(__file__).parent


def read(name: str) -> dict[str, Any]:
    """The content of a data file of the seed."""
    content: dict[str, Any] = yaml.load((HERE / f"{name}.yaml").read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
    return content


@dataclass
class World:
    """Rows are dicts of column values. The same clock always gives the same world."""

    clock: Clock
    random: Random = field(default_factory=lambda: Random(20240229))
    company: Row = field(default_factory=lambda: read("company"))
    rows: dict[str, list[Row]] = field(default_factory=dict)

    @property
    def now(self) -> datetime:
        """The instant at which the company is looked at."""
        return self.clock.now()

    @property
    def today(self) -> date:
        """Its day."""
        return self.clock.today()

    def add(self, table: str, **row: Any) -> Row:
        """Keep one more row of ``table`` and give it back."""
        self.rows.setdefault(table, []).append(row)
        return row

    def table(self, table: str) -> list[Row]:
        """The rows of ``table`` so far."""
        return self.rows.setdefault(table, [])

    def pick(self, options: Sequence[T], weights: Sequence[float] | None = None) -> T:
        """One of ``options``."""
        return self.random.choices(options, weights)[0]

    def at(self, day: date, hour: int, minute: int = 0) -> datetime:
        """An hour of a day in the company's time zone."""
        return datetime.combine(day, time(hour, minute), self.clock.zone)

    def working_day(self, earliest: int, latest: int) -> date:
        """A weekday between two distances in days from today, negative for the past; more than two days apart."""
        weekend = 5
        while (day := self.today + timedelta(days=self.random.randint(earliest, latest))).weekday() >= weekend:
            continue
        return day

    def earlier_today(self, share: float) -> datetime:
        """An instant of today that has passed already, at any hour: ``share`` of the way from midnight."""
        midnight = self.at(self.today, 0)
        opening = self.at(self.today, 8)
        start = opening if self.now > opening + timedelta(hours=1) else midnight
        return start + (self.now - start) * share


def month_start(day: date, months: int = 0) -> date:
    """First day of the month of ``day``, some months away."""
    total = day.year * 12 + day.month - 1 + months
    return date(total // 12, total % 12 + 1, 1)


def add_months(day: date, months: int) -> date:
    """The same day of the month some months away, or the last one of a shorter month."""
    first = month_start(day, months)
    last = (month_start(first, 1) - timedelta(days=1)).day
    return first.replace(day=min(day.day, last))
