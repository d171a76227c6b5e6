"""Alive is not the same as ready, and ready fails closed."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import text

from api.health import health_routes
from db.session import make_engine
from graph.app import Crew
from tests.graph.crews import crew as crew
from tests.serving import served

PARTS = {"database", "migrations", "index", "queue"}


def test_alive_and_ready(http: httpx.Client) -> None:
    assert http.get("/health").json() == {"status": "ok"}
    ready = http.get("/ready")
    assert ready.status_code == 200
    assert ready.json()["checks"] == dict.fromkeys(PARTS, "ok")


async def ask(crew: Crew | None) -> httpx.Response:
    app = FastAPI()
    app.include_router(health_routes(lambda: crew))
    async with served(app) as address, httpx.AsyncClient(base_url=address, trust_env=False) as client:
        assert (await client.get("/health")).status_code == 200
        return await client.get("/ready")


@contextmanager
def changed(crew: Crew, does: str, undoes: str) -> Iterator[Crew]:
    with crew.engine.begin() as connection:
        connection.execute(text(does))
    try:
        yield crew
    finally:
        with crew.engine.begin() as connection:
            connection.execute(text(undoes))


@contextmanager
def nothing_read(crew: Crew) -> Iterator[Crew]:
    class Empty:
        size = 0

    yield replace(crew, retriever=Empty())  # type: ignore[arg-type]


@contextmanager
def no_database(crew: Crew) -> Iterator[Crew]:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    engine = make_engine(f"postgresql://nobody@127.0.0.1:{port}/nothing")
    yield replace(crew, engine=engine)
    engine.dispose()


def behind(crew: Crew) -> AbstractContextManager[Crew]:
    return changed(
        crew,
        "UPDATE alembic_version SET version_num = version_num || 'x'",
        "UPDATE alembic_version SET version_num = rtrim(version_num, 'x')",
    )


def no_queue(crew: Crew) -> AbstractContextManager[Crew]:
    return changed(crew, "ALTER SCHEMA queue RENAME TO elsewhere", "ALTER SCHEMA elsewhere RENAME TO queue")


@pytest.mark.parametrize(
    ("breaks", "failed"),
    [
        (no_database, PARTS),
        (behind, {"migrations"}),
        (nothing_read, {"index"}),
        (no_queue, {"queue"}),
    ],
)
async def test_one_part_that_fails_is_not_ready(
    crew: Crew, breaks: Callable[[Crew], AbstractContextManager[Crew]], failed: set[str]
) -> None:
    with breaks(crew) as broken:
        response = await ask(broken)
    assert response.status_code == 503
    assert response.json()["status"] == "not_ready"
    assert {name for name, state in response.json()["checks"].items() if state == "failed"} == failed
    assert (await ask(crew)).status_code == 200


async def test_not_ready_before_the_crew_is() -> None:
    response = await ask(None)
    assert response.status_code == 503 and set(response.json()["checks"].values()) == {"failed"}
