"""A worker whose answers take as long as a model would: ``python -m bench.webhook_worker SECONDS``."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from dataclasses import dataclass

from bench.chaos_worker import ready_mark
from channels.chatwoot.service import open_door, open_worker
from channels.chatwoot.turns import Answers
from core.logging import configure_logging
from core.settings import load_settings
from graph.app import open_crew
from graph.messages import TurnRequest, TurnResult


@dataclass(frozen=True, slots=True)
class Thoughtful:
    """The answers of ``turns``, ``seconds`` later."""

    turns: Answers
    seconds: float

    async def answer(self, request: TurnRequest) -> TurnResult:
        """Answer one message."""
        await asyncio.sleep(self.seconds)
        return await self.turns.answer(request)


async def work(seconds: float) -> None:
    """Attend until told to stop."""
    settings = load_settings()
    configure_logging(settings.log_level, settings.home)
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    async with (
        open_crew(settings) as crew,
        open_door(settings, crew.url) as (queue, door),
        open_worker(settings, crew, queue, door, Thoughtful(crew.turns, seconds)) as worker,
    ):
        (settings.home / ready_mark(os.getpid())).touch()
        await worker.run(stop)


if __name__ == "__main__":
    asyncio.run(work(float(sys.argv[1])))
