"""Which columns a question asks for: "cuándo, dónde, quién, qué teléfono"."""

from __future__ import annotations

from agents.brains.offline.planning.meanings import AskRef, EntityRef, EnumRef, SegmentRef
from agents.brains.offline.planning.passes.columns import dimension_at
from agents.brains.offline.planning.state import BETWEEN, State, readable
from policy.roles import Role
from tools.sql.query import Op

PLACES = ("location", "address", "city", "warehouse.name")
PEOPLE = frozenset({"client", "technician"})
FAR = 0.15
"""A column further than this is only meant when its entity is named next to it."""


def columns(state: State) -> None:
    """cuándo, dónde, quién, qué teléfono: the columns asked for."""
    for at, mention in enumerate(state.mentions):
        if state.distinct or not (state.free(at) or _also_asks(state, at)):
            continue
        if _equated(state, at):
            state.claim(at)
            continue
        asked = [
            r.path for r in mention.readings if isinstance(r, AskRef) and not r.measure and r.entity == state.target
        ]
        if asked:
            asked += _places(state) if any(p in PLACES for p in asked) else []
            state.select += [p for p in asked if readable(state, p)] or asked[:1]
            state.claim(at)
            continue
        generic = _generic(state, at)
        if generic:
            state.select += generic
            state.claim(at)
            continue
        path, distance = dimension_at(state, at)
        if (
            path is not None
            and distance <= FAR
            and not any(isinstance(r, SegmentRef) and r.entity == state.target for r in mention.readings)
        ):
            told = any(f.field == path and f.op is Op.EQ for f in state.filters)
            state.select += [] if told or _only_names(state, at, path) else [path]
            state.claim(at)
            state.cost += distance


def _equated(state: State, at: int) -> bool:
    """quién es el cliente: the noun after the verb says whose name is wanted."""
    if not state.mentions[at].is_cue("ask", "who") or " " in state.mentions[at].text or at + 1 >= len(state.mentions):
        return False
    noun = state.following(at, BETWEEN | {"yesno"})
    joined = any(m.text in state.world.lexicon.copulas for m in state.mentions[at + 1 : noun])
    return joined and not state.names_target(noun) and not state.names(noun).isdisjoint(PEOPLE)


def _also_asks(state: State, at: int) -> bool:
    """quién instaló: a condition (an installation) that asks for a column too (the technician)."""
    readings = state.mentions[at].readings
    asks = any(isinstance(r, AskRef) and r.entity == state.target and not r.measure for r in readings)
    return asks and any(isinstance(r, EnumRef | SegmentRef) for r in readings) and " " in state.mentions[at].text


def _only_names(state: State, at: int, path: str) -> bool:
    """en el almacén de Zaragoza: the noun of what a condition already tells."""
    route = path.rpartition(".")[0]
    noun = any(isinstance(r, EntityRef) and not r.weak for r in state.mentions[at].readings)
    asked = at and state.mentions[at - 1].is_cue("ask")
    return bool(noun and route and not asked and any(f.field.startswith(f"{route}.") for f in state.filters))


def _generic(state: State, at: int) -> list[str]:
    """Question words that the catalogue does not list for this entity."""
    cue = state.mentions[at].cue("ask")
    if cue is None:
        return []
    if cue.value == "when":
        known = state.entity.default_time is not None and not state.mentions[at].text.startswith(("hasta ", "until "))
        return [state.time_field or str(state.entity.default_time)] if known else []
    if cue.value == "where":
        return _places(state)
    if cue.value == "who":
        own = "client.name" if state.world.role is Role.CLIENT else ""
        people = [p for p in ("technician.name", "client.name", "name") if p != own]
        return [p for p in people if _exists(state, p)][:1]
    return []


def _places(state: State) -> list[str]:
    """Where a row of the target is, most precise first, and whose it is to who works for several clients."""
    whose = () if state.world.role is Role.CLIENT or state.target != "equipment" else ("client.name",)
    return [p for p in (*PLACES, *whose) if _exists(state, p) and readable(state, p)]


def _exists(state: State, path: str) -> bool:
    try:
        state.world.joins.dimension(state.target, path)
    except ValueError:
        return False
    return True
