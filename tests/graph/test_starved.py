"""A machine that is starved: what the database does not give is asked again, and then a person answers."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

import pytest

from graph import turn
from graph.app import Crew
from graph.messages import TurnResult
from graph.nodes import specialist
from policy.roles import Principal, Role
from tests.graph.crews import Talk

CLIENT = Principal(Role.CLIENT, 1, "Lucía Ferrer Abad")
QUESTIONS = {"data": "¿Qué contratos tengo?", "documents": "¿Cómo limpio los filtros?"}


@asynccontextmanager
async def starved(crew: Crew, patch: pytest.MonkeyPatch) -> AsyncIterator[Callable[[], Any]]:
    """Every connection of the clients' reader is taken until what is given is called."""
    pool = crew.readers._pools[Role.CLIENT]
    async with AsyncExitStack() as stack:
        for _ in range(pool.max_size):
            await stack.enter_async_context(crew.readers.transaction(CLIENT))
        patch.setattr(pool, "timeout", 0.2)
        yield stack.aclose


@pytest.mark.parametrize("message", QUESTIONS.values(), ids=QUESTIONS)
async def test_a_person_answers_what_the_database_does_not(
    crew: Crew, talk: Callable[..., Talk], monkeypatch: pytest.MonkeyPatch, message: str
) -> None:
    for module in (specialist, turn):
        monkeypatch.setattr(module, "PAUSES", (0.01,))
    chat = talk(Role.CLIENT)
    async with starved(crew, monkeypatch):
        result: TurnResult = await chat(message)
    assert result.handoff is not None and result.handoff.summary
    assert "persona del equipo" in result.reply
    assert result.error == "unavailable"


@pytest.mark.parametrize("message", QUESTIONS.values(), ids=QUESTIONS)
async def test_what_passes_is_not_noticed(
    crew: Crew, talk: Callable[..., Talk], monkeypatch: pytest.MonkeyPatch, message: str
) -> None:
    for module in (specialist, turn):
        monkeypatch.setattr(module, "PAUSES", (0.01,) * 200)
        monkeypatch.setattr(module, "PATIENCE_SECONDS", 120.0)
    chat = talk(Role.CLIENT)
    async with starved(crew, monkeypatch) as give_back:
        asking = asyncio.create_task(chat(message))
        await asyncio.sleep(0.5)
        await give_back()
        result = await asking
    assert result.error is None and result.handoff is None and result.reply


async def test_in_an_emergency_it_is_said_what_to_do(
    crew: Crew, talk: Callable[..., Talk], monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in (specialist, turn):
        monkeypatch.setattr(module, "PAUSES", ())
    chat = talk(Role.CLIENT)
    async with starved(crew, monkeypatch):
        result = await chat("Huele a gas en casa")
    assert "112" in result.reply
    assert result.handoff is not None and result.handoff.reason == "emergency"
