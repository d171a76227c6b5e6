"""Lists and rows of a resource, as the login of the role gives them: the database decides which rows there are."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from sqlalchemy import ColumnElement, Connection, Text, func, or_, select

from core.errors import Denied, NotFound
from db.crud.paging import Ordered, after, order_by, read_cursor, write_cursor
from db.crud.resource import Resource, Values
from policy.decide import may_read
from policy.roles import Role


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which rows of a list. ``equal`` are any of several values; ``least`` and ``most`` include the bound."""

    order: tuple[Ordered, ...]
    limit: int = 50
    cursor: str | None = None
    total: bool = False
    words: str | None = None
    equal: Mapping[str, Sequence[Any]] = field(default_factory=dict)
    least: Mapping[str, Any] = field(default_factory=dict)
    most: Mapping[str, Any] = field(default_factory=dict)
    empty: Mapping[str, bool] = field(default_factory=dict)

    @property
    def columns(self) -> frozenset[str]:
        """Every column that it looks at."""
        return frozenset((*self.equal, *self.least, *self.most, *self.empty, *(item.column for item in self.order)))


@dataclass(frozen=True, slots=True)
class Page:
    """Some rows; ``cursor`` is where the next page starts, None at the end. ``total`` when it was asked for."""

    rows: list[Values]
    cursor: str | None
    total: int | None


def within(wanted: Wanted, parents: Mapping[str, Any]) -> Wanted:
    """``wanted`` among the rows that belong to ``parents``."""
    return replace(wanted, equal={**wanted.equal, **{column: [value] for column, value in parents.items()}})


def readable(resource: Resource, role: Role, columns: Iterable[str] = ()) -> tuple[str, ...]:
    """The columns that ``role`` reads; raises :class:`Denied` when there are none, or one of ``columns`` is not."""
    decision = may_read(role, resource.name, columns)
    if not decision.allowed:
        raise Denied(what=decision.what, reason=decision.reason)
    return resource.columns(role)


def list_rows(connection: Connection, resource: Resource, role: Role, wanted: Wanted) -> Page:
    """The rows ``wanted``, among those that the connection's principal reads.

    Raises :class:`Denied` for a table or column that is not granted and :class:`BadInput` for a strange cursor.
    """
    granted = readable(resource, role, wanted.columns)
    conditions = _conditions(resource, granted, wanted)
    statement = resource.selection(role).where(*conditions)
    if wanted.cursor is not None:
        statement = statement.where(after(resource, wanted.order, read_cursor(resource, wanted.order, wanted.cursor)))
    statement = statement.order_by(*order_by(resource, wanted.order)).limit(wanted.limit + 1)
    rows = [dict(row) for row in connection.execute(statement).mappings()]
    cursor = None
    if len(rows) > wanted.limit:
        del rows[wanted.limit :]
        cursor = write_cursor(wanted.order, rows[-1])
    total = None
    if wanted.total:
        total = connection.scalar(select(func.count()).select_from(resource.table).where(*conditions))
    return Page(rows, cursor, total)


def get_row(connection: Connection, resource: Resource, role: Role, key: Mapping[str, Any]) -> Values:
    """The row of ``key``; raises :class:`NotFound` when there is none, or none that the principal reads."""
    readable(resource, role)
    statement = resource.selection(role).where(*same_key(resource, key))
    row = connection.execute(statement).mappings().first()
    if row is None:
        raise NotFound(what=resource.name)
    return dict(row)


def same_key(resource: Resource, key: Mapping[str, Any]) -> list[ColumnElement[bool]]:
    """The conditions of being the row of ``key``."""
    columns = resource.table.columns
    return [columns[name] == key[name] for name in resource.key]


def _conditions(resource: Resource, granted: Sequence[str], wanted: Wanted) -> list[ColumnElement[bool]]:
    columns = resource.table.columns
    conditions: list[ColumnElement[bool]] = [columns[name].in_(values) for name, values in wanted.equal.items()]
    conditions += [columns[name] >= value for name, value in wanted.least.items()]
    conditions += [columns[name] <= value for name, value in wanted.most.items()]
    conditions += [
        columns[name].is_(None) if empty else columns[name].is_not(None) for name, empty in wanted.empty.items()
    ]
    if wanted.words:
        searched = [columns[name] for name in resource.search if name in granted]
        conditions += [or_(*(_contains(column, word) for column in searched)) for word in wanted.words.split()]
    return conditions


def _contains(column: ColumnElement[Any], word: str) -> ColumnElement[bool]:
    return column.cast(Text).icontains(word, autoescape=True)
