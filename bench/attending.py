"""A worker as ``worker.py`` runs it, whose answers a bench may change."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Callable

from channels.chatwoot.service import open_door, open_worker
from channels.chatwoot.turns import Answers
from core.logging import configure_logging
from core.settings import load_settings
from graph.app import open_crew


async def attend(change: Callable[[Answers], Answers]) -> None:
    """Attend with what ``change`` makes of the crew's answers, until told to stop."""
    settings = load_settings()
    configure_logging(settings.log_level, settings.home)
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    async with (
        open_crew(settings) as crew,
        open_door(settings, crew.url) as (queue, door),
        open_worker(settings, crew, queue, door, change(crew.turns)) as worker,
    ):
        (settings.home / ready_mark(os.getpid())).touch()
        await worker.run(stop)


def ready_mark(pid: int) -> str:
    """The file under the home that says that worker ``pid`` is at work."""
    return f"worker-{pid}.ready"
