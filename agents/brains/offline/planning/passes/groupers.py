"""What rows can be grouped by: an entity's name, a dimension, a grain of time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeGuard

from agents.brains.offline.planning.meanings import AskRef, DimensionRef, EnumRef, Meaning, ValueRef
from agents.brains.offline.planning.state import State, readable
from policy.roles import Role
from tools.sql.query import Grain, Grouping

_DAYS = frozenset({"dia", "dias", "day", "days"})
_SINGULAR = frozenset({"mes"})
_GROUPABLE = frozenset({"text", "boolean", "integer"})


@dataclass(frozen=True, slots=True)
class Grouper:
    """A grouping that mention ``at`` names; ``plural`` as it was written."""

    at: int
    grouping: Grouping
    distance: float
    plural: bool = True
    also: tuple[Grouping, ...] = ()
    """What else it takes to tell one from another: several machines are of one model."""
    restricts: bool = False
    """Its mention says which rows are meant as well ("quién instaló")."""

    def apply(self, state: State) -> None:
        """Group by it, and explain its mention."""
        for grouping in (self.grouping, *self.also):
            if grouping not in state.groups:
                state.groups.append(grouping)
        if not self.restricts:
            state.claim(self.at)
        state.grouped.add(self.at)


def time_path(state: State) -> str | None:
    """The date that rows are grouped or bounded by."""
    return state.time_field or state.entity.default_time


def grouper_at(state: State, at: int, entities: bool = True) -> Grouper | None:
    """The grouping that mention ``at`` names on the target, if any; the nearest one."""
    if not 0 <= at < len(state.mentions):
        return None
    mention = state.mentions[at]
    plural = mention.text.endswith("s")
    grain = mention.cue("grain") or mention.cue("unit")
    path = time_path(state)
    if grain is not None and path is not None and grain.value in set(Grain):
        plural = any(word.endswith("s") and word not in _SINGULAR for word in mention.text.split())
        return Grouper(at, Grouping(path, Grain(grain.value)), 0.0, plural)
    found: list[tuple[float, str]] = []
    for reading in mention.readings:
        if isinstance(reading, DimensionRef):
            place = state.world.joins.place(state.target, reading.entity, reading.dimension)
            if place is not None and _groupable(state, place[0]):
                found.append((place[1], place[0]))
        elif (
            isinstance(reading, AskRef)
            and not reading.measure
            and reading.entity == state.target
            and _groupable(state, reading.path)
        ):
            found.append((0.01, reading.path))
    if entities:
        found += [(0.005 + distance, path) for path, distance in _entity_names(state, at)]
    if not found:
        return None
    distance, best = min(found)
    called = any(isinstance(r, ValueRef) for r in mention.readings)
    return Grouper(at, Grouping(best), distance, plural, _told_apart(state, at, best), restricts=called)


def sort_at(state: State, at: int) -> Grouper | None:
    """qué calderas fallan más: the models of the sort that mention ``at`` names, which restricts the rows as well."""
    for reading in state.mentions[at].readings:
        place = state.world.joins.enum_places(reading.enum).get(state.target) if _is_sort(reading) else None
        route = place[0].rpartition(".")[0] if place is not None else ""
        owner = state.world.catalogue.owner(state.target, place[0])[0] if place is not None else state.target
        if place is not None and route and owner in state.world.lexicon.instances:
            path = f"{route}.{state.world.catalogue.entities[owner].name}"
            return Grouper(at, Grouping(path), 0.1, state.mentions[at].text.endswith("s"), restricts=True)
    return None


def _is_sort(reading: Meaning) -> TypeGuard[EnumRef]:
    return isinstance(reading, EnumRef) and reading.noun


def _told_apart(state: State, at: int, path: str) -> tuple[Grouping, ...]:
    """The columns that tell one of the entity named at ``at`` from another, when its name does not."""
    for name in state.names(at) - {state.target}:
        route, entity = state.world.joins.path(state.target, name), state.world.catalogue.entities[name]
        if route and path == f"{route}.{entity.name}":
            own = ("client.name",) if state.world.role is Role.CLIENT else ()
            apart = (f"{route}.{key}" for key in entity.told_apart if key not in own)
            return tuple(Grouping(path) for path in apart if readable(state, path))
    return ()


def _entity_names(state: State, at: int) -> list[tuple[str, float]]:
    found: list[tuple[str, float]] = []
    if any(isinstance(r, EnumRef) for r in state.mentions[at].readings):
        return found
    for name in state.names(at):
        route = state.world.joins.path(state.target, name)
        steps = state.world.joins.distance(state.target, name)
        if name != state.target and route and steps is not None:
            found.append((f"{route}.{state.world.catalogue.entities[name].name}", 0.1 * steps))
    return found


def _groupable(state: State, path: str) -> bool:
    dimension = state.world.joins.dimension(state.target, path)
    kind = dimension.kind
    return not dimension.many and kind.partition(":")[0] in _GROUPABLE | {"enum"}


def _figure(state: State, found: Grouper) -> bool:
    """Is it a number of the row ("quedan"), which nobody means to tell rows apart by?"""
    kind = state.world.joins.dimension(state.target, found.grouping.field).kind
    return kind in {"integer", "number", "money"}


def _doer_at(state: State, at: int) -> Grouper | None:
    """quién instaló: asks who did what it names too; what it names is left to restrict the rows."""
    asks = (r for r in state.mentions[at].readings if isinstance(r, AskRef) and r.entity == state.target)
    path = next((r.path for r in asks if r.path.endswith(".name") and not r.measure), None)
    if path is None or not state.free(at):
        return None
    return Grouper(at, Grouping(path), 0.0, plural=False, restricts=True)


def _day_at(state: State, at: int) -> Grouper | None:
    """qué día hubo más visitas: the days, one by one."""
    path, words = time_path(state), state.mentions[at].text.split()
    asks = state.mentions[at].is_cue("ask", "when") and not _DAYS.isdisjoint(words)
    return Grouper(at, Grouping(path, Grain.DAY), 0.0, "dias" in words or "days" in words) if asks and path else None


def grouper_before(state: State, at: int) -> Grouper | None:
    """The thing that a superlative or a condition at ``at`` is about: the nearest grouping named before it."""
    for position in range(at - 1, -1, -1):
        if state.names_target(position):
            if (doer := _doer_at(state, position)) is not None:
                return doer
            continue
        if (day := _day_at(state, position)) is not None:
            return day
        noun = state.names(position) or any(
            isinstance(r, DimensionRef | AskRef) for r in state.mentions[position].readings
        )
        asked_time = state.mentions[position].is_cue("grain") or (
            state.mentions[position].is_cue("unit") and state.mentions[max(state.preceding(position), 0)].is_cue("ask")
        )
        if noun or asked_time:
            found = grouper_at(state, position) or sort_at(state, position)
            if found is not None and state.free(position) and not _figure(state, found):
                return found
    return None


def whatever(state: State, at: int) -> bool:
    """lo que más: some thing, of a kind that is not said."""
    before = " ".join(m.text for m in state.mentions[max(0, at - 2) : at])
    return before.endswith(("lo que", "what"))
