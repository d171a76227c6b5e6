"""Periods: which date they bound, looking back or ahead, one or several side by side."""

from __future__ import annotations

from dataclasses import replace

from agents.brains.offline.planning.calendar import Span, bucket, shift
from agents.brains.offline.planning.meanings import DimensionRef, MeasureRef, PeriodRef, SegmentRef
from agents.brains.offline.planning.passes.hours import bounded, within
from agents.brains.offline.planning.passes.own_dates import own_dates
from agents.brains.offline.planning.passes.weekly import each_week, either_day
from agents.brains.offline.planning.state import Scope, State, first_of, readable
from policy.roles import Role
from tools.sql.query import Period, Segment, TimeWindow

_DATES = frozenset({"date", "datetime"})
_SAME = frozenset({"mismo", "misma", "mismos", "mismas", "same"})
_LAST = frozenset({"pasado", "pasada", "anterior", "last", "previous"})
_STAFF = "technician"
"""Who is meant by "quién está libre"."""
_WEEK = 14
"""Days between the last and the next day of a name, at most."""
_MONTH = 31
_THIS = frozenset({"este", "esta", "this"})


def date_words(state: State) -> None:
    """instalados, firmados, entregados: words that say which date is meant."""
    for at, mention in enumerate(state.mentions):
        if any(isinstance(r, SegmentRef) and r.entity == state.target for r in mention.readings):
            continue
        if mention.is_cue("compare") or mention.is_cue("unit"):
            continue  # "entre" is no "entra", nor are "horas" of a repair the hour that it was set for
        for reading in mention.readings:
            if not isinstance(reading, DimensionRef) or reading.entity != state.target:
                continue
            dimension = state.entity.dimensions[reading.dimension]
            if dimension.kind in _DATES and state.time_field is None and _speaks(state, at):
                state.time_field = reading.dimension
                state.claim(at, 0.9 if not mention.parts else 1.0)


def _speaks(state: State, at: int) -> bool:
    """Is there a period near, so that the word says which date it bounds?"""
    near = any(first_of(m, PeriodRef) is not None for m in state.mentions[at + 1 : at + 5])
    return near or state.has("grain")


def periods(state: State) -> None:
    """Explain periods."""
    found = [
        (at, ref.found) for at, m in enumerate(state.mentions) if state.free(at) and (ref := first_of(m, PeriodRef))
    ]
    if own_dates(state, found):
        return None
    windows: list[tuple[int, TimeWindow]] = []
    for at, period in found:
        scope = state.scope_at(at)
        if scope is not None:
            entity = state.world.catalogue.entities[scope.entity]
            time = next((t for s in scope.segments if (t := entity.segments[s.name].time)), entity.default_time)
            if time is not None:
                ahead = any(f"{scope.entity}.{s.name}" in state.world.lexicon.ahead for s in scope.segments)
                ahead = ahead or (_near(period.past) and _present(state) and _is_event(state, scope))
                scope.window = TimeWindow(period.future if ahead else period.past, time)
                state.claim(at)
                continue
        field = state.time_field or _segment_time(state) or state.entity.default_time
        if field is None:
            continue
        if _is_of_events(state, field, period.past) or _nothing_then(state) or _idle_then(state):
            _bound_events(state, at, period.future)
            continue
        windows.append((at, TimeWindow(_direction(state, field, period.past, period.future), field)))
        state.claim(at)
    if days := either_day(state, windows):
        return _compare(state, [w for _, w in days])
    windows = each_week(windows)
    windows = bounded(state, _told_twice(state, _same_a_year_before(state, windows)))
    if len(windows) == 1 and (_and_this(state, windows[0]) or _and_previous(state, windows[0])):
        return None
    windows = [_and_coming(state, windows[0])] if len(windows) == 1 else windows
    if not windows and _changed(state):
        return None
    _steps_of_segment(state)
    if len(windows) == 1 and _compares(state) and (pair := _pair(windows[0][1])):
        return _compare(state, [_labelled(state, window) for window in pair])
    if len(windows) == 1 and _against_previous(state, windows[0][1]):
        return None
    if len(windows) == 1 and _exceeds(state, windows[0][0]):
        return _compare(state, [windows[0][1]])
    if len(windows) > 1 and not _side_by_side(state, windows[0][0], windows[-1][0]):
        state.window = windows[0][1]
        for at, _ in windows[1:]:
            state.claimed.pop(at, None)
    elif len(windows) > 1 or (windows and _compares(state)):
        _compare(state, [w for _, w in windows])
    elif windows:
        state.window = windows[0][1]
        _not_yet(state)
    return None


