"""Is the process alive, and may it be sent traffic? ``/ready`` fails closed: anything unknown is not ready."""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus

import structlog
from fastapi import APIRouter
from fastapi.responses import JSONResponse
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from db.migrate import head
from graph.app import Crew

_PASSAGES = text(
    "SELECT EXISTS (SELECT FROM document_chunks JOIN documents USING (document_id) WHERE retired_at IS NULL)"
)
_QUEUE = text("SELECT FROM queue.procrastinate_jobs WHERE status = 'todo' LIMIT 1")
_log = structlog.get_logger(__name__)


def health_routes(crew: Callable[[], Crew | None]) -> APIRouter:
    """``GET /health`` and ``GET /ready`` over the crew that is open, if one is."""
    router = APIRouter(tags=["health"])

    @router.get("/health")
    def health() -> dict[str, str]:
        """The process answers."""
        return {"status": "ok"}

    @router.get("/ready")
    def ready() -> JSONResponse:
        """Database, migrations, index and queue are all in place."""
        checks = _check(crew())
        ok = all(checks.values())
        status = HTTPStatus.OK if ok else HTTPStatus.SERVICE_UNAVAILABLE
        named = {name: "ok" if good else "failed" for name, good in checks.items()}
        return JSONResponse({"status": "ready" if ok else "not_ready", "checks": named}, status_code=status)

    return router


def _check(crew: Crew | None) -> dict[str, bool]:
    checks = {"database": False, "migrations": False, "index": False, "queue": False}
    if crew is None:
        return checks
    try:
        with crew.engine.connect() as connection:
            revision = connection.scalar(text("SELECT version_num FROM alembic_version"))
            checks["database"] = True
            checks["migrations"] = revision == head()
            checks["index"] = crew.retriever.size > 0 or (
                crew.settings.mode == "production" and not connection.scalar(_PASSAGES)
            )
            connection.execute(_QUEUE)
            checks["queue"] = True
    except SQLAlchemyError as error:
        _log.error("not_ready", error=type(error).__name__)
    return checks
