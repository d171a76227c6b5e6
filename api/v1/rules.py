"""What the database does not check: how the values of a row belong together. Used by the resources they are about."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select

from core.errors import BadInput, Conflict
from db.crud.learning import live
from db.crud.resource import Values, Writing
from db.models import FeedbackStatus, InstalledEquipment, InterventionStatus
from policy.roles import Role
from tools.learning.shelf import SOURCE as LEARNED

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


def by_hand(writing: Writing, values: Values) -> Values:
    """A question is dismissed or taken up again by hand; answered it is by an answer.

    Raises :class:`BadInput`; :class:`Conflict` for one whose answer is served, or that was merged into another.
    """
    if "status" in values and values["status"] not in _BY_HAND:
        raise BadInput("A question becomes answered by answering it.", what="status", reason="not_by_hand")
    if "status" in values:
        unserved(writing)
        if (writing.before or {}).get("merged_into") is not None:
            raise Conflict("It was found to be the same as another.", what="knowledge_feedback", reason="merged")
    return values


def unserved(writing: Writing) -> None:
    """Raise :class:`Conflict` for a question whose answer is served: nobody would own what everybody reads."""
    number = (writing.before or {}).get("feedback_id")
    if number is not None and live(writing.session, number) is not None:
        raise Conflict("Its answer is served: withdraw that first.", what="knowledge_feedback", reason="served")


def no_answer(writing: Writing) -> None:
    """Raise :class:`Conflict` for a document that is a learned answer: that is changed by answering, or withdrawn."""
    if str((writing.before or {}).get("source", "")).startswith(LEARNED):
        raise Conflict("It is an answer: see /learning.", what="documents", reason="learned")


def as_labelled(writing: Writing, values: Values) -> Values:
    """What is said of a document may be changed unless it is a learned answer; raises :class:`Conflict`."""
    no_answer(writing)
    return values


def _after(writing: Writing, values: Values, column: str) -> Any:
    """``column`` as it will be."""
    return values[column] if column in values else (writing.before or {}).get(column)