def _same_a_year_before(state: State, windows: list[tuple[int, TimeWindow]]) -> list[tuple[int, TimeWindow]]:
    """este trimestre comparado con el mismo trimestre del año pasado: of that year, those same days."""
    again = next((at for at, _ in windows if not _SAME.isdisjoint(state.mentions[at].text.split())), None)
    if len(windows) < 2 or again is None:
        return windows
    base = next((w for at, w in windows if at != again), windows[0][1])
    year = next((w for at, w in windows[1:] if at > again), None)
    start, end = base.period.start, base.period.end
    if year is None or year.period.start is None or start is None or end is None or year.period.start >= start:
        return windows
    years = year.period.start.year - start.year
    span = Span(shift(start, "year", years), shift(end, "year", years))
    moved = TimeWindow(Period(span.start, span.end, state.world.label(span)), base.field)
    return [(windows[0][0], base), (again, moved)]


def _told_twice(state: State, windows: list[tuple[int, TimeWindow]]) -> list[tuple[int, TimeWindow]]:
    """este verano contra el verano pasado, last month against the month before: "last" is the one before the other."""
    if len(windows) != 2 or windows[0][1] != windows[1][1] or windows[0][1].period.start is None:
        return windows
    words = [state.mentions[at].text.split() for at, _ in windows]
    past = next((i for i in (1, 0) if not _LAST.isdisjoint(words[i])), None)
    end = windows[0][1].period.end
    if past is None or end is None:
        return windows
    start = windows[0][1].period.start
    unit = next((u for u in ("week", "month", "quarter") if Span(start, end, u) == bucket(u, start)), "year")
    span = Span(shift(start, unit, -1), shift(end, unit, -1))
    moved = TimeWindow(Period(span.start, span.end, state.world.label(span)), windows[past][1].field)
    return [(at, moved if i == past else window) for i, (at, window) in enumerate(windows)]


def _and_this(state: State, told: tuple[int, TimeWindow]) -> bool:
    """la semana pasada y cuántas esta: the unit is not said twice."""
    at = len(state.mentions) - 1
    joined = any(m.is_cue("conj") for m in state.mentions[told[0] + 1 : at])
    now = _shifted(state, told[1], 0)
    if at <= told[0] or state.mentions[at].text not in _THIS or not joined or now is None or now == told[1]:
        return False
    state.claim(at)
    _compare(state, [told[1], now])
    return True


def _and_previous(state: State, told: tuple[int, TimeWindow]) -> bool:
    """cuántas este mes y cuántas el pasado"""
    at = next((i for i in state.cues("previous") if i > told[0]), None)
    joined = at is not None and any(m.is_cue("conj") for m in state.mentions[told[0] + 1 : at])
    before = _shifted(state, told[1], -1)
    if at is None or not joined or not state.has("ask", "how_many") or before is None:
        return False
    state.claim(at)
    _compare(state, [before, told[1]])
    return True


def _and_coming(state: State, told: tuple[int, TimeWindow]) -> tuple[int, TimeWindow]:
    """esta semana o la que viene: both, in one stretch."""
    at = next((i for i in state.cues("coming_one") if i > told[0]), None)
    joined = at is not None and any(m.is_cue("conj") for m in state.mentions[told[0] + 1 : at])
    after = _shifted(state, told[1], 1)
    if at is None or not joined or after is None:
        return told
    state.claim(at)
    span = Span(told[1].period.start, after.period.end)
    return told[0], TimeWindow(Period(span.start, span.end, state.world.label(span)), told[1].field)


def _side_by_side(state: State, first: int, last: int) -> bool:
    """enero y febrero, este año frente al pasado; not "fin de semana este mes", where one says more of the other."""
    joined = any(m.is_cue("conj") or m.is_cue("versus") or m.is_cue("of") for m in state.mentions[first + 1 : last])
    return joined or any(True for kind in ("versus", "more", "less") for _ in state.cues(kind))


def _is_of_events(state: State, field: str, period: Period) -> bool:
    """qué clientes tengo mañana: a day on which none can have joined is one of visits."""
    if state.entity.event is None or state.time_field is not None or field != state.entity.default_time:
        return False
    ahead = period.start is not None and period.start > state.world.today
    return ahead or not readable(state, field)


