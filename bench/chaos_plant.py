"""The machinery under chaos: our server, workers to kill, a PostgreSQL that goes away, a Chatwoot that fails."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol
from zoneinfo import ZoneInfo

import httpx
import psutil
import psycopg

from bench.attending import ready_mark
from bench.startup import ROOT
from channels.standin.app import serving
from channels.standin.config import Faults, StandinConfig
from channels.standin.demo import free_port
from channels.standin.standin import Standin
from core.clock import SystemClock
from core.errors import Unavailable
from db import embedded
from db.url import libpq_url

ERRORS, DROPPED_AFTER, DROPPED_BEFORE, DUPLICATES, JITTER = 0.05, 0.02, 0.01, 0.05, 0.3
_CUT = (
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
    " WHERE datname = current_database() AND usename = current_user AND pid <> pg_backend_pid()"
)
PATIENCE_SECONDS = 300.0
ANYTHING_OURS = ("DATABASE_URL", "CUADRILLA_", "HOST", "PORT")


class Database(Protocol):
    """A PostgreSQL that can be taken away."""

    url: str
    secret: str

    async def away(self, crash: bool, /) -> None:
        """Take it away, orderly or not, and bring it back."""
        ...


class OwnDatabase:
    """An embedded server of the bench's own, in ``home``: it is really stopped, or killed, and started again."""

    def __init__(self, home: Path) -> None:
        self._home = home
        self.url = embedded.start(home)
        self.secret = embedded.secret(home).decode()

    async def away(self, crash: bool, /) -> None:
        """SIGKILL, or an orderly stop; and a start."""
        if crash:
            pid = await asyncio.to_thread((self._home / "postgres" / "postmaster.pid").read_text, "utf-8")
            psutil.Process(int(pid.split()[0])).kill()
        else:
            await asyncio.to_thread(embedded.stop, self._home)
        await asyncio.to_thread(embedded.start, self._home)


@dataclass(frozen=True)
class BorrowedDatabase:
    """A database of a server that others use too: only its connections are cut, all of them."""

    url: str
    secret: str

    async def away(self, _crash: bool, /) -> None:
        """Cut every connection."""
        async with await psycopg.AsyncConnection.connect(libpq_url(self.url)) as connection:
            await connection.execute(_CUT)


@dataclass
class Plant:
    """Everything that runs, and what was done to it."""

    home: Path
    standin: Standin
    environment: Mapping[str, str]
    database: Database
    workers: list[subprocess.Popen[bytes]] = field(default_factory=list)
    kills: int = 0
    ended: int = 0
    """Workers that ended without being killed: most that start while PostgreSQL is away do."""
    outages: list[float] = field(default_factory=list)
    """Seconds that PostgreSQL was away, each time."""

    def start_worker(self) -> None:
        """One more worker."""
        self.workers.append(self.start("-m", "bench.chaos_worker"))

    def start(self, *arguments: str, **more: str) -> subprocess.Popen[bytes]:
        """A Python process of ours in the environment of the plant."""
        with (self.home / "output.log").open("ab") as output:
            return subprocess.Popen(
                [sys.executable, *arguments],
                cwd=ROOT,
                env={**self.environment, **more},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
            )

    def at_work(self) -> list[subprocess.Popen[bytes]]:
        """The workers that are past their start."""
        return [worker for worker in self.workers if (self.home / ready_mark(worker.pid)).exists()]

    def kill(self, victims: Sequence[subprocess.Popen[bytes]]) -> None:
        """SIGKILL workers wherever they stand, and start others in their place."""
        for victim in victims:
            self.workers.remove(victim)
            victim.send_signal(signal.SIGKILL)
            victim.wait()
            self.kills += 1
            self.start_worker()

    async def supervise(self) -> None:
        """Start a worker again that ended by itself, as compose or systemd would."""
        while True:
            await asyncio.sleep(1)
            for worker in [worker for worker in self.workers if worker.poll() is not None]:
                self.workers.remove(worker)
                self.ended += 1
                self.start_worker()

    async def database_away(self, *, crash: bool) -> None:
        """Take the database away and bring it back."""
        began = time.monotonic()
        await self.database.away(crash)
        self.outages.append(round(time.monotonic() - began, 1))

    async def count(self, statement: str) -> int:
        """The number that a statement gives."""
        async with await psycopg.AsyncConnection.connect(libpq_url(self.database.url)) as connection:
            row = await (await connection.execute(statement.encode())).fetchone()
        return int(row[0]) if row else 0

    def stop(self) -> None:
        """End every process and the database."""
        for process in self.workers:
            process.kill()
            process.wait()


