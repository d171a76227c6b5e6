"""May this role have what a query asks? The database holds the wall; this says why before asking it."""

from __future__ import annotations

from collections.abc import Iterator

from agents.brains.protocol import NotAllowed
from policy.decide import may_read
from policy.roles import Role
from tools.sql.catalogue import Catalogue
from tools.sql.query import Query


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
