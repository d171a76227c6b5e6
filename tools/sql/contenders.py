"""Those with none: a ranking from the least, or a group "below n", also counts who has no row at all."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import sqlalchemy as sa

from core.errors import Denied
from tools.sql.aggregates import Cell, Group
from tools.sql.conditions import filter_test, segment_test
from tools.sql.query import Aggregate, Filter, Op, Query, Segment
from tools.sql.render import number
from tools.sql.scope import Scope

_ADDS_UP = frozenset({Aggregate.COUNT, Aggregate.COUNT_DISTINCT, Aggregate.SUM})


def with_none(
    scope: Scope, query: Query, groups: Sequence[Group], cells: Sequence[Cell], labels: Sequence[str]
) -> sa.Select[Any] | None:
    """A SELECT of the groups that have no rows, with zero for each measure; None when the question is not about them.

    It is about them when the least is asked for, the group is another entity's name, and the conditions are either on
    the rows that are counted or on that entity itself.
    """
    if len(groups) != 1 or not groups[0].field.names_owner or not groups[0].field.steps or not _wants_few(query):
        return None
    if any(made.measure.aggregate not in _ADDS_UP or made.measure.share for made in cells):
        return None
    field = groups[0].field
    steps, route = field.steps, ".".join(field.steps) + "."
    about_them = [f for f in query.filters if f.field.startswith(route)]
    about_rows = [f for f in query.filters if f not in about_them]
    if any("." in f.field or not _own(scope, f) for f in about_rows):
        return None
    everybody = Scope(scope.catalogue, field.entity, scope.role, scope.clock, "every_")
    try:
        name = everybody.field(field.path.removeprefix(route)).expression
        tests = [filter_test(everybody, replace(f, field=f.field.removeprefix(route))) for f in about_them]
        present = scope.catalogue.entities[field.entity].present
        tests += [segment_test(everybody, Segment(present))] if present else []
    except Denied:
        return None
    # The key first: it may bring a table into the source.
    same = scope.key(steps) == everybody.key()
    rows = sa.select(number(1)).select_from(scope.source()).where(same)
    rows = rows if scope.condition is None else rows.where(scope.condition)
    shown = [name.label(labels[0]), *(number(0).label(label) for label in labels[1:])]
    return sa.select(*shown).select_from(everybody.source()).where(~sa.exists(rows), *tests)


def _wants_few(query: Query) -> bool:
    ascending = bool(query.order) and query.order[0].measure is not None and not query.order[0].descending
    return ascending or any(h.op in (Op.LT, Op.LE) or (h.op is Op.EQ and h.value == 0) for h in query.having)


def _own(scope: Scope, condition: Filter) -> bool:
    """Is the condition on a column of the rows themselves?"""
    dimension = scope.catalogue.entities[scope.entity].dimensions.get(condition.field)
    return dimension is None or not dimension.paths
