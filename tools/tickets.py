"""Write a confirmed ticket: once, for its owner, with an audit row.

``check`` says beforehand whether a draft may be written, so that nobody is asked to confirm what will be refused.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pydantic import BaseModel, Field
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, sessionmaker

from core.clock import Clock
from core.errors import Denied
from db.models import AuditLog
from db.session import session_scope
from policy.decide import may_write
from policy.grants import Write
from tools.async_tool import AsyncTool
from tools.ticket_actions import TicketDesk, Written

Fields = Mapping[str, str | int]


@dataclass(frozen=True, slots=True)
class OpenVisit:
    """A visit that is not over. ``at`` is when it is scheduled, if it is."""

    number: int
    client: str
    kind: str
    status: str
    at: datetime | None


class WriteTicketInput(BaseModel):
    """Arguments of ``write_ticket``."""

    action: Write
    fields: dict[str, str | int] = Field(default_factory=dict)
    turn_id: str = Field(description="The turn that drafted it: a second write of the same draft returns the first")


class WriteTicket(AsyncTool):
    """Writes interventions that the principal may write; raises Denied, NotFound or Conflict."""

    name: str = "write_ticket"
    description: str = "Ask for a visit, open an intervention or update one."
    args_schema: type[BaseModel] = WriteTicketInput
    sessions: Any = Field(exclude=True)
    clock: Any = Field(exclude=True)

    async def check(self, action: Write, fields: Fields) -> None:
        """Raise what writing ``fields`` would raise now; write nothing."""
        self._allow(action)
        await asyncio.to_thread(self._check, action, fields)

    async def open_visits(self) -> tuple[OpenVisit, ...]:
        """The visits that are not over and that the principal may change, soonest first."""
        return await asyncio.to_thread(self._open_visits)

    async def _arun(self, action: Write, fields: Fields, turn_id: str) -> Written:
        self._allow(action)
        return await asyncio.to_thread(self._write, action, fields, turn_id)

    def _allow(self, action: Write) -> None:
        self.require_grant()
        decision = may_write(self.principal.role, action)
        if not decision.allowed:
            raise Denied(what=decision.what, reason=decision.reason)

    def _desk(self, session: Session) -> TicketDesk:
        clock: Clock = self.clock
        return TicketDesk(session, self.principal, clock.now())

    def _check(self, action: Write, fields: Fields) -> None:
        sessions: sessionmaker[Session] = self.sessions
        with sessions() as session:
            self._desk(session).prepare(action, fields)
            session.rollback()

    def _open_visits(self) -> tuple[OpenVisit, ...]:
        sessions: sessionmaker[Session] = self.sessions
        with sessions() as session:
            return tuple(
                OpenVisit(row.intervention_id, client, row.kind.value, row.status.value, row.scheduled_at)
                for row, client in self._desk(session).open_visits()
            )

    def _write(self, action: Write, fields: Fields, turn_id: str) -> Written:
        sessions: sessionmaker[Session] = self.sessions
        try:
            with session_scope(sessions) as session:
                done = _already(session, turn_id)
                if done is not None:
                    return done
                desk = self._desk(session)
                written = desk.apply(action, fields)
                session.add(self._audit(written, desk.changes, turn_id))
                return written
        except IntegrityError:
            with session_scope(sessions) as session:
                done = _already(session, turn_id)
            if done is None:
                raise
            return done

    def _audit(self, written: Written, changes: dict[str, Any], turn_id: str) -> AuditLog:
        clock: Clock = self.clock
        return AuditLog(
            at=clock.now(),
            actor_role=self.principal.role.value,
            actor_id=self.principal.subject_id,
            action=written.action,
            table_name=written.table,
            record_id=written.id,
            turn_id=turn_id,
            details=changes,
        )


def _already(session: Session, turn_id: str) -> Written | None:
    row = session.scalars(select(AuditLog).where(AuditLog.turn_id == turn_id)).first()
    return Written(row.table_name, row.record_id, row.action) if row else None
