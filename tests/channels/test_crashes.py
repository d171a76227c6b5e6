"""Killed at any point: nothing is lost, nothing is said twice, nothing is written twice."""

from __future__ import annotations

import asyncio
import functools
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from pydantic import SecretStr

from channels.chatwoot import turns as turns_module
from channels.chatwoot.client import Chatwoot
from channels.chatwoot.delivery import Delivery
from channels.chatwoot.turns import Attendant
from channels.inbox import Inbox
from channels.outbox import Outbox
from channels.standin.model import Conversation
from tests.channels.houses import PATIENCE, Gate, House, OpenHouse, quiet, replies, said, until

POINTS = [
    (Inbox, "take", "before"),
    (Inbox, "take", "after"),
    (Inbox, "keep_request", "before"),
    (Inbox, "keep_request", "after"),
    (Gate, "answer", "before"),
    (Gate, "answer", "after"),
    (Delivery, "look", "after"),
    (turns_module, "put", "before"),
    (turns_module, "put", "after"),
    (Attendant, "_keep", "after"),
    (Outbox, "begin", "before"),
    (Outbox, "begin", "after"),
    (Chatwoot, "post_message", "after"),
    (Outbox, "posted", "before"),
    (Outbox, "posted", "after"),
    (Delivery, "flush", "after"),
]


class Killed(BaseException):
    """The process is gone."""


def kill(patch: pytest.MonkeyPatch, owner: Any, name: str, when: str) -> None:
    """The next call of ``name`` is the last thing that happens, or never happens."""
    whole = getattr(owner, name)

    @functools.wraps(whole)
    async def last(*given: Any, **more: Any) -> Any:
        if when == "after":
            await whole(*given, **more)
        raise Killed

    patch.setattr(owner, name, last)


async def finish(house: House, conversation: Conversation) -> None:
    """Look again, as recovered jobs do, until nothing is left."""
    deadline = time.monotonic() + PATIENCE
    while True:
        await house.attend(conversation)
        left = await house.rows(
            "SELECT 1 FROM channel_outbox WHERE account_id = %s AND state IN ('waiting', 'posting')"
            " UNION ALL SELECT 1 FROM channel_events WHERE account_id = %s AND state IN ('waiting', 'taken')",
            house.account_id,
            house.account_id,
        )
        if not left:
            return
        assert time.monotonic() < deadline
        await asyncio.sleep(0.1)


async def visits(house: House) -> int:
    [row] = await house.rows("SELECT count(*) AS n FROM interventions")
    return int(row["n"])


async def asked_for_a_visit(house: House) -> Conversation:
    """A visit was drafted and waits for a yes."""
    contact = house.meet()
    conversation = house.say(contact, "Mi caldera pierde agua, ¿podéis venir?")
    await house.arrives()
    await house.attend(conversation)
    await house.standin.settled()
    assert len(replies(conversation)) == 1
    house.say(contact, "sí")
    await house.arrives()
    return conversation


@pytest.mark.parametrize("echoes", [True, False], ids=["echo", "no-echo"])
@pytest.mark.parametrize(("owner", "name", "when"), POINTS, ids=lambda value: getattr(value, "__name__", value))
async def test_killed_anywhere(house: House, owner: Any, name: str, when: str, echoes: bool) -> None:
    before = await visits(house)
    conversation = await asked_for_a_visit(house)
    if not echoes:
        house.standin.connect("")
    with pytest.MonkeyPatch.context() as patch:
        kill(patch, owner, name, when)
        with pytest.raises(Killed):
            await house.attend(conversation)
    await house.arrives()
    await finish(house, conversation)
    await house.standin.settled()
    assert len(replies(conversation)) == 2, replies(conversation)
    assert await visits(house) == before + 1


@pytest.mark.parametrize("owner_token", [True, False], ids=["user-token", "bot-token"])
async def test_killed_after_posting_and_the_customer_wrote_on(open_house: OpenHouse, owner_token: bool) -> None:
    """Nobody tells that it was posted: no echo, and it is no longer the last message. A user's token still shows it."""
    async with open_house() as house:
        if owner_token:
            token = house.standin.world.hire("Ana", "ana@acme.com").access_token
            object.__setattr__(house.worker.attendant.chatwoot, "user_token", SecretStr(token).get_secret_value())
        contact = house.meet()
        conversation = house.say(contact, "¿Cuándo vence mi garantía?")
        await house.arrives()
        webhook, house.standin.world.bot.outgoing_url = house.standin.world.bot.outgoing_url, ""
        with pytest.MonkeyPatch.context() as patch:
            kill(patch, Outbox, "posted", "before")
            with pytest.raises(Killed):
                await house.attend(conversation)
        house.standin.world.bot.outgoing_url = webhook
        house.say(contact, "gracias")
        await house.arrives()
        await finish(house, conversation)
        answers = [text for text in replies(conversation) if "garant" in text.casefold()]
        assert len(answers) == (1 if owner_token else 2), "without a token a reply is rather said twice than lost"


