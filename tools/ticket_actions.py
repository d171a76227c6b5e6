"""What each ticket does to the interventions, and whose it must be. Works inside the caller's transaction."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, Select, exists, or_, select
from sqlalchemy.orm import Session

from core.errors import BadInput, Conflict, Denied, NotFound
from core.text import fold, tokens
from db.models import (
    Client,
    EquipmentStatus,
    InstalledEquipment,
    Intervention,
    InterventionKind,
    InterventionStatus,
    Priority,
    Product,
    Technician,
)
from policy.decide import may_write
from policy.grants import Write
from policy.roles import Principal, Role

Fields = Mapping[str, str | int]

_FINISHED = {InterventionStatus.COMPLETED, InterventionStatus.CANCELLED}
_LONGEST_TEXT = 4000
_MOST_OPEN = 500
_Kind = TypeVar("_Kind")
_Person = TypeVar("_Person", Client, Technician)


@dataclass(frozen=True, slots=True)
class Written:
    """A row that was written."""

    table: str
    id: str
    action: str


@dataclass(slots=True)
class TicketDesk:
    """Checks and applies tickets for one principal. ``changes`` tells the audit what changed, before and after."""

    session: Session
    principal: Principal
    now: datetime
    changes: dict[str, Any] = field(default_factory=dict)

    def prepare(self, action: Write, fields: Fields) -> Intervention:
        """The intervention as it would be written, not flushed; raises Denied, NotFound, Conflict or BadInput."""
        steps: dict[Write, Callable[[Fields], Intervention]] = {
            Write.REQUEST_VISIT: self._visit,
            Write.CREATE_INTERVENTION: self._create,
            Write.UPDATE_INTERVENTION: self._update,
        }
        with self.session.no_autoflush:
            return steps[action](fields)

    def open_visits(self) -> list[tuple[Intervention, str]]:
        """Visits that are not over and that the principal may change, with their client's name, soonest first."""
        if not may_write(self.principal.role, Write.UPDATE_INTERVENTION).allowed:
            return []
        statement = (
            select(Intervention, Client.name)
            .join(Client, Client.client_id == Intervention.client_id)
            .where(Intervention.status.not_in(_FINISHED))
            .order_by(Intervention.scheduled_at.nulls_last(), Intervention.intervention_id)
            .limit(_MOST_OPEN)
        )
        if self.principal.role is Role.TECHNICIAN:
            statement = statement.where(Intervention.technician_id == self.principal.subject_id)
        return [(intervention, client) for intervention, client in self.session.execute(statement)]

    def apply(self, action: Write, fields: Fields) -> Written:
        """Write it and say what was written."""
        intervention = self.prepare(action, fields)
        self.session.add(intervention)
        self.session.flush()
        return Written("interventions", str(intervention.intervention_id), action.value)

    def _visit(self, fields: Fields) -> Intervention:
        client_id = self.principal.subject_id
        if self.principal.role is not Role.CLIENT or client_id is None:
            raise Denied(what=Write.REQUEST_VISIT, reason="write_not_granted")
        description = _text(fields, "description")
        preferred = _text(fields, "preferred")
        return self._new(
            client_id,
            fields,
            status=InterventionStatus.REQUESTED,
            description=f"{description} · {preferred}" if preferred else description,
        )

    def _create(self, fields: Fields) -> Intervention:
        client = self._client(_text(fields, "client") or str(fields.get("client_id", "")))
        scheduled = _moment(fields.get("scheduled_at"), self.now)
        intervention = self._new(
            client.client_id,
            fields,
            status=InterventionStatus.SCHEDULED if scheduled else InterventionStatus.REQUESTED,
            description=_text(fields, "description"),
        )
        intervention.scheduled_at = scheduled
        intervention.technician_id = self._assignee(fields)
        return intervention

    def _update(self, fields: Fields) -> Intervention:
        number = fields.get("intervention_id")
        intervention = self.session.get(Intervention, _integer(number), with_for_update=True) if number else None
        if intervention is None:
            raise NotFound(what="interventions", id=str(number or ""))
        if self.principal.role is Role.TECHNICIAN and intervention.technician_id != self.principal.subject_id:
            raise Denied(what="interventions", reason="not_yours", id=str(number))
        if intervention.status in _FINISHED:
            raise Conflict(what="interventions", id=str(number), status=intervention.status.value)
        before = _snapshot(intervention)
        self._change(intervention, fields)
        after = _snapshot(intervention)
        self.changes = {key: [before[key], after[key]] for key in after if before[key] != after[key]}
        if not self.changes:
            raise BadInput(what="interventions", reason="nothing_to_change", id=str(number))
        return intervention

    def _change(self, intervention: Intervention, fields: Fields) -> None:
        scheduled = _moment(fields.get("scheduled_at"), self.now)
        if scheduled is not None:
            intervention.scheduled_at = scheduled
            if intervention.status is InterventionStatus.REQUESTED:
                intervention.status = InterventionStatus.SCHEDULED
        if fields.get("technician") is not None:
            intervention.technician_id = self._assignee(fields)
        if fields.get("priority") is not None:
            intervention.priority = _member(Priority, fields["priority"])
        if fields.get("status") is not None:
            self._move(intervention, _member(InterventionStatus, fields["status"]))
        result = _text(fields, "result")
        if result:
            intervention.result = f"{intervention.result}\n{result}" if intervention.result else result

    def _move(self, intervention: Intervention, status: InterventionStatus) -> None:
        intervention.status = status
        if status is InterventionStatus.IN_PROGRESS and intervention.started_at is None:
            intervention.started_at = self.now
        if status is InterventionStatus.COMPLETED:
            if intervention.started_at is not None and intervention.started_at > self.now:
                intervention.started_at = self.now
            intervention.completed_at = self.now

    def _new(self, client_id: int, fields: Fields, *, status: InterventionStatus, description: str) -> Intervention:
        kind = _member(InterventionKind, fields.get("kind") or InterventionKind.REPAIR.value)
        priority = _member(Priority, fields.get("priority") or Priority.NORMAL.value)
        equipment_id = self._equipment(client_id, fields.get("equipment_id"))
        if equipment_id is None:
            equipment_id = self._only_one(client_id, _text(fields, "model"))
        if not description:
            raise BadInput(what="interventions", reason="description_missing")
        self.changes = {
            "client_id": client_id,
            "equipment_id": equipment_id,
            "kind": kind.value,
            "priority": priority.value,
            "description": description,
        }
        return Intervention(
            client_id=client_id,
            equipment_id=equipment_id,
            kind=kind,
            priority=priority,
            status=status,
            requested_at=self.now,
            description=description,
        )

    def _equipment(self, client_id: int, number: str | int | None) -> int | None:
        if number in (None, ""):
            return None
        machine = self.session.get(InstalledEquipment, _integer(number))
        if machine is None or machine.status is EquipmentStatus.DECOMMISSIONED:
            raise NotFound(what="installed_equipment", id=str(number))
        if machine.client_id != client_id:
            raise Denied(what="installed_equipment", reason="not_yours", id=str(number))
        return machine.equipment_id

    def _only_one(self, client_id: int, model: str) -> int | None:
        """The machine in service of that model, when the client has just one."""
        if not model:
            return None
        owned = select(InstalledEquipment.equipment_id).join(
            Product, Product.product_id == InstalledEquipment.product_id
        )
        owned = owned.where(InstalledEquipment.client_id == client_id, Product.sku == model)
        found = self.session.scalars(owned.where(InstalledEquipment.status != EquipmentStatus.DECOMMISSIONED)).all()
        return found[0] if len(found) == 1 else None

    def _assignee(self, fields: Fields) -> int | None:
        name = _text(fields, "technician")
        if self.principal.role is Role.TECHNICIAN:
            own = self.session.get_one(Technician, self.principal.subject_id)
            if name and not _named(own.name, name):
                raise Denied(what="assign_technician", reason="write_not_granted", id=name)
            return own.technician_id
        if not name:
            return None
        active = select(Technician).where(Technician.active)
        return self._one(active, Technician.technician_id, name, "technicians").technician_id

    def _client(self, name: str) -> Client:
        statement = select(Client)
        if self.principal.role is Role.TECHNICIAN:
            statement = statement.where(self._reach())
        return self._one(statement, Client.client_id, name, "clients")

    def _reach(self) -> ColumnElement[bool]:
        own = self.session.get_one(Technician, self.principal.subject_id)
        visited = exists().where(
            Intervention.client_id == Client.client_id, Intervention.technician_id == own.technician_id
        )
        return or_(Client.zone == own.assigned_zone, visited)

    def _one(self, statement: Select[_Person], key: Any, name: str, table: str) -> _Person:
        if name.isdigit():
            statement = statement.where(key == int(name))
            matches = list(self.session.scalars(statement))
        else:
            people = list(self.session.scalars(statement))
            exact = [person for person in people if fold(person.name) == fold(name)]
            matches = exact or [person for person in people if _named(person.name, name)]
        if not matches:
            raise NotFound(what=table, id=name)
        if len(matches) > 1:
            raise Conflict(what=table, id=name, reason="ambiguous")
        return matches[0]


