"""From the webhook to the reply: once, in order, together when written together."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

from tests.channels.houses import PATIENCE, House, OpenHouse, quiet, replies, said, until


async def test_a_message_is_answered_once_and_confirmed_by_its_echo(house: House) -> None:
    house.work()
    conversation = house.say(house.meet(), "¿Cuándo vence mi garantía?")
    await until(lambda: said(conversation))
    await house.standin.settled()

    async def confirmed() -> bool:
        rows = await house.rows("SELECT state FROM channel_outbox WHERE account_id = %s", house.account_id)
        return [row["state"] for row in rows] == ["confirmed"]

    await until(confirmed)
    assert len(replies(conversation)) == 1
    assert "garant" in replies(conversation)[0].casefold()
    assert house.turns.asked[0].message == "¿Cuándo vence mi garantía?"
    assert conversation.status == "pending"
    events = await house.rows("SELECT kind, state FROM channel_events WHERE account_id = %s", house.account_id)
    assert {(row["kind"], row["state"]) for row in events} >= {("answer", "answered"), ("echo", "done")}


async def test_the_sender_is_whom_the_channel_vouches_for(house: House) -> None:
    house.work()
    conversation = house.say(house.meet(), "¿Qué equipos tengo?")
    await until(lambda: said(conversation))
    assert house.turns.asked[0].sender.external_id == "+34600000001"  # type: ignore[union-attr]
    assert "XP400" in replies(conversation)[0]


async def test_a_burst_gets_one_reply_to_everything_in_order(house: House) -> None:
    contact = house.meet()
    for text in ("Hola", "una pregunta", "¿cuándo vence mi garantía?"):
        conversation = house.say(contact, text)
    await house.arrives()
    house.work()
    await until(lambda: said(conversation))
    await quiet(house, conversation)
    assert [request.message for request in house.turns.asked] == ["Hola\nuna pregunta\n¿cuándo vence mi garantía?"]
    assert len(replies(conversation)) == 1


async def test_somebody_who_never_pauses_is_answered_all_the_same(open_house: OpenHouse) -> None:
    async with open_house(chatwoot_debounce_seconds=0.4, chatwoot_debounce_most_seconds=0.8) as house:
        house.work()
        contact = house.meet()
        for number in range(round(PATIENCE / 0.15)):
            conversation = house.say(contact, f"mensaje {number}")
            await asyncio.sleep(0.15)
            if said(conversation):
                break
        assert house.turns.asked, "a reply was begun while they were still writing"


async def test_events_out_of_order_and_twice_make_one_turn_in_order(house: House) -> None:
    house.standin.faults.duplicate_rate = 1.0
    house.standin.faults.webhook_jitter = 0.3
    contact = house.meet()
    for number in range(6):
        conversation = house.say(contact, f"parte {number}")
    await house.arrives()
    house.work()
    await until(lambda: said(conversation))
    await quiet(house, conversation)
    assert [request.message for request in house.turns.asked] == ["\n".join(f"parte {n}" for n in range(6))]
    assert len(replies(conversation)) == 1


async def test_conversations_do_not_wait_for_each_other(house: House) -> None:
    house.turns.open.clear()
    house.work()
    first = house.say(house.meet(), "¿Cuándo vence mi garantía?")
    await house.turns.begun.wait()
    house.turns.begun.clear()
    other = house.say(house.meet("+34600000002"), "¿Qué intervenciones hice este mes?")
    await house.turns.begun.wait()
    house.turns.open.set()
    await until(lambda: said(first) and said(other))
    assert len(replies(first)) == len(replies(other)) == 1


async def test_files_alone_are_answered(house: House) -> None:
    house.work()
    conversation = house.say(house.meet(), None, content_attributes={"is_unsupported": True})
    await until(lambda: said(conversation))
    assert replies(conversation)[0]


async def test_typing_is_shown(house: House) -> None:
    house.work()
    conversation = house.say(house.meet(), "¿Cuándo vence mi garantía?")
    await until(lambda: said(conversation))
    assert any(call.path.endswith("/toggle_typing_status") for call in house.standin.calls)


async def test_an_emergency_does_not_wait_for_the_end_of_a_burst(open_house: OpenHouse) -> None:
    """Nor is it put off by what is written next: in this house, ordinary messages wait for a minute."""
    async with open_house(chatwoot_debounce_seconds=60.0, chatwoot_debounce_most_seconds=60.0) as house:
        contact = house.meet()
        conversation = house.say(contact, "Hola, una pregunta")
        await house.arrives()
        (job,) = await house.jobs(conversation)
        assert job["scheduled_at"] - datetime.now(UTC) > timedelta(seconds=30), "an ordinary message waits"
        house.say(contact, "Estoy encerrado en el ascensor")
        await house.arrives()
        conversation = house.say(contact, "por favor")
        await house.arrives()
        house.work()
        await until(lambda: said(conversation))
        (request,) = house.turns.asked
        assert request.message == "Hola, una pregunta\nEstoy encerrado en el ascensor\npor favor"
        assert "112" in replies(conversation)[0]


async def test_an_emergency_does_not_wait_for_the_turn_that_runs(house: House) -> None:
    """Whatever holds that turn up; when it ends, nobody is told any more."""
    contact = house.meet()
    crew = house.turns.crew
    conversation = house.say(contact, "¿Cuándo vence mi garantía?")
    async with crew.turns.locks.hold(f"client:1/chatwoot:{house.account_id}:{conversation.id}"):
        house.work()
        await house.turns.begun.wait()
        house.say(contact, "Estoy encerrado en el ascensor")
        await until(lambda: conversation.status == "open")
        assert [request.message for request in house.turns.asked] == [
            "¿Cuándo vence mi garantía?",
            "¿Cuándo vence mi garantía?\nEstoy encerrado en el ascensor",
        ]
    await quiet(house, conversation)
    assert len(replies(conversation)) == 1 and "112" in replies(conversation)[0]


async def test_what_is_no_emergency_waits_for_the_turn_that_runs(house: House) -> None:
    house.turns.open.clear()
    house.work()
    contact = house.meet()
    conversation = house.say(contact, "¿Cuándo vence mi garantía?")
    await house.turns.begun.wait()
    house.say(contact, "y ¿qué contratos tengo?")
    await house.arrives()
    await asyncio.sleep(1.0)
    assert len(house.turns.asked) == 1
    house.turns.open.set()
    await until(lambda: said(conversation))
    await quiet(house, conversation)
    assert len(replies(conversation)) == 1
