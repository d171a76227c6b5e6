"""Who was told an answer that is corrected or withdrawn is told so, once, as they would be told anything."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from channels.chatwoot.commands import read_command
from channels.standin.model import Conversation
from db.models import Audience, FeedbackStatus
from tests.channels.houses import CLIENT, House, OpenHouse, said, until
from tests.channels.test_learning_loop import TECHNICIAN, asker, asks, bot_notes, note
from tests.channels.test_lessons import ANA, reached
from tests.channels.test_people import quiet
from tools.learning.book import Answer, AnswerBook


async def taught(house: House, question: str, words: str, who: str = CLIENT) -> tuple[Conversation, int]:
    """A conversation whose question was answered, and told."""
    conversation = await asks(house, who, question)
    number = (await asker(house, conversation))["feedback_id"]
    note(house, conversation, f"/aprende {words}")
    await until(lambda: len(said(conversation)) == 2)
    await reached(house, conversation, "told")
    return conversation, number


async def the(house: House, conversation: Conversation, place: int) -> str:
    """The message number ``place`` to the customer, once it is there."""
    return str((await until(lambda: said(conversation)[place:]))[0].content or "")


async def of_book(house: House, call: Callable[..., Any], *given: Any, **named: Any) -> Any:
    return await asyncio.to_thread(call, house.turns.crew.book, *given, **named)


async def test_who_was_told_is_told_the_correction_once(house: House) -> None:
    house.work()
    conversation, number = await taught(house, "¿Se puede pintar el depósito de azul cielo?", "Sí, con cualquiera.")
    note(house, conversation, f"/aprende #{number} Solo con corcho ignífugo.")
    told = await the(house, conversation, 2)
    assert "corregir" in told and "corcho ignífugo" in told and "cualquiera" not in told
    await reached(house, conversation, "told")
    await until_status(house, number, FeedbackStatus.RESOLVED)
    await until(lambda: any("Se la corrijo" in text for text in bot_notes(conversation)))
    await house.worker.teller.once()
    await quiet(house, conversation)
    assert len(said(conversation)) == 3


async def until_status(house: House, number: int, status: FeedbackStatus) -> None:
    async def is_so() -> bool:
        return (await of_book(house, AnswerBook.standing, number)).question.status is status

    await until(is_so)


async def test_a_reviewer_may_leave_it_unsaid(house: House) -> None:
    house.work()
    conversation, number = await taught(house, "¿Cómo se pinta el armario de lila?", "Si, con lana de roca.")
    note(house, conversation, f"/aprende #{number} avisar:no Sí, con lana de roca.")
    await until(lambda: len(bot_notes(conversation)) == 2)
    await quiet(house, conversation)
    assert len(said(conversation)) == 2
    assert (await asker(house, conversation))["state"] == "told"
    note(house, conversation, f"/aprende #{number} No: la lana se moja.")
    assert "se moja" in await the(house, conversation, 2), "they hold an older version: it is corrected too"


async def test_who_was_told_hears_that_it_was_withdrawn_and_then_the_right_answer(house: House) -> None:
    house.work()
    conversation, number = await taught(house, "¿Se puede pintar la bomba de ocre?", "Sí, con espuma.")
    note(house, conversation, f"/olvida #{number}")
    told = await the(house, conversation, 2)
    assert "ya no" in told and "pintar la bomba" in told and "Sí, con espuma" not in told
    await reached(house, conversation, "waiting")
    await house.worker.teller.once()
    await quiet(house, conversation)
    assert len(said(conversation)) == 3
    note(house, conversation, f"/aprende #{number} No: la espuma arde.")
    told = await the(house, conversation, 3)
    assert "la espuma arde" in told
    await reached(house, conversation, "told")
    await quiet(house, conversation)
    assert len(said(conversation)) == 4


async def test_withdrawn_and_answered_anew_at_once_is_one_message(house: House) -> None:
    house.work()
    conversation, number = await taught(house, "¿Se puede forrar el cuadro con tela?", "Sí, con tela.")
    await house.rest()
    await of_book(house, AnswerBook.revoke, number, ANA)
    await of_book(house, AnswerBook.answer, number, Answer("No: la tela arde."), ANA)
    await of_book(house, AnswerBook.approve, number, ANA)
    house.work()
    assert "la tela arde" in await the(house, conversation, 2)
    await reached(house, conversation, "told")
    await quiet(house, conversation)
    assert len(said(conversation)) == 3


async def test_quiet_withdrawals_tell_nobody(open_house: OpenHouse) -> None:
    async with open_house(learning_poll_seconds=0.1) as house:
        house.work()
        conversation, number = await taught(house, "¿Se puede pintar la puerta de gris?", "Sí, con cartón.")
        await of_book(house, AnswerBook.revoke, number, ANA, tell_again=False)
        await asyncio.sleep(0.5)
        await quiet(house, conversation)
        assert len(said(conversation)) == 2
        assert (await asker(house, conversation))["state"] == "told"


async def test_a_correction_that_they_may_not_read_is_told_as_a_withdrawal(open_house: OpenHouse) -> None:
    async with open_house(learning_poll_seconds=0.1) as house:
        house.work()
        conversation, number = await taught(house, "¿Se puede pintar el presostato de rojo?", "Sí, con cinta.")
        secret = Answer("Solo en fábrica, con cinta K2.", audience=Audience.TECHNICIAN)
        await of_book(house, AnswerBook.answer, number, secret, ANA)
        await of_book(house, AnswerBook.approve, number, ANA)
        told = await the(house, conversation, 2)
        assert "ya no" in told and "K2" not in told
        await reached(house, conversation, "withheld")
        await quiet(house, conversation)
        assert len(said(conversation)) == 3


async def test_outside_the_window_a_template_carries_the_correction(open_house: OpenHouse) -> None:
    async with open_house(chatwoot_template="novedades") as house:
        house.standin.world.inbox.templates["novedades"] = "Hola: {{1}}"
        house.work()
        conversation, number = await taught(house, "¿Se puede forrar el split con papel?", "Sí, con papel.")
        house.standin.desk.age(conversation, timedelta(hours=25))
        note(house, conversation, f"/aprende #{number} No: el papel tapa el aire.")
        message = (await until(lambda: said(conversation)[2:]))[0]
        params = message.additional_attributes["template_params"]
        assert params["name"] == "novedades" and "tapa el aire" in params["processed_params"]["body"]["1"]


async def test_the_correction_is_in_their_language(house: House) -> None:
    house.work()
    conversation, number = await taught(house, "Can I wrap the boiler in glitter foil?", "idioma:en Yes, you can.")
    note(house, conversation, f"/aprende #{number} idioma:en No, foil melts.")
    told = await the(house, conversation, 2)
    assert told.startswith("About what you asked") and "correct" in told and "foil melts" in told
    note(house, conversation, f"/olvida #{number}")
    assert "no longer" in await the(house, conversation, 3)


async def test_a_colleague_who_has_the_conversation_gets_the_correction_instead(house: House) -> None:
    house.work()
    conversation, number = await taught(house, "¿Se puede pintar la rejilla de beige?", "Sí, con lona.")
    colleague = house.standin.world.hire("Pablo", "pablo@acme.com")
    house.standin.desk.assign(conversation, colleague)
    house.standin.desk.set_status(conversation, "open", colleague.name)
    await house.arrives()
    note(house, conversation, f"/aprende #{number} No: la lona condensa.")
    await reached(house, conversation, "with_colleague")
    await until(lambda: any("la lona condensa" in text and "la llevas tú" in text for text in bot_notes(conversation)))
    assert len(said(conversation)) == 2


async def test_an_answer_withdrawn_while_it_was_on_its_way_is_taken_back(house: House) -> None:
    """The message was posted, whoever posted it died before noting it, and the answer was withdrawn in between."""
    house.work()
    question = "¿Se puede perfumar el conducto corto?"
    conversation, number = await taught(house, question, "Sí, con limón.", TECHNICIAN)
    await house.rest()
    async with house.queue.pool.connection() as connection:
        await connection.execute(
            "UPDATE knowledge_askers SET state = 'queued', notified_at = NULL WHERE feedback_id = %s", (number,)
        )
    await of_book(house, AnswerBook.revoke, number, ANA)
    house.work()
    told = await the(house, conversation, 2)
    assert "ya no" in told and "conducto corto" in told


@pytest.mark.parametrize(
    ("content", "said_so"), [("/aprende avisar:no x", False), ("/olvida #1 avisar:sí", True), ("/aprende x", None)]
)
def test_the_option_is_read(content: str, said_so: bool | None) -> None:
    command = read_command(content)
    assert command is not None and command.tell_again is said_so and command.wrong == ()
