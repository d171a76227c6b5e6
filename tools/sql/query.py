"""The semantic query: what the SQL reader can say, as values.

Field names are dotted paths from the query's entity through the joins that ``catalogue.yaml`` names:
``status``, ``client.name``, ``equipment.product.sku``.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from enum import StrEnum

Scalar = str | int | Decimal | bool | date


class Op(StrEnum):
    """How a field is compared with the values of a filter."""

    EQ = "eq"
    NE = "ne"
    IN = "in"
    NOT_IN = "not_in"
    LT = "lt"
    LE = "le"
    GT = "gt"
    GE = "ge"
    BETWEEN = "between"
    """Both ends included."""
    CONTAINS = "contains"
    """Case- and accent-insensitive substring."""
    IS_NULL = "is_null"
    NOT_NULL = "not_null"


class Aggregate(StrEnum):
    """What is computed over the rows of a group."""

    COUNT = "count"
    COUNT_DISTINCT = "count_distinct"
    SUM = "sum"
    AVG = "avg"
    MIN = "min"
    MAX = "max"


class Grain(StrEnum):
    """Bucket of a date or time when it is grouped by."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    QUARTER = "quarter"
    YEAR = "year"
    WEEKDAY = "weekday"


@dataclass(frozen=True, slots=True)
class Period:
    """Days from ``start`` (included) to ``end`` (excluded); a missing end is open.

    ``label`` is how the period is said back to the person, in their language. ``hours`` keeps, of each of those days,
    the hours from the first (included) to the second (excluded): an afternoon. ``weekdays`` keeps only those days of
    each week, from 1, Monday; both ends may be open then.
    """

    start: date | None
    end: date | None
    label: str = ""
    hours: tuple[int, int] | None = None
    weekdays: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Filter:
    """``field op values``: one value for comparisons, two for BETWEEN, any number for IN, none for nullness."""

    field: str
    op: Op
    values: tuple[Scalar, ...] = ()


@dataclass(frozen=True, slots=True)
class Segment:
    """A named condition of the catalogue (open, expired, below_minimum), or its negation."""

    name: str
    negated: bool = False


@dataclass(frozen=True, slots=True)
class TimeWindow:
    """Rows whose ``field`` (a date or time; None: the entity's default) lies in ``period``."""

    period: Period
    field: str | None = None


@dataclass(frozen=True, slots=True)
class Grouping:
    """A dimension that rows are grouped by; ``grain`` for dates and times."""

    field: str
    grain: Grain | None = None


@dataclass(frozen=True, slots=True)
class Measure:
    """An aggregate. ``field`` is a dimension path or a named measure of the catalogue (``duration_hours``).

    COUNT counts rows of the entity and takes no field. ``share`` turns the value into a fraction of the total over
    all groups. ``segments``, ``filters`` and ``related`` restrict what this measure counts, not the query. AVG with
    ``per`` is the average over the values of that grouping of the count of rows, or of the sum of ``field``
    ("visits per technician, on average").
    """

    aggregate: Aggregate
    field: str | None = None
    share: bool = False
    filters: tuple[Filter, ...] = ()
    segments: tuple[Segment, ...] = ()
    per: Grouping | None = None
    related: tuple[Related, ...] = ()


@dataclass(frozen=True, slots=True)
class Having:
    """A condition on the group: measure number ``measure`` of the query, compared with ``value``."""

    measure: int
    op: Op
    value: Decimal


@dataclass(frozen=True, slots=True)
class Related:
    """Existence (or absence, ``negated``) of rows of ``entity`` that point to this row through ``via``.

    ``via`` is the path of joins from ``entity`` back to the query's entity, such as ``client`` or ``equipment.client``.
    """

    entity: str
    via: str
    negated: bool = False
    filters: tuple[Filter, ...] = ()
    segments: tuple[Segment, ...] = ()
    window: TimeWindow | None = None


@dataclass(frozen=True, slots=True)
class Order:
    """Order by a field path, or by measure number ``measure``."""

    field: str | None = None
    measure: int | None = None
    descending: bool = False


@dataclass(frozen=True, slots=True)
class Query:
    """A question to the data.

    Without measures it is a list of ``select`` (empty: the entity's default columns). With measures it is one row, or
    one row per group. ``limit_per`` keeps the first ``limit`` rows within each value of that grouping (list queries:
    of that field). ``compare`` answers the same measures for each of several windows side by side; it is never
    together with ``window``. ``exists`` asks for yes or no (with the rows that prove it). ``offset`` skips that many
    rows first ("the second one": offset 1, limit 1), within each value of ``limit_per`` if that is set.
    """

    entity: str
    select: tuple[str, ...] = ()
    distinct: bool = False
    measures: tuple[Measure, ...] = ()
    group_by: tuple[Grouping, ...] = ()
    filters: tuple[Filter, ...] = ()
    segments: tuple[Segment, ...] = ()
    window: TimeWindow | None = None
    compare: tuple[TimeWindow, ...] = ()
    related: tuple[Related, ...] = ()
    having: tuple[Having, ...] = ()
    order: tuple[Order, ...] = ()
    limit: int | None = None
    limit_per: str | None = None
    exists: bool = False
    offset: int = 0


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a result: ``key`` names it, ``kind`` says how to write it.

    Kinds: text, integer, number, money, percent, hours, days, date, datetime, boolean, enum:<name>, month, week,
    quarter, year, weekday, json. A month, week or quarter is the date of its first day; a year an int; a weekday an int
    from 1, Monday; a percent a fraction of 1; a datetime is aware, in the company's time zone.
    """

    key: str
    kind: str
    labels: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Rows:
    """What the database answered. ``truncated``: more rows exist than the cap let through; ``total``: rows in all
    when known. ``sql`` is the text that ran, with its parameters written in. ``keys``: for a list, the key of the
    query's entity in each row (what its ``identifier`` dimension holds), so that "el segundo" can be looked up; empty
    otherwise."""

    columns: tuple[Column, ...]
    rows: tuple[tuple[object, ...], ...]
    sql: str
    truncated: bool = False
    total: int | None = None
    keys: tuple[object, ...] = ()
