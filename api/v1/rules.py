"""What the database does not check: how the values of a row belong together. Used by the resources they are about."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select

from core.errors import BadInput, Conflict
from db.crud.resource import Values, Writing
from db.models import FeedbackStatus, InstalledEquipment, InterventionStatus
from policy.roles import Role

_OVER = frozenset({InterventionStatus.COMPLETED, InterventionStatus.CANCELLED})
_BY_HAND = frozenset({FeedbackStatus.PENDING, FeedbackStatus.DISMISSED})


def machine_of_client(writing: Writing, values: Values) -> Values:
    """The machine is the client's; raises :class:`BadInput`."""
    machine, client = _after(writing, values, "equipment_id"), _after(writing, values, "client_id")
    if machine is not None:
        statement = select(InstalledEquipment.client_id).where(InstalledEquipment.equipment_id == machine)
        owner = writing.session.scalar(statement)
        if owner != client:
            raise BadInput("The machine is not this client's.", what="equipment_id", reason="unknown_reference")
    return values


def visit(writing: Writing, values: Values) -> Values:
    """A visit's moments follow its status. Raises :class:`BadInput`; :class:`Conflict` for one that is over."""
    values = {**values}
    if writing.before is None:
        if values.get("client_id") is None:
            raise BadInput("A visit needs its client.", what="client_id", reason="missing")
        values.setdefault("requested_at", writing.now)
        if values.get("status") is None:
            scheduled = values.get("scheduled_at") is not None
            values["status"] = InterventionStatus.SCHEDULED if scheduled else InterventionStatus.REQUESTED
    elif writing.before["status"] in _OVER and writing.role is not Role.ADMIN:
        raise Conflict("The visit is over.", what="interventions", reason="over")
    status = InterventionStatus(values.get("status") or (writing.before or values)["status"])
    for reached, moment in (
        (InterventionStatus.IN_PROGRESS, "started_at"),
        (InterventionStatus.COMPLETED, "completed_at"),
    ):
        if status is reached and _after(writing, values, moment) is None and moment not in values:
            values[moment] = writing.now
    return machine_of_client(writing, values)


def by_hand(_writing: Writing, values: Values) -> Values:
    """A question is dismissed or taken up again by hand; answered it is by an answer. Raises :class:`BadInput`."""
    if "status" in values and values["status"] not in _BY_HAND:
        raise BadInput("A question becomes answered by answering it.", what="status", reason="not_by_hand")
    return values


def _after(writing: Writing, values: Values, column: str) -> Any:
    """``column`` as it will be."""
    return values[column] if column in values else (writing.before or {}).get(column)
