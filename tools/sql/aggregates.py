"""Measures and groups as columns of a grouped SELECT."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.sql.elements import ColumnElement

from core.errors import QueryInvalid
from tools.sql.catalogue import Language
from tools.sql.coerce import MOMENTS, NUMERIC
from tools.sql.conditions import Test, all_of, filter_test, related_test, segment_test
from tools.sql.query import Aggregate, Column, Grain, Grouping, Measure, Query
from tools.sql.scope import Field, Scope

_SHAREABLE = frozenset({Aggregate.COUNT, Aggregate.COUNT_DISTINCT, Aggregate.SUM})
_ADDS_UP = frozenset({Aggregate.SUM, Aggregate.AVG})
_NUMBERED = {Grain.YEAR: "year", Grain.WEEKDAY: "isodow"}


@dataclass(frozen=True, slots=True)
class Group:
    """A column to group by. ``beside`` is the key that keeps namesakes apart."""

    column: Column
    field: Field
    expression: ColumnElement[Any]
    beside: ColumnElement[Any] | None


@dataclass(frozen=True, slots=True)
class Cell:
    """What a measure computes from each row: ``value`` where ``test`` holds, once per ``once`` when that is set."""

    measure: Measure
    column: Column
    value: ColumnElement[Any] | None
    test: Test | None
    once: ColumnElement[Any] | None
    per: ColumnElement[Any] | None = None
    """What the total is divided by the number of."""


def group(scope: Scope, grouping: Grouping) -> Group:
    """The column of ``grouping``; raises QueryInvalid for a grain on what is not a moment."""
    field = scope.field(grouping.field)
    if field.many or field.kind == "json":
        raise QueryInvalid(f"{grouping.field} cannot be grouped by.")
    grain = grouping.grain
    if grain is None and field.kind == "datetime":
        grain = Grain.DAY
    if grain is None:
        column = Column(field.path, field.kind, _plain(field.labels))
        beside = scope.key(field.steps) if field.names_owner else None
        return Group(column, field, field.expression, beside)
    if field.kind not in MOMENTS:
        raise QueryInvalid(f"{grouping.field} has no {grain}.")
    kind = "date" if grain is Grain.DAY else grain.value
    key = field.path if grouping.grain is None or grain is Grain.DAY else f"{field.path}.{grain}"
    return Group(Column(key, kind, _plain(field.labels)), field, _bucket(scope, field, grain), None)


def cell(scope: Scope, measure: Measure) -> Cell:
    """What ``measure`` reads from each row; raises QueryInvalid when the aggregate makes no sense for the field."""
    tests = [filter_test(scope, condition) for condition in measure.filters]
    tests += [segment_test(scope, segment) for segment in measure.segments]
    tests += [related_test(scope, related) for related in measure.related]
    if measure.share and measure.aggregate not in _SHAREABLE:
        raise QueryInvalid(f"A share of {measure.aggregate} says nothing.")
    if measure.per is not None:
        return _per(scope, measure, all_of(tests))
    if measure.aggregate is Aggregate.COUNT:
        return Cell(measure, _heading(scope, measure, None, "integer"), None, all_of(tests), None)
    if measure.field is None:
        raise QueryInvalid(f"{measure.aggregate} of what?")
    field = scope.field(measure.field, measure_first=True)
    _check(measure.aggregate, field)
    value = field.expression
    if measure.aggregate is Aggregate.COUNT_DISTINCT and field.names_owner:
        value = scope.key(field.steps)
    once = scope.key(field.steps) if field.steps and measure.aggregate in _ADDS_UP else None
    kind = _kind(measure.aggregate, field.kind)
    return Cell(measure, _heading(scope, measure, field, kind), value, all_of(tests), once)


def _per(scope: Scope, measure: Measure, test: Test | None) -> Cell:
    """The average over groups of their count or sum: the whole divided by the number of groups."""
    if measure.per is None or measure.share or measure.aggregate is not Aggregate.AVG:
        raise QueryInvalid(f"{measure.aggregate} per group says nothing.")
    by = group(scope, measure.per)
    each = by.expression if by.beside is None else by.beside
    field = None if measure.field is None else scope.field(measure.field, measure_first=True)
    if field is not None:
        _check(measure.aggregate, field)
        if field.steps:
            raise QueryInvalid("An average per group is of the entity's own numbers.")
    kind = "number" if field is None or field.kind == "integer" else field.kind
    plain = Measure(Aggregate.COUNT if field is None else Aggregate.SUM, measure.field)
    heading = _heading(scope, plain, field, kind)
    words = scope.catalogue.headings.get("per", {})
    texts: dict[str, str] = {}
    steps = scope.catalogue.headings.get(measure.per.grain or "", {}) if measure.per is not None else {}
    for language, pattern in words.items():
        about = heading.labels.get(language, heading.key)
        texts[language] = pattern.format(about, steps.get(language) or by.column.labels.get(language, by.column.key))
    column = Column(f"{heading.key}_per_{by.column.key}", kind, texts)
    return Cell(measure, column, None if field is None else field.expression, test, None, each)


def distinct_keys(columns: Sequence[Column]) -> list[Column]:
    """``columns`` with keys made different where they were the same."""
    seen: dict[str, int] = {}
    result = []
    for column in columns:
        seen[column.key] = seen.get(column.key, 0) + 1
        times = seen[column.key]
        key = column.key if times == 1 else f"{column.key}_{times}"
        result.append(Column(key, column.kind, column.labels))
    return result


def total(
    measure: Measure, value: ColumnElement[Any] | None, test: Test | None, per: ColumnElement[Any] | None = None
) -> ColumnElement[Any]:
    """The aggregate over the rows of a group where ``test`` holds, divided by how many different ``per`` there are."""
    if per is None:
        return _over(_function(measure.aggregate, value), test)
    whole = _over(_function(Aggregate.COUNT if value is None else Aggregate.SUM, value), test)
    groups = _over(sa.func.count(sa.distinct(per)), test)
    return sa.cast(whole, sa.Numeric) / sa.func.nullif(groups, sa.literal_column("0"))


def share(made: Cell, value: ColumnElement[Any] | None, test: Test | None) -> ColumnElement[Any]:
    """A fraction: with conditions of its own, of the same group without them; else of all groups together."""
    whole = _function(made.measure.aggregate, value)
    part = sa.cast(_over(whole, test), sa.Numeric)
    base = whole if made.test is not None else sa.func.sum(_over(whole, test)).over()
    return part / sa.func.nullif(base, sa.literal_column("0"))


def _over(function: Any, test: Test | None) -> ColumnElement[Any]:
    filtered: ColumnElement[Any] = function if test is None else function.filter(test)
    return filtered


def _function(aggregate: Aggregate, value: ColumnElement[Any] | None) -> Any:
    if value is None:
        return sa.func.count()
    if aggregate is Aggregate.COUNT_DISTINCT:
        return sa.func.count(sa.distinct(value))
    functions: Mapping[Aggregate, Callable[..., Any]] = {
        Aggregate.SUM: sa.func.sum,
        Aggregate.AVG: sa.func.avg,
        Aggregate.MIN: sa.func.min,
        Aggregate.MAX: sa.func.max,
    }
    return functions[aggregate](value)


def _bucket(scope: Scope, field: Field, grain: Grain) -> ColumnElement[Any]:
    local = scope.local(field)
    if grain in _NUMBERED:
        return sa.cast(sa.extract(_NUMBERED[grain], local), sa.Integer)
    if grain is Grain.DAY:
        return sa.cast(local, sa.Date)
    return sa.cast(sa.func.date_trunc(sa.literal_column(f"'{grain.value}'"), local), sa.Date)


def _check(aggregate: Aggregate, field: Field) -> None:
    if field.many or field.kind == "json":
        raise QueryInvalid(f"{field.path} cannot be aggregated.")
    if aggregate in _ADDS_UP and field.kind not in NUMERIC:
        raise QueryInvalid(f"{aggregate} of {field.path}, which is not a number.")
    if aggregate in (Aggregate.MIN, Aggregate.MAX) and field.kind == "boolean":
        raise QueryInvalid(f"{field.path} has no order.")


def _kind(aggregate: Aggregate, kind: str) -> str:
    if aggregate is Aggregate.COUNT_DISTINCT:
        return "integer"
    return "number" if aggregate is Aggregate.AVG and kind == "integer" else kind


def _heading(scope: Scope, measure: Measure, field: Field | None, kind: str) -> Column:
    """How the column of ``measure`` is called: the catalogue's words around what it is about."""
    entity = scope.catalogue.entities[scope.entity]
    about: Mapping[Language, str] = field.labels if field else entity.plural or entity.label
    if measure.aggregate is Aggregate.COUNT_DISTINCT and field is not None and field.names_owner:
        owner = scope.catalogue.entities[field.entity]
        about = owner.plural or owner.label
    heading = scope.catalogue.headings.get(measure.aggregate.value, {})
    labels: dict[Language, str] = {lang: heading.get(lang, "{}").format(text) for lang, text in about.items()}
    key = measure.aggregate.value if field is None else f"{measure.aggregate.value}_{field.path}"
    if not measure.share:
        return Column(key, kind, _plain(labels))
    sharing = scope.catalogue.headings.get("share", {})
    shared: dict[Language, str] = {lang: sharing.get(lang, "{}").format(text) for lang, text in labels.items()}
    return Column(f"share_{key}", "percent", _plain(shared))


def _plain(labels: Mapping[Language, str]) -> dict[str, str]:
    return {str(language): text for language, text in labels.items()}


def ranks(query: Query) -> bool:
    """Is the query a ranking? Then a group without a name ("no technician yet") is not a contender."""
    return any(order.measure is not None for order in query.order)
