"""SQLAlchemy statements as text with numbered parameters."""

from __future__ import annotations

from functools import cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql
from sqlalchemy.sql.elements import ColumnElement
from sqlalchemy.sql.selectable import SelectBase

from tools.sql.query import Column

TOTAL = "total_rows"
KEY = "row_key"
_LONGEST_NAME = 60


def number(value: int) -> ColumnElement[Any]:
    """An integer written into the text: limits and places, never anything a person wrote."""
    return sa.literal_column(str(int(value)))


def names(columns: tuple[Column, ...] | list[Column]) -> list[str]:
    """An SQL name for each column, all different."""
    taken: set[str] = {TOTAL, KEY}
    result = []
    for column in columns:
        name = column.key.replace(".", "_")[:_LONGEST_NAME]
        while name in taken:
            name += "_"
        taken.add(name)
        result.append(name)
    return result


def render(statement: SelectBase) -> tuple[str, tuple[object, ...]]:
    """The text of ``statement`` with ``$1`` parameters, and their values in order."""
    compiled = statement.compile(dialect=_dialect(), compile_kwargs={"render_postcompile": True})
    order: list[str] = getattr(compiled, "positiontup", None) or []
    return str(compiled), tuple(compiled.params[name] for name in order)


@cache
def _dialect() -> Any:
    return postgresql.dialect(paramstyle="numeric_dollar")
