"""The watch: what no log line says by itself. A queue that stands still, dead letters, a disk that fills up, old data.

Any number of processes may watch; of those that share a database, one does at a time.
"""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field

import psycopg2
import structlog
from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import SQLAlchemyError

from core.alerts import Alerts
from core.settings import Settings
from db.figures import Figures
from db.retention import keep_only_what_is_needed

_EVERY_SECONDS = 30.0
_RETENTION_EVERY_SECONDS = 3600.0
_STUCK_SECONDS = 120.0
_MEGABYTE = 1_000_000
_ONE_AT_A_TIME = text("SELECT pg_try_advisory_lock(1131770476)")
_log = structlog.get_logger(__name__)


@dataclass(slots=True)
class Watch:
    """Looks now and then; ``url`` is the database of ``engine``."""

    alerts: Alerts
    engine: Engine
    url: str
    settings: Settings
    _dead_before: float = 0.0
    _forgotten: float = field(default=float("-inf"))

    async def run(self, stop: asyncio.Event) -> None:
        """Look until ``stop``."""
        loop = asyncio.get_running_loop()
        while not stop.is_set():
            await asyncio.to_thread(self.look, loop.time())
            try:
                async with asyncio.timeout(_EVERY_SECONDS):
                    await stop.wait()
            except TimeoutError:
                continue

    def look(self, now: float) -> None:
        """One look; ``now`` in seconds of any clock that goes on."""
        self._look_at_disk()
        try:
            with self.engine.connect() as connection:
                if connection.scalar(_ONE_AT_A_TIME):
                    self._look_at_figures(Figures(self.engine).read())
                    self._forget(now)
                    _let_go(connection)
        except SQLAlchemyError as error:
            self.alerts.raise_alert("database_away", type(error).__name__)

    def _look_at_disk(self) -> None:
        free = shutil.disk_usage(self.settings.home if self.settings.home.exists() else ".").free / _MEGABYTE
        if free < self.settings.disk_free_mb:
            self.alerts.raise_alert("disk_low", f"Libres: {free:.0f} MB")

    def _look_at_figures(self, figures: Mapping[str, float]) -> None:
        late = figures["queue_oldest_seconds"]
        if late > _STUCK_SECONDS:
            self.alerts.raise_alert("queue_stuck", f"Esperan {figures['queue_depth']:.0f}; el primero, {late:.0f} s")
        dead = figures["dead_letters"]
        if dead > self._dead_before:
            self.alerts.raise_alert("dead_letters", f"Respuestas abandonadas: {dead:.0f}")
        self._dead_before = dead

    def _forget(self, now: float) -> None:
        if now < self._forgotten + _RETENTION_EVERY_SECONDS:
            return
        self._forgotten = now
        try:
            rows = keep_only_what_is_needed(self.url, self.settings)
        except psycopg2.Error as error:
            _log.warning("retention_failed", error=type(error).__name__)
            return
        if any(rows.values()):
            _log.info("forgotten", rows={what: count for what, count in rows.items() if count})


def _let_go(connection: Connection) -> None:
    connection.execute(text("SELECT pg_advisory_unlock(1131770476)"))