async def test_a_worker_that_dies_is_replaced(house: House) -> None:
    """Its job stays as it left it; the sweep of any other gives it on."""
    conversation = house.say(house.meet(), "¿Cuándo vence mi garantía?")
    await house.arrives()
    async with house.queue.pool.connection() as connection:
        cursor = await connection.execute(
            "INSERT INTO procrastinate_workers (last_heartbeat) VALUES (now() - interval '1 minute') RETURNING id"
        )
        [worker] = await cursor.fetchone()  # type: ignore[misc]
        await connection.execute(
            "UPDATE procrastinate_jobs SET status = 'doing', worker_id = %s WHERE lock = %s",
            (worker, f"chatwoot:{house.account_id}:{conversation.id}"),
        )
    house.work()
    await until(lambda: said(conversation))
    await quiet(house, conversation)
    assert len(replies(conversation)) == 1


async def test_a_job_that_vanished_is_found(house: House) -> None:
    conversation = house.say(house.meet(), "¿Cuándo vence mi garantía?")
    await house.arrives()
    async with house.queue.pool.connection() as connection:
        await connection.execute("DELETE FROM procrastinate_jobs")
    await house.worker.sweep.once()
    assert len(await house.jobs(conversation)) == 1


@pytest.mark.parametrize("listed", [False, True], ids=["known-conversation", "user-token"])
async def test_a_message_that_was_never_announced_is_found(open_house: OpenHouse, listed: bool) -> None:
    async with open_house(chatwoot_sweep_seconds=0.1) as house:
        contact = house.meet()
        if listed:
            token = house.standin.world.hire("Ana", "ana@acme.com").access_token
            object.__setattr__(house.worker.sweep.chatwoot, "user_token", token)
            house.say(house.meet("+34600000002"), "hola")
            await house.arrives()
        else:
            conversation = house.say(contact, "hola")
            await house.arrives()
            await house.attend(conversation)
            await house.standin.settled()
        house.standin.connect("")
        conversation = house.say(contact, "¿Cuándo vence mi garantía?")
        await asyncio.sleep(0.2)
        house.work()
        await until(lambda: any("garant" in text.casefold() for text in replies(conversation)))
        rows = await house.rows(
            "SELECT source FROM channel_events WHERE account_id = %s AND conversation_id = %s AND state = 'answered'",
            house.account_id,
            conversation.id,
        )
        assert "sweep" in {row["source"] for row in rows}


async def test_a_worker_told_to_stop_ends_its_turn(house: House) -> None:
    house.turns.open.clear()
    house.work()
    conversation = house.say(house.meet(), "¿Cuándo vence mi garantía?")
    await house.turns.begun.wait()
    resting = asyncio.create_task(house.rest())
    await asyncio.sleep(0.2)
    assert not resting.done()
    house.turns.open.set()
    await resting
    assert len(replies(conversation)) == 1


async def test_a_worker_that_cannot_wait_gives_its_turn_back(open_house: OpenHouse) -> None:
    async with open_house(worker_stop_seconds=0.1) as house:
        house.turns.open.clear()
        house.work()
        conversation = house.say(house.meet(), "¿Cuándo vence mi garantía?")
        await house.turns.begun.wait()
        await house.rest()
        assert replies(conversation) == []
        house.turns.open.set()
        house.work()
        await until(lambda: said(conversation))
        await quiet(house, conversation)
        assert len(replies(conversation)) == 1


async def test_two_looks_at_once_say_it_once(house: House) -> None:
    """A worker thought dead may be alive: what it does twice is harmless."""
    conversation = house.say(house.meet(), "¿Cuándo vence mi garantía?")
    await house.arrives()
    looks: list[Callable[[], Any]] = [lambda: house.attend(conversation)] * 3
    await asyncio.gather(*(look() for look in looks))
    await finish(house, conversation)
    assert len(replies(conversation)) == 1


async def test_what_was_left_long_ago_is_not_answered_by_a_new_bot(open_house: OpenHouse) -> None:
    async with open_house() as house:
        token = house.standin.world.hire("Ana", "ana@acme.com").access_token
        object.__setattr__(house.worker.sweep.chatwoot, "user_token", token)
        house.say(house.meet("+34600000002"), "hola")
        await house.arrives()
        house.standin.connect("")
        old = house.say(house.meet(), "¿Cuándo vence mi garantía?")
        old.messages[0].created -= timedelta(days=3)
        await house.worker.sweep.once()
        assert await house.jobs(old) == []
