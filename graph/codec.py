"""Typed values to JSON and back, for state that is checkpointed: no pickles, no classes in the database."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from functools import lru_cache
from typing import Any, TypeVar

from pydantic import BaseModel, TypeAdapter

Value = TypeVar("Value")

_TAG = "$"
_READ = {"date": date.fromisoformat, "datetime": datetime.fromisoformat, "decimal": Decimal}


def dump(value: Any) -> Any:
    """``value`` (dataclasses, enums, dates, decimals, containers) as JSON; scalars that JSON lacks are tagged."""
    if value is None or (isinstance(value, bool | int | float | str) and not isinstance(value, Enum)):
        return value
    if isinstance(value, Enum):
        return dump(value.value)
    if isinstance(value, datetime):
        return {_TAG: "datetime", "v": value.isoformat()}
    if isinstance(value, date):
        return {_TAG: "date", "v": value.isoformat()}
    if isinstance(value, Decimal):
        return {_TAG: "decimal", "v": str(value)}
    if isinstance(value, BaseModel):
        return value.model_dump(mode="json")
    if is_dataclass(value):
        return {field.name: dump(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, Mapping):
        return {str(key): dump(item) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [dump(item) for item in value]
    return str(value)


def load(kind: type[Value], data: Any) -> Value:
    """The ``kind`` that :func:`dump` wrote; raises pydantic's ValidationError when the data is of another shape."""
    return _adapter(kind).validate_python(_untag(data))


def _untag(data: Any) -> Any:
    if isinstance(data, dict):
        read = _READ.get(data.get(_TAG, ""))
        if read is not None:
            return read(data["v"])
        return {key: _untag(item) for key, item in data.items()}
    if isinstance(data, list):
        return [_untag(item) for item in data]
    return data


@lru_cache(maxsize=64)
def _adapter(kind: type[Value]) -> TypeAdapter[Value]:
    return TypeAdapter(kind)
