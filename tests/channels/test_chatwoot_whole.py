"""What a customer sees and what the team gets, through the whole house: door, worker, outbox, Chatwoot's stand-in."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from channels.standin.desk import Draft
from channels.standin.model import Attachment
from tests.channels.houses import House, OpenHouse, said, until
from tests.channels.smtp_stand_in import smtp_server


async def test_an_emergency_is_handed_over_and_paged_until_a_colleague_answers(open_house: OpenHouse) -> None:
    with smtp_server() as letters:
        async with open_house(
            on_call="una@x.es,dos@x.es",
            smtp_host="127.0.0.1",
            smtp_port=letters.port,
            smtp_security="none",
            paging_interval_seconds=1,
        ) as house:
            house.work()
            conversation = house.say(house.meet(), "huele a gas en casa")
            await until(lambda: len(letters.taken) >= 2)
            assert {"una@x.es", "dos@x.es"} <= {letter["To"] for letter in letters.taken}
            assert "gas" in letters.taken[0]["Subject"] and "Lucía" in letters.taken[0]["Subject"]
            assert f"/conversations/{conversation.id}" in letters.taken[0].get_content()
            assert [m.private for m in conversation.messages if m.kind == "outgoing"] == [False, True]
            assert conversation.status == "open" and conversation.priority == "urgent"
            assert "emergency_gas" in conversation.labels
            await house.standin.settled()

            async def unanswered() -> list[dict[str, object]]:
                query = "SELECT page_id FROM pages WHERE account_id = %s AND acknowledged_at IS NULL"
                return await house.rows(query, house.account_id)

            assert len(await unanswered()) == 1
            colleague = house.standin.world.hire("Ana", "ana@acme.com")
            house.standin.desk.post(conversation, Draft("Voy para allá", sender=colleague))

            async def answered() -> bool:
                return not await unanswered()

            await until(answered)
        assert house.standin.violations == []


async def test_a_confirmation_is_tapped(house: House) -> None:
    house.work()
    lucia = house.meet()
    conversation = house.say(lucia, "Mi caldera pierde agua, ¿podéis venir?")
    (asked,) = await until(lambda: said(conversation))
    assert asked.content_type == "input_select"
    photo = Attachment(house.standin.world.new_id(), "image", "fuga.jpeg", "image/jpeg", b"1")
    house.standin.desk.receive(lucia, None, photo)
    await until(lambda: len(said(conversation)) == 2)
    await house.standin.settled()
    house.standin.desk.tap(lucia, asked, "Sí")
    *_, done = await until(lambda: said(conversation) if len(said(conversation)) == 3 else None)
    number = re.search(r"\*\*(\d+)\*\*", done.content or "")
    assert number is not None
    kept = "SELECT name, intervention_id FROM received_files WHERE account_id = %s"
    assert await house.rows(kept, house.account_id) == [{"name": "fuga.jpeg", "intervention_id": int(number.group(1))}]
    assert house.standin.violations == []


async def test_outside_the_window_nobody_is_left_without_notice(house: House) -> None:
    lucia = house.meet()
    conversation = house.say(lucia, "¿Cuándo vence mi garantía?")
    await house.arrives()
    house.standin.desk.age(conversation, timedelta(hours=25))
    house.work()
    await until(lambda: conversation.status == "open")
    (note,) = [m for m in conversation.messages if m.kind == "outgoing"]
    assert note.private and "garant" in (note.content or "").casefold()
    assert "reply_not_sent" in conversation.labels


async def test_one_trace_leads_from_the_webhook_to_the_reply(house: House, capsys: pytest.CaptureFixture[str]) -> None:
    conversation = house.say(house.meet(), "¿Cuándo vence mi garantía?")
    await house.arrives()
    query = "SELECT trace_id FROM channel_events WHERE account_id = %s AND kind = 'answer'"
    (event,) = await house.rows(query, house.account_id)
    house.work()
    await until(lambda: said(conversation))
    logged = [line for line in capsys.readouterr().out.splitlines() if f"trace_id={event['trace_id']}" in line]
    assert len(event["trace_id"]) == 32
    assert any("query_ran" in line for line in logged)
    assert any("intents=" in line for line in logged)
