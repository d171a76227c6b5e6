"""Pages that stay stable while rows come and go: the next one starts after the last row of this one, not at a number.

A cursor says in which order, and the values of the last row in that order. It is no secret and opens nothing: it is
compared with rows that the reader may see anyway.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import TypeAdapter, ValidationError
from sqlalchemy import ColumnElement, UnaryExpression, and_, false, or_

from core.errors import BadInput
from db.crud.resource import Resource


@dataclass(frozen=True, slots=True)
class Ordered:
    """A column of the order; nulls come last either way."""

    column: str
    descending: bool = False


def order_of(resource: Resource, text: str | None) -> tuple[Ordered, ...]:
    """``status,-scheduled_at`` read, ending in the key, so that no two rows tie. Raises :class:`BadInput`."""
    wanted = [part.strip() for part in (text or resource.order).split(",") if part.strip()]
    asked = [Ordered(resource.allowed(part.lstrip("-")), part.startswith("-")) for part in wanted]
    named = [item.column for item in asked]
    if len(set(named)) < len(named):
        raise BadInput("Each column may be sorted by once.", what=resource.name, reason="column_twice")
    return (*asked, *(Ordered(column) for column in resource.key if column not in named))


def order_by(resource: Resource, order: Sequence[Ordered]) -> list[UnaryExpression[Any]]:
    """``order`` as SQL."""
    columns = resource.table.columns
    directed = [columns[item.column].desc() if item.descending else columns[item.column].asc() for item in order]
    return [expression.nulls_last() for expression in directed]


def write_cursor(order: Sequence[Ordered], row: Mapping[str, Any]) -> str:
    """Where a page ended."""
    values = TypeAdapter(list[Any]).dump_python([row[item.column] for item in order], mode="json")
    text = json.dumps([_spelled(order), values], ensure_ascii=False, separators=(",", ":"))
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def read_cursor(resource: Resource, order: Sequence[Ordered], cursor: str) -> tuple[Any, ...]:
    """The values that ``cursor`` was written with; raises :class:`BadInput` when it is none of ours for this order."""
    try:
        spelled, values = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        if spelled != _spelled(order) or not isinstance(values, list):
            raise ValueError("of another order")
        pairs = zip(order, values, strict=True)
        return tuple(_adapter(resource, item.column).validate_python(value) for item, value in pairs)
    except (binascii.Error, ValidationError, ValueError, TypeError, RecursionError) as error:
        raise BadInput("The cursor is not one of this list and order.", what="cursor", reason="bad_cursor") from error


def after(resource: Resource, order: Sequence[Ordered], values: Sequence[Any]) -> ColumnElement[bool]:
    """Rows that come after the one with ``values``."""
    columns = resource.table.columns
    alternatives: list[ColumnElement[bool]] = []
    same: list[ColumnElement[bool]] = []
    for item, value in zip(order, values, strict=True):
        column = columns[item.column]
        alternatives.append(and_(*same, _beyond(column, value, item.descending)))
        same.append(column.is_(None) if value is None else column == value)
    return or_(*alternatives)


def _beyond(column: ColumnElement[Any], value: Any, descending: bool) -> ColumnElement[bool]:
    if value is None:
        return false()  # nulls are last
    return or_(column < value if descending else column > value, column.is_(None))


def _adapter(resource: Resource, column: str) -> TypeAdapter[Any]:
    return TypeAdapter(resource.types[column])


def _spelled(order: Sequence[Ordered]) -> str:
    return ",".join(f"{'-' if item.descending else ''}{item.column}" for item in order)
