"""Webhooks on their way: signed, in parallel, each for itself, with Chatwoot's rules of retry and failure."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Callable
from dataclasses import dataclass

import httpx
import structlog

from channels.standin.config import Faults
from channels.standin.desk import Event
from channels.standin.model import AgentBot, Conversation
from channels.standin.signing import headers, rails_json
from channels.standin.world import World

RETRIED = frozenset({429, 500})
OPENING = frozenset({"message_created", "message_updated"})
TO_BOTS = OPENING | {
    "conversation_opened",
    "conversation_resolved",
    "conversation_status_changed",
    "conversation_updated",
    "webwidget_triggered",
}
_LAST_MOMENT = 1.0
_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Attempt:
    """One HTTP request of a delivery and what came of it: a status, or 0 when there was no answer."""

    delivery: str
    event: str
    number: int
    status: int
    seconds: float


@dataclass(frozen=True, slots=True)
class _Job:
    url: str
    secret: str
    event: str
    body: bytes
    conversation: Conversation
    attempts: int
    opens: bool


class Deliveries:
    """Sends events to bots and account webhooks. ``failed`` hears of a bot that could not be told of a message."""

    def __init__(self, world: World, faults: Faults) -> None:
        self.failed: Callable[[Conversation], None] = lambda _conversation: None
        self.attempts: list[Attempt] = []
        self._world = world
        self._faults = faults
        self._tasks: set[asyncio.Task[None]] = set()
        self._closed = False
        self._workers = asyncio.Semaphore(world.config.webhook_workers)
        self._http = httpx.AsyncClient(timeout=world.config.webhook_timeout, trust_env=False)

    def send(self, event: Event) -> None:
        """Put ``event`` on its way to everybody who should get it."""
        body = rails_json(event.payload)
        for job in self._jobs(event, body):
            self._start(job)
            if self._faults.happens(self._faults.duplicate_rate):
                self._start(job)

    @property
    def busy(self) -> bool:
        """Is anything on its way?"""
        return bool(self._tasks)

    async def settled(self) -> None:
        """Return when nothing is on its way any more."""
        while self._tasks:
            await asyncio.gather(*self._tasks, return_exceptions=True)

    async def close(self) -> None:
        """Give up what is on its way, after a moment in which it may arrive."""
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=_LAST_MOMENT)
        self._closed = True
        for task in list(self._tasks):
            task.cancel()
        await self.settled()
        await self._http.aclose()

    def _jobs(self, event: Event, body: bytes) -> list[_Job]:
        config = self._world.config
        jobs = []
        if event.name in TO_BOTS:
            assigned = event.conversation.assignee
            bots = {bot for bot in (assigned, event.conversation.inbox.bot) if isinstance(bot, AgentBot)}
            jobs = [
                _Job(bot.outgoing_url, bot.secret, event.name, body, event.conversation, config.webhook_attempts, True)
                for bot in bots
                if bot.outgoing_url
            ]
        return jobs + [
            _Job(hook.url, hook.secret, event.name, body, event.conversation, 1, False)
            for hook in self._world.webhooks
            if event.name in hook.subscriptions
        ]

    def _start(self, job: _Job) -> None:
        if self._closed:
            return
        task = asyncio.create_task(self._deliver(job))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _deliver(self, job: _Job) -> None:
        delivery = str(uuid.uuid4())
        if self._faults.webhook_jitter:
            await asyncio.sleep(self._faults.random.uniform(0, self._faults.webhook_jitter))
        for number in range(1, job.attempts + 1):
            if number > 1:
                await asyncio.sleep(self._world.config.webhook_wait)
            async with self._workers:
                status = await self._attempt(job, delivery, number)
            if 200 <= status < 300:
                return
            if status not in RETRIED:
                break
        _log.warning("webhook_failed", event_name=job.event, status=status, conversation=job.conversation.id)
        if job.opens and job.event in OPENING:
            self.failed(job.conversation)

    async def _attempt(self, job: _Job, delivery: str, number: int) -> int:
        timestamp = int(self._world.now().timestamp())
        loop = asyncio.get_running_loop()
        began = loop.time()
        try:
            sent = headers(job.secret, delivery, timestamp, job.body)
            answer = await self._http.post(job.url, content=job.body, headers=sent)
            status = answer.status_code
        except (httpx.HTTPError, httpx.InvalidURL):
            status = 0
        self.attempts.append(Attempt(delivery, job.event, number, status, loop.time() - began))
        return status
