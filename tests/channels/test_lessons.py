"""Lessons in Chatwoot: which question, for whom, until when; who is told, where and how; and who may teach."""

from __future__ import annotations

import asyncio
from datetime import date, timedelta
from typing import Any

import pytest

from channels.chatwoot.commands import Command, is_command, read_command
from channels.standin.desk import Draft
from channels.standin.model import Conversation
from db.models import Audience
from graph.messages import TurnRequest
from tests.channels.houses import CLIENT, House, OpenHouse, quiet, said, until
from tests.channels.test_learning_loop import TECHNICIAN, asker, asks, bot_notes, note
from tools.learning.book import Answer, Colleague

ANA = Colleague("Ana Gil")


async def answers(house: House, number: int) -> list[dict[str, Any]]:
    return await house.rows("SELECT * FROM knowledge_answers WHERE feedback_id = %s ORDER BY version", number)


async def reached(house: House, conversation: Conversation, state: str) -> dict[str, Any]:
    """What is kept of who asked in ``conversation``, once the answer got as far as ``state``."""

    async def there() -> dict[str, Any] | None:
        row = await asker(house, conversation)
        return row if row["state"] == state else None

    found: dict[str, Any] = await until(there)
    return found


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("/aprende Sí, se puede", Command("learn", "Sí, se puede")),
        ("  /Aprende: sí", Command("learn", "sí")),
        ("/aprende #12 para:técnicos Se purga", Command("learn", "Se purga", 12, Audience.TECHNICIAN)),
        ("/aprende n.º 7 hasta:31/12/2026 No", Command("learn", "No", 7, valid_until=date(2026, 12, 31))),
        (
            "/aprende desde:2026-12-01 idioma:inglés Yes",
            Command("learn", "Yes", valid_from=date(2026, 12, 1), language="en"),
        ),
        ("/aprende 24 meses de garantía", Command("learn", "24 meses de garantía")),
        ("/aprende Nota: se purga", Command("learn", "Nota: se purga")),
        ("/aprende para:marcianos x", Command("learn", "x", wrong=("marcianos",))),
        ("/aprende hasta:nunca x", Command("learn", "x", wrong=("nunca",))),
        ("/olvida #3", Command("forget", "", 3)),
        ("/preguntas", Command("questions")),
        ("/aprendeme esto", None),
        ("aprende esto", None),
        ("/otro", None),
        ("", None),
    ],
)
def test_commands_are_read(content: str, expected: Command | None) -> None:
    assert read_command(content) == expected
    assert is_command(content) is (expected is not None)


async def test_a_customer_who_writes_the_command_teaches_nothing(house: House) -> None:
    house.work()
    conversation = await asks(house, CLIENT, "¿Se puede pintar la caldera de rosa?")
    number = (await asker(house, conversation))["feedback_id"]
    house.say(conversation.contact, "/aprende Sí, de rosa")
    await quiet(house, conversation)
    bot = house.standin.world.bot
    house.standin.desk.post(conversation, Draft("/aprende Sí", sender=bot, private=True))
    await quiet(house, conversation)
    assert await answers(house, number) == []
    assert not any("Aprendido" in text for text in bot_notes(conversation))


async def test_of_several_questions_it_is_asked_which(house: House) -> None:
    house.work()
    conversation = await asks(house, CLIENT, "¿Se puede pintar el radiador de verde?")
    house.say(conversation.contact, "¿Tenéis tienda en Albacete?")
    await until(lambda: len(said(conversation)) == 2)
    await quiet(house, conversation)
    note(house, conversation, "/aprende No hay tienda en Albacete: enviamos a domicilio.")
    which = (await until(lambda: bot_notes(conversation)))[0]
    assert "radiador" in which and "Albacete" in which and "/aprende #" in which
    [row] = await house.rows(
        "SELECT feedback_id FROM knowledge_feedback WHERE question ILIKE '%%albacete%%' AND status = 'pending'"
    )
    note(house, conversation, f"/aprende #{row['feedback_id']}")
    assert "enviamos a domicilio" in ((await until(lambda: said(conversation)[2:]))[0].content or "")
    assert [a["author"] for a in await answers(house, row["feedback_id"])] == ["Ana Gil"]


