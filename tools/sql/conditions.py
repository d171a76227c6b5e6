"""Filters, segments, periods and related rows as conditions over a scope."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from functools import reduce
from operator import and_
from typing import Any

import sqlalchemy as sa
from sqlalchemy.sql.elements import ColumnElement

from core.errors import QueryInvalid
from core.text import fold
from tools.sql.catalogue import Condition, NamedSegment, SegmentRelated
from tools.sql.coerce import MOMENTS, NUMERIC, coerce, midnight, next_day
from tools.sql.query import Filter, Op, Period, Query, Related, Segment, TimeWindow
from tools.sql.render import number
from tools.sql.scope import Field, Scope

Test = ColumnElement[bool]

_ACCENTED = "".join(c for c in map(chr, range(0xC0, 0x180)) if len(fold(c)) == 1 and fold(c).isascii() and c.isalpha())
_COMPARE = {Op.EQ: "=", Op.LT: "<", Op.LE: "<=", Op.GT: ">", Op.GE: ">="}
_NULLNESS = frozenset({Op.IS_NULL, Op.NOT_NULL})
_EXPECTED = {Op.BETWEEN: 2, Op.LT: 1, Op.LE: 1, Op.GT: 1, Op.GE: 1}
_FROM = "".join(c for c in _ACCENTED if c.islower() and c <= "ÿ") + "".join(
    c for c in _ACCENTED if c.isupper() and c <= "ÿ"
)
_LETTERS: tuple[ColumnElement[Any], ColumnElement[Any]] = (
    sa.literal_column(f"'{_FROM}'"),
    sa.literal_column("'{}'".format("".join(map(fold, _FROM)))),
)


class _Untyped(sa.types.UserDefinedType[Any]):
    """No type: neither a cast in the text, nor the type of what it is compared with."""

    cache_ok = True


def bind(value: object) -> ColumnElement[Any]:
    """A parameter whose type PostgreSQL works out from where it stands."""
    return sa.bindparam(None, value, type_=_Untyped(), unique=True)


def folded(expression: ColumnElement[Any]) -> ColumnElement[Any]:
    """Text without case and accents, as :func:`core.text.fold` leaves it; needs no extension."""
    return sa.func.lower(sa.func.translate(expression, *_LETTERS))


def all_of(tests: Iterable[Test]) -> Test | None:
    """The conjunction of ``tests``; None when there are none."""
    listed = list(tests)
    return reduce(and_, listed) if listed else None


def negated(test: Test) -> Test:
    """True where ``test`` does not hold, also where it is unknown."""
    return sa.not_(sa.func.coalesce(test, sa.false()))


def filter_test(scope: Scope, condition: Filter | Condition) -> Test:
    """The condition of one filter; "is not X" also holds for rows without a value."""
    field = scope.field(condition.field)
    op, values = condition.op, tuple(condition.values)
    if op in _NULLNESS:
        return field.expression.is_(None) if op is Op.IS_NULL else field.expression.is_not(None)
    if not values or len(values) != _EXPECTED.get(op, len(values)):
        raise QueryInvalid(f"{condition.field} {op} with {len(values)} values.")
    if op in (Op.NE, Op.NOT_IN):
        return negated(_among(scope, field, values))
    if op in (Op.EQ, Op.IN):
        return _among(scope, field, values)
    if op is Op.CONTAINS:
        return _contains(scope, field, values)
    if op is Op.BETWEEN:
        return sa.and_(_compare(scope, field, Op.GE, values[0]), _compare(scope, field, Op.LE, values[1]))
    return _compare(scope, field, op, values[0])


def segment_test(scope: Scope, segment: Segment) -> Test:
    """The condition of a named segment of the scope's entity, or its negation."""
    return _named_test(scope, segment.name, segment.negated)


def window_field(scope: Scope, window: TimeWindow, segments: Sequence[Segment]) -> Field:
    """The moment that ``window`` speaks of: its own, else that of a segment meant, else the entity's default."""
    entity = scope.catalogue.entities[scope.entity]
    meant = (entity.segments[s.name].time for s in segments if not s.negated and s.name in entity.segments)
    path = window.field or next((time for time in meant if time), None) or entity.default_time
    if path is None:
        raise QueryInvalid(f"{scope.entity} has no date.")
    field = scope.field(path)
    if field.kind not in MOMENTS:
        raise QueryInvalid(f"{path} is not a date.")
    return field


