"""Arithmetic of calendar units: where one starts, the next one, a number of them before or after."""

from __future__ import annotations

import calendar as month_lengths
from dataclasses import dataclass
from datetime import date, timedelta

EARLIEST = date(1950, 1, 1)
LATEST = date(2200, 1, 1)

_MONTHS = {"month": 1, "quarter": 3, "half": 6, "year": 12}
_DAYS = {"day": 1, "week": 7, "fortnight": 15, "weekend": 7}


@dataclass(frozen=True, slots=True)
class Span:
    """Days from ``start`` (included) to ``end`` (excluded); a missing end is open.

    ``grain`` is the unit it was said in; ``weekdays`` (from 1, Monday) are the days of each week that are meant, if not
    all of them.
    """

    start: date | None
    end: date | None
    grain: str = "day"
    weekdays: tuple[int, ...] = ()

    @property
    def valid(self) -> bool:
        """Has at least one day and stays within the years people speak of."""
        ends = [d for d in (self.start, self.end) if d is not None]
        inside = bool(ends or self.weekdays) and all(EARLIEST <= d <= LATEST for d in ends)
        return inside and (self.start is None or self.end is None or self.start < self.end)


def clamp(value: date) -> date:
    """``value`` within the years people speak of."""
    return min(max(value, EARLIEST), LATEST)


def shift(day: date, unit: str, count: int) -> date:
    """``day`` moved ``count`` units, kept inside its month and within the years people speak of."""
    if unit in _DAYS:
        reach = (LATEST - EARLIEST).days
        days = max(-reach, min(reach, count * _DAYS[unit]))
        return clamp(date.fromordinal(max(1, min(day.toordinal() + days, date.max.toordinal()))))
    months = day.year * 12 + day.month - 1 + count * _MONTHS[unit]
    year, month = divmod(months, 12)
    if not EARLIEST.year <= year < LATEST.year:
        return EARLIEST if count < 0 else LATEST
    last = month_lengths.monthrange(year, month + 1)[1]
    return date(year, month + 1, min(day.day, last))


def start_of(unit: str, day: date) -> date:
    """First day of the ``unit`` that holds ``day``."""
    if unit == "week":
        return day - timedelta(days=day.weekday())
    if unit == "weekend":
        return day - timedelta(days=day.weekday()) + timedelta(days=5)
    if unit == "fortnight":
        return day.replace(day=1 if day.day <= 15 else 16)
    if unit in _MONTHS:
        size = _MONTHS[unit]
        return date(day.year, (day.month - 1) // size * size + 1, 1)
    return day


def bucket(unit: str, day: date, offset: int = 0) -> Span:
    """The ``unit`` that holds ``day``, moved ``offset`` units."""
    if unit == "fortnight":
        return _fortnight(day, offset)
    start = shift(start_of(unit, day), unit, offset)
    end = start + timedelta(days=2) if unit == "weekend" else shift(start, unit, 1)
    return Span(start, end, unit)


def _fortnight(day: date, offset: int) -> Span:
    index = (day.year * 12 + day.month - 1) * 2 + (0 if day.day <= 15 else 1) + offset
    months, half = divmod(index, 2)
    year, month = divmod(months, 12)
    first = date(min(max(year, EARLIEST.year), LATEST.year - 1), month + 1, 1)
    return (
        Span(first, first.replace(day=16), "fortnight")
        if half == 0
        else Span(first.replace(day=16), shift(first, "month", 1), "fortnight")
    )


def month_span(year: int, month: int, size: int = 1, grain: str = "month") -> Span:
    """``size`` months from ``month`` of ``year``."""
    start = date(year, month, 1)
    return Span(start, shift(start, "month", size), grain)


def safe_date(year: int, month: int, day: int) -> date | None:
    """That date, or None when there is no such day."""
    try:
        return date(year, month, day)
    except ValueError:
        return None


def one_day(day: date) -> Span:
    """Just that day."""
    return Span(day, day + timedelta(days=1), "day")
