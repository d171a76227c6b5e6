"""Kinds of values that several families use, with the bounds that PostgreSQL would otherwise enforce by failing."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Annotated, Any

from pydantic import AfterValidator, AwareDatetime, BeforeValidator, Field, JsonValue, StringConstraints

WITHOUT_NUL = r"^[^\x00]*$"
E164 = r"^\+[1-9][0-9]{6,14}$"
LARGEST_ID = 2**31 - 1


def _in_utc(moment: datetime) -> datetime:
    return moment.astimezone(UTC)


def _written(value: Any) -> Any:
    """Times are written, not counted in seconds."""
    if isinstance(value, int | float):
        raise ValueError("a time is written in ISO 8601")
    return value


def _no_truth(value: Any) -> Any:
    if isinstance(value, bool):
        raise ValueError("an amount is a number")
    return value


def _storable(value: dict[str, Any]) -> dict[str, Any]:
    """JSONB holds no NUL."""
    if _has_nul(value):
        raise ValueError("text may not contain the character NUL")
    return value


def _has_nul(value: Any) -> bool:
    if isinstance(value, str):
        return "\x00" in value
    if isinstance(value, dict):
        return any(_has_nul(key) or _has_nul(item) for key, item in value.items())
    return isinstance(value, list) and any(_has_nul(item) for item in value)


Line = Annotated[
    str, StringConstraints(min_length=1, max_length=300, pattern=r"^[^\x00-\x20]([^\x00-\x1f]*[^\x00-\x20])?$")
]
"""A name, an address: one line that is not empty, without spaces around it."""
PathSegment = Annotated[
    str, StringConstraints(min_length=1, max_length=60, pattern=r"^[^\x00-\x20/.]([^\x00-\x1f/]*[^\x00-\x20/])?$")
]
"""A line that stands in a path as a key."""
Code = Annotated[str, StringConstraints(min_length=1, max_length=64, pattern=r"^[^\x00-\x20]+$")]
"""A SKU, a serial number, a tax number."""
Words = Annotated[str, StringConstraints(max_length=10_000, pattern=WITHOUT_NUL)]
Email = Annotated[str, StringConstraints(max_length=320, pattern=r"^[^@\s\x00]+@[^@\s\x00]+\.[^@\s\x00]+$")]
Phone = Annotated[str, StringConstraints(pattern=E164)]
Language = Annotated[str, StringConstraints(pattern=r"^[a-z]{2}$")]
Id = Annotated[int, Field(ge=1, le=LARGEST_ID)]
Number = Annotated[int, Field(strict=True, ge=1, le=LARGEST_ID)]
"""An :data:`Id` in a body, where a number is a number and not a text or a truth."""
Count = Annotated[int, Field(strict=True, ge=0, le=LARGEST_ID)]
Flag = Annotated[bool, Field(strict=True)]
Money = Annotated[Decimal, BeforeValidator(_no_truth), Field(ge=0, max_digits=12, decimal_places=2)]
Moment = Annotated[
    AwareDatetime,
    BeforeValidator(_written),
    Field(ge=datetime(1900, 1, 1, tzinfo=UTC), le=datetime(2200, 1, 1, tzinfo=UTC)),
    AfterValidator(_in_utc),
]
Day = Annotated[date, BeforeValidator(_written), Field(ge=date(1900, 1, 1), le=date(2200, 1, 1))]
Json = Annotated[dict[str, JsonValue], AfterValidator(_storable)]
