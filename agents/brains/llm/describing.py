"""What a prompt says of the catalogue and of the conversation: what the principal was granted, and nothing else."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any

from agents.brains.llm.queries import write_query
from agents.brains.protocol import Context, Exchange
from core.errors import Denied
from policy.decide import may_read
from policy.describe import describe_rows
from policy.grants import GRANTS, Write
from policy.roles import Role
from tools.sql.catalogue import Catalogue, Condition, Dimension, Entity, NamedMeasure, NamedSegment

_EARLIER = 3
_SAID, _REPLIED = 300, 240
_MOST_MACHINES = 30
_MOST_VISITS = 40
_REMEMBERED = 256
_SHORT_KINDS = {"text": "", "integer": ":int", "boolean": ":bool", "date": ":date", "datetime": ":time"}


class CatalogueWords:
    """The catalogue in words, once for each role."""

    def __init__(self, catalogue: Catalogue) -> None:
        self._catalogue = catalogue
        self._of = lru_cache(maxsize=_REMEMBERED)(self._describe)

    def of(self, role: Role, only: frozenset[str] | None = None) -> str:
        """The entities, fields, measures, segments and joins that ``role`` may use; empty when it reads no data.

        With ``only``, of other entities nothing but the names.
        """
        return self._of(role, only)

    def _describe(self, role: Role, only: frozenset[str] | None) -> str:
        if "query_data" not in GRANTS[role].tools:
            return ""
        shown = {name: entity for name, entity in self._entities(role) if only is None or name in only}
        lines = [self._entity(name, entity, role) for name, entity in shown.items()]
        enums = sorted(self._enums(shown, role))
        lines += [f"enum {name}: {' '.join(self._catalogue.enums[name])}" for name in enums]
        others = [name for name, _ in self._entities(role) if name not in shown]
        return "\n".join([*lines, f"others, told when you leave `query` out: {' '.join(others)}"] if others else lines)

    def _entities(self, role: Role) -> Iterator[tuple[str, Entity]]:
        for name, entity in self._catalogue.entities.items():
            if may_read(role, entity.table, (entity.key,)).allowed:
                yield name, entity

    def _entity(self, name: str, entity: Entity, role: Role) -> str:
        rows = describe_rows(GRANTS[role].tables[entity.table].rows)
        fields = [
            f"{key}{_kind(d)}"
            for key, d in entity.dimensions.items()
            if self._visible(d, name, role) and key != "number"
        ]
        measures = [f"{key}:{m.kind}" for key, m in entity.measures.items() if _computable(m, entity, role)]
        segments = [key for key, segment in entity.segments.items() if self._segment_visible(segment, name, role)]
        joins = [
            key if key == join.entity else f"{key}={join.entity}"
            for key, join in entity.joins.items()
            if self._joinable(entity, join.entity, join.column, role)
        ]
        parts = [f"{name} ({entity.label['es']}; {rows}): {' '.join(fields)}"]
        for title, names in (("numbers", measures), ("segments", segments), ("joins", joins)):
            if names:
                parts.append(f"{title}: {' '.join(names)}")
        if entity.default_time and self._path_visible(entity.default_time, name, role):
            parts.append(f"time: {entity.default_time}")
        return " | ".join(parts)

    def _joinable(self, entity: Entity, target: str, column: str, role: Role) -> bool:
        other = self._catalogue.entities[target]
        return may_read(role, entity.table, (column,)).allowed and may_read(role, other.table, (other.key,)).allowed

    def _visible(self, dimension: Dimension, entity: str, role: Role) -> bool:
        if dimension.paths:
            return any(self._path_visible(path, entity, role) for path in dimension.paths)
        columns = (column.partition(".") for column in dimension.columns)
        return any(may_read(role, table, (name,)).allowed for table, _, name in columns)

    def _path_visible(self, path: str, entity: str, role: Role) -> bool:
        *steps, last = path.split(".")
        for step in steps:
            join = self._catalogue.entities[entity].joins[step]
            if not self._joinable(self._catalogue.entities[entity], join.entity, join.column, role):
                return False
            entity = join.entity
        return self._visible(self._catalogue.entities[entity].dimensions[last], entity, role)

    def _segment_visible(self, segment: NamedSegment, entity: str, role: Role) -> bool:
        for related in segment.related:
            other = self._catalogue.entities[related.entity]
            if not may_read(role, other.table, (other.key,)).allowed:
                return False
        return all(self._path_visible(path, entity, role) for path in _fields_of(segment.where))

    def _enums(self, shown: Mapping[str, Entity], role: Role) -> set[str]:
        return {
            dimension.kind.partition(":")[2]
            for name, entity in shown.items()
            for dimension in entity.dimensions.values()
            if dimension.kind.startswith("enum:") and self._visible(dimension, name, role)
        }


def _fields_of(conditions: tuple[Condition, ...]) -> set[str]:
    references = {str(v)[1:] for c in conditions for v in c.values if str(v).startswith("@")}
    return {condition.field for condition in conditions} | references


def _kind(dimension: Dimension) -> str:
    kind = dimension.kind
    return _SHORT_KINDS.get(kind, f":{kind.removeprefix('enum:')}")


def _computable(measure: NamedMeasure, entity: Entity, role: Role) -> bool:
    columns = [name for name in (measure.column, measure.minus, *(measure.between or ())) if name and name != "today"]
    try:
        return may_read(role, entity.table, columns).allowed
    except Denied:
        return False


_TICKETS: Mapping[Write, frozenset[str]] = {
    Write.REQUEST_VISIT: frozenset({"equipment_id", "kind", "priority", "description", "preferred"}),
    Write.CREATE_INTERVENTION: frozenset(
        {"client", "model", "kind", "priority", "description", "technician", "scheduled_at"}
    ),
    Write.UPDATE_INTERVENTION: frozenset(
        {"intervention_id", "status", "result", "scheduled_at", "technician", "priority"}
    ),
}


@lru_cache(maxsize=len(Role))
def left_out(role: Role) -> frozenset[str]:
    """Parts of the shapes that ``role`` is not offered: no query without data, of a ticket what its writes take."""
    grant = GRANTS[role]
    offered = {name for write in grant.writes for name in _TICKETS[write]}
    gone = {f"ticket.{name}" for name in frozenset().union(*_TICKETS.values()) - offered}
    gone |= {f"write={write}" for write in Write if write not in grant.writes}
    gone |= set() if "query_data" in grant.tools else {"ask.query", "ask.chart"}
    return frozenset(gone if grant.writes else {*gone, "ask.ticket"})


def conversation(message: str, context: Context) -> dict[str, Any]:
    """What the model is shown of the conversation, as data."""
    return {
        "message": message,
        "now": context.now.strftime("%Y-%m-%d %H:%M %A"),
        "earlier": [_exchange(item) for item in context.history[-_EARLIER:]],
        "last_query": write_query(context.last_query) if context.last_query is not None else None,
        "last_question": context.last_question,
        "about": list(context.focus[:3]),
        "machines": [_machine(context, at) for at in range(min(len(context.machines), _MOST_MACHINES))],
        "options": list(context.options),
        "waits_for_yes": context.pending.summary if context.pending is not None else None,
        "visits": [
            {"id": visit.number, "client": visit.client, "kind": visit.kind, "at": visit.at}
            for visit in context.visits[:_MOST_VISITS]
        ],
    }


def _exchange(exchange: Exchange) -> Mapping[str, str]:
    return {"said": exchange.message[:_SAID], "replied": exchange.reply[:_REPLIED]}


def _machine(context: Context, at: int) -> Mapping[str, Any]:
    machine = context.machines[at]
    return {"id": machine.equipment_id, "model": machine.sku, "kind": machine.category, "place": machine.location}
