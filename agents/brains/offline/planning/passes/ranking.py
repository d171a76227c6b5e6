"""Superlatives: the most, the least, the last, the next, the top N, overall and within each group."""

from __future__ import annotations

from collections.abc import Iterator

from agents.brains.offline.planning.meanings import DimensionRef, EntityRef, EnumRef, MeasureRef, NumberRef, ValueRef
from agents.brains.offline.planning.passes.groupers import (
    Grouper,
    grouper_at,
    grouper_before,
    sort_at,
    time_path,
    whatever,
)
from agents.brains.offline.planning.passes.lasting import lasting_hours
from agents.brains.offline.planning.state import BETWEEN, State, first_of
from tools.sql.query import Aggregate, Measure, Order, Segment

_MOST = 200
_ADDED_UP = frozenset({"horas", "hours"})
"""más horas: all of them together, not those of each visit."""
_FOREMOST = frozenset({"primero", "first", "antes"})
"""las más antiguas primero: an order, not a choice."""
_THE_BEST = frozenset({"mejor", "peor", "best", "worst"})
_ONE_IS = frozenset({"is", "was", "es", "fue", "cual"})
_WHICH_ONE = frozenset({"cual", "cuales", "que", "which", "which one", "what"})


def rank(state: State) -> None:
    """Explain superlatives, most specific first."""
    _extremes(state)
    _most(state)
    _top(state)
    _recent(state)


def take_number(state: State, *around: int) -> int | None:
    """A small whole number next to one of ``around``: how many rows are wanted."""
    for at in around:
        back = at - 2 if at > 1 and state.mentions[at - 1].text in {"de", "los", "las", "of", "the"} else at - 1
        for position in (at - 1, at + 1, back):
            if not state.free(position):
                continue
            number = first_of(state.mentions[position], NumberRef)
            if number is None or number.number.money or number.number.percent:
                continue
            value = number.number.value
            if value == int(value) and 0 < value <= _MOST:
                state.claim(position)
                return int(value)
    return None


def default_measure(state: State) -> Measure:
    """What is counted when a question ranks or counts: rows, or the units that rows hold."""
    unit = state.unit_measure()
    return Measure(Aggregate.SUM, unit) if unit else Measure(Aggregate.COUNT)


def measure_at(state: State, at: int, aggregate: Aggregate | None = None) -> Measure | None:
    """The measure of the target that mention ``at`` names."""
    if not 0 <= at < len(state.mentions):
        return None
    mention = state.mentions[at]
    for reading in mention.readings:
        if isinstance(reading, MeasureRef) and reading.entity == state.target:
            known = state.entity.measures[reading.measure]
            usual = Aggregate.SUM if mention.text in _ADDED_UP else Aggregate(known.default_aggregate)
            return Measure(aggregate or usual, reading.measure)
    return None


def ordered(state: State, measure: Measure, descending: bool) -> None:
    """Order by ``measure``, which is told too."""
    if measure not in state.measures:
        state.measures.append(measure)
    state.order.append(Order(measure=state.measures.index(measure), descending=descending))


def _most(state: State) -> None:
    """qué técnicos tienen más intervenciones; los 3 clientes que más gastan; en qué zona hay menos averías."""
    for at in [*state.cues("more"), *state.cues("less")]:
        if not state.free(at) or state.order:
            continue
        descending = state.mentions[at].is_cue("more")
        claimed = dict(state.claimed)
        after = state.following(at, BETWEEN | {"yesno"})
        figured = _figured(state, after)
        after, measure = figured or (after, _ranked_measure(state, at, after))
        group = grouper_before(state, at)
        if group is None and measure is not None:
            follower = grouper_at(state, after)
            group = follower if follower is not None and not state.names_target(after) else None
        if group is None and measure is not None and measure.aggregate is Aggregate.SUM and state.unit_measure():
            group = next((g for i in range(at) if (g := sort_at(state, i))), None)
        if group is None and measure is not None and measure.field and _longest(state, at, measure.field, descending):
            continue
        if measure is None or group is None:
            state.claimed = claimed
            continue
        state.claim_noun(after)
        if measure_at(state, after) is not None:
            state.claim(after)
        state.claim(at)
        group.apply(state)
        ordered(state, measure, descending)
        count = take_number(state, group.at, at)
        state.limit = count if count is not None else None if group.plural else 1
        _placed(state, group.at)
        _within(state, group)
        return


