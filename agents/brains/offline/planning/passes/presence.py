"""Whether a column has a value, or is true: "sin correo", "con teléfono", "se renuevan automáticamente"."""

from __future__ import annotations

from agents.brains.offline.planning.meanings import (
    DimensionRef,
    EntityRef,
    Mention,
    PeriodRef,
)
from agents.brains.offline.planning.passes.relating import claim_negation, negation_before
from agents.brains.offline.planning.state import State, first_of
from agents.brains.offline.planning.vocabulary import STEMMED
from policy.roles import Role
from tools.sql.query import Filter, Op, Segment

_MINE = frozenset({"mi", "my"})
_OWN_PLACES = {"warehouse": ("warehouse", "city"), "zone": ("client", "zone")}
"""What a technician calls theirs, and the column that says where it is."""


def presence(state: State) -> None:
    """sin correo, con teléfono, sin renovación automática: whether a column has a value, or is true."""
    for at, mention in enumerate(state.mentions):
        if not state.free(at):
            continue
        before = state.preceding(at)
        with_it = before >= 0 and before == at - 1 and state.mentions[before].text in state.world.lexicon.having
        negated_at = negation_before(state, at)
        if negated_at is None and not with_it and _true_of(state, at):
            continue
        for place in _nearest(state, mention) if with_it or negated_at is not None else ():
            if with_it and place[1] > 0:
                continue
            kind = state.world.joins.dimension(state.target, place[0]).kind
            if kind in {"date", "datetime"} and negated_at is None and _dated(state, at):
                state.time_field = state.time_field or place[0]
                state.claim(at)
                break
            if negated_at is not None and kind == "text" and mention.quality <= STEMMED:
                continue  # "sin terminar" is no lack of "términos"
            if negated_at is not None and kind == "date" and _always_known(state, place[0]):
                continue
            if (
                negated_at is not None
                and (still := _still(state, place[0]) or _at_nothing(state, place[0])) is not None
            ):
                state.segments.append(still)
            elif kind == "boolean":
                state.filters.append(Filter(place[0], Op.EQ, (negated_at is None,)))
            else:
                state.filters.append(Filter(place[0], Op.IS_NULL if negated_at is not None else Op.NOT_NULL))
            state.claim(at)
            if negated_at is not None:
                claim_negation(state, negated_at)
            state.cost += place[1]
            break


def _nearest(state: State, mention: Mention) -> list[tuple[str, float]]:
    """The columns that ``mention`` names, seen from the target, the nearest first."""
    named = (r for r in mention.readings if isinstance(r, DimensionRef))
    places = (state.world.joins.place(state.target, r.entity, r.dimension) for r in named)
    return sorted((p for p in places if p is not None), key=lambda p: p[1])


def own_place(state: State) -> None:
    """mi zona, mi almacén, of a technician: the zone that is theirs, and the warehouse of that place."""
    zones = state.world.values.get(("technician", "zone"), ())
    if state.world.role is not Role.TECHNICIAN or len(zones) != 1:
        return
    for at, mention in enumerate(state.mentions):
        if not at or state.mentions[at - 1].text not in _MINE or not state.free(at):
            continue
        for reading in mention.readings:
            known = _OWN_PLACES.get(reading.entity) if isinstance(reading, EntityRef) else None
            if known is None or zones[0] not in state.world.values.get((known[0], known[1]), ()):
                continue
            own = known[1] in state.entity.dimensions and known[1] == "zone"
            place = (known[1], 0.0) if own else state.world.joins.place(state.target, *known)
            if place is not None and not any(f.field == place[0] for f in state.filters):
                state.filters.append(Filter(place[0], Op.EQ, (zones[0],)))
                state.claim(at)
                return


def _always_known(state: State, path: str) -> bool:
    """sin terminar, of contracts: every one has its last day; the word says something of other rows."""
    return any(f.field == path and f.op == "ge" for s in state.entity.segments.values() for f in s.where)


def _still(state: State, path: str) -> Segment | None:
    """que no hemos entregado: what a date that is missing says of the row ("awaiting delivery", not "cancelled")."""
    dated = (s for s in state.entity.segments.values() if s.time == path and s.opposite is not None)
    return next((Segment(s.opposite) for s in dated if s.opposite is not None), None)


def _at_nothing(state: State, path: str) -> Segment | None:
    """no tienen coste: what the catalogue says of an amount that is nothing."""
    for name, segment in state.entity.segments.items():
        if [(c.field, c.op, c.values) for c in segment.where] == [(path, Op.EQ, (0,))]:
            return Segment(name)
    return None


def _true_of(state: State, at: int) -> bool:
    """cuántos se renuevan automáticamente: of rows that are counted or picked, what is true of them."""
    picked = (
        state.counting
        or state.sharing
        or state.has("ask", "how_many")
        or state.has("ask", "which")
        or state.has("that")
    )
    for reading in state.mentions[at].readings:
        if not picked or not isinstance(reading, DimensionRef) or reading.entity != state.target:
            continue
        for name, segment in state.entity.segments.items():
            if [(c.field, c.op, c.values) for c in segment.where] == [(reading.dimension, Op.EQ, (True,))]:
                state.segments.append(Segment(name))
                state.time_field = state.time_field or segment.time
                state.claim(at)
                return True
    return False


def _dated(state: State, at: int) -> bool:
    """con vencimiento en noviembre: the word says which date the period is of."""
    return any(first_of(m, PeriodRef) is not None for m in state.mentions[at + 1 : at + 4])
