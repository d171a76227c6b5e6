"""List queries: rows of an entity with some of its columns."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.sql.elements import ColumnElement

from core.errors import QueryInvalid
from tools.sql.query import Column, Order, Query
from tools.sql.render import KEY, TOTAL, names, number
from tools.sql.scope import Field, Scope
from tools.sql.shape import Shape, ordered


def listed(scope: Scope, query: Query, cap: int) -> Shape:
    """The SELECT of a list query over a scope that holds its conditions."""
    fields = _selected(scope, query)
    columns = tuple(
        Column(field.path, field.kind, {str(language): text for language, text in field.labels.items()})
        for field in fields
    )
    labels = names(columns)
    terms = _terms(scope, query, fields)
    if query.distinct:
        return _distinct(scope, query, fields, columns, terms, cap)
    if query.limit_per is not None:
        return _per_group(scope, query, fields, columns, terms, cap)
    shown = [field.expression.label(label) for field, label in zip(fields, labels, strict=True)]
    shown.append(scope.key().label(KEY))
    counted = query.limit is None
    if counted:
        shown.append(sa.func.count().over().label(TOTAL))
    order = [ordered(field.expression, field.kind, descending) for field, descending in terms]
    order.append(_tiebreak(scope, terms))
    size = min(query.limit or cap, cap)
    statement = sa.select(*shown).select_from(scope.source()).order_by(*order).limit(number(size))
    statement = statement.offset(number(query.offset)) if query.offset else statement
    return Shape(_filtered(statement, scope), columns, size, keyed=True, counted=counted)


def _filtered(statement: sa.Select[Any], scope: Scope) -> sa.Select[Any]:
    return statement if scope.condition is None else statement.where(scope.condition)


def _selected(scope: Scope, query: Query) -> tuple[Field, ...]:
    """The columns asked for, or those of the entity's default list that the role may read."""
    if query.select:
        return tuple(scope.field(path) for path in dict.fromkeys(query.select))
    entity = scope.catalogue.entities[query.entity]
    fields = scope.readable(entity.lists.get(scope.role.value, entity.default_list))
    return fields or (scope.field(entity.name),)


def _terms(scope: Scope, query: Query, fields: Sequence[Field]) -> list[tuple[Field, bool]]:
    if query.order:
        return [_asked(scope, order) for order in query.order]
    entity = scope.catalogue.entities[query.entity]
    meant = (entity.segments[segment.name].order for segment in query.segments if not segment.negated)
    paths = next((order for order in meant if order), entity.default_order)
    readable = {field.path: field for field in scope.readable(path.lstrip("-") for path in paths)}
    if query.distinct:
        readable = {path: field for path, field in readable.items() if path in {f.path for f in fields}}
    return [(readable[path.lstrip("-")], path.startswith("-")) for path in paths if path.lstrip("-") in readable]


def _asked(scope: Scope, order: Order) -> tuple[Field, bool]:
    if order.field is None:
        raise QueryInvalid("A list has no measures to order by.")
    field = scope.field(order.field)
    if field.many or field.kind == "json":
        raise QueryInvalid(f"{order.field} has no order.")
    return field, order.descending


def _tiebreak(scope: Scope, terms: Sequence[tuple[Field, bool]]) -> ColumnElement[Any]:
    """The key, in the direction of the order, so that the same question gives the same rows."""
    return scope.key().desc() if terms and terms[0][1] else scope.key().asc()


def _distinct(
    scope: Scope, query: Query, fields: Sequence[Field], columns: tuple[Column, ...], terms: list[tuple[Field, bool]],
    cap: int,
) -> Shape:  # fmt: skip
    """Different combinations of the columns; an order by what is not shown takes its best value."""
    if query.limit_per is not None:
        raise QueryInvalid("Distinct rows have no groups to limit.")
    shown = {field.path for field in fields}
    order = []
    for field, descending in terms or [(field, False) for field in fields if not field.many and field.kind != "json"]:
        best = sa.func.max if descending else sa.func.min
        if field.path not in shown and field.kind == "boolean":
            raise QueryInvalid(f"{field.path} has no order.")
        expression = field.expression if field.path in shown else best(field.expression)
        order.append(ordered(expression, field.kind, descending))
    labelled = [field.expression.label(name) for field, name in zip(fields, names(columns), strict=True)]
    counted = query.limit is None
    if counted:
        labelled.append(sa.func.count().over().label(TOTAL))
    size = min(query.limit or cap, cap)
    statement = sa.select(*labelled).select_from(scope.source()).group_by(*(f.expression for f in fields))
    if len(fields) == 1:
        statement = statement.where(fields[0].expression.is_not(None))
    statement = statement.offset(number(query.offset)) if query.offset else statement
    return Shape(_filtered(statement.order_by(*order).limit(number(size)), scope), columns, size, counted=counted)


def _per_group(
    scope: Scope, query: Query, fields: Sequence[Field], columns: tuple[Column, ...], terms: list[tuple[Field, bool]],
    cap: int,
) -> Shape:  # fmt: skip
    """The first rows within each value of ``limit_per``."""
    by = scope.field(query.limit_per or "")
    if by.many or by.kind == "json":
        raise QueryInvalid(f"{by.path} has no groups.")
    labels = names(columns)
    order = [ordered(field.expression, field.kind, descending) for field, descending in terms]
    order.append(_tiebreak(scope, terms))
    partition = [by.expression, scope.key(by.steps)] if by.names_owner and by.steps else [by.expression]
    place = sa.func.row_number().over(partition_by=partition, order_by=order).label("place")
    shown = [field.expression.label(label) for field, label in zip(fields, labels, strict=True)]
    group = ordered(by.expression, by.kind, descending=False)
    turn = sa.func.row_number().over(order_by=[group, *order]).label("turn")
    inner = sa.select(*shown, scope.key().label(KEY), place, turn).select_from(scope.source())
    ranked = _filtered(inner, scope).subquery("ranked")
    statement = sa.select(*(ranked.c[label] for label in labels), ranked.c[KEY], sa.func.count().over().label(TOTAL))
    wanted = ranked.c.place.between(number(query.offset + 1), number(query.offset + (query.limit or 1)))
    statement = statement.where(wanted).order_by(ranked.c.turn).limit(number(cap))
    return Shape(statement, columns, cap, keyed=True, counted=True)