def _figured(state: State, at: int) -> tuple[int, Measure] | None:
    """the highest average cost: the figure after its aggregate."""
    cue = state.mentions[at].cue("aggregate") if at < len(state.mentions) else None
    follower = state.following(at)
    measure = measure_at(state, follower, Aggregate(cue.value)) if cue is not None else None
    if measure is None:
        return None
    state.claim(at)
    return follower, measure


def _longest(state: State, at: int, field: str, descending: bool) -> bool:
    """la intervención que más ha durado, ¿cuál costó más?: the one row of the target with the largest figure."""
    if whatever(state, at):
        return False
    before = [i for i in range(at) if state.names_target(i) or state.mentions[i].text in _WHICH_ONE]
    around = (state.following(at, BETWEEN | {"yesno"}), state.preceding(at))
    figure = next((i for i in around if measure_at(state, i) is not None), None)
    if not before or figure is None:
        return False
    state.order.append(Order(field=field, descending=descending))
    state.select.append(field)
    noun = state.mentions[before[-1]].text
    state.limit = take_number(state, before[-1]) or (10 if noun.endswith("s") and noun not in _WHICH_ONE else 1)
    for position in (at, figure):
        state.claim(position)
    return True


def _ranked_measure(state: State, at: int, after: int) -> Measure | None:
    if (inside := measure_at(state, at)) is not None:
        return inside
    named = measure_at(state, after)
    verb = state.preceding(at)
    apart = at + 1 < len(state.mentions) and state.mentions[at + 1].text in {"en", "por", "in", "on", "de", "con"}
    if _told_of(state, after):
        return default_measure(state)
    if verb >= 0 and named is None and _done_to(state, verb):
        return None
    if state.names_target(after) and not (apart and verb >= 0 and measure_at(state, verb)):
        return default_measure(state)
    if named is not None:
        return named
    if any(state.target in state.world.lexicon.instances.get(name, ()) for name in state.names(after)):
        state.claim(after)
        return Measure(Aggregate.COUNT)
    if verb >= 0 and not state.names_target(verb) and (done := measure_at(state, verb)) is not None:
        state.claim(verb)
        return done
    money = next((k for k, m in state.entity.measures.items() if m.kind == "money"), None)
    nearby = state.mentions[max(at - 2, 0) : at + 4]
    if any(m.is_cue("hint", state.target) for m in nearby) or any(state.names_target(i) for i in range(at)):
        spends = any(isinstance(r, MeasureRef) and r.measure == money for m in nearby for r in m.readings)
        return Measure(Aggregate.SUM, money) if spends and money else default_measure(state)
    later = [i for i in range(at, len(state.mentions)) if state.names_target(i) or _called(state, i)]
    closes = after >= len(state.mentions)
    return default_measure(state) if later or closes or state.has("share") else None


def _done_to(state: State, at: int) -> bool:
    """que más se avería, of machines: it is the repairs that are counted."""
    names = state.names(at)
    event = any(isinstance(r, EnumRef) and r.noun for r in state.mentions[at].readings)
    return event and bool(names) and state.target not in names and not state.mentions[at].text.endswith("s")


def _told_of(state: State, at: int) -> bool:
    """da más problemas: rows called by what they tell of."""
    if at >= len(state.mentions) or not state.mentions[at].text.endswith("s"):
        return False
    columns = (r for r in state.mentions[at].readings if isinstance(r, DimensionRef) and r.entity == state.target)
    return any(r.dimension == state.entity.typical for r in columns)


def _called(state: State, at: int) -> bool:
    """más compresores, of stock: the target's things, by a value of theirs."""
    return any(
        isinstance(r, ValueRef) and state.target in state.world.lexicon.instances.get(r.entity, ())
        for r in state.mentions[at].readings
    )


