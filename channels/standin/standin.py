"""The stand-in as one thing: its world, its desk, its webhooks, its faults, and what it was asked."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

from channels.standin.config import Faults, StandinConfig
from channels.standin.deliveries import Deliveries
from channels.standin.desk import Desk
from channels.standin.failing import Call
from channels.standin.world import World
from core.clock import Clock

Inspector = Callable[[Call], list[str]]
"""Says what is wrong with a call, if anything."""


class Standin:
    """A Chatwoot account with one WhatsApp inbox and one bot. Build it inside a running event loop.

    ``inspect`` sees every call to the API; what it finds wrong is kept in ``violations``.
    ``script`` is what the page suggests to say, by who is played.
    """

    def __init__(
        self,
        clock: Clock,
        config: StandinConfig | None = None,
        faults: Faults | None = None,
        inspect: Inspector | None = None,
    ) -> None:
        self.config = config or StandinConfig()
        self.faults = faults or Faults()
        self.world = World.founded(self.config, clock)
        self.calls: list[Call] = []
        self.violations: list[str] = []
        self.script: dict[str, Any] = {}
        self.deliveries = Deliveries(self.world, self.faults)
        self.desk = Desk(self.world, self.deliveries.send, self._in_background)
        self.deliveries.failed = self.desk.bot_failed
        self._inspect = inspect
        self._tasks: set[asyncio.Task[None]] = set()

    def connect(self, webhook: str) -> None:
        """Send the bot's webhooks to this address."""
        self.world.bot.outgoing_url = webhook
        self.world.changed()

    def record(self, call: Call) -> None:
        """Keep a call that the API answered."""
        self.calls.append(call)
        if self._inspect is not None and call.status:
            self.violations += self._inspect(call)

    async def settled(self) -> None:
        """Return when nothing moves any more: no message on its way to WhatsApp, no webhook on its way out."""
        while self._tasks or self.deliveries.busy:
            await asyncio.gather(*self._tasks, return_exceptions=True)
            await self.deliveries.settled()

    async def close(self) -> None:
        """Stop whatever moves."""
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self.deliveries.close()

    def _in_background(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
