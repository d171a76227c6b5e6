"""Several things in one message: each is seen to, or the person is told when it will be."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sqlalchemy import text

from graph.app import Crew
from policy.roles import Role
from tests.graph.crews import STRANGER

LEAK = "Mi caldera pierde agua, ¿podéis venir?"


def scheduled(crew: Crew) -> tuple[int, int]:
    """Two visits of the technician that have not begun."""
    asked = (
        "SELECT intervention_id FROM interventions WHERE technician_id = 1 AND status = 'scheduled' ORDER BY 1 LIMIT 2"
    )
    with crew.sessions() as session:
        first, second = session.execute(text(asked)).scalars()
    return int(first), int(second)


async def test_two_visits_are_changed_one_after_the_other(talk: Callable[..., Any], crew: Crew) -> None:
    chat, (done, moved) = talk(Role.TECHNICIAN), scheduled(crew)
    first = await chat(f"{done} terminada, revisado y limpio. Y la {moved} pásala al lunes a las 12")
    assert first.pending_confirmation is not None and str(done) in first.pending_confirmation.summary
    assert "justo después" in first.reply
    second = await chat("no")
    assert second.written == []
    assert second.pending_confirmation is not None and str(moved) in second.pending_confirmation.summary
    assert (await chat("no")).pending_confirmation is None


async def test_what_is_done_to_one_visit_too_is_confirmed_for_each(talk: Callable[..., Any], crew: Crew) -> None:
    chat, (first, second) = talk(Role.TECHNICIAN), scheduled(crew)
    asked = await chat(f"cierra la {first}: cambiado el filtro, y la {second} también")
    assert asked.pending_confirmation is not None and str(first) in asked.pending_confirmation.summary
    again = await chat("sí")
    assert [written.id for written in again.written] == [str(first)]
    assert again.pending_confirmation is not None and str(second) in again.pending_confirmation.summary
    assert "filtro" in again.pending_confirmation.summary
    assert [written.id for written in (await chat("sí")).written] == [str(second)]


async def test_a_fault_that_no_document_helps_with_is_for_a_visit(talk: Callable[..., Any]) -> None:
    result = await talk(Role.CLIENT)("de la caldera se oye un goteo por detrás desde anoche")
    assert result.pending_confirmation is not None and result.feedback_id is None


async def test_two_machines_that_fail_are_both_in_the_draft(talk: Callable[..., Any]) -> None:
    result = await talk(Role.CLIENT)("el split no enfría y la caldera hace ruido, mandad a alguien")
    draft = result.pending_confirmation
    assert draft is not None and "Split" in draft.summary and "Caldera" in draft.summary


async def test_what_is_added_to_a_draft_keeps_its_no(talk: Callable[..., Any]) -> None:
    chat = talk(Role.CLIENT)
    await chat(LEAK)
    amended = (await chat("no calienta tampoco")).pending_confirmation
    assert amended is not None and "no calienta" in amended.summary


async def test_a_correction_takes_the_other_machine_out(talk: Callable[..., Any]) -> None:
    chat = talk(Role.CLIENT)
    await chat("mi caldera no arranca")
    amended = (await chat("no, espera, es el aire")).pending_confirmation
    assert amended is not None and "caldera" not in amended.summary.lower() and "Split" in amended.summary


async def test_a_visit_left_cancelled_is_cancelled_and_yes_may_say_so(talk: Callable[..., Any], crew: Crew) -> None:
    chat, (number, _) = talk(Role.TECHNICIAN), scheduled(crew)
    draft = (await chat(f"la {number} no se puede hacer, cliente cerrado, déjala cancelada")).pending_confirmation
    assert draft is not None and "cancelada" in draft.summary
    assert [write.id for write in (await chat("sí, cancélala")).written] == [str(number)]


async def test_prices_and_days_of_the_visit_that_waits(talk: Callable[..., Any]) -> None:
    chat = talk(Role.CLIENT)
    await chat(LEAK)
    price = await chat("¿y el precio?")
    assert "49,00" in price.reply and price.pending_confirmation is not None
    assert "oficina" in (await chat("¿cuándo podríais venir?")).reply


async def test_a_stranger_is_told_who_may_read_manuals(talk: Callable[..., Any]) -> None:
    for message in ("¿qué significa el error E4 del XP400?", "¿qué significa el error Z9 del QQ999?"):
        refused = await talk(STRANGER)(message)
        assert refused.denied is not None and refused.denied.reason == "audience"
        assert "clientes y técnicos" in refused.reply


async def test_an_imagined_danger_is_advised_on(talk: Callable[..., Any]) -> None:
    advice = await talk(Role.CLIENT)("¿qué hay que hacer si salta el detector de monóxido?")
    assert "112" in advice.reply and advice.handoff is None
