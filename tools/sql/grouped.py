"""Queries with measures: one row, one row per group, or one per period that is compared."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.sql.elements import ColumnElement
from sqlalchemy.sql.selectable import FromClause

from core.errors import QueryInvalid
from tools.sql.aggregates import Cell, Group, cell, distinct_keys, group, ranks, share, total
from tools.sql.conditions import bind
from tools.sql.contenders import with_none
from tools.sql.query import Column, Having, Op, Query
from tools.sql.render import TOTAL, names, number
from tools.sql.scope import Scope
from tools.sql.shape import Shape, ordered

_COMPARE = {Op.EQ: "=", Op.NE: "<>", Op.LT: "<", Op.LE: "<=", Op.GT: ">", Op.GE: ">="}
_BESIDE = "beside"


@dataclass(frozen=True, slots=True)
class _Sheet:
    """Groups and measures over one source, ready to be selected."""

    statement: sa.Select[Any]
    columns: tuple[Column, ...]
    labels: list[str]
    groups: tuple[Group, ...]

    @property
    def group_labels(self) -> list[str]:
        return self.labels[: len(self.groups)]

    @property
    def measure_labels(self) -> list[str]:
        return self.labels[len(self.groups) :]


def grouped(scope: Scope, query: Query, cap: int) -> Shape:
    """The SELECT of a query with measures over a scope that holds its conditions."""
    sheet = _sheet(scope, query)
    statement, counted, size = _picked(query, sheet, cap)
    return Shape(statement, sheet.columns, size, counted=counted)


def compared(query: Query, scopes: Sequence[Scope], cap: int) -> Shape:
    """The same measures for each window, one below the other, the window's label first."""
    heading = scopes[0].catalogue.headings.get("period", {})
    window_column = Column("period", "text", {str(lang): text for lang, text in heading.items()})
    parts: list[sa.Select[Any]] = []
    columns: tuple[Column, ...] = ()
    for position, scope in enumerate(scopes):
        sheet = _sheet(scope, query)
        columns = sheet.columns
        picked = _picked(query, sheet, cap, in_parts=True)[0].subquery(f"part{position}")
        label = sa.cast(bind(query.compare[position].period.label), sa.Text).label("period")
        shown = [number(position).label("part"), picked.c.turn, label, *(picked.c[name] for name in sheet.labels)]
        parts.append(sa.select(*shown).select_from(picked))
    union = sa.union_all(*parts).subquery("compared")
    fixed = {"part", "turn"}
    shown_columns = [column for column in union.c if column.key not in fixed]
    statement = sa.select(*shown_columns).order_by(union.c.part, union.c.turn).limit(number(cap))
    return Shape(statement, (window_column, *columns), cap)


def _sheet(scope: Scope, query: Query) -> _Sheet:
    groups = tuple(group(scope, grouping) for grouping in query.group_by)
    cells = [cell(scope, measure) for measure in query.measures]
    columns = tuple(distinct_keys([*(g.column for g in groups), *(c.column for c in cells)]))
    labels = names(columns)
    if any(made.once is not None for made in cells):
        if any(made.per is not None for made in cells):
            raise QueryInvalid("A figure per group does not go with one that counts joined rows once.")
        statement = _counted_once(scope, query, groups, cells, labels)
    else:
        statement = _direct(scope, query, groups, cells, labels)
    nobody = with_none(scope, query, groups, cells, labels)
    if nobody is not None:
        statement = sa.select(*sa.union_all(statement, nobody).subquery("everyone").c)
    return _Sheet(statement, columns, labels, groups)


def _direct(
    scope: Scope, query: Query, groups: Sequence[Group], cells: Sequence[Cell], labels: list[str]
) -> sa.Select[Any]:
    """Aggregates straight over the joined tables."""
    shown = [made.expression.label(label) for made, label in zip(groups, labels, strict=False)]
    for made, label in zip(cells, labels[len(groups) :], strict=True):
        compute = share(made, made.value, made.test) if made.measure.share else None
        compute = total(made.measure, made.value, made.test, made.per) if compute is None else compute
        shown.append(compute.label(label))
    keys = [*(made.expression for made in groups), *(made.beside for made in groups if made.beside is not None)]
    statement = sa.select(*shown).select_from(scope.source()).where(*_tests(scope, query, groups))
    return statement.group_by(*keys) if keys else statement


def _counted_once(
    scope: Scope, query: Query, groups: Sequence[Group], cells: Sequence[Cell], labels: list[str]
) -> sa.Select[Any]:
    """Aggregates of what belongs to a joined row: each joined row counts once in its group, however many reach it."""
    keys = {f"g{i}": made.expression for i, made in enumerate(groups)}
    keys |= {f"{_BESIDE}{i}": made.beside for i, made in enumerate(groups) if made.beside is not None}
    shown = [expression.label(name) for name, expression in keys.items()]
    for i, made in enumerate(cells):
        test = sa.true() if made.test is None else sa.func.coalesce(made.test, sa.false())
        value = sa.literal_column("1") if made.value is None else made.value
        shown += [value.label(f"v{i}"), test.label(f"t{i}")]
        if made.once is not None:
            within = [*keys.values(), made.once, test]
            shown.append(sa.func.row_number().over(partition_by=within).label(f"n{i}"))
    tests = _tests(scope, query, groups)
    base = sa.select(*shown).select_from(scope.source()).where(*tests).subquery("base")
    results = [base.c[f"g{i}"].label(label) for i, label in enumerate(labels[: len(groups)])]
    for i, (made, label) in enumerate(zip(cells, labels[len(groups) :], strict=True)):
        results.append(_from_base(base, made, i).label(label))
    statement = sa.select(*results).select_from(base)
    return statement.group_by(*(base.c[name] for name in keys)) if keys else statement


