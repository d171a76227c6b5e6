"""The bot never talks over a person, and comes back when it is asked to."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest

from channels.standin.desk import Draft
from channels.standin.model import Agent, Conversation
from tests.channels.houses import House, OpenHouse, quiet, replies, said, until

Takeover = Callable[[House, Conversation, Agent], object]


def writes(house: House, conversation: Conversation, person: Agent) -> object:
    return house.standin.desk.post(conversation, Draft("Hola, soy Ana", sender=person))


def writes_on_the_phone(house: House, conversation: Conversation, person: Agent) -> object:
    echo = {"external_echo": True}
    return house.standin.desk.post(conversation, Draft("Hola", content_attributes=echo, source_id="wamid.phone"))


def opens(house: House, conversation: Conversation, person: Agent) -> object:
    return house.standin.desk.set_status(conversation, "open", person.name)


def takes(house: House, conversation: Conversation, person: Agent) -> object:
    return house.standin.desk.assign(conversation, person)


TAKEOVERS = [writes, writes_on_the_phone, opens, takes]


def hire(house: House) -> Agent:
    return house.standin.world.hire("Ana", "ana@acme.com")


@pytest.mark.parametrize("takeover", TAKEOVERS)
@pytest.mark.parametrize("told", [True, False], ids=["webhook", "only-seen"])
async def test_a_person_who_takes_over_mid_turn_is_not_talked_over(
    house: House, takeover: Takeover, told: bool
) -> None:
    person = hire(house)
    house.turns.open.clear()
    house.work()
    conversation = house.say(house.meet(), "¿Cuándo vence mi garantía?")
    await house.turns.begun.wait()
    before = len(said(conversation))
    if not told:
        house.standin.connect("")
    takeover(house, conversation, person)
    await house.arrives()
    by_people = len(said(conversation)) - before
    house.turns.open.set()
    await quiet(house, conversation)
    assert len(said(conversation)) == by_people
    [turn] = await house.rows("SELECT state::text FROM channel_turns WHERE account_id = %s", house.account_id)
    assert turn["state"] == "dropped"


@pytest.mark.parametrize("takeover", TAKEOVERS)
async def test_what_is_written_to_a_person_is_not_answered(house: House, takeover: Takeover) -> None:
    person = hire(house)
    house.work()
    contact = house.meet()
    conversation = house.say(contact, "hola")
    await until(lambda: said(conversation))
    await quiet(house, conversation)
    takeover(house, conversation, person)
    await house.arrives()
    count, asked = len(said(conversation)), len(house.turns.asked)
    house.say(contact, "¿Cuándo vence mi garantía?")
    await quiet(house, conversation)
    assert (len(said(conversation)), len(house.turns.asked)) == (count, asked)


def is_pending_again(house: House, conversation: Conversation, person: Agent) -> None:
    house.standin.desk.set_status(conversation, "pending", person.name)


def is_let_go(house: House, conversation: Conversation, _person: Agent) -> None:
    house.standin.desk.assign(conversation, None)


@pytest.mark.parametrize(("took", "gives_back"), [(opens, is_pending_again), (takes, is_let_go)])
async def test_the_bot_is_back_when_the_person_gives_it_back(
    house: House, took: Takeover, gives_back: Takeover
) -> None:
    person = hire(house)
    house.work()
    contact = house.meet()
    conversation = house.say(contact, "hola")
    await until(lambda: said(conversation))
    await house.standin.settled()
    took(house, conversation, person)
    writes(house, conversation, person)
    await house.arrives()
    count = len(said(conversation))
    gives_back(house, conversation, person)
    await house.arrives()
    house.say(contact, "¿Cuándo vence mi garantía?")
    answered = await until(lambda: said(conversation)[count:])
    assert "vencimiento" in (answered[0].content or "")


async def test_the_bot_is_back_after_the_quiet_hours(open_house: OpenHouse) -> None:
    async with open_house(chatwoot_person_quiet_hours=0.3 / 3600) as house:
        person = hire(house)
        house.work()
        contact = house.meet()
        conversation = house.say(contact, "hola")
        await until(lambda: said(conversation))
        await house.standin.settled()
        writes(house, conversation, person)
        await house.arrives()
        await asyncio.sleep(0.5)
        count = len(said(conversation))
        house.say(contact, "¿Cuándo vence mi garantía?")
        await until(lambda: len(said(conversation)) > count)


async def test_more_that_is_written_mid_turn_is_answered_together(house: House) -> None:
    house.turns.open.clear()
    house.work()
    contact = house.meet()
    conversation = house.say(contact, "¿Cuándo vence")
    await house.turns.begun.wait()
    house.say(contact, "mi garantía?")
    await house.arrives()
    house.turns.open.set()
    await until(lambda: said(conversation))
    await quiet(house, conversation)
    assert [request.message for request in house.turns.asked] == ["¿Cuándo vence", "¿Cuándo vence\nmi garantía?"]
    assert len(replies(conversation)) == 1


async def test_what_was_done_is_told_even_when_more_was_written(house: House) -> None:
    house.work()
    contact = house.meet()
    conversation = house.say(contact, "Mi caldera pierde agua, ¿podéis venir?")
    await until(lambda: said(conversation))
    await quiet(house, conversation)
    house.turns.open.clear()
    house.turns.begun.clear()
    house.say(contact, "sí")
    await house.turns.begun.wait()
    house.say(contact, "¿cuándo vence mi garantía?")
    await house.arrives()
    house.turns.open.set()
    await until(lambda: len(said(conversation)) >= 3)
    await quiet(house, conversation)
    assert [r.message for r in house.turns.asked[1:]] == ["sí", "¿cuándo vence mi garantía?"]
    assert len(replies(conversation)) == 3


async def test_a_hand_over_is_complete_and_then_the_bot_is_quiet(house: House) -> None:
    house.work()
    contact = house.meet()
    conversation = house.say(contact, "Quiero hablar con una persona")
    await until(lambda: conversation.status == "open")
    await house.standin.settled()
    assert len(replies(conversation)) == 1
    assert [m for m in conversation.messages if m.private], "a note for the colleague"
    assert conversation.labels
    house.say(contact, "¿hola?")
    await quiet(house, conversation)
    assert len(replies(conversation)) == 1
