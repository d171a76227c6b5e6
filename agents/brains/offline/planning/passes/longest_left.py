"""What lasts longest of what runs out: "qué producto tiene más garantía"."""

from __future__ import annotations

from agents.brains.offline.planning.meanings import SegmentRef
from agents.brains.offline.planning.passes.ranking import take_number
from agents.brains.offline.planning.state import BETWEEN, State
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
        plural = any(m.text.endswith("s") and state.names(i) - {state.target} for i, m in enumerate(asked))
        state.order.append(Order(field=ends, descending=state.mentions[at].is_cue("more")))
        state.limit = take_number(state, at) or (_SEVERAL if plural else 1)
        if "active" in state.entity.segments:
            state.segments.append(Segment("active"))
        state.claim(at)
        return


def _runs_out(state: State, at: int) -> bool:
    """One of the target's nouns, of which there is more or less and not more or fewer ("garantía", not "garantías")."""
    if at >= len(state.mentions) or state.mentions[at].text.endswith("s"):
        return False
    readings = state.mentions[at].readings
    return any(isinstance(r, SegmentRef) and r.noun and r.entity == state.target for r in readings)
