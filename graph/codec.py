"""Typed values to JSON and back, for state that is checkpointed: no pickles, no classes in the database."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from typing import Any, TypeVar

from pydantic import BaseModel, TypeAdapter

Value = TypeVar("Value")

_TAG = "$"
_PLAIN = frozenset({type(None), bool, int, float, str})
_ADAPTERS: dict[type[Any], TypeAdapter[Any]] = {}
"""Building an adapter costs milliseconds; there are as many as kinds of values in the state."""
_READ: dict[str, Callable[[str], Any]] = {
    "date": date.fromisoformat,
    "datetime": datetime.fromisoformat,
    "decimal": Decimal,
}


def dump(value: Any) -> Any:
    """``value`` (dataclasses, enums, dates, decimals, containers) as JSON; scalars that JSON lacks are tagged."""
    kind = type(value)
    if kind in _PLAIN:
        return value
    if kind is list or kind is tuple:
        return [item if type(item) in _PLAIN else dump(item) for item in value]
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
    return value if isinstance(value, bool | int | float | str) else str(value)


def load(kind: type[Value], data: Any) -> Value:
    """The ``kind`` that :func:`dump` wrote; raises pydantic's ValidationError when the data is of another shape."""
    adapter = _ADAPTERS.get(kind)
    if adapter is None:
        adapter = _ADAPTERS[kind] = TypeAdapter(kind)
    value: Value = adapter.validate_python(_untag(data))
    return value


def _untag(data: Any) -> Any:
    if type(data) is dict:
        read = _READ.get(data.get(_TAG, ""))
        if read is not None:
            return read(data["v"])
        return {key: item if type(item) in _PLAIN else _untag(item) for key, item in data.items()}
    if type(data) is list:
        return [item if type(item) in _PLAIN else _untag(item) for item in data]
    return data
