"""The queue: enqueued with what it is about, one look at a time, debounced, and frozen as procrastinate released it."""

from __future__ import annotations

import asyncio
import contextlib
from datetime import timedelta
from pathlib import Path

import procrastinate.schema
import pytest
from procrastinate.manager import JobManager

from channels import queue as queue_module
from channels.queue import ask
from channels.standin.model import Conversation
from db import migrate
from tests.channels.houses import PATIENCE, House

FROZEN = Path(migrate.__file__).parent / "migrations" / "versions" / "0004_queue.sql"


def test_the_schema_is_that_of_the_release_in_use() -> None:
    """A newer procrastinate needs a migration of its own."""
    assert FROZEN.read_text(encoding="utf-8") == procrastinate.schema.SchemaManager.get_schema()


async def test_the_end_of_a_burst_is_moved_and_has_an_end(house: House) -> None:
    contact = house.meet()
    conversation: Conversation = house.say(contact, "uno")
    await house.arrives()
    [first] = await house.jobs(conversation)
    await asyncio.sleep(0.1)
    house.say(contact, "dos")
    await house.arrives()
    [second] = await house.jobs(conversation)
    assert second["id"] == first["id"]
    assert second["scheduled_at"] > first["scheduled_at"]
    for number in range(12):
        house.say(contact, f"más {number}")
        await house.arrives()
        await asyncio.sleep(0.05)
    [last] = await house.jobs(conversation)
    assert last["scheduled_at"] - first["scheduled_at"] < timedelta(seconds=0.6)


async def test_a_transaction_that_fails_enqueues_nothing(house: House) -> None:
    with pytest.raises(RuntimeError):
        async with house.queue.pool.connection() as connection:
            await ask(connection, house.account_id, 1)
            raise RuntimeError
    assert await house.rows("SELECT 1 FROM procrastinate_jobs WHERE lock = %s", f"chatwoot:{house.account_id}:1") == []


async def test_a_job_is_not_begun_before_what_it_is_about_is_seen(house: House) -> None:
    """A message that joins a waiting job locks it: no worker may take the job and miss the message."""
    conversation = house.say(house.meet(), "uno")
    await house.arrives()
    await asyncio.sleep(0.3)
    manager = house.queue.app.job_manager
    worker = await manager.register_worker()
    async with house.queue.pool.connection() as connection:
        await ask(connection, house.account_id, conversation.id)
        taken = await manager.fetch_job(queues=["channels"], worker_id=worker)
        assert taken is None or taken.lock != f"chatwoot:{house.account_id}:{conversation.id}"
    await manager.unregister_worker(worker)


async def test_the_queue_is_out_of_the_readers_reach(house: House) -> None:
    rows = await house.rows(
        "SELECT r.rolname FROM pg_roles r WHERE r.rolname LIKE 'cuadrilla\\_%%'"
        " AND r.rolcanlogin AND NOT pg_has_role(current_user, r.oid, 'MEMBER')"
        " AND has_schema_privilege(r.oid, 'queue', 'USAGE')"
    )
    assert rows == []


async def test_a_worker_told_to_stop_while_it_begins_stops(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """A cancellation may be swallowed there, as ``asyncio.wait_for`` does it before Python 3.12: none is relied on."""
    register, begins, goes_on = JobManager.register_worker, asyncio.Event(), asyncio.Event()

    async def slow(self: JobManager) -> int:
        begins.set()
        with contextlib.suppress(asyncio.CancelledError):
            await goes_on.wait()
        return await register(self)

    monkeypatch.setattr(JobManager, "register_worker", slow)
    house.work()
    await begins.wait()
    resting = asyncio.create_task(house.rest())
    await asyncio.sleep(0)
    goes_on.set()
    await resting
    assert house.resting


async def test_a_worker_that_hangs_is_ended_all_the_same(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """However often it has to be told."""
    told = 0

    async def deaf(self: JobManager) -> int:
        nonlocal told
        while told < 2:
            try:
                await asyncio.Event().wait()
            except asyncio.CancelledError:
                told += 1
        raise asyncio.CancelledError

    monkeypatch.setattr(JobManager, "register_worker", deaf)
    monkeypatch.setattr(queue_module, "_TIDYING_SECONDS", 0.0)
    stop = asyncio.Event()
    working = asyncio.create_task(house.queue.work(stop, concurrency=1, grace=0.1))
    await asyncio.sleep(0.05)
    stop.set()
    await asyncio.wait_for(working, PATIENCE)
    assert told == 2