def period_test(scope: Scope, field: Field, period: Period) -> Test | None:
    """Whether ``field`` lies in ``period``: from the first day's midnight to the last one's, company time."""
    tests = []
    if period.start is not None:
        tests.append(field.expression >= _edge(scope, field, period.start))
    if period.end is not None:
        tests.append(field.expression < _edge(scope, field, period.end))
    if period.hours is not None and field.kind == "datetime":
        first, last = period.hours
        hour = sa.extract("hour", field.expression)
        tests += [hour >= number(first), hour < number(last)]
    if period.weekdays:
        tests.append(sa.extract("isodow", field.expression).in_([number(day) for day in period.weekdays]))
    return all_of(tests)


def default_bounds(scope: Scope, query: Query | Related) -> list[Test]:
    """What segments with ``default_days`` mean when the query, or what it relates, says nothing about that date."""
    entity = scope.catalogue.entities[scope.entity]
    stated = {condition.field for condition in query.filters}
    compare = query.compare if isinstance(query, Query) else ()
    windows = (query.window, *compare) if query.window else compare
    stated |= {window_field(scope, window, query.segments).path for window in windows if window}
    tests: list[Test | None] = []
    for segment in query.segments:
        named = entity.segments.get(segment.name)
        if named is None or segment.negated or not named.time or named.default_days is None or named.time in stated:
            continue
        field, today = scope.field(named.time), scope.clock.today()
        limit = today + timedelta(days=named.default_days)
        tests.append(period_test(scope, field, Period(min(today, limit), next_day(max(today, limit)))))
    return [test for test in tests if test is not None]


def related_test(scope: Scope, related: Related) -> Test:
    """Existence of rows of another entity that reach this one; ``negated``: absence."""
    inner = _nested(scope, related.entity, related.via)
    tests = [_link(scope, inner, related.via)]
    tests += [filter_test(inner, condition) for condition in related.filters]
    tests += [segment_test(inner, segment) for segment in related.segments]
    if related.window is not None:
        field = window_field(inner, related.window, related.segments)
        tests += [test for test in [period_test(inner, field, related.window.period)] if test is not None]
    tests += default_bounds(inner, related)
    return _exists(inner, tests, related.negated)


def where(scope: Scope, query: Query) -> list[Test]:
    """Every condition of ``query`` but its window."""
    tests = [filter_test(scope, condition) for condition in query.filters]
    tests += [segment_test(scope, segment) for segment in query.segments]
    tests += [related_test(scope, related) for related in query.related]
    return tests + default_bounds(scope, query)


def _named_test(scope: Scope, name: str, negate: bool) -> Test:
    entity = scope.catalogue.entities[scope.entity]
    named = entity.segments.get(name)
    if named is None:
        raise QueryInvalid(f"There is no segment {name} in {scope.entity}.")
    tests = _parts(scope, named)
    test = all_of(tests)
    if test is None:
        raise QueryInvalid(f"Segment {name} of {scope.entity} is empty.")
    return negated(test) if negate else test


def _parts(scope: Scope, named: NamedSegment) -> list[Test]:
    tests = [filter_test(scope, _resolved(scope, condition)) for condition in named.where]
    return tests + [_segment_related(scope, related) for related in named.related]


def _segment_related(scope: Scope, related: SegmentRelated) -> Test:
    segments = tuple(Segment(name) for name in related.segments)
    return related_test(scope, Related(related.entity, related.via, related.negated, segments=segments))


def _resolved(scope: Scope, condition: Condition) -> Condition:
    """``condition`` with ``today`` and ``now`` written out."""
    values = tuple(_written_out(scope, value) for value in condition.values)
    return condition.model_copy(update={"values": values})


def _written_out(scope: Scope, value: object) -> object:
    if value == "now":
        return scope.clock.now()
    if isinstance(value, str) and value.startswith("today"):
        offset = value.removeprefix("today")
        return scope.clock.today() + timedelta(days=int(offset.rstrip("d")) if offset else 0)
    return value


