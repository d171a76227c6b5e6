"""How long something took, as a condition: "que tardaron más de 3 horas", "resueltas en menos de 48 horas"."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from agents.brains.offline.planning.meanings import AskRef, DimensionRef, MeasureRef, NumberRef, PeriodRef, SegmentRef
from agents.brains.offline.planning.state import State, first_of
from tools.sql.catalogue import NamedMeasure
from tools.sql.query import Filter, Op

_HOURS = {"minute": Decimal(1) / 60, "hour": Decimal(1), "day": Decimal(24), "week": Decimal(168)}
_LONGER = {"month": Decimal(24 * 30), "year": Decimal(24 * 365)}
_WITHIN = frozenset({"en", "in", "within"})
_BEFORE = 6
"""Mentions back from the number to the verb that says what took so long."""


def lasting(state: State, at: int, after: int, value: Decimal, op: Op) -> bool:
    """A condition on a duration of each row: the one named, the one that ends with the deed told, or the work."""
    unit = state.mentions[after].cue("unit") if after < len(state.mentions) else None
    hours = (_HOURS | _LONGER).get(unit.value) if unit is not None else None
    if unit is None or hours is None:
        return False
    chosen = _named(state, after)
    if chosen is None and _within(state, at):
        chosen = _until_done(state, at, value * hours)
    if chosen is None and unit.value in {"minute", "hour"}:
        chosen = next((k for k, m in _durations(state) if m.kind == "hours"), None)
    if chosen is None:
        return False
    _restrict(state, chosen, op, value * hours)
    state.claim(after)
    return True


def lasting_hours(state: State) -> str | None:
    """The hours that a row of the target takes."""
    return next((k for k, m in state.entity.measures.items() if m.kind == "hours" and m.between), None)


def lasting_periods(state: State) -> None:
    """atendidas en menos de dos días: of what is done, how long it took, though alone it would be the days to come."""
    _in_so_long(state)
    for at, mention in enumerate(state.mentions):
        period = first_of(mention, PeriodRef)
        words = mention.text.split()
        end = period.found.future.end if period is not None else None
        if end is None or words[0] not in _WITHIN or not {"menos", "mas", "less", "more"} & set(words):
            continue
        hours = Decimal((end - state.world.today).days - 1) * 24
        chosen = _named(state, at) or _until_done(state, at, hours)
        if chosen is not None:
            _restrict(state, chosen, Op.GT if {"mas", "more"} & set(words) else Op.LT, hours)
            state.claim(at)


def _in_so_long(state: State) -> None:
    """resueltas en 24 horas: at most that."""
    for at, mention in enumerate(state.mentions[:-1]):
        number, unit = first_of(mention, NumberRef), state.mentions[at + 1].cue("unit")
        hours = _HOURS.get(unit.value) if unit is not None else None
        if number is None or hours is None or not state.free(at) or not _within(state, at):
            continue
        chosen = _until_done(state, at, number.number.value * hours)
        if chosen is not None:
            _restrict(state, chosen, Op.LE, number.number.value * hours)
            state.claim(at)
            state.claim(at + 1)


def _restrict(state: State, measure: str, op: Op, hours: Decimal) -> None:
    known = state.entity.measures[measure]
    amount = hours if known.kind == "hours" else hours / 24
    state.filters.append(Filter(measure, op, (amount if amount % 1 else amount.to_integral_value(),)))
    for position, mention in enumerate(state.mentions):
        if any(isinstance(r, MeasureRef) and r.entity == state.target for r in mention.readings):
            state.claim(position)


def _durations(state: State) -> Iterator[tuple[str, NamedMeasure]]:
    return ((k, m) for k, m in state.entity.measures.items() if m.between is not None and "today" not in m.between)


def _named(state: State, after: int) -> str | None:
    """The duration that another word than the unit says: "tardaron", "en resolver", "tiempo de respuesta"."""
    known = dict(_durations(state))
    said = [
        r.measure if isinstance(r, MeasureRef) else r.path
        for at, mention in enumerate(state.mentions)
        if at != after
        for r in mention.readings
        if (isinstance(r, MeasureRef) or (isinstance(r, AskRef) and r.measure)) and r.entity == state.target
    ]
    named = [k for k in said if k in known]
    # What takes days to come about says more than the verb that only says that it took time ("tardaron en resolver").
    return next((k for k in named if known[k].kind == "days"), next(iter(named), None))


def _within(state: State, at: int) -> bool:
    return at > 0 and state.mentions[at - 1].text.split()[-1] in _WITHIN


def _until_done(state: State, at: int, hours: Decimal) -> str | None:
    """The duration that ends with what was done ("resueltas"): the work when it is hours, all of it when it is days."""
    done = {d for mention in state.mentions[max(0, at - _BEFORE) : at] for d in _dates_done(state, mention.readings)}
    fitting = [(k, m) for k, m in _durations(state) if m.between is not None and m.between[1] in done]
    wanted = "hours" if hours < 24 else "days"
    return next((k for k, m in fitting if m.kind == wanted), next((k for k, _ in fitting), None))


def _dates_done(state: State, readings: tuple[object, ...]) -> Iterator[str]:
    """Dates that a verb of the past tells of; the end of a contract may lie ahead."""
    for reading in readings:
        if isinstance(reading, SegmentRef) and reading.entity == state.target:
            known = state.entity.segments[reading.segment]
            if known.time is not None and known.opposite is not None:
                yield known.time
        elif isinstance(reading, DimensionRef) and reading.entity == state.target:
            dated = state.entity.segments.values()
            yield from (reading.dimension for s in dated if s.time == reading.dimension and s.opposite is not None)
