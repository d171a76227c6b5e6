"""Thresholds: "más de 1000 €", "por debajo de 5 unidades", "más de 5 intervenciones", "de más de 10 años"."""

from __future__ import annotations

from decimal import Decimal

from agents.brains.offline.planning.calendar import Span, shift
from agents.brains.offline.planning.meanings import (
    Cue,
    DimensionRef,
    EnumRef,
    MeasureRef,
    NumberRef,
    SegmentRef,
)
from agents.brains.offline.planning.numbers import Number
from agents.brains.offline.planning.passes.groupers import grouper_before
from agents.brains.offline.planning.passes.lasting import lasting, lasting_hours, lasting_periods
from agents.brains.offline.planning.state import State, first_of
from tools.sql.query import Aggregate, Filter, Having, Measure, Op, Period, TimeWindow

_NUMERIC = frozenset({"integer", "number", "money", "hours", "days"})
_DATES = frozenset({"date", "datetime"})
_OCCASIONS = frozenset({"veces", "vez", "ocasiones", "times", "occasions"})
_OF = frozenset({"de", "of", "for", "por"})
_ONE = frozenset({"un", "una", "uno", "one", "a"})
_FLIPPED = {Op.GT: Op.LT, Op.GE: Op.LE, Op.LT: Op.GT, Op.LE: Op.GE, Op.EQ: Op.EQ}


def compare_numbers(state: State) -> None:
    """Explain every comparison with a number."""
    _or_more(state)
    lasting_periods(state)
    for at in list(state.cues("compare")):
        cue = state.mentions[at].cue("compare")
        number_at = at + 1 if _is_one(state, at + 1) else state.following(at)
        number = first_of(state.mentions[number_at], NumberRef) if number_at < len(state.mentions) else None
        if number is None and _is_one(state, number_at):
            number = NumberRef(Number(number_at, number_at + 1, Decimal(1)))
        if cue is None or number is None or not state.free(number_at) or not state.free(at):
            continue
        if cue.value == "between":
            _between(state, at, number_at, number.number.value)
            continue
        op = Op(cue.value)
        if any(m.is_cue("not") for m in state.mentions[max(0, at - 1) : at]):
            op = {Op.GT: Op.LE, Op.LT: Op.GE}.get(op, op)
        if _compare(state, at, number_at, number, op):
            state.claim(at)
            state.claim(number_at)
    _so_many_times(state)
    _exactly(state)


def _exactly(state: State) -> None:
    """el pedido de 19,90: the amount of money that the rows just named have."""
    for at, mention in enumerate(state.mentions):
        said = first_of(mention, NumberRef)
        before = state.preceding(at)
        joined = at > 0 and state.mentions[at - 1].is_cue("of") and state.mentions[at - 1].text in _OF
        if said is None or not state.free(at) or not joined or before < 0 or said.number.percent:
            continue
        if not said.number.money and said.number.value == int(said.number.value):
            continue
        for name in sorted(state.names(before)):
            dimensions = state.world.catalogue.entities[name].dimensions
            money = next((k for k, d in dimensions.items() if d.kind == "money"), None)
            place = state.world.joins.place(state.target, name, money) if money else None
            if place is not None:
                state.filters.append(Filter(place[0], Op.EQ, (said.number.value,)))
                state.claim(at)
                break


def _or_more(state: State) -> None:
    """3 pedidos o más: the comparison said after the number."""
    for at in state.cues("orless"):
        cue = state.mentions[at].cue("orless")
        before = (i for i in range(at - 1, max(at - 5, -1), -1) if state.free(i))
        number_at = next((i for i in before if first_of(state.mentions[i], NumberRef) is not None), None)
        number = first_of(state.mentions[number_at], NumberRef) if number_at is not None else None
        if cue is None or number is None or number_at is None or not state.free(at):
            continue
        if _compare(state, number_at, number_at, number, Op(cue.value)):
            state.claim(at)
            state.claim(number_at)


def _so_many_times(state: State) -> None:
    """vinisteis dos veces, ¿verdad?: how many there were answers it."""
    for at, mention in enumerate(state.mentions[:-1]):
        said = first_of(mention, NumberRef) is not None and state.mentions[at + 1].text in _OCCASIONS
        if said and state.free(at) and not (at and state.mentions[at - 1].is_cue("compare")):
            state.claim(at)
            state.counting = True


def _is_one(state: State, at: int) -> bool:
    """más de un contrato: here the article counts."""
    return at < len(state.mentions) and state.mentions[at].text in _ONE


