"""With tracing on, a turn is sent to LangSmith whole; with it off, nothing is."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio
from fastapi import FastAPI, Request
from langsmith import Client, tracing_context

from graph.app import Crew
from graph.messages import TurnRequest
from policy.roles import Role
from tests.conftest import PHONES
from tests.serving import served


@pytest.fixture
def sent() -> list[bytes]:
    return []


@pytest_asyncio.fixture
async def smith(sent: list[bytes]) -> AsyncIterator[Client]:
    """A client of a stand-in that keeps what it is sent."""
    app = FastAPI()

    @app.get("/info")
    async def info() -> dict[str, Any]:
        return {"batch_ingest_config": {"use_multipart_endpoint": True}}

    @app.post("/runs/multipart")
    async def runs(request: Request) -> dict[str, Any]:
        sent.append(await request.body())
        return {}

    async with served(app) as address:
        client = Client(api_url=address, api_key="key", info={}, auto_batch_tracing=True)
        yield client


async def ask(crew: Crew) -> None:
    await crew.turns.answer(TurnRequest(message="¿Qué contratos tengo?", sender=PHONES[Role.CLIENT]))


async def test_a_turn_is_traced(crew: Crew, smith: Client, sent: list[bytes]) -> None:
    with tracing_context(enabled=True, client=smith):
        await ask(crew)
    await asyncio.to_thread(smith.flush)
    told = b"".join(sent)
    assert b"sql_reader" in told and b"understand" in told and b"query_data" in told


async def test_nothing_is_traced_unless_asked_for(crew: Crew, smith: Client, sent: list[bytes]) -> None:
    await ask(crew)
    smith.flush()
    assert sent == []
