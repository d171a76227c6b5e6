"""Semantic queries as the model writes them: they come back as they went, and nonsense is refused."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from agents.brains.llm.outputs import PlanOut, QueryOut, UnderstoodOut, schema_of
from agents.brains.llm.queries import QueryReader, write_query
from agents.brains.offline.planning.period_words import load_period_words
from core.errors import QueryInvalid
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
READER = QueryReader(CATALOGUE, load_period_words())
PATHS = {
    name: [
        *(key for key in entity.dimensions),
        *(f"{join}.{CATALOGUE.entities[to.entity].name}" for join, to in entity.joins.items()),
    ]
    for name, entity in CATALOGUE.entities.items()
}
NAMES = st.sampled_from(["open", "overdue", "active"])
days = st.dates(date(2000, 1, 1), date(2040, 1, 1))


@st.composite
def windows(draw: st.DrawFn) -> TimeWindow:
    start, end = sorted(draw(st.tuples(days, days).filter(lambda two: two[0] != two[1])))
    hours = draw(st.none() | st.just((15, 21)))
    period = Period(draw(st.sampled_from([start, None])), draw(st.sampled_from([end, None])), "", hours)
    if period.start is None and period.end is None and hours is None:
        period = Period(start, end)
    return TimeWindow(period, draw(st.none() | st.just("scheduled_at")))


@st.composite
def filters(draw: st.DrawFn, entity: str) -> Filter:
    path = draw(st.sampled_from(PATHS[entity]))
    kind = CATALOGUE.dimension(entity, path).kind
    if kind == "date":
        return Filter(path, Op.GE, (draw(days),))
    if kind in ("integer", "money", "number"):
        number = st.integers(-1000, 10**6) | st.decimals(0, 1000, places=2).filter(lambda d: d != d.to_integral_value())
        return Filter(path, draw(st.sampled_from([Op.LT, Op.EQ])), (draw(number),))
    return Filter(path, Op.CONTAINS, (draw(st.text("aÑé '\"<>{}-#:%", min_size=1, max_size=12)),))


@st.composite
def queries(draw: st.DrawFn) -> Query:
    entity = draw(st.sampled_from(sorted(CATALOGUE.entities)))
    path = st.sampled_from(PATHS[entity])
    grouping = st.builds(Grouping, path, st.none() | st.sampled_from(Grain))
    some_filters = st.lists(filters(entity), max_size=3).map(tuple)
    segments = st.lists(st.builds(Segment, NAMES, st.booleans()), max_size=2).map(tuple)
    measure = st.builds(
        Measure,
        st.sampled_from(Aggregate),
        st.none() | path,
        st.booleans(),
        some_filters,
        segments,
        st.none() | grouping,
    )
    related = st.builds(
        Related, st.just(entity), st.just("client"), st.booleans(), some_filters, segments, st.none() | windows()
    )
    having = st.builds(Having, st.integers(0, 2), st.sampled_from(Op), st.decimals(-10, 10, places=1))
    order = st.builds(Order, field=path, descending=st.booleans()) | st.builds(
        Order, measure=st.integers(0, 5), descending=st.booleans()
    )
    return Query(
        entity,
        select=tuple(draw(st.lists(path, max_size=3))),
        distinct=draw(st.booleans()),
        measures=tuple(draw(st.lists(measure, max_size=2))),
        group_by=tuple(draw(st.lists(grouping, max_size=2))),
        filters=draw(some_filters),
        segments=draw(segments),
        window=draw(st.none() | windows()),
        compare=tuple(draw(st.lists(windows(), max_size=2))),
        related=tuple(draw(st.lists(related, max_size=2))),
        having=tuple(draw(st.lists(having, max_size=2))),
        order=tuple(draw(st.lists(order, max_size=2))),
        limit=draw(st.none() | st.integers(1, 50)),
        limit_per=draw(st.none() | path),
        exists=draw(st.booleans()),
        offset=draw(st.integers(0, 20)),
    )


def plain(query: Query) -> Query:
    """``query`` without the words of its periods, which are ours and not the model's."""

    def bare(window: TimeWindow | None) -> TimeWindow | None:
        return replace(window, period=replace(window.period, label="")) if window is not None else None

    return replace(
        query,
        window=bare(query.window),
        compare=tuple(b for window in query.compare if (b := bare(window)) is not None),
        related=tuple(replace(item, window=bare(item.window)) for item in query.related),
        having=tuple(replace(item, value=Decimal(str(float(item.value)))) for item in query.having),
    )


@given(queries())
def test_a_query_comes_back_as_it_went(query: Query) -> None:
    wire = json.loads(json.dumps(write_query(query), ensure_ascii=False))
    assert plain(READER.read(QueryOut.model_validate(wire), "es")) == plain(query)


@pytest.mark.parametrize(
    "wrong",
    [
        {"entity": "contract", "period": {"since": "2026-02-01", "to": "2026-02-01"}},
        {"entity": "contract", "group": ["starts_on:fortnight"]},
        {"entity": "contract", "order": ["#first"]},
    ],
)
def test_what_says_nothing_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(QueryInvalid):
        READER.read(QueryOut.model_validate(wrong), "es")


@pytest.mark.parametrize(
    "wrong",
    [
        {"query": {"entity": "contract", "filters": [{"field": "number", "op": "like"}]}},
        {"query": {"entity": "contract", "period": {"since": "ayer"}}},
        {"query": {"entity": "contract", "measures": [{"agg": "count"}] * 21}},
        {"query": {}},
    ],
)
def test_another_shape_is_no_query(wrong: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        PlanOut.model_validate(wrong)


def test_null_is_what_was_left_out() -> None:
    said = {"entity": "contract", "measures": None, "filters": None, "limit": None, "period": {"since": None}}
    assert READER.read(QueryOut.model_validate(said), "es") == Query("contract")


def test_periods_are_said_back_in_our_words() -> None:
    out = QueryOut.model_validate({"entity": "contract", "period": {"since": "2026-11-01", "to": "2026-12-01"}})
    labels = [window.period.label for language in ("es", "en") if (window := READER.read(out, language).window)]
    assert labels == ["noviembre de 2026", "November 2026"]


def test_the_schema_is_short_and_plain() -> None:
    text = json.dumps(schema_of(UnderstoodOut))
    assert '"null"' not in text and "description" not in text.replace('"description": {"type": "string"}', "")
    assert len(text) < 4200