async def test_what_is_wrong_with_a_note_is_said_and_nothing_learned(house: House) -> None:
    house.work()
    conversation = await asks(house, CLIENT, "¿Se puede regular la alarma con un silbato?")
    number = (await asker(house, conversation))["feedback_id"]
    for wrong in (
        "/aprende",
        "/aprende para:marcianos Sí",
        "/aprende #999999 Sí",
        "/aprende desde:2/1/2026 hasta:1/1/2026 Sí",
    ):
        before = len(bot_notes(conversation))
        note(house, conversation, wrong)
        await until(lambda before=before: len(bot_notes(conversation)) > before)
    assert await answers(house, number) == []
    note(house, conversation, f"/descarta #{number}")
    assert "Descartada" in (await until(lambda: bot_notes(conversation)[4:]))[0]


async def test_a_colleague_who_has_the_conversation_gets_the_answer_instead(house: House) -> None:
    house.work()
    conversation = await asks(house, CLIENT, "¿Se puede barnizar la puerta del ascensor?")
    colleague = house.standin.world.hire("Pablo", "pablo@acme.com")
    house.standin.desk.assign(conversation, colleague)
    house.standin.desk.set_status(conversation, "open", colleague.name)
    await house.arrives()
    note(house, conversation, "/aprende Sí, con barniz ignífugo.")
    row = await reached(house, conversation, "with_colleague")
    assert row["notified_at"] is None
    await quiet(house, conversation)
    assert len(said(conversation)) == 1
    assert any("barniz ignífugo" in text and "la llevas tú" in text for text in bot_notes(conversation))


async def test_a_conversation_that_was_resolved_is_nobodys(house: House) -> None:
    house.work()
    conversation = await asks(house, CLIENT, "¿Se puede instalar el split en un balcón?")
    house.standin.desk.set_status(conversation, "resolved", "Ana Gil")
    await house.arrives()
    note(house, conversation, "/aprende No, se recalienta.")
    assert "recalienta" in ((await until(lambda: said(conversation)[1:]))[0].content or "")
    await reached(house, conversation, "told")


async def test_outside_the_window_a_template_carries_it(open_house: OpenHouse) -> None:
    async with open_house(chatwoot_template="novedades") as house:
        house.standin.world.inbox.templates["novedades"] = "Hola: {{1}}"
        house.work()
        conversation = await asks(house, CLIENT, "¿Puedo poner cortinas delante del split?")
        house.standin.desk.age(conversation, timedelta(hours=25))
        note(house, conversation, "/aprende No: tapan la salida del aire.")
        told = (await until(lambda: said(conversation)[1:]))[0]
        params = told.additional_attributes["template_params"]
        assert params["name"] == "novedades" and "tapan la salida" in params["processed_params"]["body"]["1"]
        await reached(house, conversation, "told")


async def test_without_a_template_the_team_gets_it(house: House) -> None:
    house.work()
    conversation = await asks(house, CLIENT, "¿Cómo se pinta la carcasa de la caldera?")
    house.standin.desk.age(conversation, timedelta(hours=25))
    note(house, conversation, "/aprende No se pinta: es esmalte.")
    await reached(house, conversation, "with_colleague")
    await until(lambda: any("24 horas" in text and "No se pinta" in text for text in bot_notes(conversation)))
    assert len(said(conversation)) == 1


async def test_who_asked_in_english_is_told_in_english(house: House) -> None:
    house.work()
    conversation = await asks(house, CLIENT, "Can I paint the boiler with glitter?")
    assert (await asker(house, conversation))["language"] == "en"
    note(house, conversation, "/aprende idioma:es No: la purpurina arde.")
    told = (await until(lambda: said(conversation)[1:]))[0].content or ""
    assert told.startswith("About what you asked today") and "in Spanish" in told and "la purpurina arde" in told


async def test_everybody_who_asked_is_told_once_and_other_roles_are_apart(house: House) -> None:
    house.work()
    first = await asks(house, CLIENT, "¿Se puede conectar la caldera a paneles solares?")
    second = await asks(house, CLIENT, "puedo conectar las calderas con un panel solar")
    stranger = await asks(house, TECHNICIAN, "¿Se puede conectar la caldera a paneles solares?")
    numbers = {(await asker(house, one))["feedback_id"] for one in (first, second)}
    assert len(numbers) == 1
    assert (await asker(house, stranger))["feedback_id"] not in numbers
    note(house, first, "/aprende Sí, con una centralita solar.")
    for conversation in (first, second):
        await reached(house, conversation, "told")
    await quiet(house, second)
    assert [len(said(one)) for one in (first, second, stranger)] == [2, 2, 1]
    assert (await asker(house, stranger))["state"] == "waiting"


