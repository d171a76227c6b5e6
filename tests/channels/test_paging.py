"""Emergencies page those on call until somebody answers for them, over real SMTP and a real database."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Iterator
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
import pytest_asyncio
from fastapi import FastAPI

from channels.chatwoot.handing_over import alarm_of
from channels.chatwoot.outgoing import ConversationFacts
from channels.inbox import Delivery, Inbox
from channels.paging import Alarm, Pager, raise_alarm
from channels.paging_routes import paging_routes
from channels.queue import Queue, open_queue
from core.mail import Mailer
from core.settings import Settings
from graph.messages import Handoff, TurnResult
from tests.channels.houses import PATIENCE, until
from tests.channels.smtp_stand_in import Letters, smtp_server

ALARM = Alarm(
    uuid4(), 2, 123, "gas", "Lucía", "Huele a gas\n{who}", "https://chat.example.com/app/accounts/2/conversations/123"
)


@pytest.fixture
def letters() -> Iterator[Letters]:
    with smtp_server() as letters:
        yield letters


@pytest_asyncio.fixture
async def queue(fresh_database_url: str) -> AsyncIterator[Queue]:
    async with open_queue(fresh_database_url) as queue:
        yield queue


def pager(queue: Queue, letters: Letters, **more: Any) -> Pager:
    settings = Settings(
        _env_file=None,
        **{
            "on_call": "una@x.es, dos@x.es",
            "smtp_host": "127.0.0.1",
            "smtp_port": letters.port,
            "smtp_security": "none",
            "public_url": "https://bot.example.com/",
            **more,
        },
    )  # type: ignore[call-arg]
    return Pager(queue.pool, Mailer(settings), settings, b"secret")


async def alarm(queue: Queue, given: Alarm = ALARM) -> None:
    async with queue.pool.connection() as connection:
        await raise_alarm(connection, given)


async def due_again(queue: Queue, ago: float = 0) -> None:
    """The interval goes by; ``ago`` seconds passed since the emergency."""
    async with queue.pool.connection() as connection:
        await connection.execute(
            "UPDATE pages SET next_at = now(), created_at = created_at - make_interval(secs => %s)", (ago,)
        )


async def event(queue: Queue, **more: Any) -> None:
    given = {"source": "bot", "event": "message_created", "kind": "ignored", "reason": "", "payload": {}, **more}
    delivery = Delivery(account_id=2, conversation_id=123, dedupe_key=str(uuid4()), **given)
    await Inbox(queue.pool, queue.intake).store(delivery, debounce=0, longest=0)


def link(letters: Letters) -> str:
    found = re.search(r"https://bot\.example\.com(/pages/\S+)", letters.taken[-1].get_content())
    assert found is not None
    return found.group(1)


async def test_one_after_another_until_somebody_answers(queue: Queue, letters: Letters) -> None:
    sends = pager(queue, letters)
    await alarm(queue)
    await alarm(queue)
    assert await sends.once()
    assert not await sends.once(), "the next one waits for the interval, and the same turn raises it once"
    for _ in range(2):
        await due_again(queue)
        assert await sends.once()
    assert [letter["To"] for letter in letters.taken] == ["una@x.es", "dos@x.es", "una@x.es"]
    assert letters.taken[0]["Subject"] == "🚨 Emergencia (gas): Lucía"
    assert "Sigue sin atender (2)" in letters.taken[1]["Subject"]
    assert "Huele a gas\n{who}" in letters.taken[0].get_content().replace("\r", "")
    await event(queue, kind="takeover")
    await due_again(queue)
    assert not await sends.once()


@pytest.mark.parametrize(
    ("given", "ago", "ends"),
    [
        ({"event": "conversation_resolved", "payload": {"status": "resolved"}}, 0, True),
        ({"event": "conversation_status_changed", "payload": {"status": "open"}}, 0, False),
        ({"kind": "answer"}, 0, False),
        ({"kind": "echo"}, 0, False),
        ({"event": "conversation_updated", "payload": {"changed_attributes": None}}, 90, False),
        (
            {
                "event": "conversation_updated",
                "payload": {"meta": {"assignee_type": "User"}, "changed_attributes": [{"assignee_id": {}}]},
            },
            90,
            True,
        ),
        (
            {
                "event": "conversation_updated",
                "payload": {"meta": {"assignee_type": "User"}, "changed_attributes": [{"assignee_id": {}}]},
            },
            0,
            False,
        ),
    ],
    ids=["resolved", "opened", "customer", "echo", "other change", "assigned", "assigned at once, by Chatwoot itself"],
)
async def test_what_counts_as_somebody(
    queue: Queue, letters: Letters, given: dict[str, Any], ago: float, ends: bool
) -> None:
    await alarm(queue)
    await due_again(queue, ago)
    await event(queue, **given)
    assert await pager(queue, letters).once() is not ends


async def test_reading_the_link_does_nothing_and_confirming_ends_it(queue: Queue, letters: Letters) -> None:
    sends = pager(queue, letters)
    await alarm(queue)
    await sends.once()
    app = FastAPI()
    app.include_router(paging_routes(lambda: sends))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="https://bot.example.com") as browser:
        path = link(letters)
        read = await browser.get(path)
        assert read.status_code == 200 and "Sí, me encargo" in read.text and "Emergencia (gas)" in read.text
        for bad in (
            path[:-1] + ("0" if path[-1] != "0" else "1"),
            path.replace("/0/", "/1/"),
            path.replace("/0/", "/7/"),
        ):
            assert (await browser.get(bad)).status_code == 404
            assert (await browser.post(bad)).status_code == 404
        await due_again(queue)
        assert await sends.once(), "still unanswered"
        assert "Gracias" in (await browser.post(path)).text
        assert "Ya la había confirmado una@x.es" in (await browser.post(link(letters))).text
        await due_again(queue)
        assert not await sends.once()
        await due_again(queue, 8 * 86400)
        assert (await browser.get(path)).status_code == 404


async def test_a_refused_letter_goes_to_the_next_soon(queue: Queue, letters: Letters) -> None:
    sends = pager(queue, letters)
    await alarm(queue)
    letters.refusals = ["550 no"]
    assert await sends.once()
    async with queue.pool.connection() as connection:
        soon = "SELECT error LIKE '%550%', next_at < now() + interval '20 seconds' FROM pages"
        assert await (await connection.execute(soon)).fetchone() == (True, True)
    await due_again(queue)
    assert await sends.once()
    assert [letter["To"] for letter in letters.taken] == ["dos@x.es"]


async def test_a_page_whose_sender_died_is_sent_again(queue: Queue, letters: Letters) -> None:
    await alarm(queue)
    dying = asyncio.create_task(pager(queue, letters, smtp_host="192.0.2.1").once())
    await until(lambda: _claimed(queue))
    dying.cancel()
    await asyncio.gather(dying, return_exceptions=True)
    await due_again(queue)
    assert await pager(queue, letters).once() and len(letters.taken) == 1


async def _claimed(queue: Queue) -> bool:
    async with queue.pool.connection() as connection:
        cursor = await connection.execute("SELECT next_at > clock_timestamp() FROM pages")
        return await cursor.fetchone() == (True,)


async def test_many_pagers_send_it_once(queue: Queue, letters: Letters) -> None:
    await alarm(queue)
    sent = await asyncio.gather(*(pager(queue, letters).once() for _ in range(6)))
    assert sum(sent) == 1 and len(letters.taken) == 1


async def test_it_runs_until_told_to_stop(queue: Queue, letters: Letters) -> None:
    stop = asyncio.Event()
    running = asyncio.create_task(pager(queue, letters).run(stop))
    await alarm(queue)
    await until(lambda: letters.taken)
    stop.set()
    await running
    assert len(letters.taken) == 1
    await asyncio.wait_for(pager(queue, letters, on_call="").run(asyncio.Event()), PATIENCE)


@pytest.mark.parametrize(
    ("labels", "kind"), [(["emergency", "role:client", "emergency:gas"], "gas"), (["emergency"], "default")]
)
def test_only_emergencies_page(labels: list[str], kind: str) -> None:
    facts = ConversationFacts(2, 123, contact_name="Lucía", phone="+34600000001", asked="huele a gas", url="u")
    result = TurnResult(turn_id=UUID(int=1), reply="", handoff=Handoff(reason="emergency", labels=labels))
    raised = alarm_of(UUID(int=1), result, facts)
    assert raised == Alarm(UUID(int=1), 2, 123, kind, "Lucía · +34600000001", "huele a gas", "u")
    assert alarm_of(UUID(int=1), replace_reason(result), facts) is None


def replace_reason(result: TurnResult) -> TurnResult:
    return result.model_copy(update={"handoff": Handoff(reason="complaint")})