def _placed(state: State, *around: int) -> None:
    """el segundo técnico con más visitas: skip those before."""
    for at, mention in enumerate(state.mentions):
        place = mention.cue("ordinal")
        if place is not None and state.free(at) and any(abs(at - other) <= 3 for other in around):
            state.offset, state.limit = int(place.value) - 1, 1
            state.claim(at)
            return


def _within(state: State, group: Grouper) -> None:
    """el técnico con más visitas de cada zona: the first of each."""
    for at in state.cues("group"):
        other = grouper_at(state, state.following(at))
        if other is not None and other.at != group.at and state.free(other.at):
            state.groups.insert(0, other.grouping)
            state.claim(other.at)
            state.claim(at)
            state.limit_per = other.grouping.field
            state.limit = state.limit or 1


def extremes(state: State) -> Iterator[tuple[int, str, bool]]:
    """Superlatives that nothing explained yet: where, of what kind, and whether the most of it is meant."""
    for at in state.cues("extreme"):
        cue = state.mentions[at].cue("extreme")
        if cue is not None and state.free(at) and not state.order:
            kind, _, direction = cue.value.partition(" ")
            yield at, kind, direction == "desc"


def _extremes(state: State) -> None:
    """la reparación más cara, el equipo más antiguo."""
    for at, kind, most in extremes(state):
        if kind == "load":
            continue
        path = _extreme_path(state, kind, at)
        if path is None:
            continue
        lasting = path in state.entity.measures and kind == "time"
        state.order.append(Order(field=path, descending=most or lasting))
        state.select.append(path)
        neighbours = [n for n in _target_nouns(state) if abs(n - at) <= 3]
        plural = _plural(state, at, neighbours)
        state.limit = take_number(state, at, *neighbours) or (10 if plural else 1)
        state.claim(at)
        if at + 1 < len(state.mentions) and state.mentions[at + 1].text in _FOREMOST:
            state.claim(at + 1)
            state.select.remove(path)
            state.limit = None
        _placed(state, at, *neighbours)
        _each(state, at)


def _extreme_path(state: State, kind: str, at: int) -> str | None:
    if kind == "soonest":
        return _date_said(state, at)
    if kind == "time" and "tiempo" in state.mentions[at].text.split() and (long := lasting_hours(state)):
        return long
    if kind == "time":
        return _time_of_noun(state, at) or time_path(state)
    if kind == "duration":
        return lasting_hours(state)
    own = next((k for k, d in state.entity.dimensions.items() if d.kind == kind), None)
    if own is not None:
        return own
    for name, route in state.world.joins.reachable(state.target).items():
        if route and name == "product":
            key = next((k for k, d in state.world.catalogue.entities[name].dimensions.items() if d.kind == kind), None)
            return f"{route}.{key}" if key else None
    return None


def _date_said(state: State, at: int) -> str | None:
    """cuál vence antes: the date of the verb before it."""
    before = state.preceding(at)
    readings = state.mentions[before].readings if before >= 0 else ()
    dates = (r.dimension for r in readings if isinstance(r, DimensionRef) and r.entity == state.target)
    return next((d for d in dates if state.entity.dimensions[d].kind in {"date", "datetime"}), None)


def _time_of_noun(state: State, at: int) -> str | None:
    """quién instaló el equipo más antiguo: the date of the noun beside the superlative, seen from the target."""
    before = state.preceding(at)
    if before < 0 or state.names_target(before):
        return None
    for name in sorted(state.names(before)):
        route, time = state.world.joins.path(state.target, name), state.world.catalogue.entities[name].default_time
        if route and time and any(isinstance(r, EntityRef) for r in state.mentions[before].readings):
            return f"{route}.{time}"
    return None


