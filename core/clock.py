"""The only source of "now": the company's wall clock, replaceable in tests and evals."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Protocol
from zoneinfo import ZoneInfo


class Clock(Protocol):
    """Tells the time in the company's time zone."""

    @property
    def zone(self) -> ZoneInfo:
        """The company's time zone."""
        ...

    def now(self) -> datetime:
        """The current instant, aware, in the company's time zone."""
        ...

    def today(self) -> date:
        """The current day in the company's time zone."""
        ...


@dataclass(frozen=True, slots=True)
class SystemClock:
    """The machine's clock seen from the company's time zone."""

    zone: ZoneInfo

    def now(self) -> datetime:
        return datetime.now(self.zone)

    def today(self) -> date:
        return self.now().date()


@dataclass(frozen=True, slots=True)
class FixedClock:
    """A clock that stands still at ``instant`` (aware)."""

    instant: datetime
    zone: ZoneInfo

    def now(self) -> datetime:
        return self.instant.astimezone(self.zone)

    def today(self) -> date:
        return self.now().date()
