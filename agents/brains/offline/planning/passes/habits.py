"""What is about to come, and what usually happens: "me toca pronto", "quién suele venir"."""

from __future__ import annotations

from collections.abc import Callable

from agents.brains.offline.planning.meanings import AskRef, PeriodRef
from agents.brains.offline.planning.passes.groupers import Grouper, grouper_at
from agents.brains.offline.planning.passes.ranking import default_measure, ordered
from agents.brains.offline.planning.state import State, first_of
from policy.roles import Role
from tools.sql.query import Segment

_TO_COME = ("upcoming", "expiring", "pending_delivery")
"""Segments that say "soon" of what they are of."""
_ASKING = ("que ", "de que ", "en que ", "cual ", "which ", "what ", "in which ", "of which ")
_DONE = "closed"


def soon(state: State) -> None:
    """me toca pronto, soon: rows whose time is about to come."""
    name = next((s for s in _TO_COME if s in state.entity.segments), None)
    for at in state.cues("soon"):
        if name is not None and state.free(at):
            state.segments.append(Segment(name))
            state.claim(at)


def done_so_far(state: State) -> None:
    """cuántos mantenimientos llevo este mes, of the staff: those done up to now, not those still to come."""
    said = state.entity.segments.get(_DONE)
    if said is None or state.world.role is Role.CLIENT or not state.has("ask", "how_many"):
        return
    begun = (
        period.found.past.start is None or period.found.past.start <= state.world.today
        for mention in state.mentions
        if (period := first_of(mention, PeriodRef)) is not None
    )
    if any(state.cues("done_so_far")) and any(begun):
        state.segments.append(Segment(_DONE))
        state.time_field = state.time_field or said.time


def usual(state: State) -> None:
    """quién suele venir: who has most of the rows."""
    for at in state.cues("usual"):
        if _commonest(state, at, _who):
            for ask in state.cues("ask", "who"):
                state.claim(ask)


def majority(state: State) -> None:
    """de qué marca son la mayoría: the values of the column that is asked for, the commonest first."""
    for at in state.cues("most"):
        _commonest(state, at, _which)


def _commonest(state: State, at: int, asked: Callable[[State, int], Grouper | None]) -> bool:
    """Group by the first column that is ``asked`` for, most rows first; mention ``at`` says so."""
    by = next((g for i in range(len(state.mentions)) if (g := asked(state, i)) is not None), None)
    if by is None or not state.free(at) or state.order or state.groups:
        return False
    by.apply(state)
    ordered(state, default_measure(state), descending=True)
    state.claim(at)
    return True


def _which(state: State, at: int) -> Grouper | None:
    """The column that mention ``at`` asks the value of: "de qué marca", "qué tipo"."""
    mention = state.mentions[at]
    asks = mention.text.startswith(_ASKING) or (at > 0 and state.mentions[at - 1].is_cue("ask", "which"))
    found = grouper_at(state, at) if asks and state.free(at) and not state.names_target(at) else None
    named = found is not None and found.grouping.grain is None and found.grouping.field != state.entity.name
    return found if named else None


def _who(state: State, at: int) -> Grouper | None:
    """The people that mention ``at`` asks for."""
    mention = state.mentions[at]
    people = any(isinstance(r, AskRef) and r.path.endswith(".name") for r in mention.readings)
    which = at > 0 and state.mentions[at - 1].is_cue("ask", "which") and state.names(at)
    found = grouper_at(state, at) if (people or which) and not state.names_target(at) else None
    own = state.world.role is Role.CLIENT and found is not None and found.grouping.field.startswith("client.")
    return None if own or found is None or not found.grouping.field.endswith(".name") else found
