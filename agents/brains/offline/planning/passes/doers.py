"""Superlatives of who does the work, or when: "el técnico más cargado", "el más rápido", "the busiest month"."""

from __future__ import annotations

from agents.brains.offline.planning.passes.groupers import Grouper, grouper_at, grouper_before
from agents.brains.offline.planning.passes.lasting import lasting_hours
from agents.brains.offline.planning.passes.ranking import (
    default_measure,
    extremes,
    measure_at,
    ordered,
    take_number,
)
from agents.brains.offline.planning.state import State
from tools.sql.query import Aggregate, Grouping, Measure, Segment


def doers(state: State) -> None:
    """Explain superlatives of how much somebody has to do, and of how long somebody takes."""
    for at, kind, most in extremes(state):
        if kind == "load" and not _busiest_time(state, at, most):
            _busiest(state, at, most)
        elif kind == "duration":
            _quickest(state, at, most)


def _quickest(state: State, at: int, descending: bool) -> None:
    """el técnico más rápido: who takes least, on average; "la visita más larga" is one visit."""
    if state.names_target(state.preceding(at)) or state.names_target(state.following(at)):
        return
    named = next((m for i in range(len(state.mentions)) if (m := _elapsed(state, i)) is not None), None)
    figure = named or (Measure(Aggregate.AVG, hours) if (hours := lasting_hours(state)) is not None else None)
    who = grouper_before(state, at) or _grouper_after(state, at)
    if figure is None or who is None:
        return
    who.apply(state)
    state.claim(who.at)
    state.implied = True
    ordered(state, figure, descending)
    state.limit = take_number(state, at, who.at) or (None if state.mentions[at].text.endswith("s") else 1)
    for i in range(len(state.mentions)):
        if i == at or _elapsed(state, i) is not None:
            state.claim(i)


def _grouper_after(state: State, at: int) -> Grouper | None:
    """the fastest technician"""
    found = grouper_at(state, state.following(at))
    return found if found is not None and state.free(found.at) else None


def _elapsed(state: State, at: int) -> Measure | None:
    """The average of the time that mention ``at`` names ("resolviendo averías")."""
    found = measure_at(state, at, Aggregate.AVG)
    known = state.entity.measures.get(found.field or "") if found is not None else None
    return found if known is not None and known.between is not None and "today" not in known.between else None


def _busiest_time(state: State, at: int, descending: bool) -> bool:
    """the busiest month, el día más cargado: the step of time with most rows."""
    if not state.names_anything() and state.world.lexicon.implicit.get(state.world.role) != state.target:
        return False
    for beside in (at + 1, at - 1):
        found = grouper_at(state, beside) if state.free(beside) else None
        if found is None or found.grouping.grain is None:
            continue
        found.apply(state)
        state.implied = True
        ordered(state, default_measure(state), descending)
        state.limit = take_number(state, at) or (None if found.plural else 1)
        state.claim(at)
        return True
    return False


def _busiest(state: State, at: int, descending: bool) -> None:
    """el técnico más cargado: who has most rows still open."""
    doer = next((k for k, j in state.entity.joins.items() if j.entity == "technician"), None)
    if doer is None or "open" not in state.entity.segments:
        return
    found = grouper_before(state, at)
    if found is not None and found.grouping.field == f"{doer}.name":
        found.apply(state)
    elif Grouping(f"{doer}.name") not in state.groups:
        state.groups.append(Grouping(f"{doer}.name"))
    state.segments.append(Segment("open"))
    state.implied = True
    ordered(state, default_measure(state), descending)
    state.limit = None if state.mentions[at].text.endswith("s") else take_number(state, at) or 1
    state.claim(at)
    for ask in state.cues("ask", "who"):
        state.claim(ask)