def _nothing_then(state: State) -> bool:
    """qué técnicos no tienen nada el lunes: of those that things happen to, what is denied is that any does."""
    if state.entity.event is None or state.time_field is not None or not state.names_anything():
        return False
    nothing = any(not state.world.lexicon.nothing.isdisjoint(m.text.split()) for m in state.mentions)
    return nothing and any(state.free(at) for kind in ("not", "without") for at in state.cues(kind))


def _idle_then(state: State) -> bool:
    """quién está libre el lunes: of the staff, on a day to come."""
    idle = any(state.free(at) for at in state.cues("idle"))
    return idle and state.entity.event is not None and state.target == _STAFF


def _bound_events(state: State, at: int, period: Period) -> None:
    event = state.entity.event
    if event is not None:
        time = state.world.catalogue.entities[event.entity].default_time
        window = TimeWindow(within(state, period), time) if time else None
        denied = next((i for kind in ("not", "without", "idle") for i in state.cues(kind) if state.free(i)), None)
        negated = event.negated is (denied is None)
        state.scopes.append(Scope(event.entity, event.via, negated, at, at + 1, window=window))
        if denied is not None and state.mentions[denied].is_cue("idle") and state.target == _STAFF:
            state.implied = True
        for position in (at, denied):
            if position is not None:
                state.claim(position)


def _not_yet(state: State) -> None:
    """quién me va a atender la semana que viene, que caduque en enero: what lies ahead is not over."""
    window = state.window
    if window is None or window.period.start is None or window.period.start <= state.world.today:
        return
    for done in [s for s in state.segments if not s.negated]:
        instead = state.world.lexicon.not_yet.get(f"{state.target}.{done.name}")
        if instead is None:
            continue
        state.segments = [s for s in state.segments if s is not done]
        if instead:
            state.segments.append(Segment(instead))
        time = state.entity.segments[instead].time if instead else state.entity.default_time
        state.window = TimeWindow(window.period, time) if time else window


def _pair(window: TimeWindow) -> tuple[TimeWindow, TimeWindow] | None:
    """diferencia entre 2025 y 2026: two whole years (or months) said as one span."""
    start, end = window.period.start, window.period.end
    for unit in ("year", "month"):
        if start is not None and end is not None and bucket(unit, start).start == start:
            middle = bucket(unit, start).end
            if middle is not None and middle < end and bucket(unit, middle).end == end:
                return TimeWindow(Period(start, middle), window.field), TimeWindow(Period(middle, end), window.field)
    return None


def _labelled(state: State, window: TimeWindow) -> TimeWindow:
    span = Span(window.period.start, window.period.end)
    return TimeWindow(Period(span.start, span.end, state.world.label(span)), window.field)


def _exceeds(state: State, at: int) -> bool:
    """más averías que el mes pasado"""
    than = at > 0 and state.mentions[at - 1].text in {"que", "than"}
    return than and any(state.free(i) for kind in ("more", "less") for i in state.cues(kind))


def _against_previous(state: State, window: TimeWindow) -> bool:
    """este mes frente al anterior"""
    at = next((i for i in state.cues("previous") if state.free(i)), None)
    previous = _shifted(state, window, -1)
    if at is None or previous is None or not state.has("versus"):
        return False
    state.claim(at)
    _compare(state, [previous, window])
    return True


def _steps_of_segment(state: State) -> None:
    """cuántos contratos vencen cada mes: the months of the date that the condition is about."""
    time = _segment_time(state)
    if time is not None and state.time_field in (None, time):
        state.groups = [
            replace(g, field=time) if g.grain and g.field == state.entity.default_time else g for g in state.groups
        ]


def _segment_time(state: State) -> str | None:
    return next((t for s in state.segments if not s.negated and (t := state.entity.segments[s.name].time)), None)


def _direction(state: State, field: str, past: Period, future: Period) -> Period:
    ahead = any(f"{state.target}.{s.name}" in state.world.lexicon.ahead for s in state.segments)
    forward = state.world.lexicon.forward
    ahead = ahead or any(word in forward for m in state.mentions for word in m.text.split())
    ahead = ahead or field == "ends_on" or any(m.is_cue("next") for m in state.mentions)
    future_said = (
        future.start is not None and future.start >= state.world.today and state.has("own") and state.has("yesno")
    )
    near = _near(past) or _sooner(state, past, future)
    near = near or (bool(past.weekdays) and state.world.role is not Role.ADMIN)
    to_come = near and (_present(state) or _expected(state, past, future))
    to_come = not state.segments and (to_come or _next_up(state, past, future))
    return future if ahead or to_come or (future_said and past == future) else past


