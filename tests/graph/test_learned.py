"""What was learned is served, in the right role, while it holds; and told to who asked where nobody is written to."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import date, timedelta

import pytest
from sqlalchemy import text

from core.errors import BadInput, Conflict, NotFound
from db.models import Audience, FeedbackStatus
from graph.app import Crew
from graph.learned import spoken_day
from policy.roles import Role
from tests.graph.crews import Talk
from tools.learning.book import Answer, Colleague, Standing

ANA = Colleague("Ana Gil")
Begin = Callable[..., Talk]


async def teach(crew: Crew, number: int | None, words: str, **more: object) -> Standing:
    """``words`` are written, approved and searched."""
    assert number is not None
    crew.book.answer(number, Answer(words, **more), ANA)  # type: ignore[arg-type]
    standing = await asyncio.to_thread(crew.book.approve, number, ANA)
    await crew.retriever.refresh()
    return standing


def status(crew: Crew, number: int | None) -> FeedbackStatus:
    assert number is not None
    return crew.book.standing(number).question.status


async def test_the_next_who_asks_gets_it_cited(crew: Crew, talk: Begin) -> None:
    asked = await talk(Role.CLIENT)("¿Se puede conectar la caldera a Google Home?")
    assert status(crew, asked.feedback_id) is FeedbackStatus.PENDING
    await teach(crew, asked.feedback_id, "Sí, con el módulo NV-Link, desde la app de Norvento.")
    assert status(crew, asked.feedback_id) is FeedbackStatus.RESOLVED
    for again in ("¿Se puede conectar la caldera a Google Home?", "se puede conectar mi caldera con google home"):
        told = await talk(Role.CLIENT, f"again-{again[:9]}")(again)
        assert "NV-Link" in told.reply and "_Respuesta de Ana Gil, 18 de" in told.reply and told.feedback_id is None
        [cited] = [c for c in told.citations if "Ana Gil" in c.document]
        assert cited.document == "Respuesta de Ana Gil, 18 de noviembre de 2026"
        assert cited.section == "¿Se puede conectar la caldera a Google Home?"
    for other in ("¿Se puede conectar la alarma a Google Home?", "¿Se puede conectar la caldera a internet?"):
        assert "NV-Link" not in (await talk(Role.TECHNICIAN)(other)).reply, "said of one thing, not of another"
    crew.book.revoke(asked.feedback_id or 0, ANA)
    unknown = await talk(Role.CLIENT)("¿Se puede conectar la caldera a Google Home?")
    assert "NV-Link" not in unknown.reply and unknown.feedback_id == asked.feedback_id
    assert status(crew, asked.feedback_id) is FeedbackStatus.PENDING


async def test_who_asked_where_nobody_can_be_written_to_is_told_when_they_write(crew: Crew, talk: Begin) -> None:
    here, elsewhere = talk(Role.TECHNICIAN), talk(Role.TECHNICIAN)
    asked = await here("¿Se puede barnizar la puerta del ascensor?")
    before = await elsewhere("hola")
    assert before.told == []
    await teach(crew, asked.feedback_id, "Solo con barniz ignífugo.")
    told = await elsewhere("hola")
    assert "Sobre lo que preguntaste hoy" in told.reply and "barniz ignífugo" in told.reply and len(told.told) == 1
    assert (await here("hola")).told == []
    [asker] = crew.book.standing(asked.feedback_id or 0).askers
    assert (asker.state.value, asker.notified_at is not None) == ("told", True)
    assert (await talk(Role.CLIENT)("hola")).told == []


async def test_it_is_not_said_twice_to_who_asks_again(crew: Crew, talk: Begin) -> None:
    begun = talk(Role.TECHNICIAN)
    asked = await begun("¿Puedo poner cortinas delante del split?")
    await teach(crew, asked.feedback_id, "No: tapan la salida del aire.")
    again = await begun("¿Puedo poner cortinas delante del split?")
    assert again.reply.count("tapan la salida") == 1 and len(again.told) == 1


@pytest.mark.parametrize(
    ("audience", "readers"),
    [
        (Audience.PUBLIC, {Role.GUEST, Role.CLIENT, Role.TECHNICIAN, Role.ADMIN}),
        (Audience.CLIENT, {Role.CLIENT, Role.TECHNICIAN, Role.ADMIN}),
        (Audience.TECHNICIAN, {Role.TECHNICIAN, Role.ADMIN}),
        (Audience.ADMIN, {Role.ADMIN}),
    ],
)
async def test_only_those_it_was_written_for_read_it(
    crew: Crew, talk: Begin, audience: Audience, readers: set[Role]
) -> None:
    question = "¿Se puede conectar el ascensor a un grupo electrógeno?"
    asked = await talk(Role.TECHNICIAN)(question)
    await teach(crew, asked.feedback_id, "Solo con conmutador XK-77.", audience=audience)
    heard = {role for role in Role if "XK-77" in (await talk(role)(question)).reply}
    crew.book.revoke(asked.feedback_id or 0, ANA)
    assert heard == readers
    assert not {role for role in Role if "XK-77" in (await talk(role)(question)).reply}


@pytest.mark.parametrize(
    ("days", "holds"),
    [
        ({"valid_until": date(2020, 1, 1)}, False),
        ({"valid_from": date(2999, 1, 1)}, False),
        ({"valid_from": date(2020, 1, 1), "valid_until": date(2999, 1, 1)}, True),
    ],
)
async def test_it_is_served_while_it_holds(crew: Crew, talk: Begin, days: dict[str, date], holds: bool) -> None:
    question = "¿Se puede instalar el split en un balcón?"
    asked = await talk(Role.CLIENT)(question)
    await teach(crew, asked.feedback_id, "Sí, con permiso ZP-11.", **days)
    told = await talk(Role.CLIENT)(question)
    crew.book.revoke(asked.feedback_id or 0, ANA)
    assert ("ZP-11" in told.reply) is holds


async def test_versions_stay_and_one_is_served(crew: Crew, talk: Begin) -> None:
    question = "¿Cómo se pinta la carcasa de la caldera?"
    number = (await talk(Role.CLIENT)(question)).feedback_id or 0
    await teach(crew, number, "Con esmalte QA-1.")
    await teach(crew, number, "Con esmalte QA-2.", language="es")
    told = await talk(Role.CLIENT)(question)
    assert "QA-2" in told.reply and "QA-1" not in told.reply
    first, second = crew.book.versions(number)
    assert (first.version, first.revoked_at is not None, second.version, second.revoked_at) == (1, True, 2, None)
    with pytest.raises(Conflict):
        crew.book.approve(number, ANA, version=1)
    assert crew.book.approve(number, ANA).answer is not None
    assert len(crew.book.versions(number)) == 2
    with pytest.raises(Conflict):
        crew.book.dismiss(number, ANA)
    crew.book.revoke(number, ANA)
    with pytest.raises(Conflict):
        crew.book.revoke(number, ANA)
    assert crew.book.dismiss(number, ANA, "No es cosa nuestra").question.status is FeedbackStatus.DISMISSED


async def test_what_cannot_be_an_answer_is_refused(crew: Crew, talk: Begin) -> None:
    number = (await talk(Role.CLIENT)("¿Qué pintura lleva la puerta del ascensor?")).feedback_id or 0
    for wrong in (
        Answer("  "),
        Answer("x" * 4001),
        Answer("Sí", valid_from=date(2026, 2, 1), valid_until=date(2026, 1, 1)),
    ):
        with pytest.raises(BadInput):
            crew.book.answer(number, wrong, ANA)
    with pytest.raises(NotFound):
        crew.book.answer(987_654, Answer("Sí"), ANA)
    with pytest.raises(NotFound):
        crew.book.approve(number, ANA)
    once = [crew.book.answer(number, Answer("Gris", origin="csv:1"), ANA) for _ in range(2)]
    assert {standing.answer.version for standing in once if standing.answer} == {1}


async def test_what_a_person_finds_to_be_the_same_is_merged(crew: Crew, talk: Begin) -> None:
    first = (await talk(Role.CLIENT)("¿Tenéis tienda en Albacete?")).feedback_id or 0
    second = (await talk(Role.TECHNICIAN)("¿Hay tienda vuestra en Albacete?")).feedback_id or 0
    assert first != second
    merged = crew.book.merge(second, first, ANA)
    assert {asker.user_type.value for asker in merged.askers} == {"client", "technician"}
    gone = crew.book.standing(second).question
    assert (gone.status, gone.merged_into) == (FeedbackStatus.DISMISSED, first)
    for wrong in ((second, first), (first, second)):
        with pytest.raises(Conflict):
            crew.book.merge(*wrong, ANA)
    with pytest.raises(BadInput):
        crew.book.merge(first, first, ANA)
    with pytest.raises(Conflict):
        crew.book.answer(second, Answer("No"), ANA)
    ranked = crew.book.ranked((FeedbackStatus.PENDING,))
    counts = [one.askers for one in ranked]
    assert counts == sorted(counts, reverse=True)
    assert next(one.askers for one in ranked if one.question.feedback_id == first) == 2


async def test_every_change_leaves_a_trace(crew: Crew, talk: Begin) -> None:
    number = (await talk(Role.CLIENT)("¿La alarma funciona con el router de Movistar?")).feedback_id or 0
    await teach(crew, number, "Sí.")
    crew.book.revoke(number, ANA)
    with crew.sessions() as session:
        query = text("SELECT action FROM audit_log WHERE table_name = 'knowledge_feedback' AND record_id = :n")
        actions = sorted(session.scalars(query, {"n": str(number)}))
    assert actions == ["answer_question", "approve_answer", "revoke_answer"]


async def test_what_the_demo_company_learned_is_served(crew: Crew, talk: Begin) -> None:
    assert crew.book.read_again() == 0 and crew.book.shelve_missing() == 0
    told = await talk(Role.CLIENT)("¿puedo pintar la tapa de la CB-35?")
    assert "perdería la garantía" in told.reply and "Respuesta de " in told.reply
    other = await talk(Role.CLIENT)("¿puedo pintar la tapa de la CB-36?")
    assert "perdería la garantía" not in other.reply


def test_days_are_said_as_people_say_them(crew: Crew) -> None:
    now = crew.clock.now()
    said = [spoken_day(now - timedelta(days=days), now, "es") for days in (0, 1, 3, 10)]
    assert said == ["hoy", "ayer", "el domingo", "el 8 de noviembre"]
    said = [spoken_day(now - timedelta(days=days), now, "en") for days in (0, 3, 10)]
    assert said == ["today", "on Sunday", "on 8 November"]
