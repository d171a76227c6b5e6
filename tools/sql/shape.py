"""What the list and the grouped compilers hand over, and how both put rows in order."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy.sql.elements import ColumnElement
from sqlalchemy.sql.selectable import SelectBase

from tools.sql.conditions import folded
from tools.sql.query import Column


@dataclass(frozen=True, slots=True)
class Shape:
    """A statement and how to read its rows; see :class:`tools.sql.compile.Compiled`."""

    statement: SelectBase
    columns: tuple[Column, ...]
    cap: int
    keyed: bool = False
    counted: bool = False


def ordered(expression: ColumnElement[Any], kind: str, descending: bool) -> ColumnElement[Any]:
    """``expression`` as an ORDER BY term: text as people sort it, rows without a value at the end."""
    subject = folded(expression) if kind == "text" else expression
    return (subject.desc() if descending else subject.asc()).nulls_last()
