"""Follow-ups are resolved from what the conversation remembers, in the checkpoint."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from graph.app import Crew
from policy.roles import Role


async def test_and_in_another_city(talk: Callable[..., Any]) -> None:
    chat = talk(Role.ADMIN)
    madrid = await chat("¿Cuántos aires acondicionados XP400 tenemos en Madrid?")
    valencia = await chat("¿y en Valencia?")
    assert valencia.specialists == ["sql_reader"]
    assert "Valencia" in valencia.reply
    assert madrid.reply != valencia.reply


async def test_it_survives_a_restart(talk: Callable[..., Any], reopen: Callable[..., Any]) -> None:
    chat = talk(Role.ADMIN)
    await chat("¿Cuántos contratos vencen este mes?")
    async with reopen() as restarted:
        result = await chat.on(restarted)("¿y el mes que viene?")
    assert result.specialists == ["sql_reader"]
    assert "contrato" in result.reply


async def test_documents_remember_the_model(talk: Callable[..., Any]) -> None:
    chat = talk(Role.TECHNICIAN)
    await chat("¿Qué significa el error E4 del XP250?")
    result = await chat("¿y el E3?")
    assert result.specialists == ["rag_docs"]
    assert all("XP400" not in citation.document or "XP250" in citation.document for citation in result.citations)


async def test_state_is_plain_json_and_small(talk: Callable[..., Any], crew: Crew) -> None:
    chat = talk(Role.ADMIN)
    for _ in range(8):
        await chat("Lista las intervenciones de este mes")
    config = {"configurable": {"thread_id": f"admin:1/{chat.conversation_id}"}}
    state = await crew.turns.graph.aget_state(config)
    assert len(state.values["memory"]["history"]) == 6
    assert len(state.values["memory"]["last_rows"]["rows"]) <= 20
    assert state.values["filed"] == []
    assert _plain(state.values)


def _plain(value: object) -> bool:
    if isinstance(value, dict):
        return all(isinstance(key, str) and _plain(item) for key, item in value.items())
    if isinstance(value, list):
        return all(map(_plain, value))
    return value is None or type(value) in {str, int, float, bool}
