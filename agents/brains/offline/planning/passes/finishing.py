"""Defaults, last of all: what a list shows, what a count counts, yes or no, order."""

from __future__ import annotations

from agents.brains.offline.planning.meanings import (
    AskRef,
)
from agents.brains.offline.planning.passes.projecting import figures_at
from agents.brains.offline.planning.passes.ranking import default_measure
from agents.brains.offline.planning.state import State
from tools.sql.query import Aggregate, Measure, Order, Segment


def finish(state: State) -> None:
    """Defaults: what a list shows, what a count counts, yes or no."""
    if state.counting and not state.measures:
        state.measures.append(default_measure(state))
    if state.groups and not state.measures:
        state.measures.append(default_measure(state))
    if state.groups:
        kept = {g.field for g in state.groups}
        state.order = [
            o if o.measure is not None or o.field in kept else Order(measure=0, descending=o.descending)
            for o in state.order
        ]
    if state.groups and not state.order:
        _default_group_order(state)
    if state.has("chart"):
        state.chart = True
        for at in state.cues("chart"):
            state.claim(at)
        if not state.measures:
            state.measures.append(default_measure(state))
    _asked_besides(state)
    if state.measures:
        state.select.clear()
        state.limit = state.limit if state.groups else None
        state.order = state.order if state.groups else []
    elif state.select and not state.distinct:
        state.select[:0] = [p for p in _identity(state) if p not in state.select]
        if set(state.select) <= set(_identity(state)) and state.limit is None and not _narrowed(state):
            state.select.clear()
    _latest(state)
    _existence(state)
    _soonest(state)


def _asked_besides(state: State) -> None:
    """cuántos hay y dónde están: rows, which are counted too; cuántos pedidos y por qué importe: two figures."""
    if state.groups or not state.counting:
        return
    counted = list(state.cues("ask", "how_many"))
    joined = [at for at in state.cues("conj") if counted and at > counted[0]]
    if not joined:
        return
    rows = Measure(Aggregate.COUNT)
    if state.measures == [rows] and any(_asks_column(state, at) for at in range(joined[0], len(state.mentions))):
        state.measures.clear()
        state.counting = False
    elif state.names_target(state.following(counted[0])) and any(
        state.entity.measures[f].kind == "money" for m in state.mentions[joined[0] :] for f in figures_at(state, m)
    ):
        state.measures.insert(0, rows)


def _asks_column(state: State, at: int) -> bool:
    mention = state.mentions[at]
    asks = any(isinstance(r, AskRef) and not r.measure and r.entity == state.target for r in mention.readings)
    return asks or (mention.is_cue("ask", "where", "when", "who") and bool(state.select))


def _soonest(state: State) -> None:
    """las visitas de mañana: what lies ahead is told in the order in which it comes."""
    window = state.window
    ahead = window is not None and window.period.start is not None and window.period.start >= state.world.today
    default = state.entity.default_order[:1]
    rows = not (state.order or state.measures or state.exists)
    if ahead and window and window.field and rows and default == (f"-{window.field}",):
        state.order.append(Order(field=window.field))


def _identity(state: State) -> tuple[str, ...]:
    """The columns that tell one row from another to this role."""
    role = state.world.role.value
    told = state.entity.identity.get(role)
    if told is not None:
        return told
    listed = state.entity.lists.get(role, state.entity.default_list)
    return listed[:1] if listed[0] == "name" else listed[:2]


def _narrowed(state: State) -> bool:
    """Did the question ask for a column with a question word?"""
    return any(isinstance(r, AskRef) and r.entity == state.target for m in state.mentions for r in m.readings)


def _default_group_order(state: State) -> None:
    timed = next((g for g in state.groups if g.grain is not None), None)
    if timed is not None:
        state.order.append(Order(field=timed.field))
    else:
        state.order.append(Order(measure=0, descending=True))


def _latest(state: State) -> None:
    """ "La última visita" is one that took place, unless the question says otherwise."""
    closed = state.entity.segments.get("closed")
    statuses = any(f.field == "status" for f in state.filters)
    if not state.latest or closed is None or not closed.time or state.segments or statuses or state.measures:
        return
    state.segments.append(Segment("closed"))
    state.order = [
        Order(field=closed.time if o.field == state.entity.default_time else o.field, descending=o.descending)
        for o in state.order
    ]


def _existence(state: State) -> None:
    """¿tengo…?, ¿hay…?: yes or no, when nothing else is asked."""
    first = next((at for at, m in enumerate(state.mentions) if m.cue("yesno") and not _asks_before(state, at)), None)
    leading = first is not None and all(
        m.is_cue("filler") or m.is_cue("list") or m.is_cue("own") or m.is_cue("conj") for m in state.mentions[:first]
    )
    if leading and not state.measures and not state.select and not state.order:
        state.exists = True
        _at_hand(state)


def _at_hand(state: State) -> None:
    """¿queda algún compresor?: a row that holds none is no yes."""
    counts = state.unit_measure()
    told = any(f.field == counts for f in state.filters)
    if counts and "available" in state.entity.segments and not state.segments and not told:
        state.segments.append(Segment("available"))


def _asks_before(state: State, at: int) -> bool:
    return any(m.cue("ask") for m in state.mentions[: at + 1])
