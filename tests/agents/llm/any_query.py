"""Queries of any shape, as a model might write them."""

from __future__ import annotations

from datetime import date

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
    weekdays = tuple(sorted(draw(st.sets(st.integers(1, 7), max_size=3))))
    period = Period(draw(st.sampled_from([start, None])), draw(st.sampled_from([end, None])), "", hours, weekdays)
    if period.start is None and period.end is None and hours is None and not weekdays:
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


@st.composite
def sensible(draw: st.DrawFn) -> Query:
    """A query whose names all exist and whose parts go together: most compile for whoever sees everything."""
    name = draw(st.sampled_from(sorted(CATALOGUE.entities)))
    entity = CATALOGUE.entities[name]
    path = st.sampled_from(PATHS[name])
    own = st.lists(st.builds(Segment, st.sampled_from(sorted(entity.segments)), st.booleans()), max_size=2).map(tuple)
    segments = own if entity.segments else st.just(())
    dated = [key for key, dimension in entity.dimensions.items() if dimension.kind in ("date", "datetime")]
    grouping = st.builds(Grouping, path) | (
        st.builds(Grouping, st.sampled_from(dated), st.sampled_from(Grain)) if dated else st.builds(Grouping, path)
    )
    counting = st.builds(Measure, st.just(Aggregate.COUNT), share=st.booleans(), segments=segments)
    figures = counting
    if entity.measures:
        aggregates = st.sampled_from([Aggregate.SUM, Aggregate.AVG, Aggregate.MAX])
        figures = st.builds(Measure, aggregates, st.sampled_from(sorted(entity.measures)))
    measures = tuple(draw(st.lists(counting | figures, max_size=2)))
    groups = tuple(draw(st.lists(grouping, max_size=2))) if measures else ()
    period = draw(st.none() | windows().map(lambda window: TimeWindow(window.period, None)))
    window = period if entity.default_time else None
    ranked = st.builds(Order, measure=st.just(0), descending=st.booleans())
    return Query(
        name,
        select=() if measures else tuple(draw(st.lists(path, max_size=3, unique=True))),
        distinct=False if measures else draw(st.booleans()),
        measures=measures,
        group_by=groups,
        filters=tuple(draw(st.lists(filters(name), max_size=1))),
        segments=draw(segments),
        window=window,
        order=tuple(draw(st.lists(ranked if measures else st.builds(Order, path), max_size=1))),
        limit=draw(st.none() | st.integers(1, 5)),
        exists=draw(st.booleans()),
        offset=draw(st.integers(0, 2)),
    )
