"""A house with its Chatwoot: the webhook on a free port, the attendant, the stand-in, one crew."""

from __future__ import annotations

import asyncio
import itertools
import os
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest
import pytest_asyncio
from fastapi import FastAPI
from psycopg.rows import dict_row
from pydantic import SecretStr

from api.tracing import TraceIds
from channels.chatwoot.service import Worker, open_door, open_worker, pressing
from channels.chatwoot.webhook import PATH, Door, webhook_routes
from channels.queue import Queue
from channels.standin.app import serving
from channels.standin.config import StandinConfig
from channels.standin.model import Contact, Conversation, Message
from channels.standin.standin import Standin
from core.clock import SystemClock
from graph.app import Crew
from graph.messages import TurnRequest, TurnResult
from tests.channels.chatwoot_contract import inspector
from tests.serving import served

PATIENCE = 90.0
"""Seconds: a machine that is busy with other things is no failure."""
_accounts = itertools.count(os.getpid() * 1000)
CLIENT = "+34600000001"
QUICK = {
    "chatwoot_debounce_seconds": 0.15,
    "chatwoot_debounce_most_seconds": 0.6,
    "chatwoot_sweep_seconds": 60.0,
    "chatwoot_echo_seconds": 0.5,
    "chatwoot_timeout_seconds": 4.0,
    "worker_stop_seconds": 60.0,
}


@dataclass
class Gate:
    """The real turn service with a door in front: turns wait while it is shut; what was asked is kept."""

    crew: Crew
    open: asyncio.Event = field(default_factory=asyncio.Event)
    asked: list[TurnRequest] = field(default_factory=list)
    begun: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        self.open.set()

    async def answer(self, request: TurnRequest) -> TurnResult:
        self.asked.append(request)
        self.begun.set()
        await self.open.wait()
        return await self.crew.turns.answer(request)


@dataclass
class House:
    """What a test of the door touches."""

    standin: Standin
    worker: Worker
    queue: Queue
    door: Door
    turns: Gate
    address: str
    stack: AsyncExitStack
    _stop: asyncio.Event | None = None
    _work: asyncio.Task[None] | None = None

    @property
    def account_id(self) -> int:
        return self.standin.config.account_id

    def meet(self, phone: str | None = CLIENT, source_id: str | None = None) -> Contact:
        """Somebody with a telephone."""
        return self.standin.world.meet("Lucía Ferrer", phone, source_id)

    def say(self, contact: Contact, text: str | None, **more: Any) -> Conversation:
        """``contact`` writes; gives the conversation."""
        message = self.standin.desk.receive(contact, text, **more)
        found = self.standin.world.message(message.id)
        assert found is not None
        return found[0]

    def work(self) -> None:
        """Start the worker."""
        self._stop = asyncio.Event()
        self._work = asyncio.create_task(self.worker.run(self._stop))

    async def rest(self) -> None:
        """Stop the worker gracefully."""
        if self._stop is not None and self._work is not None:
            self._stop.set()
            await asyncio.wait_for(self._work, PATIENCE)
            self._stop = self._work = None

    @property
    def resting(self) -> bool:
        """No worker is at work."""
        return self._work is None

    async def attend(self, conversation: Conversation) -> None:
        """One look, as a job makes it."""
        await self.worker.attendant.attend(self.account_id, conversation.id)

    async def arrives(self) -> None:
        """Every webhook that is on its way has come."""
        await self.standin.deliveries.settled()

    async def rows(self, query: str, *parameters: Any) -> list[dict[str, Any]]:
        async with self.queue.pool.connection() as connection:
            cursor = connection.cursor(row_factory=dict_row)
            await cursor.execute(query, parameters)  # type: ignore[arg-type]
            return await cursor.fetchall()

    async def forget(self) -> None:
        """Leave nothing to do for the workers of other tests."""
        async with self.queue.pool.connection() as connection:
            for statement in (
                "DELETE FROM procrastinate_jobs WHERE lock LIKE 'chatwoot:' || %s || ':%%'",
                "DELETE FROM channel_outbox WHERE account_id = %s",
                "DELETE FROM channel_events WHERE account_id = %s",
                "DELETE FROM channel_turns WHERE account_id = %s",
                "DELETE FROM channel_conversations WHERE account_id = %s",
            ):
                await connection.execute(statement, (self.account_id,))

    async def jobs(self, conversation: Conversation) -> list[dict[str, Any]]:
        """The jobs of a conversation."""
        key = f"chatwoot:{self.account_id}:{conversation.id}"
        return await self.rows("SELECT * FROM procrastinate_jobs WHERE lock = %s ORDER BY id", key)


async def quiet(house: House, conversation: Conversation) -> None:
    """Everything that was to happen has happened."""
    await house.arrives()

    async def nothing_waits() -> bool:
        return not any(job["status"] in {"todo", "doing"} for job in await house.jobs(conversation))

    await until(nothing_waits)


def replies(conversation: Conversation) -> list[str]:
    """What the bot said to the customer."""
    return [m.content or "" for m in said(conversation)]


def said(conversation: Conversation) -> list[Message]:
    """The bot's messages to the customer."""
    return [m for m in conversation.messages if m.kind == "outgoing" and not m.private]


async def until(condition: Callable[[], Any] | Callable[[], Awaitable[Any]], seconds: float = PATIENCE) -> Any:
    """Wait until ``condition`` holds and give what it says."""
    deadline = time.monotonic() + seconds
    while True:
        value = condition()
        if asyncio.iscoroutine(value):
            value = await value
        if value:
            return value
        assert time.monotonic() < deadline, "it never happened"
        await asyncio.sleep(0.02)


OpenHouse = Callable[..., AbstractAsyncContextManager[House]]


@pytest.fixture
def open_house(crew: Crew) -> OpenHouse:
    """Opens a house with other settings."""

    @asynccontextmanager
    async def opened(config: dict[str, Any] | None = None, **changes: Any) -> AsyncIterator[House]:
        number = next(_accounts)
        quick = StandinConfig(
            account_id=number,
            first_message=number * 100,
            webhook_wait=0.05,
            delivery_wait=0.0,
            webhook_timeout=30.0,
            **(config or {}),
        )
        standin = Standin(SystemClock(crew.clock.zone), quick, inspect=inspector())
        async with AsyncExitStack() as stack:
            base = await stack.enter_async_context(serving(standin))
            settings = crew.settings.model_copy(
                update={
                    **QUICK,
                    "chatwoot_url": base,
                    "chatwoot_bot_token": SecretStr(standin.world.bot.access_token),
                    "chatwoot_bot_secret": SecretStr(standin.world.bot.secret),
                    "chatwoot_bot_id": standin.world.bot.id,
                    **changes,
                }
            )
            queue, door = await stack.enter_async_context(open_door(settings, crew.url, pressing(crew)))
            app = FastAPI()
            app.add_middleware(TraceIds)
            app.include_router(webhook_routes(lambda: door))
            address = await stack.enter_async_context(served(app))
            standin.connect(address + PATH)
            gate = Gate(crew)
            worker = await stack.enter_async_context(open_worker(settings, crew, queue, door, gate))
            house = House(standin, worker, queue, door, gate, address, stack)
            try:
                yield house
            finally:
                gate.open.set()
                await house.rest()
                await standin.settled()
                await door.settled()
                await house.forget()
        assert not standin.violations, [problem[-700:] for problem in standin.violations[:3]]

    return opened


@pytest_asyncio.fixture
async def house(open_house: OpenHouse) -> AsyncIterator[House]:
    """A house whose worker is not at work yet."""
    async with open_house() as opened:
        yield opened
