"""Order asked for in words: "ordenados por importe", "de mayor a menor"; figures come largest first."""

from __future__ import annotations

from agents.brains.offline.planning.meanings import MeasureRef
from agents.brains.offline.planning.passes.columns import dimension_at
from agents.brains.offline.planning.state import State
from tools.sql.query import Order

_FIGURES = frozenset({"number", "integer", "hours", "days"})


def sort(state: State) -> None:
    """Explain "ordenados por X"."""
    for at in state.cues("order"):
        by = state.following(at)
        if not state.free(at) or not state.free(by):
            continue
        path, kind = _sorted_by(state, by)
        if path is None:
            continue
        rising = state.has("ascending")
        measure = state.entity.measures.get(path)
        largest = kind in _FIGURES or (measure is not None and measure.default_aggregate == "sum")
        state.order.insert(0, Order(field=path, descending=state.has("descending") or (largest and not rising)))
        for claimed in (at, by, *state.cues("descending"), *state.cues("ascending")):
            state.claim(claimed)


def _sorted_by(state: State, at: int) -> tuple[str | None, str]:
    path, _ = dimension_at(state, at)
    if path is not None:
        return path, state.world.joins.dimension(state.target, path).kind
    for reading in state.mentions[at].readings:
        if isinstance(reading, MeasureRef) and reading.entity == state.target:
            measure = state.entity.measures[reading.measure]
            return reading.measure, measure.kind
    return None, ""
