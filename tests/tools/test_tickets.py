"""Tickets: who may write what, once, with an audit row."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import select, text
from sqlalchemy.orm import Session, sessionmaker

from core.clock import FixedClock
from core.errors import BadInput, Conflict, CuadrillaError, Denied, NotFound
from db.models import AuditLog, InstalledEquipment, Intervention, InterventionStatus
from db.session import make_engine, make_sessions
from policy.grants import Write
from policy.roles import Principal, Role
from tools.tickets import WriteTicket

DEMO_VISIT = 1043
LEAK = {"kind": "repair", "priority": "high", "description": "La caldera pierde agua"}


@pytest.fixture(scope="module")
def sessions(clone: Any) -> sessionmaker[Session]:
    return make_sessions(make_engine(clone()))


@pytest.fixture
def writer(sessions: sessionmaker[Session], clock: FixedClock, principals: Mapping[Role, Principal]) -> Any:
    def build(role: Role) -> WriteTicket:
        return WriteTicket(sessions=sessions, clock=clock, principal=principals[role])

    return build


async def write(tool: WriteTicket, action: Write, fields: Mapping[str, Any], turn_id: str | None = None) -> Any:
    return await tool.ainvoke({"action": action, "fields": dict(fields), "turn_id": turn_id or str(uuid4())})


def machine_of(sessions: sessionmaker[Session], *, client: int, mine: bool) -> int:
    rule = InstalledEquipment.client_id == client if mine else InstalledEquipment.client_id != client
    with sessions() as session:
        return session.scalars(select(InstalledEquipment.equipment_id).where(rule).limit(1)).one()


def other_visit(sessions: sessionmaker[Session], status: str) -> int:
    with sessions() as session:
        return session.scalars(
            select(Intervention.intervention_id)
            .where(Intervention.technician_id != 1, Intervention.status == InterventionStatus(status))
            .limit(1)
        ).one()


async def test_a_client_asks_for_a_visit(writer: Any, sessions: sessionmaker[Session], clock: FixedClock) -> None:
    machine = machine_of(sessions, client=1, mine=True)
    turn = str(uuid4())
    written = await write(writer(Role.CLIENT), Write.REQUEST_VISIT, {**LEAK, "equipment_id": machine}, turn)
    with sessions() as session:
        visit = session.get_one(Intervention, int(written.id))
        audit = session.scalars(select(AuditLog).where(AuditLog.turn_id == turn)).one()
    assert (visit.client_id, visit.equipment_id, visit.status.value, visit.priority.value) == (
        1,
        machine,
        "requested",
        "high",
    )
    assert visit.requested_at == clock.now()
    assert (audit.actor_role, audit.actor_id, audit.record_id, audit.action) == (
        "client",
        1,
        written.id,
        "request_visit",
    )


async def test_the_same_draft_is_written_once(writer: Any, sessions: sessionmaker[Session]) -> None:
    turn = str(uuid4())
    first = await write(writer(Role.CLIENT), Write.REQUEST_VISIT, LEAK, turn)
    second = await write(writer(Role.CLIENT), Write.REQUEST_VISIT, LEAK, turn)
    assert first == second


async def test_a_technician_closes_a_visit_of_theirs(
    writer: Any, sessions: sessionmaker[Session], clock: FixedClock
) -> None:
    fields = {"intervention_id": DEMO_VISIT, "status": "completed", "result": "Cambiado el compresor"}
    turn = str(uuid4())
    await write(writer(Role.TECHNICIAN), Write.UPDATE_INTERVENTION, fields, turn)
    with sessions() as session:
        visit = session.get_one(Intervention, DEMO_VISIT)
        audit = session.scalars(select(AuditLog).where(AuditLog.turn_id == turn)).one()
    assert visit.status is InterventionStatus.COMPLETED
    assert visit.completed_at == clock.now()
    assert visit.result is not None and "compresor" in visit.result
    assert audit.details["status"][1] == "completed"
    with pytest.raises(Conflict):
        await write(writer(Role.TECHNICIAN), Write.UPDATE_INTERVENTION, fields)


async def test_a_technician_opens_one_for_a_client_in_reach(writer: Any, sessions: sessionmaker[Session]) -> None:
    with sessions() as session:
        name = session.scalar(text("SELECT name FROM clients WHERE client_id = 1"))
    fields = {
        "client": name,
        "kind": "maintenance",
        "description": "Revisión anual",
        "scheduled_at": "2026-12-01T09:00",
    }
    written = await write(writer(Role.TECHNICIAN), Write.CREATE_INTERVENTION, fields)
    with sessions() as session:
        visit = session.get_one(Intervention, int(written.id))
    assert (visit.technician_id, visit.status.value) == (1, "scheduled")


@pytest.mark.parametrize(
    ("role", "action", "fields", "error"),
    [
        (Role.GUEST, Write.REQUEST_VISIT, LEAK, Denied),
        (Role.CLIENT, Write.UPDATE_INTERVENTION, {"intervention_id": DEMO_VISIT, "status": "cancelled"}, Denied),
        (Role.CLIENT, Write.CREATE_INTERVENTION, {"client": "1", "description": "x"}, Denied),
        (Role.TECHNICIAN, Write.REQUEST_VISIT, LEAK, Denied),
        (Role.ADMIN, Write.REQUEST_VISIT, LEAK, Denied),
        (Role.TECHNICIAN, Write.UPDATE_INTERVENTION, {"intervention_id": "theirs", "result": "x"}, Denied),
        (Role.TECHNICIAN, Write.UPDATE_INTERVENTION, {"intervention_id": 999999, "result": "x"}, NotFound),
        (Role.TECHNICIAN, Write.UPDATE_INTERVENTION, {"intervention_id": "DROP", "result": "x"}, NotFound),
        (Role.TECHNICIAN, Write.UPDATE_INTERVENTION, {"intervention_id": 10**12, "result": "x"}, NotFound),
        (Role.ADMIN, Write.UPDATE_INTERVENTION, {"intervention_id": "done", "status": "completed"}, Conflict),
        (Role.ADMIN, Write.UPDATE_INTERVENTION, {"intervention_id": "theirs"}, BadInput),
        (Role.ADMIN, Write.UPDATE_INTERVENTION, {"intervention_id": "theirs", "status": "exploded"}, BadInput),
        (Role.ADMIN, Write.CREATE_INTERVENTION, {"client": "Nadie Enabsoluto", "description": "x"}, NotFound),
        (Role.ADMIN, Write.CREATE_INTERVENTION, {"client": "Comunidad de Propietarios", "description": "x"}, Conflict),
        (Role.CLIENT, Write.REQUEST_VISIT, {**LEAK, "equipment_id": "not mine"}, Denied),
        (Role.CLIENT, Write.REQUEST_VISIT, {**LEAK, "equipment_id": 999999}, NotFound),
        (Role.CLIENT, Write.REQUEST_VISIT, {"kind": "repair"}, BadInput),
    ],
)
async def test_what_is_refused(
    writer: Any,
    sessions: sessionmaker[Session],
    role: Role,
    action: Write,
    fields: dict[str, Any],
    error: type[CuadrillaError],
) -> None:
    named = {"theirs": lambda: other_visit(sessions, "scheduled"), "done": lambda: other_visit(sessions, "completed")}
    fields = {k: named[v]() if k == "intervention_id" and v in named else v for k, v in fields.items()}
    if fields.get("equipment_id") == "not mine":
        fields["equipment_id"] = machine_of(sessions, client=1, mine=False)
    with sessions() as session:
        before = session.scalar(text("SELECT count(*) FROM audit_log"))
    with pytest.raises(error):
        await writer(role).check(action, fields)
    with pytest.raises(error):
        await write(writer(role), action, fields)
    with sessions() as session:
        assert session.scalar(text("SELECT count(*) FROM audit_log")) == before
