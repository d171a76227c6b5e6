"""The composition root of a worker: ``python worker.py``, on any number of machines that share the database."""

from __future__ import annotations

import asyncio
import signal
import sys

import structlog

from channels.chatwoot.service import open_door, open_worker, pressing
from core.command import exit_code
from core.errors import Misconfigured
from core.logging import configure_logging
from core.settings import Settings, load_settings
from graph.app import open_crew

_log = structlog.get_logger(__name__)


async def work(settings: Settings, stop: asyncio.Event) -> None:
    """Attend to conversations until ``stop``."""
    async with (
        open_crew(settings) as crew,
        open_door(settings, crew.url, pressing(crew)) as (queue, door),
        open_worker(settings, crew, queue, door) as worker,
    ):
        _log.info("worker_ready", concurrency=settings.worker_concurrency)
        await worker.run(stop)
    _log.info("worker_stopped")


async def _until_told(settings: Settings) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for name in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(name, stop.set)
    await work(settings, stop)


def main() -> None:
    """Work until told to stop; what is under way ends, or is given back."""
    settings = load_settings()
    if settings.chatwoot_url is None:
        raise Misconfigured("CUADRILLA_CHATWOOT_URL is required: there is nothing to work for.")
    configure_logging(settings.log_level, settings.home)
    asyncio.run(_until_told(settings))


if __name__ == "__main__":
    sys.exit(exit_code(main))
