"""May this role have what a query asks? The database holds the wall; this says why before asking it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

from agents.brains.offline.planning.interpretation import Interpretation
from agents.brains.offline.planning.meanings import Cue, DimensionRef, EntityRef, Mention
from agents.brains.protocol import NotAllowed
from policy.decide import may_read
from policy.roles import Role
from tools.sql.catalogue import Catalogue
from tools.sql.query import Query

_FIRST_PERSON = frozenset({"he", "llevo"})
_HELD = frozenset({"stock", "warehouse"})
"""What is asked for by its place: a plan that leaves the place out is about other things."""


def withheld(mentions: Sequence[Mention], role: Role, catalogue: Catalogue) -> NotAllowed | None:
    """Why ``role`` gets nothing of what a question names outright ("en el almacén"); None when it may."""
    if any(m.is_cue("own") for m in mentions):
        return None
    for mention in mentions:
        named = {r.entity for r in mention.readings if isinstance(r, EntityRef) and not r.weak}
        named |= {c.value for c in mention.cues.get("hint", ()) if " " in mention.text}
        others = any(not isinstance(r, Cue) and getattr(r, "entity", "") not in named for r in mention.readings)
        refused = [d for name in sorted(named) if not (d := may_read(role, catalogue.entities[name].table)).allowed]
        if refused and len(refused) == len(named) and not others and named & _HELD:
            return NotAllowed(refused[0].what, refused[0].reason)
    return None


def did_oneself(mentions: Sequence[Mention]) -> bool:
    """Does it speak of what the person did ("he facturado", "llevo facturado")?"""
    words = [word for m in mentions for word in m.text.split()]
    return any(
        first in _FIRST_PERSON and second.endswith(("ado", "ido", "cho", "sto", "rto"))
        for first, second in pairwise(words)
    )


def granted_to_oneself(
    tried: list[Interpretation], mentions: Sequence[Mention], role: Role, catalogue: Catalogue
) -> list[Interpretation]:
    """cuánto he facturado, of a technician: of one's own doings, those that the role may read, when they explain it."""
    if not did_oneself(mentions):
        return tried
    open_to = [i for i in tried if may_read(role, catalogue.entities[i.target].table).allowed]
    most = max((i.coverage for i in tried), default=0.0)
    return open_to if any(i.named and i.coverage >= most for i in open_to) else tried


def names_column(mentions: Sequence[Mention], refused: NotAllowed, catalogue: Catalogue) -> bool:
    """Is the column that was ``refused`` one that the question names, rather than one that a plan needed by itself?"""
    said = (r for m in mentions for r in m.readings if isinstance(r, DimensionRef))
    return any(refused.what in catalogue.dimension(r.entity, r.dimension).columns for r in said)


def paths_of(query: Query) -> Iterator[tuple[str, str]]:
    """Every (entity, path) that ``query`` reads."""
    entity = query.entity
    for path in query.select:
        yield entity, path
    for grouping in query.group_by:
        yield entity, grouping.field
    for kept in query.filters:
        yield entity, kept.field
    for order in query.order:
        if order.field:
            yield entity, order.field
    for related in query.related:
        for kept in related.filters:
            yield related.entity, kept.field


def refusal(query: Query, role: Role, catalogue: Catalogue) -> NotAllowed | None:
    """Why ``role`` may not ask ``query``; None when it may."""
    for entity in (query.entity, *(r.entity for r in query.related)):
        decision = may_read(role, catalogue.entities[entity].table)
        if not decision.allowed:
            return NotAllowed(decision.what, decision.reason)
    for name, segments in ((query.entity, query.segments), *((r.entity, r.segments) for r in query.related)):
        for related in (r for s in segments for r in catalogue.entities[name].segments[s.name].related):
            decision = may_read(role, catalogue.entities[related.entity].table)
            if not decision.allowed:
                return NotAllowed(decision.what, decision.reason)
    for entity, path in paths_of(query):
        denied = _column_refusal(catalogue, role, entity, path)
        if denied is not None:
            return denied
    for measure in query.measures:
        if measure.field and "." in measure.field:
            denied = _column_refusal(catalogue, role, query.entity, measure.field)
            if denied is not None:
                return denied
    return None


def _column_refusal(catalogue: Catalogue, role: Role, entity: str, path: str) -> NotAllowed | None:
    try:
        dimension = catalogue.dimension(entity, path)
    except ValueError:
        return None
    if dimension.paths:
        return None
    first = None
    for column in dimension.columns:
        table, _, name = column.partition(".")
        decision = may_read(role, table, (name,))
        if decision.allowed:
            return None
        first = first or NotAllowed(decision.what, decision.reason)
    return first
