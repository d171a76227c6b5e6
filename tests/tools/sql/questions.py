"""Queries of every shape over the whole catalogue, most of them valid, made by chance."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import Any

from hypothesis import strategies as st

from tools.sql.catalogue import load_catalogue
from tools.sql.query import (
    Aggregate,
    Filter,
    Grain,
    Grouping,
    Having,
    Measure,
    Op,
    Order,
    Period,
    Query,
    Related,
    Segment,
    TimeWindow,
)

CATALOGUE = load_catalogue()
TEXTS = st.sampled_from(["", "Zaragoza", "garcía", "O'Brien", "%_\\", "$1", "; --", "ñandú", "1"])
NUMBERS = st.one_of(st.integers(-(10**20), 10**20), st.decimals(-1000, 1000, places=2))
DATES = st.dates(date(2024, 1, 1), date(2027, 12, 31)) | st.sampled_from([date.min, date.max])


def paths(entity: str, depth: int = 2) -> Iterator[str]:
    described = CATALOGUE.entities[entity]
    yield from described.dimensions
    yield from described.measures
    if depth:
        for name, join in described.joins.items():
            yield from (f"{name}.{path}" for path in paths(join.entity, depth - 1))


def kind(entity: str, path: str) -> str:
    try:
        return CATALOGUE.dimension(entity, path).kind
    except ValueError:
        return "number"


PATHS = {entity: sorted(set(paths(entity))) for entity in CATALOGUE.entities}
MOMENTS = {entity: [p for p in PATHS[entity] if kind(entity, p) in ("date", "datetime")] for entity in PATHS}
ANY_VALUE = st.one_of(TEXTS, NUMBERS, DATES, st.booleans())


def value(entity: str, path: str) -> st.SearchStrategy[Any]:
    base, _, enum = kind(entity, path).partition(":")
    if base == "enum":
        return st.sampled_from(sorted(CATALOGUE.enums[enum]))
    by_kind = {"text": TEXTS, "json": TEXTS, "date": DATES, "datetime": DATES, "boolean": st.booleans()}
    return by_kind.get(base, NUMBERS)


@st.composite
def filters(draw: st.DrawFn, entity: str) -> Filter:
    path, op = draw(st.sampled_from(PATHS[entity])), draw(st.sampled_from(Op))
    counts = {Op.IS_NULL: (0, 0), Op.NOT_NULL: (0, 0), Op.BETWEEN: (2, 2), Op.IN: (1, 3), Op.NOT_IN: (1, 3)}
    least, most = counts.get(op, (1, 1))
    values = st.one_of(value(entity, path), ANY_VALUE) if draw(st.integers(0, 9)) == 0 else value(entity, path)
    return Filter(path, op, tuple(draw(st.lists(values, min_size=least, max_size=most))))


def some(strategy: st.SearchStrategy[Any], most: int = 2) -> st.SearchStrategy[tuple[Any, ...]]:
    return st.lists(strategy, max_size=most).map(tuple)


def segments(entity: str) -> st.SearchStrategy[tuple[Segment, ...]]:
    known = sorted(CATALOGUE.entities[entity].segments)
    return some(st.builds(Segment, st.sampled_from(known), st.booleans())) if known else st.just(())


def windows(entity: str) -> st.SearchStrategy[TimeWindow]:
    periods = st.builds(Period, st.none() | DATES, st.none() | DATES, st.sampled_from(["", "este mes"]))
    field = st.none() | st.sampled_from(MOMENTS[entity]) if MOMENTS[entity] else st.none()
    return st.builds(TimeWindow, periods, field)


def measures(entity: str) -> st.SearchStrategy[Measure]:
    return st.builds(
        Measure,
        st.sampled_from(Aggregate),
        st.sampled_from(PATHS[entity]),
        st.booleans(),
        some(filters(entity), 1),
        segments(entity),
    )


@st.composite
def relations(draw: st.DrawFn, entity: str) -> Related:
    ways = [
        (name, join_name)
        for name, described in CATALOGUE.entities.items()
        for join_name, join in described.joins.items()
        if join.entity == entity
    ]
    other, via = draw(st.sampled_from(ways or [("order", "client")]))
    window = draw(st.none() | windows(other))
    return Related(other, via, draw(st.booleans()), draw(some(filters(other), 1)), draw(segments(other)), window)


@st.composite
def queries(draw: st.DrawFn) -> Query:
    entity = draw(st.sampled_from(sorted(PATHS)))
    fields = st.sampled_from(PATHS[entity])
    common: dict[str, Any] = {
        "filters": draw(some(filters(entity))),
        "segments": draw(segments(entity)),
        "related": draw(some(relations(entity), 1)),
        "limit": draw(st.none() | st.integers(1, 300)),
    }
    if draw(st.booleans()):
        return Query(
            entity,
            select=draw(some(fields, 4)),
            distinct=draw(st.booleans()),
            window=draw(st.none() | windows(entity)),
            order=draw(some(st.builds(Order, fields, st.none(), st.booleans()))),
            limit_per=draw(st.none() | st.none() | fields),
            **common,
        )
    grouped = draw(some(st.builds(Grouping, fields, st.none() | st.none() | st.sampled_from(Grain))))
    wanted = draw(st.lists(measures(entity), min_size=1, max_size=3).map(tuple))
    places = st.integers(0, len(wanted) - 1)
    compare = draw(some(windows(entity)))
    return Query(
        entity,
        measures=wanted,
        group_by=grouped,
        compare=compare,
        window=None if compare else draw(st.none() | windows(entity)),
        having=draw(some(st.builds(Having, places, st.sampled_from(Op), st.just(Decimal(2))), 1)),
        order=draw(some(st.builds(Order, st.none(), places, st.booleans()), 1)),
        limit_per=draw(st.none() | st.sampled_from(grouped).map(lambda g: g.field)) if grouped else None,
        **common,
    )