@asynccontextmanager
async def running(home: Path, database: Database, workers: int) -> AsyncIterator[Plant]:
    """A plant with ``workers``, whose server is ready and whose Chatwoot knows it."""
    config = StandinConfig(account_name="Térmica Ebro", locale="es", webhook_workers=50)
    standin = Standin(SystemClock(ZoneInfo("Europe/Madrid")), config, Faults(webhook_jitter=JITTER))
    ana = standin.world.hire("Ana", "ana@example.com")
    async with serving(standin) as address:
        bot = standin.world.bot
        environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith(ANYTHING_OURS)},
            "CUADRILLA_HOME": str(home),
            "DATABASE_URL": database.url,
            "CUADRILLA_SECRET_KEY": database.secret,
            "CUADRILLA_LOG_LEVEL": "WARNING",
            "CUADRILLA_CHATWOOT_URL": address,
            "CUADRILLA_CHATWOOT_BOT_ID": str(bot.id),
            "CUADRILLA_CHATWOOT_BOT_TOKEN": bot.access_token,
            "CUADRILLA_CHATWOOT_BOT_SECRET": bot.secret,
            "CUADRILLA_CHATWOOT_USER_TOKEN": ana.access_token,
            "CUADRILLA_CHATWOOT_DEBOUNCE_SECONDS": "1",
            "CUADRILLA_CHATWOOT_SWEEP_SECONDS": "10",
            "CUADRILLA_WORKER_IN_SERVER": "false",
            "PYTHONPATH": str(ROOT),
        }
        plant = Plant(home, standin, environment, database)
        port = free_port()
        server = plant.start("server.py", HOST="127.0.0.1", PORT=str(port))
        try:
            await _ready(server, f"http://127.0.0.1:{port}/ready", home)
            standin.connect(f"http://127.0.0.1:{port}/chatwoot/webhook")
            for _ in range(workers):
                plant.start_worker()
            while len(plant.at_work()) < workers and server.poll() is None:  # noqa: ASYNC110 - they tell by a file
                await asyncio.sleep(0.2)
            supervision = asyncio.create_task(plant.supervise())
            yield plant
            supervision.cancel()
        finally:
            server.kill()
            server.wait()
            plant.stop()


def unleash(faults: Faults) -> None:
    """From now on Chatwoot fails."""
    faults.error_rate = ERRORS
    faults.drop_after_rate = DROPPED_AFTER
    faults.drop_before_rate = DROPPED_BEFORE
    faults.duplicate_rate = DUPLICATES


async def _ready(server: subprocess.Popen[bytes], address: str, home: Path) -> None:
    deadline = asyncio.get_running_loop().time() + PATIENCE_SECONDS
    async with httpx.AsyncClient(trust_env=False, timeout=5) as http:
        while asyncio.get_running_loop().time() < deadline and server.poll() is None:
            try:
                if (await http.get(address)).is_success:
                    return
            except httpx.HTTPError:
                pass
            await asyncio.sleep(0.2)
    raise Unavailable(f"The server did not come up: {said(home)[-2000:]}")


def said(home: Path) -> str:
    """What the processes of the plant in ``home`` wrote."""
    return (home / "output.log").read_text(encoding="utf-8", errors="replace")