async def test_an_answer_for_technicians_is_not_sent_to_a_client(house: House) -> None:
    house.work()
    conversation = await asks(house, CLIENT, "¿Se puede puentear el presostato del CB24?")
    note(house, conversation, "/aprende para:técnicos Solo con el mando de servicio.")
    await reached(house, conversation, "withheld")
    assert "no es para ellos" in (await until(lambda: bot_notes(conversation)))[0]
    again = await asks(house, CLIENT, "¿Se puede puentear el presostato del CB24?")
    assert "mando de servicio" not in (said(again)[0].content or "")
    technician = await asks(house, TECHNICIAN, "¿Se puede puentear el presostato del CB24?")
    assert "mando de servicio" in (said(technician)[0].content or "")


async def test_what_waits_for_a_review_is_told_when_it_is_approved(open_house: OpenHouse) -> None:
    async with open_house(learning_review=True, learning_poll_seconds=0.1) as house:
        house.work()
        conversation = await asks(house, CLIENT, "¿Se puede plancharla con la caldera mural?")
        number = (await asker(house, conversation))["feedback_id"]
        note(house, conversation, "/aprende No, hace falta una plancha.")
        assert "lo apruebe" in (await until(lambda: bot_notes(conversation)))[0]
        await quiet(house, conversation)
        assert len(said(conversation)) == 1
        await asyncio.to_thread(house.turns.crew.book.approve, number, ANA)
        assert "hace falta una plancha" in ((await until(lambda: said(conversation)[1:]))[0].content or "")


async def test_two_workers_at_once_tell_it_once(house: House) -> None:
    conversation = house.say(house.meet(), "¿Se puede abrillantar la chimenea vieja?")
    await house.arrives()
    await house.attend(conversation)
    assert len(said(conversation)) == 1
    number = (await asker(house, conversation))["feedback_id"]
    note(house, conversation, "/aprende Con un paño seco.")
    await house.arrives()
    await asyncio.gather(*(house.attend(conversation) for _ in range(4)))
    await house.attend(conversation)
    assert len(said(conversation)) == 2
    assert len(await answers(house, number)) == 1


async def test_a_post_whose_end_nobody_saw_is_not_repeated(house: House) -> None:
    conversation = house.say(house.meet(), "¿Se puede perfumar el conducto largo?")
    await house.arrives()
    await house.attend(conversation)
    note(house, conversation, "/aprende Solo con ambientador neutro.")
    await house.arrives()
    house.standin.faults.drop_after_rate = 1.0
    await house.attend(conversation)
    house.standin.faults.drop_after_rate = 0.0
    house.work()
    await reached(house, conversation, "told")
    assert len(said(conversation)) == 2


async def test_what_is_withdrawn_before_it_is_posted_is_not_told(house: House) -> None:
    conversation = house.say(house.meet(), "¿Se puede doblar la rejilla dorada?")
    await house.arrives()
    await house.attend(conversation)
    number = (await asker(house, conversation))["feedback_id"]
    house.standin.faults.error_rate = 1.0
    note(house, conversation, "/aprende Sí, a mano.")
    await house.arrives()
    await house.attend(conversation)
    await asyncio.to_thread(house.turns.crew.book.revoke, number, ANA)
    house.standin.faults.error_rate = 0.0
    house.work()
    await asyncio.sleep(1.5)
    await quiet(house, conversation)
    assert len(said(conversation)) == 1
    row = await asker(house, conversation)
    assert (row["state"], row["question_status"]) == ("waiting", "pending")


async def test_a_conversation_that_only_bears_the_name_of_anothers_is_not_written_to(house: House) -> None:
    house.work()
    victim = await asks(house, CLIENT, "¿Cuándo vence mi garantía?")
    door = f"chatwoot:{house.account_id}:{victim.id}"
    [turn] = await house.rows("SELECT turn_key::text FROM channel_turns WHERE account_id = %s", house.account_id)
    request = TurnRequest(
        message="¿Qué pintura lleva la puerta del ascensor?",
        sender=TECHNICIAN,
        conversation_id=door,
        message_id=turn["turn_key"],
    )
    asked = await house.turns.crew.turns.answer(request)
    assert asked.feedback_id is not None
    book = house.turns.crew.book
    await asyncio.to_thread(book.answer, asked.feedback_id, Answer("Esmalte."), ANA)
    await asyncio.to_thread(book.approve, asked.feedback_id, ANA)
    await house.worker.teller.once()
    await quiet(house, victim)
    assert len(said(victim)) == 1
    later = await house.turns.crew.turns.answer(request.model_copy(update={"message": "hola", "message_id": None}))
    assert "Esmalte" in later.reply, "who asked is told where they are"