def _near(past: Period) -> bool:
    return past.start is not None and past.end is not None and (past.end - past.start).days <= 2


def _is_event(state: State, scope: Scope) -> bool:
    """que no tengan visitas el lunes: of what happens to the target, a day that lies ahead."""
    return state.entity.event is not None and scope.entity == state.entity.event.entity


def _present(state: State) -> bool:
    """Does a verb speak of now or of what is to come?"""
    present = state.world.lexicon.present
    return any(m.text in present or not present.isdisjoint(m.text.split()) for m in state.mentions)


def _expected(state: State, past: Period, future: Period) -> bool:
    """lo del lunes, any jobs on Friday, of those who have visits: the one to come, unless a word speaks of the past."""
    if state.world.role is Role.ADMIN or "upcoming" not in state.entity.segments:
        return False
    if past == future or past.start is None or past.end is None or future.start is None:
        return False
    if (past.end - past.start).days > 1:
        return False
    if (future.start - past.start).days > _WEEK and not _sooner(state, past, future):
        return False
    return all(state.world.lexicon.past.isdisjoint(m.text.split()) for m in state.mentions)


def _next_up(state: State, past: Period, future: Period) -> bool:
    """las de diciembre, said in November: of what may lie ahead, the month that comes next."""
    if not _sooner(state, past, future) or future.start is None:
        return False
    gone = any(not state.world.lexicon.past.isdisjoint(m.text.split()) for m in state.mentions)
    return not gone and (future.start - state.world.today).days <= _MONTH


def _sooner(state: State, past: Period, future: Period) -> bool:
    """tengo visitas en diciembre, said in November: the one to come is nearer, of what may lie ahead."""
    if past.end is None or future.start is None or past == future or "upcoming" not in state.entity.segments:
        return False
    return future.start - state.world.today < state.world.today - past.end


def _changed(state: State) -> bool:
    """cuánto han subido las averías, and no period said: the running month against the one before."""
    field = state.time_field or _segment_time(state) or state.entity.default_time
    if field is None or state.groups or not any(state.free(at) for at in state.cues("versus", "change")):
        return False
    spans = [bucket("month", state.world.today, offset) for offset in (-1, 0)]
    _compare(state, [TimeWindow(Period(s.start, s.end, state.world.label(s)), field) for s in spans])
    named = any(isinstance(r, MeasureRef) and r.entity == state.target for m in state.mentions for r in m.readings)
    for at in state.cues("ask", "how_much"):
        if not named:
            state.claim(at)
    return True


def _compares(state: State) -> bool:
    several = any(f.field in state.joined and len(f.values) > 1 for f in state.filters)
    return any(state.free(at) for at in state.cues("versus")) and not state.groups and not several


def _compare(state: State, windows: list[TimeWindow]) -> None:
    for at in (i for kind in ("versus", "more", "less") for i in state.cues(kind)):
        state.claim(at)
    if len(windows) == 1:
        other = _counterpart(state, windows[0])
        if other is None:
            state.window = windows[0]
            return
        windows = [other, windows[0]]
    state.compare = list(dict.fromkeys(windows))
    state.counting = state.counting or not state.measures


def _counterpart(state: State, window: TimeWindow) -> TimeWindow | None:
    """más que el año pasado: against the current one."""
    now = _shifted(state, window, 0)
    return _shifted(state, window, -1) if now is not None and now.period.start == window.period.start else now


def _shifted(state: State, window: TimeWindow, offset: int) -> TimeWindow | None:
    """The unit of ``window`` before it (-1), or the one that is running (0)."""
    start, end = window.period.start, window.period.end
    if start is None or end is None:
        return None
    days = (end - start).days
    unit = next(
        (u for u, least in (("year", 360), ("quarter", 85), ("month", 28), ("week", 7)) if days >= least), "day"
    )
    span = bucket(unit, start, offset) if offset else bucket(unit, state.world.today)
    return TimeWindow(Period(span.start, span.end, state.world.label(span)), window.field)
