"""What is most common: "la avería más común", "lo que más se avería"."""

from __future__ import annotations

from agents.brains.offline.planning.passes.groupers import whatever
from agents.brains.offline.planning.passes.ranking import default_measure, measure_at, ordered, take_number
from agents.brains.offline.planning.state import State
from tools.sql.query import Grouping

_COMMONEST = 5
"""How many are told of what is most common: one alone says little."""


def commonest(state: State) -> None:
    """la avería más común, lo que más se avería: what most of the rows are about, and the next ones with it."""
    for at in state.cues("more"):
        thing = whatever(state, at)
        named = state.names_anything() or any(measure_at(state, i) for i in range(at, len(state.mentions)))
        if not state.free(at) or state.order or not named or not (thing or " " in state.mentions[at].text):
            continue
        route = state.world.joins.path(state.target, "product")
        path = (f"{route}.sku".lstrip(".") if route is not None else None) if thing else state.entity.typical
        if path is None:
            continue
        state.groups.append(Grouping(path))
        beside = next((i for i in (at + 1, at - 1) if measure_at(state, i) is not None), None)
        measure = measure_at(state, beside) if beside is not None and thing else None
        ordered(state, measure or default_measure(state), descending=True)
        state.limit = take_number(state, at) or _COMMONEST
        for claimed in (at, *(i for i in (beside,) if i is not None)):
            state.claim(claimed)
