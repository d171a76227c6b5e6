"""Groups: "por técnico", "de cada zona", "por mes", "qué porcentaje son…"."""

from __future__ import annotations

from agents.brains.offline.planning.meanings import AskRef, DimensionRef
from agents.brains.offline.planning.passes.groupers import grouper_at, time_path
from agents.brains.offline.planning.passes.ranking import default_measure
from agents.brains.offline.planning.state import State
from tools.sql.query import Aggregate, Filter, Grain, Grouping, Measure, TimeWindow

_A_UNIT = ("al ", "a la ", "a ")
_SHARED = frozenset({Aggregate.COUNT, Aggregate.COUNT_DISTINCT, Aggregate.SUM})
"""What a percentage can be of."""


def group(state: State) -> None:
    """Explain "por X" and "cada X", and grains of time."""
    _grains(state)
    for at in state.cues("group"):
        if not state.free(at):
            continue
        position = _compound(state, state.following(at))
        found = grouper_at(state, position)
        if found is None or not state.free(position) or state.names_target(position):
            continue
        found.apply(state)
        state.claim(at)
        _coordinated(state, position)
    _trend(state)
    if state.groups and not state.measures:
        state.counting = True


def _compound(state: State, at: int) -> int:
    """per product category: the column of the thing named just before it."""
    if at + 1 >= len(state.mentions) or not state.names(at):
        return at
    columns = (r.entity for r in state.mentions[at + 1].readings if isinstance(r, DimensionRef))
    if not state.names(at).isdisjoint(columns) and grouper_at(state, at + 1, entities=False) is not None:
        state.claim(at)
        return at + 1
    return at


def _trend(state: State) -> None:
    """evolución de las ventas: month by month, unless another step is said."""
    path = time_path(state)
    for at in state.cues("trend"):
        if path is not None and not any(g.grain for g in state.groups):
            state.groups.append(Grouping(path, Grain.MONTH))
        state.claim(at)


def _coordinated(state: State, position: int) -> None:
    """por zona y técnico"""
    joined = position + 1
    if joined < len(state.mentions) and state.mentions[joined].is_cue("conj"):
        other = grouper_at(state, state.following(joined))
        if other is not None and state.free(other.at) and not state.names_target(other.at):
            other.apply(state)


def _grains(state: State) -> None:
    path = time_path(state)
    for at in state.cues("grain"):
        cue = state.mentions[at].cue("grain")
        annual = any(isinstance(r, DimensionRef) and r.entity == state.target for r in state.mentions[at].readings)
        if cue is not None and _priced_by(state, cue.value, state.mentions[at].text):
            state.claim(at)
            continue
        if cue is None or path is None or not state.free(at) or annual:
            continue
        if any(g.field == path for g in state.groups):
            continue
        state.groups.append(Grouping(path, Grain(cue.value)))
        state.claim(at)


def _priced_by(state: State, unit: str, text: str) -> bool:
    """Is the target's money said per that unit (€ a year), or per another one than is asked ("cuánto pago al mes")?"""
    words = {"year": "/año", "month": "/mes"}
    said = {d.unit.partition("/")[2] for d in state.entity.dimensions.values() if d.unit and "/" in d.unit}
    if unit in words and words[unit].removeprefix("/") in said:
        return True
    asks = any(isinstance(r, AskRef) and not r.measure for m in state.mentions for r in m.readings if m.parts)
    return bool(said) and text.startswith(_A_UNIT) and (asks or state.has("ask", "how_much"))


def share(state: State) -> None:
    """qué porcentaje de intervenciones son reparaciones: the share of one value among all."""
    for at in state.cues("share"):
        if not state.free(at):
            continue
        state.claim(at)
        state.sharing = True


def _said_apart(state: State) -> bool:
    return any(f not in state.said_by_noun for f in state.filters)


def _of_rows(state: State, kept: Filter) -> bool:
    """Does it say how rows are (their state, their kind, how long they took), not which ones are looked at?"""
    return kept.field in state.entity.measures or state.world.joins.dimension(state.target, kept.field).kind.startswith(
        "enum:"
    )


def finish_share(state: State) -> None:
    """Turn the drafted count into a share of the total."""
    if not state.sharing:
        return
    base = state.measures[0] if state.measures else default_measure(state)
    if base.aggregate not in _SHARED:
        base = default_measure(state)
    if not state.groups and state.scopes and not (state.segments or _said_apart(state)):
        related = tuple(s.related() for s in state.scopes)
        state.scopes = []
        state.measures = [Measure(base.aggregate, base.field, True, related=related)]
    elif not state.groups and (state.filters or state.segments):
        filters = tuple(f for f in state.filters if f not in state.said_by_noun)
        segments = tuple(state.segments)
        if not filters and not segments:
            filters, state.said_by_noun = tuple(state.filters), set()
        state.filters = [f for f in state.filters if f in state.said_by_noun]
        times = {state.entity.segments[s.name].time for s in segments}
        if state.window is not None and state.window.field in times and state.time_field == state.window.field:
            # Of the ones of that month, not of the ones that were closed in it.
            state.window = TimeWindow(state.window.period, state.entity.default_time)
        state.segments = []
        state.measures = [Measure(base.aggregate, base.field, True, filters, segments)]
    elif state.segments or _said_apart(state):
        # porcentaje de canceladas por técnico: of what each of them has.
        apart = {g.field for g in state.groups}
        told = (f for f in state.filters if f not in state.said_by_noun and f.field not in apart)
        filters = tuple(f for f in told if _of_rows(state, f))
        segments = tuple(state.segments)
        state.filters = [f for f in state.filters if f not in filters]
        state.segments = [] if filters or segments else state.segments
        own = bool(filters or segments)
        state.measures = [Measure(base.aggregate, base.field, True, filters if own else (), segments if own else ())]
    else:
        state.measures = [Measure(base.aggregate, base.field, True)]
