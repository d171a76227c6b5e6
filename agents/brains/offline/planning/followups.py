"""Follow-ups: "¿y en Madrid?", "¿y cuántas?", "el segundo", "¿quién la hizo?" edit the last query."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from agents.brains.offline.planning.calendar import Span, bucket, shift
from agents.brains.offline.planning.interpretation import Interpretation, interpret
from agents.brains.offline.planning.joins import Joins
from agents.brains.offline.planning.meanings import Mention, NumberRef, PeriodRef
from agents.brains.offline.planning.numbers import NumberWords, ordinal
from agents.brains.offline.planning.passes.weekly import within_week
from agents.brains.offline.planning.state import World, first_of, only_cues
from agents.brains.offline.planning.whole import whole
from tools.sql.catalogue import Catalogue
from tools.sql.query import Aggregate, Filter, Grouping, Measure, Op, Order, Period, Query, Rows, Segment, TimeWindow

_UNSAID = frozenset(
    {"filler", "of", "conj", "followup", "that", "same_one", "next", "previous", "coming_one", "ask", "now"}
)
_MODELS = frozenset({"sku", "name", "category"})
_PLACES = frozenset({"city", "zone", "province"})


@dataclass(frozen=True, slots=True)
class Followed:
    """A follow-up resolved: its query and how much of the words it explains."""

    query: Query
    coverage: float
    unexplained: tuple[str, ...]
    chart: bool
    mentions: tuple[Mention, ...]


def row_reference(mentions: Sequence[Mention], rows: Rows | None, numbers: NumberWords) -> tuple[int, int] | None:
    """Which row of the last answer is meant ("el segundo", "el último", "la 3"): (mention, row).

    None in "¿cuál vence primero?": what asks which one says no place among them.
    """
    if rows is None or not rows.rows or any(m.is_cue("ask", "which") for m in mentions):
        return None
    for at, mention in enumerate(mentions):
        if " " in mention.text and not mention.is_cue("last"):
            continue
        position = ordinal(mention.text, numbers)
        if position is None and first_of(mention, NumberRef) is not None and len(mentions) <= 3:
            said = first_of(mention, NumberRef)
            position = int(said.number.value) if said and said.number.value <= len(rows.rows) else None
        if position is None and mention.is_cue("last") and mention.text in {"ultimo", "ultima", "last"}:
            position = len(rows.rows)
        if position is not None and 0 < position <= len(rows.rows):
            return at, position - 1
    return None


def merge(last: Query, new: Interpretation, world: World, mentions: Sequence[Mention]) -> Query:
    """``last`` with what ``new`` (read on the same entity) says put in its place."""
    return whole(_merged(last, new, world, mentions))


def _merged(last: Query, new: Interpretation, world: World, mentions: Sequence[Mention]) -> Query:
    query = new.query
    filters = _merge_filters(last, query, world.joins)
    segments, filters = _merge_segments(last, query, filters, world.catalogue)
    merged = replace(
        last,
        filters=filters,
        segments=segments,
        related=(*last.related, *query.related) if query.related != last.related else last.related,
        exists=query.exists and last.exists,
    )
    merged = _merge_window(merged, last, query, mentions, world)
    if new.chart and last.measures and not query.group_by and not any(m.is_cue("ask", "how_many") for m in mentions):
        return merged
    merged = _freed(merged, {*(g.field for g in query.group_by), *(query.select if query.distinct else ())})
    if query.distinct and query.select and last.measures and not last.group_by:
        groups = tuple(Grouping(path) for path in query.select)
        return replace(merged, group_by=groups, order=(Order(measure=0, descending=True),), limit=None)
    if query.group_by:
        measures = last.measures or (Measure(Aggregate.COUNT),)
        explicit = query.measures if query.measures and query.measures != (Measure(Aggregate.COUNT),) else measures
        order = query.order or (Order(measure=0, descending=True),)
        return replace(
            merged, select=(), group_by=query.group_by, measures=explicit, order=order, limit=query.limit, having=()
        )
    if query.measures and _few_of_a_ranking(last):
        besides = tuple(m for m in query.measures if m not in last.measures)
        if besides:
            return replace(merged, measures=(*last.measures, *besides))
    if query.measures:
        return replace(merged, select=(), measures=query.measures, group_by=last.group_by, limit=None, order=())
    if query.select:
        limit = query.limit if query.order else merged.limit
        return replace(
            merged, select=query.select, measures=(), group_by=(), having=(), order=query.order or (), limit=limit
        )
    if last.measures and _wants_rows(mentions):
        return replace(merged, measures=(), group_by=(), having=(), order=(), limit=None, limit_per=None)
    grouped = {g.field for g in last.group_by}
    rows_wanted = query.order and not any(o.field in grouped for o in query.order)
    resorted = bool(last.group_by) and any(m.is_cue("order") for m in mentions)
    if rows_wanted and last.measures and not resorted:
        return replace(merged, measures=(), group_by=(), order=query.order, limit=query.limit, limit_per=None)
    if query.order:
        return replace(merged, order=query.order, limit=query.limit if query.limit is not None else merged.limit)
    return merged


def _few_of_a_ranking(last: Query) -> bool:
    """¿y cuánto les hemos cobrado?, after the three with most visits: of those three, beside what ranks them."""
    ranked = any(o.measure is not None for o in last.order)
    return ranked and last.limit is not None and bool(last.group_by) and last.limit_per is None


def _freed(query: Query, shown: set[str]) -> Query:
    """Told value by value, a column is no longer held to the one value of before."""
    return replace(query, filters=tuple(f for f in query.filters if f.field not in shown or f.op is not Op.EQ))


def _wants_rows(mentions: Sequence[Mention]) -> bool:
    return any(m.is_cue("ask", "which") or m.is_cue("list") for m in mentions)


def _family(path: str) -> str:
    route, _, last = path.rpartition(".")
    if route.endswith("product") and last in _MODELS:
        return route
    return "place" if last in _PLACES else path


def _row_named(query: Query, joins: Joins) -> tuple[Filter, ...]:
    """The condition that names one row by its number."""
    known = joins.catalogue.entities[query.entity].dimensions
    return tuple(f for f in query.filters if f.op is Op.EQ and f.field in known and known[f.field].identifier)


def _merge_filters(last: Query, new: Query, joins: Joins) -> tuple[Filter, ...]:
    replaced = {_family(f.field) for f in new.filters}
    # Another condition asks for other rows than the one talked about.
    one = _row_named(last, joins) if new.filters or new.segments or new.window or new.related else ()
    kept = tuple(f for f in last.filters if _family(f.field) not in replaced and f not in one)
    return (*kept, *new.filters)


def _merge_segments(
    last: Query, new: Query, filters: tuple[Filter, ...], catalogue: Catalogue
) -> tuple[tuple[Segment, ...], tuple[Filter, ...]]:
    def fields(segment: Segment) -> set[str]:
        named = catalogue.entities[last.entity].segments[segment.name]
        return {c.field for c in named.where} | {f"{r.entity}" for r in named.related}

    fresh = {f for s in new.segments for f in fields(s)}
    told = {f.field for f in new.filters}
    kept = tuple(s for s in last.segments if not fields(s) & (fresh | told))
    old_filters = tuple(f for f in filters if f in new.filters or f.field not in fresh)
    return tuple(dict.fromkeys((*kept, *new.segments))), old_filters


def _merge_window(merged: Query, last: Query, new: Query, mentions: Sequence[Mention], world: World) -> Query:
    if new.compare:
        return replace(merged, compare=new.compare, window=None)
    step = _step(mentions)
    if new.window is None and step and last.window is not None:
        moved = moved_window(last.window, step, world)
        return replace(merged, window=moved, compare=()) if moved is not None else merged
    if new.window is None:
        to_come = any(f"{last.entity}.{s.name}" in world.lexicon.ahead for s in new.segments)
        end = last.window.period.end if last.window is not None else None
        return replace(merged, window=None) if to_come and end is not None and end <= world.today else merged
    relative = _relative(last, mentions, world)
    field = last.window.field if last.window is not None and not new.segments else new.window.field
    ahead = _still_ahead(last, mentions, world)
    if ahead is not None and relative is None:
        return replace(merged, window=TimeWindow(ahead, field), compare=())
    if last.window is None and not new.segments:
        segments = world.catalogue.entities[last.entity].segments
        field = next((t for s in last.segments if not s.negated and (t := segments[s.name].time)), field)
    window = relative or TimeWindow(_each_week(last, new.window.period), field)
    return replace(merged, window=window, compare=())


def _each_week(last: Query, period: Period) -> Period:
    """ "¿y el año pasado?", of the visits on Mondays, is about those of that year."""
    weekly = last.window.period if last.window is not None else None
    longer = period.start is None or period.end is None or (period.end - period.start).days > 1
    return within_week(period, weekly) if weekly is not None and weekly.weekdays and longer else period


def _still_ahead(last: Query, mentions: Sequence[Mention], world: World) -> Period | None:
    """ "¿y el martes?", of the visits of next Monday, is the Tuesday to come."""
    start = last.window.period.start if last.window is not None else None
    found = next((ref for m in mentions if (ref := first_of(m, PeriodRef)) is not None), None)
    if start is None or start <= world.today or found is None or found.found.past == found.found.future:
        return None
    return found.found.future


def _step(mentions: Sequence[Mention]) -> int:
    """¿y el anterior?, ¿y el que viene?: one period back or ahead of the one talked about; 0 when not said."""
    if any(first_of(m, PeriodRef) is not None for m in mentions):
        return 0
    if any(m.is_cue("next") for m in mentions) or any(m.is_cue("coming_one") for m in mentions):
        return 1
    return -1 if any(m.is_cue("previous") for m in mentions) else 0


def elided_period(mentions: Sequence[Mention], last: Query) -> bool:
    """Does it say no more than which period it is about, next to the one of the last answer?"""
    said = [m for m in mentions if not only_cues(m, _UNSAID)]
    return bool(_step(mentions)) and last.window is not None and not said


def turned_over(mentions: Sequence[Mention], last: Query) -> Query | None:
    """¿y los 3 peores?, ¿y el que menos?, after a ranking: the same figures, read from the other end."""
    ranked = next((o for o in last.order if o.measure is not None), None)
    if ranked is None or not last.group_by or any(not _of_a_ranking(m) for m in mentions):
        return None
    down = any(m.is_cue("worst") or m.is_cue("less") for m in mentions)
    up = any(m.is_cue("top") or m.is_cue("more") for m in mentions)
    if down is up:
        return None
    said = (ref.number.value for m in mentions if (ref := first_of(m, NumberRef)) is not None)
    plural = any(m.text.endswith("s") and (m.is_cue("worst") or m.is_cue("top")) for m in mentions)
    limit = next((int(n) for n in said if n == int(n) and n > 0), None) or (last.limit if plural else 1)
    order = (replace(ranked, descending=up), *(o for o in last.order if o is not ranked))
    return replace(last, order=order, limit=limit, offset=0)


def _of_a_ranking(mention: Mention) -> bool:
    """Is it a word of a ranking, a number or filler?"""
    plain = only_cues(mention, _UNSAID | {"yesno", "with", "list", "own"}) or mention.is_cue("that")
    ranks = any(mention.is_cue(kind) for kind in ("top", "worst", "more", "less"))
    return plain or ranks or (first_of(mention, NumberRef) is not None and not mention.cues)


def moved_window(window: TimeWindow, by: int, world: World) -> TimeWindow | None:
    """The unit (day, week, month, quarter, year) before or after ``window``; None when it is none of them."""
    start, end = window.period.start, window.period.end
    if start is None or end is None:
        return None
    for unit in ("day", "week", "month", "quarter", "year"):
        if bucket(unit, start) == Span(start, end, unit):
            span = bucket(unit, start, by)
            return TimeWindow(Period(span.start, span.end, world.label(span), window.period.hours), window.field)
    return None


def _relative(last: Query, mentions: Sequence[Mention], world: World) -> TimeWindow | None:
    """ "El año anterior" of an answer about February 2025 is February 2024."""
    if last.window is None or last.window.period.start is None or last.window.period.end is None:
        return None
    for mention in mentions:
        found = first_of(mention, PeriodRef)
        if found is None or not any(w in mention.text.split() for w in ("anterior", "previous", "siguiente", "before")):
            continue
        unit = found.found.grain
        start, end = last.window.period.start, last.window.period.end
        limits = {"year": 367, "quarter": 93, "month": 32, "week": 8, "day": 2}
        if (end - start).days > limits.get(unit, 0):
            return None
        by = 1 if "siguiente" in mention.text else -1
        moved = Span(shift(start, unit, by), shift(end, unit, by))
        return TimeWindow(Period(moved.start, moved.end, world.label(moved)), last.window.field)
    return None


def carry(last: Query, new: Query, joins: Joins) -> Query:
    """``new``, on another entity, with the conditions of ``last`` that make sense there."""
    told = {_family(f.field) for f in new.filters}
    kept: list[Filter] = []
    for old in last.filters:
        owner, dimension = joins.catalogue.owner(last.entity, old.field)
        place = joins.place(new.entity, owner, dimension)
        if place is not None and _family(place[0]) not in told:
            kept.append(replace(old, field=place[0]))
    window = new.window
    default = joins.catalogue.entities[new.entity].default_time
    events = any(o.lstrip("-") == default for o in joins.catalogue.entities[new.entity].default_order)
    if window is None and not new.compare and last.window is not None and events:
        window = TimeWindow(last.window.period, default)
    return whole(replace(new, filters=(*kept, *new.filters), window=window))


def carries(last: Query, new: Query, joins: Joins) -> bool:
    """Does a condition of ``last`` make sense for what ``new`` asks?"""
    return any(joins.place(new.entity, *joins.catalogue.owner(last.entity, old.field)) for old in last.filters)


def row_query(last: Query, rows: Rows, row: int, joins: Joins) -> Query:
    """A query for the thing that row ``row`` of the last answer is about."""
    entity = joins.catalogue.entities[last.entity]
    if rows.keys and row < len(rows.keys):
        key = next((k for k, d in entity.dimensions.items() if d.identifier), None)
        value = rows.keys[row]
        if key is not None and isinstance(value, str | int):
            others = tuple(f for f in last.filters if f.field != key)
            return replace(
                last,
                filters=(*others, Filter(key, Op.EQ, (value,))),
                select=(),
                measures=(),
                group_by=(),
                having=(),
                compare=(),
                exists=False,
                offset=0,
                limit_per=None,
            )
    if last.group_by:
        field = last.group_by[-1].field
        owner, dimension = joins.catalogue.owner(last.entity, field)
        column = next((i for i, c in enumerate(rows.columns) if c.key == field), 0)
        value = rows.rows[row][column]
        if isinstance(value, str | int) and last.group_by[-1].grain is None:
            named = joins.catalogue.entities[owner].name == dimension
            if named:
                return Query(owner, filters=(Filter(dimension, Op.EQ, (value,)),))
            return Query(last.entity, filters=(*last.filters, Filter(field, Op.EQ, (value,))), segments=last.segments)
    return replace(last, limit=1)


def around_row(
    world: World, last: Query, rows: Rows, row: int, mentions: Sequence[Mention], targets: Sequence[str]
) -> Followed | None:
    """What ``mentions`` ask about row ``row``: of its own entity, or of one that leads to it."""
    base = row_query(last, rows, row, world.joins)
    rest = list(mentions)
    best: tuple[float, Followed] | None = None
    for target in dict.fromkeys((base.entity, *targets)):
        read = interpret(world, target, rest) if rest else None
        placed = _placed(base, target, world.joins)
        if placed is None:
            continue
        query = _asked(placed, read.query) if read is not None else placed
        coverage = read.coverage if read is not None else 1.0
        bonus = 0.2 if target == base.entity else 0.0
        score = (read.score if read is not None else 0.0) + bonus
        followed = Followed(query, coverage, read.unexplained if read else (), False, read.mentions if read else ())
        if best is None or score > best[0]:
            best = (score, followed)
    return best[1] if best is not None else None


def _asked(base: Query, asked: Query) -> Query:
    both = replace(
        base,
        select=asked.select,
        measures=asked.measures,
        order=asked.order or base.order,
        limit=asked.limit if asked.order else base.limit,
        segments=asked.segments or base.segments,
        filters=(*base.filters, *asked.filters),
        window=asked.window or base.window,
    )
    return whole(both)


def _placed(base: Query, target: str, joins: Joins) -> Query | None:
    if target == base.entity:
        return base
    found: list[Filter] = []
    for old in _row_named(base, joins) or base.filters:
        owner, dimension = joins.catalogue.owner(base.entity, old.field)
        place = joins.place(target, owner, dimension)
        if place is None:
            return None
        found.append(replace(old, field=place[0]))
    return Query(target, filters=tuple(found))
