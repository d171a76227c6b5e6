"""Conversations do not wait for one another, and leave few checkpoints behind."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from sqlalchemy import text

from graph.app import Crew
from graph.retention import PRUNED_EVERY
from policy.roles import Role
from tools.feedback import Unanswered


def kept(crew: Crew, conversation: str) -> int:
    with crew.sessions() as session:
        count = "SELECT count(*) FROM checkpoints WHERE thread_id LIKE :thread"
        return int(session.execute(text(count), {"thread": f"%/{conversation}"}).scalar_one())


async def test_checkpoints_are_pruned_and_the_conversation_goes_on(talk: Callable[..., Any], crew: Crew) -> None:
    chat = talk(Role.CLIENT)
    for _ in range(PRUNED_EVERY - 1):
        await chat("hola")
    assert kept(crew, chat.conversation_id) == PRUNED_EVERY - 1
    await chat("Mi caldera pierde agua, ¿podéis venir?")
    await crew.turns.retention.close()
    assert kept(crew, chat.conversation_id) == 1
    assert (await chat("sí")).written


async def test_senders_of_one_conversation_id_do_not_wait_for_each_other(talk: Callable[..., Any], crew: Crew) -> None:
    client, technician = talk(Role.CLIENT, "shared"), talk(Role.TECHNICIAN, "shared")
    await client("hola")
    with crew.sessions() as session:
        asked = "SELECT conversation_id FROM chat_sessions WHERE conversation_id LIKE 'client:%/shared'"
        thread = session.execute(text(asked)).scalar_one()
    async with crew.turns.locks.hold(thread):
        answered = await asyncio.wait_for(technician("hola"), timeout=60)
    assert answered.role == "technician" and answered.error is None


async def test_the_same_question_at_once_is_one_row(crew: Crew) -> None:
    asked = Unanswered("¿Sirve para el horno de barro?", Role.CLIENT, "es", "not_in_documents", {}, None)
    numbers = await asyncio.gather(*(crew.parts.feedback.record(asked) for _ in range(6)))
    assert len(set(numbers)) == 1
