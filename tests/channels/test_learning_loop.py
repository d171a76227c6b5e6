"""What nobody knew is answered by a colleague in Chatwoot, learned, sent to who asked, cited to the next, withdrawn."""

from __future__ import annotations

from typing import Any

from channels.standin.desk import Draft
from channels.standin.model import Conversation, Message
from tests.channels.houses import CLIENT, House, quiet, said, until

QUESTION = "¿Se puede conectar la caldera a Alexa?"
TECHNICIAN = "+34600000002"


def note(house: House, conversation: Conversation, text: str) -> Message:
    """A colleague writes a private note."""
    agents = house.standin.world.agents
    colleague = next((one for one in agents if one.name == "Ana Gil"), None)
    colleague = colleague or house.standin.world.hire("Ana Gil", "ana@acme.com")
    return house.standin.desk.post(conversation, Draft(text, sender=colleague, private=True))


def bot_notes(conversation: Conversation) -> list[str]:
    """What the bot tells the team."""
    bot = [m for m in conversation.messages if m.private and m.sender and m.sender.name == "AI Agent"]
    return [m.content or "" for m in bot]


async def asks(house: House, phone: str, words: str) -> Conversation:
    """Somebody asks in a conversation of their own and is answered."""
    contact = house.meet(phone, source_id=f"{phone.lstrip('+')}{len(house.standin.world.contacts)}")
    conversation = house.say(contact, words)
    await until(lambda: said(conversation))
    await quiet(house, conversation)
    return conversation


async def asker(house: House, conversation: Conversation) -> dict[str, Any]:
    door = f"chatwoot:{house.account_id}:{conversation.id}"
    [row] = await house.rows(
        "SELECT k.*, f.status::text AS question_status FROM knowledge_askers k JOIN knowledge_feedback f"
        " USING (feedback_id) WHERE k.door = %s",
        door,
    )
    return row


async def test_the_whole_loop(house: House) -> None:
    house.work()
    first = await asks(house, CLIENT, QUESTION)
    assert "He apuntado tu pregunta" in (said(first)[0].content or "")
    note(house, first, "/aprende Sí, con el módulo wifi NV-Link: se vincula desde la app de Norvento.")
    told = (await until(lambda: said(first)[1:]))[0].content or ""
    assert "NV-Link" in told and "Sobre lo que preguntaste" in told and told.count("Ana Gil") == 1
    confirmed = (await until(lambda: bot_notes(first)))[0]
    assert "Aprendido" in confirmed and "NV-Link" in confirmed and "Lucía" in confirmed

    async def settled() -> bool:
        row = await asker(house, first)
        return row["state"] == "told" and row["notified_at"] is not None and row["question_status"] == "resolved"

    await until(settled)
    second = await asks(house, CLIENT, "puedo conectar mi caldera con alexa")
    cited = said(second)[0].content or ""
    assert "NV-Link" in cited and "Respuesta de Ana Gil, 18 de noviembre de 2026" in cited
    number = (await asker(house, first))["feedback_id"]
    note(house, second, f"/olvida #{number}")
    assert "Olvidado" in (await until(lambda: bot_notes(second)))[0]
    third = await asks(house, CLIENT, QUESTION)
    assert "NV-Link" not in (said(third)[0].content or "") and "apuntado" in (said(third)[0].content or "")
    assert "ya no vale" in ((await until(lambda: said(first)[2:]))[0].content or "")
    await quiet(house, first)
    assert len(said(first)) == 3, "told once, and once that it no longer holds"
