"""Builds the Chatwoot door and its worker out of settings, a database and a crew."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

from agents.brains.protocol import Context, Facts
from channels.chatwoot.client import Chatwoot, make_http
from channels.chatwoot.delivery import Delivery
from channels.chatwoot.lessons import Teacher
from channels.chatwoot.media import MediaReader
from channels.chatwoot.signature import Secret
from channels.chatwoot.sweep import Sweep
from channels.chatwoot.telling import Teller
from channels.chatwoot.transcription import Transcriber
from channels.chatwoot.turns import Answers, Attendant
from channels.chatwoot.webhook import Door, never_presses, uncounted
from channels.inbox import Inbox
from channels.outbox import Outbox
from channels.paging import Pager, make_pager
from channels.queue import Queue, open_queue
from core.settings import Settings
from graph.app import Crew
from policy.roles import GUEST


@dataclass(frozen=True, slots=True)
class Worker:
    """Attends to conversations until told to stop."""

    attendant: Attendant
    sweep: Sweep
    pager: Pager
    teller: Teller
    settings: Settings

    async def run(self, stop: asyncio.Event) -> None:
        """Work, sweep, page and tell until ``stop`` is set and what was under way has ended or was given back."""
        beside = [asyncio.create_task(part.run(stop)) for part in (self.sweep, self.pager, self.teller)]
        try:
            await self.attendant.queue.work(
                stop, concurrency=self.settings.worker_concurrency, grace=self.settings.worker_stop_seconds
            )
        finally:
            stop.set()
            await asyncio.gather(*beside)
            await self.attendant.settled()


@asynccontextmanager
async def open_door(
    settings: Settings,
    url: str,
    presses: Callable[[str], bool] = never_presses,
    count: Callable[[str], None] = uncounted,
) -> AsyncIterator[tuple[Queue, Door]]:
    """What takes deliveries in, on the database at ``url``; what ``presses`` does not wait for the end of a burst."""
    async with open_queue(url) as queue:
        door = Door(Inbox(queue.pool, queue.intake), settings, secrets(settings), presses, count)
        try:
            yield queue, door
        finally:
            await door.settled()


def pressing(crew: Crew) -> Callable[[str], bool]:
    """What the emergency lane of ``crew`` recognises."""
    return lambda message: crew.parts.lane.detect(message) is not None


@asynccontextmanager
async def open_worker(
    settings: Settings, crew: Crew, queue: Queue, door: Door, turns: Answers | None = None
) -> AsyncIterator[Worker]:
    """What attends to conversations with ``crew``; ``turns`` answers in its place."""

    async def apologise() -> str:
        return await crew.parts.words.phrase(Facts("failed"), Context(GUEST, crew.clock.now(), "es"))

    async with make_http(settings) as http:
        token = settings.chatwoot_user_token
        chatwoot = Chatwoot(http, settings.chatwoot_timeout_seconds, token.get_secret_value() if token else None)
        delivery = Delivery(chatwoot, Outbox(queue.pool), door.inbox, settings)
        teller = Teller(queue, door.inbox, delivery, crew.learned, crew.clock, settings)
        attendant = Attendant(
            queue=queue,
            inbox=door.inbox,
            delivery=delivery,
            chatwoot=chatwoot,
            door=door,
            turns=turns or crew.turns,
            read_media=MediaReader(settings, Transcriber(settings)),
            apologise=apologise,
            sessions=crew.sessions,
            settings=settings,
            teacher=Teacher(queue, door.inbox, crew.book, crew.sessions, settings),
            teller=teller,
        )
        queue.attends(attendant.attend)
        sweep = Sweep(queue, chatwoot, door, settings)
        yield Worker(attendant, sweep, make_pager(queue.pool, settings), teller, settings)


def secrets(settings: Settings) -> list[Secret]:
    """What deliveries may be signed with."""
    given = (("bot", settings.chatwoot_bot_secret), ("account", settings.chatwoot_webhook_secret))
    return [Secret(source, secret.get_secret_value().encode()) for source, secret in given if secret is not None]
