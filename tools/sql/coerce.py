"""Values of filters, brought to the kind of the field they are compared with."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from decimal import Decimal, InvalidOperation

from core.clock import Clock
from core.errors import QueryInvalid
from core.text import fold
from tools.sql.catalogue import EnumValue

NUMERIC = frozenset({"integer", "number", "money", "hours", "days", "percent"})
MOMENTS = frozenset({"date", "datetime"})
_BOOLEANS = {"true": True, "false": False, "si": True, "no": False, "yes": True}


def coerce(kind: str, value: object, clock: Clock, enums: Mapping[str, Mapping[str, EnumValue]]) -> object:
    """``value`` as what the database compares with a field of ``kind``; raises :class:`QueryInvalid`.

    Text is folded; a moment stays a date unless a time of day was given.
    """
    base, _, enum = kind.partition(":")
    if base == "enum":
        return _enum(enums[enum], enum, value)
    if base in NUMERIC:
        return _number(value)
    if base in MOMENTS:
        return _moment(value, clock)
    if base == "boolean":
        return _boolean(value)
    if base in ("text", "json") and isinstance(value, str | int | Decimal):
        return fold(str(value))
    raise QueryInvalid(f"{value!r} cannot be compared with a {kind}.")


def midnight(day: date, clock: Clock) -> datetime:
    """The first instant of ``day`` in the company's time zone."""
    return datetime.combine(day, time.min, tzinfo=clock.zone)


def next_day(day: date) -> date:
    """The day after; the last day of the calendar has none, and stays."""
    return day + timedelta(days=1) if day < date.max else day


def _enum(values: Mapping[str, EnumValue], name: str, value: object) -> str:
    if not isinstance(value, str) or value not in values:
        raise QueryInvalid(f"{value!r} is not a {name}.")
    return value


def _number(value: object) -> int | Decimal:
    if isinstance(value, bool):
        raise QueryInvalid("A number is not yes or no.")
    if isinstance(value, int):
        return value
    try:
        number = value if isinstance(value, Decimal) else Decimal(str(value))
    except InvalidOperation:
        raise QueryInvalid(f"{value!r} is not a number.") from None
    if not number.is_finite() or abs(number.adjusted()) > 100:
        raise QueryInvalid(f"{value!r} is not a number that data can hold.")
    return number


def _moment(value: object, clock: Clock) -> date | datetime:
    if isinstance(value, str):
        try:
            value = datetime.fromisoformat(value) if len(value) > 10 else date.fromisoformat(value)
        except ValueError:
            raise QueryInvalid(f"{value!r} is not a date.") from None
    if isinstance(value, datetime):
        return value if value.tzinfo else value.replace(tzinfo=clock.zone)
    if isinstance(value, date):
        return value
    raise QueryInvalid(f"{value!r} is not a date.")


def _boolean(value: object) -> bool:
    if isinstance(value, bool):
        return value
    if isinstance(value, str) and fold(value) in _BOOLEANS:
        return _BOOLEANS[fold(value)]
    raise QueryInvalid(f"{value!r} is neither yes nor no.")
