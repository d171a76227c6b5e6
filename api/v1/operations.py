"""``GET /operations/summary``: how the house stands, for administrators. The office's panel shows it."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query

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


def operations_routes() -> APIRouter:
    """The route under ``/operations``."""
    router = APIRouter(prefix="/operations", tags=["operations"])

    @router.get("/summary", operation_id="operations_summary", responses=documented(*_ERRORS))
    def summary(
        access: Caller,
        desk: OpenDesk,
        days: Annotated[int, Query(ge=1, le=366, description="How far back turns are counted")] = 14,
        ahead: Annotated[int, Query(ge=1, le=366, description="How far ahead contracts are listed, in days")] = 45,
    ) -> OperationsSummary:
        """Turns by day, role and outcome; what waits and what was given up; contracts that end; open visits."""
        access.need(READ)
        if access.principal.role is not Role.ADMIN:
            raise Denied("Only an administrator sees this.", what="operations", reason="role_not_granted")
        given = {"zone": desk.settings.timezone, "days": days}
        with translated(), desk.sessions() as session:
            until = {"today": desk.clock.today(), "ahead": ahead}
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