def _compare(state: State, at: int, number_at: int, number: NumberRef, op: Op) -> bool:
    value = number.number.value
    after = state.following(number_at)
    return (
        _worked(state, at, after, value, op)
        or lasting(state, at, after, value, op)
        or _age(state, at, after, value, op)
        or (not number.number.money and _counted(state, at, number_at, value, op))
        or _summed(state, at, number_at, value, op)
        or ((number.number.money or _spent(state, at)) and _spending(state, at, value, op))
        or _dimension(state, at, after, value, op, number.number.money)
    )


def _date_of_noun(state: State, at: int) -> str | None:
    """contratos de equipos de más de 5 años: the date of the noun just before, which the target leads to."""
    before = state.preceding(at)
    if before < 0 or not state.mentions[at - 1].is_cue("of") or state.names_target(before):
        return None
    for name in sorted(state.names(before)):
        route, time = state.world.joins.path(state.target, name), state.world.catalogue.entities[name].default_time
        if route and time and state.world.joins.dimension(state.target, f"{route}.{time}").kind in _DATES:
            return f"{route}.{time}"
    return None


def _of_related(state: State, at: int) -> int | None:
    """clientes con calderas de más de 5 años: the noun that is so old, when it is not the target's."""
    before = state.preceding(at)
    if before < 0 or at == before or not state.mentions[at - 1].is_cue("of") or state.names_target(before):
        return None
    names = state.names(before)
    reached = any(state.world.joins.path(name, state.target) for name in names)
    return before if reached and state.names_anything() else None


def _worked(state: State, at: int, after: int, value: Decimal, op: Op) -> bool:
    """técnicos que han trabajado más de 30 horas: all of their hours together, when no row of the target is named."""
    unit = state.mentions[after].cue("unit") if after < len(state.mentions) else None
    hours, group = lasting_hours(state), grouper_before(state, at)
    if unit is None or unit.value != "hour" or hours is None or group is None or state.names_anything():
        return False
    group.apply(state)
    for position in (after, *(i for i in range(at) if numeric_measure(state, i) == hours)):
        state.claim(position)
    state.measures.append(Measure(Aggregate.SUM, hours))
    state.having.append(Having(len(state.measures) - 1, op, value))
    return True


def numeric_measure(state: State, at: int) -> str | None:
    """The figure of the target that mention ``at`` names."""
    readings = (r for r in state.mentions[at].readings if isinstance(r, MeasureRef))
    return next((r.measure for r in readings if r.entity == state.target), None)


def _age(state: State, at: int, after: int, value: Decimal, op: Op) -> bool:
    if after >= len(state.mentions) or state.entity.default_time is None:
        return False
    cue = state.mentions[after].cue("unit")
    if cue is None or cue.value == "hour" or value != int(value):
        return False
    upcoming = any(first_of(m, Cue) and m.is_cue("hint", "contract") for m in state.mentions) and (
        "ends_on" in state.entity.dimensions
    )
    beyond = state.following(after)
    of_rows = at > 1 and state.mentions[at - 1].is_cue("of") and state.names_target(at - 2)
    if beyond < len(state.mentions) and state.mentions[beyond].is_cue("without") and not of_rows:
        since = shift(state.world.today, cue.value, -int(value))
        span = Span(since, shift(state.world.today, "day", 1))
        state.absence = TimeWindow(Period(span.start, span.end, state.world.label(span)))
        state.claim(after)
        return True
    if not upcoming and (owner := _of_related(state, at)) is not None:
        state.aged[owner] = (at, op, cue.value, int(value))
        state.claim(after)
        return True
    field = "ends_on" if upcoming else state.time_field or _date_of_noun(state, at) or state.entity.default_time
    day = shift(state.world.today, cue.value, int(value) if upcoming else -int(value))
    state.filters.append(Filter(field, op if upcoming else _FLIPPED[op], (day,)))
    state.claim(after)
    return True


def _summed(state: State, at: int, number_at: int, value: Decimal, op: Op) -> bool:
    """más de 1000 € facturados: the figure named after the amount, of each group."""
    after = state.following(number_at)
    group = grouper_before(state, at)
    named = [
        r.measure
        for r in (state.mentions[after].readings if after < len(state.mentions) else ())
        if isinstance(r, MeasureRef) and r.entity == state.target
    ]
    if group is None or not named or state.names_target(after):
        return False
    state.claim(after)
    group.apply(state)
    state.measures.append(Measure(Aggregate.SUM, named[0]))
    state.having.append(Having(len(state.measures) - 1, op, value))
    return True