def _plural(state: State, at: int, nouns: list[int]) -> bool:
    """Are several wanted? Spanish says so in the adjective ("últimas"), English only in the noun ("last visits")."""
    text = state.mentions[at].text
    inflected = text[-1] in "ao" or text.endswith(("as", "os"))
    if not inflected and any(m.text in _ONE_IS for m in state.mentions):
        return False
    return text.endswith("s") if inflected else any(state.mentions[n].text.endswith("s") for n in (at, *nouns))


def _target_nouns(state: State) -> list[int]:
    return [at for at in range(len(state.mentions)) if state.names_target(at)]


def _top(state: State) -> None:
    """top 5 clientes por facturación, los mejores técnicos."""
    for at in [*state.cues("top"), *state.cues("worst")]:
        if not state.free(at) or state.order:
            continue
        around = [*range(at, len(state.mentions)), *range(at)]
        groups = [g for i in around if not state.names_target(i) and (g := grouper_at(state, i))]
        groups += [g for i in around if not groups and (g := sort_at(state, i))]
        group = groups[0] if groups else None
        named = [m for i in range(len(state.mentions)) if (m := measure_at(state, i))]
        if group is None:
            continue
        for i in range(len(state.mentions)):
            state.claim_noun(i)
            if measure_at(state, i):
                state.claim(i)
        state.claim(at)
        for by in state.cues("group"):
            state.claim(by)
        count = take_number(state, at, group.at)
        group.apply(state)
        best = state.mentions[at].is_cue("top")
        measure = named[0] if named else default_measure(state)
        quick = state.mentions[at].text.startswith(("mejor", "best", "peor", "worst")) and _elapsed(state, measure)
        ordered(state, measure, best is not quick)
        one = state.mentions[at].text in _THE_BEST and not group.plural
        state.limit = count or (1 if one else None)
        return


def _elapsed(state: State, measure: Measure) -> bool:
    """Is it a time that is the better the shorter it is?"""
    known = state.entity.measures.get(measure.field or "")
    return known is not None and known.between is not None


def _recent(state: State) -> None:
    """la última visita, las 5 últimas reparaciones, mi próxima cita, el primer pedido."""
    for at in [*state.cues("last"), *state.cues("first"), *state.cues("next")]:
        path = time_path(state) if _of_target(state, at) else None
        if not state.free(at) or path is None or state.order:
            continue
        mention = state.mentions[at]
        if mention.is_cue("first") and mention.text.endswith(("os", "as")) and state.has("group"):
            state.limit = take_number(state, at) or state.limit
            state.claim(at)
            continue
        ahead = mention.is_cue("next")
        upcoming = "upcoming" in state.entity.segments
        if ahead and not upcoming:
            continue
        if ahead:
            state.segments.append(Segment("upcoming"))
        state.latest = mention.is_cue("last")
        state.order.append(Order(field=path, descending=mention.is_cue("last")))
        neighbours = [n for n in _target_nouns(state) if abs(n - at) <= 3]
        count = take_number(state, at, *neighbours)
        plural = _plural(state, at, neighbours)
        state.limit = count if count is not None else (None if plural and ahead else 10 if plural else 1)
        state.claim(at)
        _each(state, at)


def _of_target(state: State, at: int) -> bool:
    """mi primera visita, of clients: the first of the visits, which no order of clients tells."""
    beside = (state.following(at), state.preceding(at, frozenset({"filler", "all", "own"})))
    near = [i for i in beside if 0 <= i < len(state.mentions) and state.names(i)]
    if not near or any(state.names_target(i) for i in near) or abs(near[0] - at) > 2:
        return True
    nouns = state.names(near[0])
    things = {i for name in nouns for i in state.world.lexicon.instances.get(name, ())}
    return state.target in things or not all(state.world.joins.path(name, state.target) for name in nouns)


def _each(state: State, at: int) -> None:
    """la última visita de cada equipo."""
    for by in state.cues("group"):
        other = grouper_at(state, state.following(by))
        stepwise = other is not None and other.grouping.grain is not None  # no row of a list stands for a month
        if by > at and other is not None and state.free(other.at) and not stepwise:
            state.limit_per = other.grouping.field
            state.select.append(other.grouping.field)
            state.claim(by)
            state.claim(other.at)
