"""The composition root of a worker: ``python worker.py``, on any number of machines that share the database."""

from __future__ import annotations

import asyncio
import signal
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import structlog
import uvicorn

from api.metrics import metrics_app
from channels.chatwoot.service import open_door, open_worker, pressing
from channels.watching import Watch
from core.alerts import AlertHandler, Alerts
from core.clock import SystemClock
from core.command import exit_code
from core.errors import Misconfigured
from core.logging import configure_logging
from core.mail import Mailer
from core.metrics import Metrics
from core.settings import Settings, load_settings
from db.crud.alert_groups import SharedGroups
from graph.app import open_crew

_log = structlog.get_logger(__name__)


async def work(settings: Settings, stop: asyncio.Event, alerts: Alerts) -> None:
    """Attend to conversations until ``stop``; ``alerts`` tells what fails."""
    async with (
        open_crew(settings) as crew,
        open_door(settings, crew.url, pressing(crew), crew.metrics.event) as (queue, door),
        open_worker(settings, crew, queue, door) as worker,
    ):
        _log.info("worker_ready", concurrency=settings.worker_concurrency)
        alerts.count = crew.metrics.alert
        alerts.groups = SharedGroups(crew.engine)
        watch = Watch(alerts, crew.engine, crew.url, settings)
        async with showing_metrics(settings, crew.metrics):
            await asyncio.gather(worker.run(stop), alerts.run(stop), watch.run(stop))
    _log.info("worker_stopped")


@asynccontextmanager
async def showing_metrics(settings: Settings, metrics: Metrics) -> AsyncIterator[None]:
    """``/metrics`` on the worker's own port while the block runs, when it has one.

    The work goes on without when the port is taken: of several workers on one machine, each needs its own.
    """
    if not settings.worker_metrics_port:
        yield
        return
    try:
        listener = socket.create_server((settings.worker_metrics_host, settings.worker_metrics_port))
    except OSError as error:
        _log.warning("metrics_not_shown", port=settings.worker_metrics_port, error=str(error))
        yield
        return
    app = metrics_app(metrics, settings.metrics_key)
    server = uvicorn.Server(uvicorn.Config(app, log_config=None, lifespan="off", timeout_graceful_shutdown=1))
    serving = asyncio.create_task(server.serve(sockets=[listener]))
    try:
        yield
    finally:
        server.should_exit = True
        await serving


async def _until_told(settings: Settings, alerts: Alerts) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for name in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(name, stop.set)
    await work(settings, stop, alerts)


def main() -> None:
    """Work until told to stop; what is under way ends, or is given back."""
    settings = load_settings()
    if settings.chatwoot_url is None:
        raise Misconfigured("CUADRILLA_CHATWOOT_URL is required: there is nothing to work for.")
    alerts = Alerts(settings, SystemClock(settings.zone), Mailer(settings))
    configure_logging(settings.log_level, settings.home, AlertHandler(alerts))
    asyncio.run(_until_told(settings, alerts))


if __name__ == "__main__":
    sys.exit(exit_code(main))
