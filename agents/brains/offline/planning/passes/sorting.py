"""Order asked for in words: "ordenados por importe", "de mayor a menor"; figures come largest first."""

from __future__ import annotations

from agents.brains.offline.planning.meanings import DimensionRef, EnumRef, MeasureRef, SegmentRef
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


def sort_by_value(state: State) -> None:
    """las urgentes primero, la más urgente: an order by where that value stands, not a condition."""
    for at, mention in enumerate(state.mentions):
        counted = any(isinstance(r, SegmentRef) and r.noun and r.entity == state.target for r in mention.readings)
        if not state.free(at) or counted:
            continue  # "más garantías" are more of them
        for reading in mention.readings:
            known = state.world.joins.enum_places(reading.enum) if isinstance(reading, EnumRef) else {}
            path, steps = known.get(state.target, ("", 1))
            if not isinstance(reading, EnumRef) or steps or len(reading.values) != 1:
                continue
            scale = list(state.world.catalogue.enums[reading.enum])
            cue = _puts_first(state, at)
            if cue is None or reading.values[0] not in (scale[0], scale[-1]):
                continue
            state.order.append(Order(field=path, descending=reading.values[0] == scale[-1]))
            default = state.entity.default_time
            state.order += [Order(field=default)] if default else []
            if state.mentions[cue].is_cue("more") and not mention.text.endswith("s"):
                state.limit = 1
            state.claim(at)
            state.claim(cue)
            return


def _puts_first(state: State, at: int) -> int | None:
    """The word beside ``at`` that makes an order of it: "primero", "más". What happened first ("se instaló primero") is
    a date, not a value that goes before others."""
    if any(isinstance(reading, DimensionRef) for reading in state.mentions[at].readings):
        return None
    for beside in (at + 1, at - 1, at - 2):
        mention = state.mentions[beside] if 0 <= beside < len(state.mentions) else None
        if mention is None or not state.free(beside):
            continue
        if mention.is_cue("first") and mention.text not in {"primer", "primera"}:
            return beside
        if beside == at - 1 and mention.is_cue("more"):
            return beside
    return None


def _sorted_by(state: State, at: int) -> tuple[str | None, str]:
    path, _ = dimension_at(state, at)
    if path is not None:
        return path, state.world.joins.dimension(state.target, path).kind
    for reading in state.mentions[at].readings:
        if isinstance(reading, MeasureRef) and reading.entity == state.target:
            measure = state.entity.measures[reading.measure]
            return reading.measure, measure.kind
    return None, ""
