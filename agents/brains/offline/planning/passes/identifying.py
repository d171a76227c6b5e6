"""Numbers that name a row: "la intervención 1043"."""

from __future__ import annotations

from agents.brains.offline.planning.meanings import (
    DimensionRef,
    EntityRef,
    Mention,
    NumberRef,
    PeriodRef,
)
from agents.brains.offline.planning.state import State, first_of
from tools.sql.query import Filter, Op

_TELEPHONE = 9
"""Digits of a telephone number without its country."""


def identifiers(state: State) -> None:
    """la intervención 1043, pedido nº 12: the number that people quote."""
    _telephones(state)
    for at, mention in enumerate(state.mentions):
        number = first_of(mention, NumberRef)
        if number is None or not state.free(at) or number.number.money or number.number.words:
            continue
        before = state.preceding(at, frozenset({"filler", "of", "ask", "person"}))
        value = number.number.value
        if (
            value != int(value)
            or len(str(int(value))) >= _TELEPHONE
            or (mention.parts and first_of(mention, PeriodRef) is not None)
        ):
            continue
        owner = _elided(state, before, at) or _quoted(state, before, at)
        noun = owner is not None
        if owner is None and value >= 1000 and first_of(mention, PeriodRef) is None:
            owner = state.world.lexicon.implicit.get(state.world.role, state.target)
        route = None if owner is None else state.world.joins.path(state.target, owner)
        if owner is None or (route is None and not state.world.joins.path(owner, state.target)):
            continue
        key = next((k for k, d in state.world.catalogue.entities[owner].dimensions.items() if d.identifier), None)
        if key is None:
            continue
        scope = state.scope_at(at)
        if route is None and (scope is None or scope.entity != owner):
            continue
        holder = scope.filters if route is None and scope is not None else state.filters
        holder.append(Filter(f"{route}.{key}".lstrip(".") if route else key, Op.EQ, (int(value),)))
        state.claim(at)
        if noun and _quoted(state, before, at) == owner:
            state.claim(before)
        if owner == state.target:
            state.single = True


def _telephones(state: State) -> None:
    """de quién es el teléfono 600200053: whose it is, by its last digits."""
    for at, mention in enumerate(state.mentions):
        number = first_of(mention, NumberRef)
        digits = str(int(number.number.value)) if number is not None else ""
        if len(digits) < _TELEPHONE or "phone" not in state.entity.dimensions or not state.free(at):
            continue
        named = (i for i, m in enumerate(state.mentions) if _says_phone(state, m))
        position = next(named, None)
        if position is not None:
            state.filters.append(Filter("phone", Op.CONTAINS, (digits[-_TELEPHONE:],)))
            state.claim(at)
            state.claim(position)


def _says_phone(state: State, mention: Mention) -> bool:
    return any(
        isinstance(r, DimensionRef) and (r.entity, r.dimension) == (state.target, "phone") for r in mention.readings
    )


def _elided(state: State, before: int, at: int) -> str | None:
    """el equipo de la 1043: the number of what the role works with, left unnamed."""
    between = {m.text for m in state.mentions[before + 1 : at]}
    preposition = bool(between & {"de", "of"})
    last = state.mentions[at - 1].text if at else ""
    said = preposition and last in {"la", "the", "el", "de", "of"}
    return state.world.lexicon.implicit.get(state.world.role) if said and before >= 0 else None


def _quoted(state: State, before: int, at: int) -> str | None:
    """The entity whose number is quoted: the singular noun just before it."""
    if before < 0 or at - before > 3 or state.mentions[before].text.endswith("s"):
        return None
    for reading in state.mentions[before].readings:
        if isinstance(reading, EntityRef):
            return reading.entity
        if isinstance(reading, DimensionRef):
            dimension = state.world.catalogue.entities[reading.entity].dimensions[reading.dimension]
            if dimension.identifier:
                return reading.entity
    names = state.names(before)
    return state.target if state.target in names else None