def _among(scope: Scope, field: Field, values: Sequence[object]) -> Test:
    """One of ``values`` matches."""
    if field.kind == "json":
        raise QueryInvalid(f"{field.path} cannot be compared as a whole.")
    if field.kind in MOMENTS or any(_is_reference(value) for value in values):
        return reduce(lambda a, b: a | b, (_compare(scope, field, Op.EQ, value) for value in values))
    given = [bind(coerce(field.kind, value, scope.clock, scope.catalogue.enums)) for value in values]
    if field.many:
        return reduce(lambda a, b: a | b, (value == sa.any_(field.expression) for value in given))
    if field.kind != "text":
        return _one_of(field.expression, given)
    # As it is stored, too: how common that is PostgreSQL knows; folded text it takes for rare, and plans badly.
    stored = _one_of(field.expression, [bind(str(value)) for value in values])
    return sa.or_(stored, _one_of(folded(field.expression), given))


def _one_of(subject: ColumnElement[Any], given: Sequence[ColumnElement[Any]]) -> Test:
    return subject == given[0] if len(given) == 1 else subject.in_(given)


def _contains(scope: Scope, field: Field, values: Sequence[object]) -> Test:
    if field.kind in NUMERIC | MOMENTS | {"boolean"}:
        raise QueryInvalid(f"{field.path} is not text.")
    if field.many or field.kind.startswith("enum:"):
        return _among(scope, field, values)
    subject = folded(field.expression if field.kind == "text" else sa.cast(field.expression, sa.Text))
    tests = (sa.func.strpos(subject, bind(fold(str(value)))) > sa.literal_column("0") for value in values)
    return reduce(lambda a, b: a | b, tests)


def _is_reference(value: object) -> bool:
    return isinstance(value, str) and value.startswith("@")


def _compare(scope: Scope, field: Field, op: Op, value: object) -> Test:
    if field.many or field.kind in ("json", "boolean"):
        raise QueryInvalid(f"{field.path} has no order.")
    if isinstance(value, str) and _is_reference(value) and field.kind != "text":
        return _apply(op, field.expression, scope.field(value[1:]).expression)
    given = coerce(field.kind, value, scope.clock, scope.catalogue.enums)
    if field.kind == "datetime" and isinstance(given, date) and not isinstance(given, datetime):
        return _on_day(scope, field, op, given)
    if field.kind == "date" and isinstance(given, datetime):
        given = given.astimezone(scope.clock.zone).date()
    subject = folded(field.expression) if field.kind == "text" else field.expression
    return _apply(op, subject, bind(given))


def _apply(op: Op, left: ColumnElement[Any], right: ColumnElement[Any]) -> Test:
    return left.op(_COMPARE[op], precedence=5, is_comparison=True)(right)


def _on_day(scope: Scope, field: Field, op: Op, day: date) -> Test:
    """An instant against a whole day."""
    start, end = _edge(scope, field, day), _edge(scope, field, next_day(day))
    if op is Op.EQ:
        return sa.and_(field.expression >= start, field.expression < end)
    if op in (Op.LT, Op.GE):
        return _apply(op, field.expression, start)
    return field.expression < end if op is Op.LE else field.expression >= end


def _edge(scope: Scope, field: Field, day: date) -> ColumnElement[Any]:
    """The beginning of ``day`` as what ``field`` is compared with."""
    return bind(day if field.kind == "date" else midnight(day, scope.clock))


def _nested(scope: Scope, entity: str, via: str) -> Scope:
    scope.nested += 1
    inner = Scope(scope.catalogue, entity, scope.role, scope.clock, f"{scope.prefix}r{scope.nested}_")
    if not via:
        raise QueryInvalid(f"{entity} needs the joins that lead to {scope.entity}.")
    return inner


def _link(scope: Scope, inner: Scope, via: str) -> Test:
    """The related row points, through ``via``, to the row of the outer query."""
    *steps, last = via.split(".")
    column, reached = inner.foreign_key(tuple(steps), last)
    if reached != scope.entity:
        raise QueryInvalid(f"{inner.entity} reaches {reached}, not {scope.entity}, through {via}.")
    return column == scope.key()


def _exists(inner: Scope, tests: Sequence[Test], absent: bool) -> Test:
    found = sa.exists(sa.select(sa.literal_column("1")).select_from(inner.source()).where(*tests))
    return ~found if absent else found