def _counted(state: State, at: int, number_at: int, value: Decimal, op: Op) -> bool:
    """más de 5 intervenciones, más de 5 veces: a condition on each group."""
    occasions = number_at + 1 < len(state.mentions) and state.mentions[number_at + 1].text in _OCCASIONS
    after = number_at + 1 if occasions else state.following(number_at)
    if after >= len(state.mentions):
        return False
    group = grouper_before(state, at)
    if group is None:
        return False
    described = after
    while described < len(state.mentions) - 1 and _describes(state, described):
        described += 1
    after = described if state.names_target(described) else after
    occasions = occasions or _rows_called(state, after)
    if not (state.names_target(after) or occasions):
        return False
    state.claim_noun(after)
    if state.mentions[after].text in _OCCASIONS:
        state.claim(after)
    group.apply(state)
    state.measures.append(Measure(Aggregate.COUNT))
    state.having.append(Having(len(state.measures) - 1, op, value))
    return True


def _rows_called(state: State, at: int) -> bool:
    """más de 2 urgencias: a condition that stands for the target's rows."""
    return state.mentions[at].text.endswith("s") and any(
        isinstance(r, SegmentRef) and r.entity == state.target for r in state.mentions[at].readings
    )


def _describes(state: State, at: int) -> bool:
    """more than one *active* contract: what restricts the noun that is counted."""
    readings = state.mentions[at].readings
    return not state.names_target(at) and any(isinstance(r, SegmentRef | EnumRef) for r in readings)


def numeric_dimension(state: State, at: int) -> str | None:
    """A numeric dimension that mention ``at`` names, seen from the target."""
    if not 0 <= at < len(state.mentions):
        return None
    found: list[tuple[float, str]] = []
    for reading in state.mentions[at].readings:
        if isinstance(reading, DimensionRef):
            place = state.world.joins.place(state.target, reading.entity, reading.dimension)
        elif isinstance(reading, MeasureRef) and reading.entity == state.target:
            column = state.entity.measures[reading.measure].column
            place = (column, 0.0) if column and column in state.entity.dimensions else None
        else:
            continue
        if place is not None and state.world.joins.dimension(state.target, place[0]).kind in _NUMERIC:
            found.append((place[1], place[0]))
    return min(found)[1] if found else None


def _dimension(state: State, at: int, after: int, value: Decimal, op: Op, money: bool) -> bool:
    around = (state.preceding(at), after)
    for position in around:
        path = numeric_dimension(state, position) or _inside(state, position)
        if path is not None and not path.endswith("number"):
            state.filters.append(Filter(path, op, (value,)))
            state.claim(position)
            return True
    kinds = {"money"} if money else {"integer"}
    default = next((k for k, d in state.entity.dimensions.items() if d.kind in kinds and not d.identifier), None)
    if default is None or (not money and default != "quantity"):
        return False
    state.filters.append(Filter(default, op, (value,)))
    return True


def _inside(state: State, at: int) -> str | None:
    """con stock por debajo de 2: the number that a phrase is about."""
    if not 0 <= at < len(state.mentions) or not state.free(at):
        return None
    parts = state.mentions[at].parts
    numbers = [r.measure for p in parts for r in p.readings if isinstance(r, MeasureRef) and r.entity == state.target]
    return next((n for n in numbers if n in state.entity.dimensions), None)


def _spent(state: State, at: int) -> bool:
    """Does a verb of money ("han gastado") come just before?"""
    before = state.preceding(at)
    readings = state.mentions[before].readings if before >= 0 else ()
    return any(
        isinstance(r, MeasureRef) and r.entity == state.target and state.entity.measures[r.measure].kind == "money"
        for r in readings
    )


def _spending(state: State, at: int, value: Decimal, op: Op) -> bool:
    """clientes que han gastado más de 1000 €: the sum over each group."""
    group = grouper_before(state, at)
    measure = next((k for k, m in state.entity.measures.items() if m.kind == "money"), None)
    named = any(state.names_target(i) for i in range(len(state.mentions))) and not _spent(state, at)
    if group is None or measure is None or named:
        return False
    group.apply(state)
    state.measures.append(Measure(Aggregate.SUM, measure))
    state.having.append(Having(len(state.measures) - 1, op, value))
    return True


def _between(state: State, at: int, number_at: int, low: Decimal) -> None:
    second_at = state.following(number_at, frozenset({"filler", "of", "conj", "followup"}))
    second = first_of(state.mentions[second_at], NumberRef) if second_at < len(state.mentions) else None
    if second is None:
        return
    path = numeric_dimension(state, state.preceding(at)) or numeric_dimension(state, state.following(second_at))
    if path is None and second.number.money:
        path = next((k for k, d in state.entity.dimensions.items() if d.kind == "money"), None)
    if path is None:
        return
    values = sorted((low, second.number.value))
    state.filters.append(Filter(path, Op.BETWEEN, tuple(values)))
    for claimed in (at, number_at, second_at, state.preceding(at)):
        if 0 <= claimed < len(state.mentions):
            state.claim(claimed)
