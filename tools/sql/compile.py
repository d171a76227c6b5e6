"""A semantic query becomes one SELECT that its role may run."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from core.clock import Clock
from core.errors import QueryInvalid
from policy.roles import Principal, Role
from tools.sql.catalogue import Catalogue
from tools.sql.conditions import all_of, period_test, where, window_field
from tools.sql.grouped import compared, grouped
from tools.sql.listing import listed
from tools.sql.query import Column, Query, TimeWindow
from tools.sql.render import render
from tools.sql.scope import Scope

ROW_CAP = 200
_MOST = 20
_MOST_WINDOWS = 6
"""Measures, groups, filters, windows and related conditions that one query may have of each."""


@dataclass(frozen=True, slots=True)
class Compiled:
    """Text with ``$1`` parameters. After ``columns`` come, if so marked, the row's key and the number of rows in all.

    ``cap``: rows to hand over at most; the text asks for one more when ``counted`` says that the total is known.
    ``subject``: which parameter is the id of who asks; None when every row may be read.
    """

    sql: str
    parameters: tuple[object, ...]
    columns: tuple[Column, ...]
    keyed: bool
    counted: bool
    cap: int
    subject: int | None = None


def compile_query(
    query: Query, catalogue: Catalogue, principal: Principal, clock: Clock, *, cap: int = ROW_CAP
) -> Compiled:
    """The SQL of ``query`` over the rows that ``principal`` may read: no other is named in it.

    Raises :class:`QueryInvalid` for what the catalogue does not know or what makes no sense, and :class:`Denied`
    (details what=, reason=) for what the role may not read.
    """
    _check(query)
    role = principal.role
    if query.compare:
        shape = compared(query, [_windowed(query, catalogue, role, clock, window) for window in query.compare], cap)
    else:
        scope = _windowed(query, catalogue, role, clock, query.window)
        shape = grouped(scope, query, cap) if query.measures else listed(scope, query, cap)
    text = render(shape.statement, principal)
    return Compiled(
        text.sql, text.parameters, shape.columns, shape.keyed, shape.counted, shape.cap, subject=text.subject
    )


def _windowed(query: Query, catalogue: Catalogue, role: Role, clock: Clock, window: TimeWindow | None) -> Scope:
    """A scope whose rows already meet the conditions of ``query`` in ``window``."""
    scope = Scope(catalogue, query.entity, role, clock)
    tests = where(scope, query)
    if window is not None:
        field = window_field(scope, window, query.segments)
        test = period_test(scope, field, window.period)
        tests += [test] if test is not None else []
    scope.condition = all_of(tests)
    return scope


def _check(query: Query) -> None:
    sizes: Sequence[Sequence[object]] = (
        query.measures, query.group_by, query.filters, query.segments, query.compare, query.related, query.having,
        query.order,
    )  # fmt: skip
    if any(len(part) > _MOST for part in sizes) or len(query.select) > 2 * _MOST:
        raise QueryInvalid("The query has too many parts.")
    if len(query.compare) > _MOST_WINDOWS:
        raise QueryInvalid("The query compares too many periods.")
    if query.compare and query.window is not None:
        raise QueryInvalid("A comparison has its own periods.")
    if query.compare and not query.measures:
        raise QueryInvalid("A comparison needs something to measure.")
    if (query.group_by or query.having) and not query.measures:
        raise QueryInvalid("Groups need something to measure.")
    if query.measures and query.select:
        raise QueryInvalid("A query either lists columns or measures.")
    if not 0 <= query.offset <= ROW_CAP:
        raise QueryInvalid("That many rows cannot be skipped.")
    if query.limit is not None and query.limit < 1:
        raise QueryInvalid("The limit is below one.")
