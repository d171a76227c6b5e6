"""Which column a mention names, seen from the target."""

from __future__ import annotations

from agents.brains.offline.planning.meanings import Cue, DimensionRef, SegmentRef
from agents.brains.offline.planning.state import State
from tools.sql.query import Grouping

_ASIDE = frozenset({"filler", "of", "all", "own", "that", "with", "hint", "yesno", "list", "now", "distinct"})


_JOINED = 0.08
"""The least that a column of other rows is away: "precios" are those of products before those of what is in stock."""


def dimension_at(state: State, at: int) -> tuple[str | None, float]:
    """The column that mention ``at`` names, and how far it is: the target's, or of an entity named next to it."""
    near: set[str] = set()
    for position in (state.preceding(at), state.following(at)):
        near |= state.names(position)
    following = state.following(at)
    if following < len(state.mentions) and not state.names(following):
        beyond = following + 1
        if beyond < len(state.mentions) and state.mentions[beyond].text in {"de", "del", "of", "del cliente"}:
            near |= state.names(state.following(following))
    found: list[tuple[float, str]] = []
    for reading in state.mentions[at].readings:
        if not isinstance(reading, DimensionRef):
            continue
        place = state.world.joins.place(state.target, reading.entity, reading.dimension)
        if place is not None:
            said = 0.3 if reading.entity in near and reading.entity != state.target else 0.0
            found.append((place[1] - said, place[0]))
    if not found:
        return None, 0.0
    distance, path = min(found)
    return path, max(distance, _JOINED if "." in path else 0.0)


def distinct_values(state: State) -> None:
    """qué marcas vendemos, en qué ciudades tenemos clientes: the values of a column, each once."""
    if (
        (state.counting and not state.compare)
        or state.order
        or state.measures
        or state.groups
        or state.has("ask", "how_many")
    ):
        return
    for at, mention in enumerate(state.mentions):
        if not state.free(at) or not _wanted(state, at):
            continue
        path, distance = dimension_at(state, at)
        if path is None or distance > 0.15 or not state.world.joins.dimension(state.target, path).categorical:
            continue
        if any(isinstance(r, SegmentRef) for r in mention.readings) or state.scope_at(at) is not None:
            continue
        if any(f.field == path for f in state.filters):
            continue
        if state.compare:
            state.groups.append(Grouping(path))
            state.claim(at)
            return
        state.select = [path]
        state.distinct = True
        state.claim(at)
        state.cost += distance
        for cue in state.cues("distinct"):
            state.claim(cue)
        return


def _wanted(state: State, at: int) -> bool:
    """Is the column asked for by its values: "qué marcas", "las distintas ciudades", a plural that opens?"""
    words = state.mentions[at].text.split()
    plural = words[-1].endswith("s") or words[0].endswith("s")
    before = state.mentions[:at]
    asked = bool(before) and before[-1].is_cue("ask", "which")
    if len(words) > 1 and words[0] in {"que", "which", "what", "cuales"}:
        asked, plural = True, words[-1].endswith("s")
    different = any(m.is_cue("distinct") for m in state.mentions[max(0, at - 2) : at + 2])
    opens = plural and all(_light(m) for m in before) and not _possessed(state, at)
    return plural and (asked or different or opens)


def _possessed(state: State, at: int) -> bool:
    """marcas de los equipos de Juan: a column of rows that are told apart, not a list of values."""
    return at + 1 < len(state.mentions) and any(state.names(i) for i in range(at + 1, min(at + 4, len(state.mentions))))


def _light(mention: object) -> bool:
    readings = getattr(mention, "readings", ())
    return bool(readings) and all(isinstance(r, Cue) and r.kind in _ASIDE for r in readings)
