"""Alive is not the same as ready, and ready fails closed."""

from __future__ import annotations

import httpx
from fastapi import FastAPI
from sqlalchemy import text

from api.health import health_routes
from graph.app import Crew
from tests.graph.crews import crew as crew


def test_alive_and_ready(http: httpx.Client) -> None:
    assert http.get("/health").json() == {"status": "ok"}
    ready = http.get("/ready")
    assert ready.status_code == 200
    assert ready.json()["checks"] == {"database": "ok", "migrations": "ok", "index": "ok"}


async def ask(crew: Crew | None) -> httpx.Response:
    app = FastAPI()
    app.include_router(health_routes(lambda: crew))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://localhost") as client:
        assert (await client.get("/health")).status_code == 200
        return await client.get("/ready")


async def test_not_ready_before_the_crew_is() -> None:
    response = await ask(None)
    assert response.status_code == 503
    assert response.json()["status"] == "not_ready"


async def test_not_ready_when_migrations_are_behind(crew: Crew) -> None:
    with crew.engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = version_num || 'x'"))
    response = await ask(crew)
    with crew.engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = rtrim(version_num, 'x')"))
    assert response.status_code == 503
    assert response.json()["checks"]["migrations"] == "failed"
    assert response.json()["checks"]["database"] == "ok"