def _named(full: str, wanted: str) -> bool:
    """Every word of ``wanted`` is a word of ``full``."""
    words = {token.folded for token in tokens(wanted)}
    return bool(words) and words <= {token.folded for token in tokens(full)}


def _text(fields: Fields, key: str) -> str:
    return str(fields.get(key) or "").strip()[:_LONGEST_TEXT]


def _integer(value: str | int | None) -> int:
    try:
        number = int(str(value))
    except ValueError as error:
        raise NotFound(what="interventions", id=str(value)) from error
    if not 0 < number < 2**31:
        raise NotFound(what="interventions", id=str(value))
    return number


def _member(kind: Callable[[str], _Kind], value: str | int) -> _Kind:
    try:
        return kind(str(value))
    except ValueError as error:
        raise BadInput(what="interventions", reason="unknown_value", value=str(value)) from error


def _moment(value: str | int | None, now: datetime) -> datetime | None:
    if value in (None, ""):
        return None
    try:
        moment = datetime.fromisoformat(str(value))
    except ValueError as error:
        raise BadInput(what="interventions", reason="unknown_time", value=str(value)) from error
    return moment if moment.tzinfo else moment.replace(tzinfo=now.tzinfo)


def _snapshot(intervention: Intervention) -> dict[str, Any]:
    moments = (intervention.scheduled_at, intervention.started_at, intervention.completed_at)
    scheduled, started, completed = (moment.isoformat() if moment else None for moment in moments)
    return {
        "status": intervention.status.value,
        "priority": intervention.priority.value,
        "technician_id": intervention.technician_id,
        "scheduled_at": scheduled,
        "started_at": started,
        "completed_at": completed,
        "result": intervention.result,
    }
