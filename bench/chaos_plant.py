"""The machinery under chaos: our server, workers to kill, a PostgreSQL that goes away, a Chatwoot that fails."""

from __future__ import annotations

import asyncio
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from zoneinfo import ZoneInfo

import httpx
import psutil
import psycopg

from bench.startup import PATIENCE_SECONDS, ROOT
from channels.standin.app import serving
from channels.standin.config import Faults, StandinConfig
from channels.standin.demo import free_port
from channels.standin.standin import Standin
from core.clock import SystemClock
from core.errors import Unavailable
from db import embedded
from db.url import libpq_url

ERRORS, DROPPED_AFTER, DROPPED_BEFORE, DUPLICATES, JITTER = 0.05, 0.02, 0.01, 0.05, 0.3
ANYTHING_OURS = ("DATABASE_URL", "CUADRILLA_", "HOST", "PORT")


@dataclass
class Plant:
    """Everything that runs, and what was done to it."""

    home: Path
    standin: Standin
    environment: Mapping[str, str]
    url: str
    workers: list[subprocess.Popen[bytes]] = field(default_factory=list)
    kills: int = 0
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

    def kill_one(self, dice: random.Random) -> None:
        """SIGKILL a worker wherever it stands, and start another in its place."""
        victim = self.workers.pop(dice.randrange(len(self.workers)))
        victim.send_signal(signal.SIGKILL)
        victim.wait()
        self.kills += 1
        self.start_worker()

    async def restart_postgres(self, *, crash: bool) -> None:
        """Stop PostgreSQL, orderly or by SIGKILL, and start it again."""
        began = time.monotonic()
        if crash:
            pid = int((self.home / "postgres" / "postmaster.pid").read_text(encoding="utf-8").split()[0])
            psutil.Process(pid).kill()
        else:
            await asyncio.to_thread(embedded.stop, self.home)
        await asyncio.to_thread(embedded.start, self.home)
        self.outages.append(round(time.monotonic() - began, 1))

    async def count(self, statement: str) -> int:
        """The number that a statement gives."""
        async with await psycopg.AsyncConnection.connect(libpq_url(self.url)) as connection:
            row = await (await connection.execute(statement.encode())).fetchone()
        return int(row[0]) if row else 0

    def stop(self) -> None:
        """End every process and the database."""
        for process in self.workers:
            process.kill()
            process.wait()
        embedded.stop(self.home)


@asynccontextmanager
async def running(home: Path, workers: int) -> AsyncIterator[Plant]:
    """A plant with ``workers``, whose server is ready and whose Chatwoot knows it."""
    config = StandinConfig(account_name="Térmica Ebro", locale="es", webhook_workers=50)
    standin = Standin(SystemClock(ZoneInfo("Europe/Madrid")), config, Faults(webhook_jitter=JITTER))
    ana = standin.world.hire("Ana", "ana@example.com")
    url = await asyncio.to_thread(embedded.start, home)
    async with serving(standin) as address:
        bot = standin.world.bot
        environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith(ANYTHING_OURS)},
            "CUADRILLA_HOME": str(home),
            "DATABASE_URL": url,
            "CUADRILLA_SECRET_KEY": embedded.secret(home).decode(),
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
        plant = Plant(home, standin, environment, url)
        port = free_port()
        server = plant.start("server.py", HOST="127.0.0.1", PORT=str(port))
        try:
            await _ready(server, f"http://127.0.0.1:{port}/ready", home)
            standin.connect(f"http://127.0.0.1:{port}/chatwoot/webhook")
            for _ in range(workers):
                plant.start_worker()
            yield plant
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
    raise Unavailable(f"The server did not come up; see {home / 'output.log'}.")
