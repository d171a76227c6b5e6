"""SQLAlchemy statements as text with numbered parameters."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql
from sqlalchemy.sql.elements import ColumnElement
from sqlalchemy.sql.selectable import SelectBase

from policy.roles import Principal
from tools.sql.query import Column

SUBJECT = "subject"
"""The parameter that holds the id of who asks."""
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


@dataclass(frozen=True, slots=True)
class Rendered:
    """Text with ``$1`` parameters and their values in order; ``$subject`` is who asks, None when it does not matter."""

    sql: str
    parameters: tuple[object, ...]
    subject: int | None


def render(statement: SelectBase, principal: Principal) -> Rendered:
    """The text of ``statement``, in which ``principal`` is the one who asks."""
    compiled = statement.compile(dialect=_dialect(), compile_kwargs={"render_postcompile": True})
    order: list[str] = getattr(compiled, "positiontup", None) or []
    values = {**compiled.params, SUBJECT: principal.subject_id or 0}
    place = order.index(SUBJECT) + 1 if SUBJECT in order else None
    return Rendered(str(compiled), tuple(values[name] for name in order), place)


@cache
def _dialect() -> Any:
    return postgresql.dialect(paramstyle="numeric_dollar")
