"""What lasts longest of what runs out: "qué producto tiene más garantía"."""

from __future__ import annotations

from agents.brains.offline.planning.meanings import SegmentRef
from agents.brains.offline.planning.passes.ranking import take_number
from agents.brains.offline.planning.state import BETWEEN, State, readable
from tools.sql.query import Order, Segment

_SEVERAL = 10


def longest_left(state: State) -> None:
    """más garantía: of the rows so called, in force, the one that ends last; "menos garantía", first."""
    ends = next((m.between[1] for m in state.entity.measures.values() if m.between and m.between[0] == "today"), None)
    if ends is None or state.order:
        return
    for at in [*state.cues("more"), *state.cues("less")]:
        called = state.following(at, BETWEEN | {"yesno"})
        if not state.free(at) or not _runs_out(state, called):
            continue
        asked = state.mentions[:at]
        one = any(m.text == "cual" for m in asked)
        plural = not one and any(m.text.endswith("s") and state.names(i) - {state.target} for i, m in enumerate(asked))
        owners = [path for i in range(at) if (path := _owner(state, i))]
        state.select += [*owners[:1], ends] if owners else []
        state.order.append(Order(field=ends, descending=state.mentions[at].is_cue("more")))
        state.limit = take_number(state, at) or (_SEVERAL if plural else 1)
        if "active" in state.entity.segments:
            state.segments.append(Segment("active"))
        state.claim(at)
        return


def _owner(state: State, at: int) -> str | None:
    """qué cliente, cuál de mis equipos: the name of what has it; a machine goes by its model's."""
    for name in sorted(state.names(at) - {state.target}):
        place = state.world.joins.place(state.target, name, "name")
        place = place or (state.world.joins.place(state.target, "product", "name") if name == "equipment" else None)
        if place is not None and readable(state, place[0]):
            state.claim(at)
            return place[0]
    return None


def _runs_out(state: State, at: int) -> bool:
    """One of the target's nouns, of which there is more or less and not more or fewer ("garantía", not "garantías")."""
    if at >= len(state.mentions) or state.mentions[at].text.endswith("s"):
        return False
    readings = state.mentions[at].readings
    return any(isinstance(r, SegmentRef) and r.noun and r.entity == state.target for r in readings)
