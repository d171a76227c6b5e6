"""The time from one event to another: "desde que piden la visita hasta que se termina"."""

from __future__ import annotations

from agents.brains.offline.planning.meanings import DimensionRef
from agents.brains.offline.planning.passes.projecting import aggregate_said, figures_at
from agents.brains.offline.planning.state import State
from tools.sql.query import Aggregate, Measure

_DATES = frozenset({"date", "datetime"})


def between_dates(state: State) -> None:
    """desde que piden la visita hasta que se termina: the time between those two dates of the target."""
    named = {m.between: key for key, m in state.entity.measures.items() if m.between is not None}
    for start, mention in enumerate(state.mentions):
        kind = "conj" if mention.text.startswith(("entre", "between")) else "to_event"
        end = next((i for i in state.cues(kind) if i > start), None)
        if end is None or state.measures or not (mention.is_cue("from_event") or mention.text.startswith("desde que ")):
            continue
        whole = next((b for f in figures_at(state, mention) if (b := state.entity.measures[f].between)), None)
        first = (start, whole[0]) if whole is not None else _date_at(state, start + 1, end)
        last = _date_at(state, end + 1, len(state.mentions))
        key = named.get((first[1], last[1])) if first is not None and last is not None else None
        if key is None or first is None or last is None:
            continue
        for at in (start, first[0], end, last[0]):
            state.claim(at)
        known = state.entity.measures[key]
        asked = aggregate_said(state)
        for at in range(start):
            if figures_at(state, state.mentions[at]) or state.mentions[at].is_cue("aggregate"):
                state.claim(at)
        state.measures.append(Measure(asked or Aggregate(known.default_aggregate), key))
        return


def _date_at(state: State, start: int, end: int) -> tuple[int, str] | None:
    """The first date of the target that a mention from ``start`` to ``end`` names."""
    for at in range(start, end):
        for reading in state.mentions[at].readings:
            if not isinstance(reading, DimensionRef) or reading.entity != state.target:
                continue
            if state.entity.dimensions[reading.dimension].kind in _DATES:
                return at, reading.dimension
    return None
