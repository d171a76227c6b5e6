"""``GET /operations/summary``: how the house stands, for administrators. The office's panel shows it."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field

from api.auth import Caller, OpenDesk
from api.errors import documented
from core.errors import Denied
from db.crud import operations
from db.crud.failures import translated
from db.figures import Figures
from db.schemas.operations import DeadLetter, ExpiringContract, OpenVisits, OperationsSummary, TurnCount
from policy.roles import Role
from policy.scopes import READ

_ERRORS = (401, 403, 422, 429, 503)


class SummarySpan(BaseModel):
    """How far back and ahead the summary looks."""

    model_config = ConfigDict(extra="forbid")

    days: int = Field(default=14, ge=1, le=366, description="How far back turns are counted")
    ahead: int = Field(default=45, ge=1, le=366, description="How far ahead contracts are listed, in days")


def operations_routes() -> APIRouter:
    """The route under ``/operations``."""
    router = APIRouter(prefix="/operations", tags=["operations"])

    @router.get("/summary", operation_id="operations_summary", responses=documented(*_ERRORS))
    def summary(
        access: Caller,
        desk: OpenDesk,
        asked: Annotated[SummarySpan, Query()],
    ) -> OperationsSummary:
        """Turns by day, role and outcome; what waits and what was given up; contracts that end; open visits."""
        access.need(READ)
        if access.principal.role is not Role.ADMIN:
            raise Denied("Only an administrator sees this.", what="operations", reason="role_not_granted")
        given = {"zone": desk.settings.timezone, "days": asked.days}
        with translated(), desk.sessions() as session:
            until = {"today": desk.clock.today(), "ahead": asked.ahead}
            return OperationsSummary(
                figures=Figures(desk.crew.engine).read(),
                turns=[TurnCount.model_validate(r) for r in operations.rows(session, operations.TURNS, given)],
                expiring=[
                    ExpiringContract.model_validate(r) for r in operations.rows(session, operations.CONTRACTS, until)
                ],
                visits=[OpenVisits.model_validate(r) for r in operations.rows(session, operations.VISITS)],
                dead_letters=[DeadLetter.model_validate(r) for r in operations.rows(session, operations.LETTERS)],
            )

    return router