def _from_base(base: FromClause, made: Cell, i: int) -> ColumnElement[Any]:
    value = None if made.value is None else base.c[f"v{i}"]
    test: ColumnElement[bool] | None = base.c[f"t{i}"]
    if made.once is not None:
        first = base.c[f"n{i}"] == number(1)
        test = sa.and_(base.c[f"t{i}"], first)
    elif made.test is None:
        test = None
    if not made.measure.share:
        return total(made.measure, value, test)
    if made.once is not None:
        raise QueryInvalid("A share of what belongs to something else is not supported.")
    return share(made, value, test)


def _tests(scope: Scope, query: Query, groups: Sequence[Group]) -> list[ColumnElement[bool]]:
    tests = [] if scope.condition is None else [scope.condition]
    if ranks(query):
        tests += [g.expression.is_not(None) for g, by in zip(groups, query.group_by, strict=True) if by.grain is None]
    return tests


def _picked(query: Query, sheet: _Sheet, cap: int, *, in_parts: bool = False) -> tuple[sa.Select[Any], bool, int]:
    """The groups that meet ``having``, in order, as many as wanted; whether all are counted, and how many come.

    ``in_parts``: one of several that will be put together, so that each row carries its turn.
    """
    if not (sheet.groups or query.having or in_parts):
        return sheet.statement, False, 1
    inner = sheet.statement.subquery("grouped")
    tests = [_having(inner, sheet, having) for having in query.having]
    order = _order(inner, sheet, query)
    shown: list[ColumnElement[Any]] = [inner.c[label] for label in sheet.labels]
    size, skipped = min(query.limit or cap, cap), query.offset
    if query.limit_per is not None:
        place = sa.func.row_number().over(partition_by=[_partition(inner, sheet, query)], order_by=order)
        ranked = sa.select(*shown, place.label("place")).where(*tests).subquery("ranked")
        tests = [ranked.c.place <= number((query.limit or 1) + skipped), ranked.c.place > number(skipped)]
        inner, size, skipped = ranked, cap, 0
        shown = [inner.c[label] for label in sheet.labels]
        position = _group_position(sheet, query.limit_per)
        order = [ordered(_partition(inner, sheet, query), sheet.columns[position].kind, False), inner.c.place.asc()]
    if in_parts:
        turn = sa.func.row_number().over(order_by=order) if sheet.groups else number(1)
        shown.append(turn.label("turn"))
    counted = not in_parts and bool(sheet.groups) and (query.limit is None or query.limit_per is not None)
    if counted:
        shown.append(sa.func.count().over().label(TOTAL))
    statement = sa.select(*shown).select_from(inner).where(*tests)
    if sheet.groups:
        statement = statement.order_by(*order).limit(number(size))
        statement = statement.offset(number(skipped)) if skipped else statement
    return statement, counted, size


def _having(inner: FromClause, sheet: _Sheet, having: Having) -> ColumnElement[bool]:
    if having.op not in _COMPARE:
        raise QueryInvalid(f"A group cannot be compared with {having.op}.")
    column = inner.c[_measure_label(sheet, having.measure)]
    kind = sheet.columns[len(sheet.groups) + having.measure].kind
    if kind in ("date", "datetime", "text", "boolean", "json") or kind.startswith("enum"):
        raise QueryInvalid("A group is compared by a number.")
    return column.op(_COMPARE[having.op], precedence=5, is_comparison=True)(bind(having.value))


def _measure_label(sheet: _Sheet, position: int) -> str:
    if not 0 <= position < len(sheet.measure_labels):
        raise QueryInvalid(f"There is no measure {position}.")
    return sheet.measure_labels[position]


def _group_position(sheet: _Sheet, path: str) -> int:
    for position, made in enumerate(sheet.groups):
        if path in (made.field.path, made.column.key):
            return position
    raise QueryInvalid(f"{path} is not one of the groups.")


def _partition(inner: FromClause, sheet: _Sheet, query: Query) -> ColumnElement[Any]:
    return inner.c[sheet.group_labels[_group_position(sheet, query.limit_per or "")]]


def _order(inner: FromClause, sheet: _Sheet, query: Query) -> list[ColumnElement[Any]]:
    """The order asked for; else time forwards, else the biggest first. Groups settle ties."""
    terms = []
    for order in query.order:
        if order.measure is not None:
            column, kind = inner.c[_measure_label(sheet, order.measure)], "number"
        else:
            position = _group_position(sheet, order.field or "")
            column, kind = inner.c[sheet.group_labels[position]], sheet.columns[position].kind
        terms.append(ordered(column, kind, order.descending))
    in_time = any(grouping.grain is not None for grouping in query.group_by)
    if not query.order and sheet.groups and not in_time:
        terms.append(ordered(inner.c[sheet.measure_labels[0]], "number", descending=True))
    for label, made in zip(sheet.group_labels, sheet.groups, strict=True):
        terms.append(ordered(inner.c[label], made.column.kind, descending=False))
    return terms
