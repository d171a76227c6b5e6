"""Nothing is written before a yes, and a yes is good once, also after a restart."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text

from core.clock import FixedClock
from graph.app import Crew
from policy.roles import Role

LEAK = "Mi caldera pierde agua, ¿podéis venir?"


def writes(crew: Crew) -> int:
    with crew.sessions() as session:
        return int(session.execute(text("SELECT count(*) FROM audit_log")).scalar_one())


async def test_yes_writes_once(talk: Callable[..., Any], crew: Crew) -> None:
    chat, before = talk(Role.CLIENT), writes(crew)
    assert (await chat(LEAK)).pending_confirmation is not None
    assert writes(crew) == before
    done = await chat("sí")
    assert [(w.table, w.action) for w in done.written] == [("interventions", "request_visit")]
    assert done.pending_confirmation is None
    assert writes(crew) == before + 1
    again = await chat("sí")
    assert again.written == []
    assert writes(crew) == before + 1


async def test_no_discards(talk: Callable[..., Any], crew: Crew) -> None:
    chat, before = talk(Role.CLIENT), writes(crew)
    await chat(LEAK)
    refused = await chat("no, déjalo")
    assert refused.pending_confirmation is None
    assert (await chat("sí")).written == []
    assert writes(crew) == before


@pytest.mark.parametrize(
    "no", ["no, déjalo, ya ha arrancado sola", "no, ya funciona", "no hace falta, se ha arreglado"]
)
async def test_a_no_with_its_reason_discards(talk: Callable[..., Any], no: str) -> None:
    chat = talk(Role.CLIENT)
    assert (await chat(LEAK)).pending_confirmation is not None
    assert (await chat(no)).pending_confirmation is None


async def test_the_day_changes_after_the_details_were_asked_for(talk: Callable[..., Any]) -> None:
    chat = talk(Role.CLIENT)
    assert (await chat("Quiero pedir cita para la caldera")).pending_confirmation is None
    first = await chat("el miércoles por la mañana")
    assert first.pending_confirmation is not None and "miércoles" in first.pending_confirmation.summary
    changed = await chat("no, mejor el viernes")
    assert changed.pending_confirmation is not None and "viernes" in changed.pending_confirmation.summary
    assert (await chat("sí")).written


async def test_another_hour_keeps_the_day(talk: Callable[..., Any]) -> None:
    chat = talk(Role.CLIENT)
    await chat("¿Podéis mandar a alguien el lunes? La caldera pierde agua")
    later = await chat("mejor por la tarde")
    assert later.pending_confirmation is not None
    assert all(said in later.pending_confirmation.summary for said in ("el lunes", "por la tarde"))
    moved = await chat("no, mejor el viernes")
    assert moved.pending_confirmation is not None and "viernes" in moved.pending_confirmation.summary
    assert "lunes," not in moved.pending_confirmation.summary.split("«")[0]


async def test_yes_but_drafts_again(talk: Callable[..., Any], crew: Crew) -> None:
    chat, before = talk(Role.CLIENT), writes(crew)
    await chat(LEAK)
    amended = await chat("sí, pero mejor por la tarde")
    assert amended.pending_confirmation is not None
    assert "tarde" in amended.pending_confirmation.summary
    assert writes(crew) == before
    assert (await chat("vale, confirmo")).written
    assert writes(crew) == before + 1


async def test_another_day_changes_what_waits_not_a_visit_of_the_office(talk: Callable[..., Any]) -> None:
    chat = talk(Role.CLIENT)
    await chat(LEAK)
    result = await chat("si pero que venga el jueves por la tarde")
    assert result.handoff is None and result.pending_confirmation is not None
    assert "jueves" in result.pending_confirmation.summary


async def test_another_question_leaves_it_waiting(talk: Callable[..., Any]) -> None:
    chat = talk(Role.CLIENT)
    await chat(LEAK)
    other = await chat("¿Cuándo vence mi garantía?")
    assert other.specialists == ["sql_reader"]
    assert other.pending_confirmation is not None
    assert (await chat("sí")).written


async def test_it_survives_a_restart(talk: Callable[..., Any], reopen: Callable[..., Any]) -> None:
    chat = talk(Role.CLIENT)
    await chat(LEAK)
    async with reopen() as restarted:
        assert (await chat.on(restarted)("sí")).written


async def test_it_expires(talk: Callable[..., Any], reopen: Callable[..., Any], clock: FixedClock) -> None:
    chat = talk(Role.CLIENT)
    await chat(LEAK)
    async with reopen(FixedClock(clock.now() + timedelta(hours=25), clock.zone)) as later:
        late = await chat.on(later)("sí")
    assert late.written == []
    assert late.pending_confirmation is None


async def test_what_is_not_theirs_is_refused_before_asking(talk: Callable[..., Any], crew: Crew) -> None:
    with crew.sessions() as session:
        theirs = session.execute(
            text("SELECT intervention_id FROM interventions WHERE technician_id <> 1 AND status = 'scheduled' LIMIT 1")
        ).scalar_one()
    result = await talk(Role.TECHNICIAN)(f"Cierra la intervención {theirs}: revisado y funcionando")
    assert result.pending_confirmation is None
    assert result.denied is not None
    assert result.denied.reason == "not_yours"


async def test_the_same_confirmation_from_two_places_writes_once(talk: Callable[..., Any], crew: Crew) -> None:
    chat, before = talk(Role.CLIENT), writes(crew)
    await chat(LEAK)
    first = await chat("sí", message_id="yes-1")
    second = await chat("sí", message_id="yes-1")
    assert first == second
    assert writes(crew) == before + 1


async def test_it_is_recalled_once_and_a_late_yes_is_asked_again(talk: Callable[..., Any], crew: Crew) -> None:
    chat, before = talk(Role.CLIENT), writes(crew)
    drafted = await chat(LEAK)
    waiting = drafted.pending_confirmation
    assert waiting is not None
    assert waiting.summary in (await chat("¿Cuándo vence mi garantía?")).reply
    assert waiting.summary not in (await chat("¿Qué equipos tengo?")).reply
    asked_again = await chat("sí")
    assert asked_again.written == [] and waiting.summary in asked_again.reply
    assert writes(crew) == before
    assert (await chat("sí")).written
    assert writes(crew) == before + 1


async def test_a_request_about_another_machine_replaces_the_draft(talk: Callable[..., Any]) -> None:
    chat = talk(Role.CLIENT)
    await chat(LEAK)
    other = await chat("necesito que alguien venga a revisar el split del salón")
    assert other.pending_confirmation is not None
    assert "XP400" in other.pending_confirmation.summary
    assert "pierde agua" not in other.pending_confirmation.summary


async def test_a_request_about_a_machine_replaces_a_draft_about_none(talk: Callable[..., Any]) -> None:
    chat = talk(Role.CLIENT)
    await chat("quiero que me instaléis un split nuevo en el dormitorio")
    other = await chat("mandadme a alguien, la caldera no arranca")
    assert other.pending_confirmation is not None
    assert "CB24" in other.pending_confirmation.summary
    assert "dormitorio" not in other.pending_confirmation.summary
