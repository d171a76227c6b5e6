"""What is said after a question, an offer or a refusal is read in its light."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import text

from graph.app import Crew
from policy.roles import Role

Talk = Callable[..., Any]


def open_visits(crew: Crew, *, mine: bool) -> list[int]:
    """Visits that are scheduled, of the demo technician or of the others."""
    asked = f"SELECT intervention_id FROM interventions WHERE status = 'scheduled' AND technician_id {'=' if mine else '<>'} 1"  # noqa: E501
    with crew.sessions() as session:
        return [int(row[0]) for row in session.execute(text(f"{asked} ORDER BY intervention_id DESC LIMIT 3"))]


@pytest.mark.parametrize("insisting", ["sí, mandad a alguien", "pues mandad a un técnico", "si que vengan ya"])
async def test_asking_again_for_the_visit_that_waits_is_a_yes(talk: Talk, insisting: str) -> None:
    chat = talk(Role.CLIENT)
    await chat("la caldera pierde agua")
    assert [w.action for w in (await chat(insisting)).written] == ["request_visit"]


async def test_nobody_is_asked_the_same_for_ever(talk: Talk) -> None:
    chat = talk(Role.CLIENT)
    assert (await chat("quiero una visita para la caldera")).pending_confirmation is None
    proposed = await chat("no, mejor el jueves")
    assert proposed.pending_confirmation is not None and "jueves" in proposed.pending_confirmation.summary


async def test_what_is_told_of_the_machine_stays_when_more_is_said(talk: Talk) -> None:
    chat = talk(Role.CLIENT)
    await chat("el split no va")
    assert "el split no va" in (await chat("el mando tampoco")).pending_confirmation.summary


async def test_a_day_that_does_not_suit_is_no_wish_for_it(talk: Talk) -> None:
    chat = talk(Role.CLIENT)
    await chat("pedidme una revision del aire para la semana que viene")
    summary = (await chat("el martes no puedo")).pending_confirmation.summary
    assert "la semana que viene" in summary and "el martes no puedo" in summary


async def test_a_fault_that_documents_speak_of_is_offered_a_visit(talk: Talk) -> None:
    chat = talk(Role.CLIENT)
    told = await chat("me da F1 la caldera")
    assert told.citations and told.pending_confirmation is None
    assert (await chat("si")).pending_confirmation is not None


async def test_a_code_that_no_manual_names_is_said_to_be_unknown(talk: Talk) -> None:
    proposed = await talk(Role.CLIENT)("la caldera marca F77 y no arranca")
    assert proposed.pending_confirmation is not None and proposed.reply.startswith("No encuentro *F77*")


async def test_a_code_that_only_another_machine_has_is_unknown_to_this_one(talk: Talk) -> None:
    proposed = await talk(Role.CLIENT)("a mi caldera le sale E4")
    assert proposed.pending_confirmation is not None and "No encuentro *E4*" in proposed.reply


async def test_a_model_is_known_by_its_number(talk: Talk) -> None:
    told = await talk(Role.TECHNICIAN)("desnivel maximo del 600")
    assert told.citations and "15 m" in told.reply


async def test_a_yes_answers_what_was_offered_last(talk: Talk) -> None:
    chat = talk(Role.CLIENT)
    assert (await chat("el split no enfría, venid")).pending_confirmation is not None
    await chat("me da F1 la caldera, ¿qué hago?")
    proposed = await chat("pues mandad un técnico")
    assert proposed.written == [] and "Caldera" in proposed.pending_confirmation.summary


async def test_a_code_is_found_among_what_is_told_besides(talk: Talk) -> None:
    told = await talk(Role.CLIENT)("me sale un F4 en la caldera y llevamos toda la mañana sin poder ducharnos")
    assert "1,3 bar" in told.reply and told.citations


async def test_what_is_said_of_another_machine_is_beside_the_point(talk: Talk) -> None:
    told = await talk(Role.CLIENT)("huele a humedad")
    assert "suciedad en la batería" in told.reply and "gas" not in told.reply


async def test_what_is_said_of_a_family_that_one_does_not_own_answers_nothing(talk: Talk) -> None:
    told = await talk(Role.CLIENT)("puedo limpiar yo la unidad de fuera con la manguera?")
    assert not any("incendios" in cited.document for cited in told.citations)


async def test_an_offer_that_is_declined_proposes_nothing(talk: Talk) -> None:
    chat = talk(Role.CLIENT)
    await chat("me da F1 la caldera")
    declined = await chat("no")
    assert declined.pending_confirmation is None and declined.written == []


async def test_a_visit_for_a_code_comes_with_what_the_manual_says(talk: Talk) -> None:
    told = await talk(Role.CLIENT)("la caldera me da error F1, podeis venir?")
    assert told.citations and told.pending_confirmation is not None


async def test_a_document_is_given_by_its_name(talk: Talk) -> None:
    given = await talk(Role.CLIENT)("mándame el manual del aire")
    assert given.pending_confirmation is None
    assert any("Manual" in citation.document for citation in given.citations)


async def test_why_a_refusal_is_explained(talk: Talk) -> None:
    chat = talk(Role.CLIENT)
    assert (await chat("dime los contratos de mi vecino")).denied is not None
    told = await chat("y por qué no?")
    assert "protección de datos" in told.reply and told.handoff is None


async def test_an_order_refused_is_given_for_the_visit_named_next(talk: Talk, crew: Crew) -> None:
    chat, other, own = talk(Role.TECHNICIAN), open_visits(crew, mine=False)[0], open_visits(crew, mine=True)[0]
    assert (await chat(f"cierra la {other}: cambiado el filtro")).denied is not None
    proposed = await chat(f"no, la {own}")
    assert str(own) in proposed.pending_confirmation.summary and "filtro" in proposed.pending_confirmation.summary


async def test_a_visit_that_may_be_closed_is_not_lost_to_one_that_may_not(talk: Talk, crew: Crew) -> None:
    other, own = open_visits(crew, mine=False)[0], open_visits(crew, mine=True)[0]
    result = await talk(Role.TECHNICIAN)(f"cierro la {other}, todo bien, y la {own} tambien")
    assert result.denied is not None
    assert result.pending_confirmation is not None and str(own) in result.pending_confirmation.summary


async def test_a_phone_number_goes_to_the_person_who_was_brought_in(talk: Talk) -> None:
    chat = talk(Role.GUEST)
    assert (await chat("quiero que me llame un comercial")).handoff is not None
    assert (await chat("el 612 345 678")).handoff is not None


@pytest.mark.parametrize(
    "message", ["olá, o meu ar condicionado não arrefece, podem vir?", "bonjour, ma chaudière ne marche plus du tout"]
)
async def test_other_languages_are_answered_politely(talk: Talk, message: str) -> None:
    chat = talk(Role.CLIENT)
    told = await chat(message)
    assert "español o en inglés" in told.reply and told.denied is None
    assert (await chat("sí")).handoff is not None
