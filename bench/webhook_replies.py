"""How soon a reply is posted after the customer stopped writing, and how many turns a second workers answer.

``python -m bench.webhook_replies``: real worker processes on a PostgreSQL of their own, Chatwoot's stand-in over HTTP.
The second table waits two seconds for each answer, as for a model, with a few turns at once in each worker: what is
looked at is whether workers add up, not how many turns one process can hold.
"""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo

import typer
from fastapi import FastAPI
from pydantic import SecretStr
from rich.console import Console

from bench.attending import ready_mark
from bench.figures import Latency, Row, show, write
from bench.startup import ROOT
from channels.chatwoot.service import open_door
from channels.chatwoot.webhook import PATH, webhook_routes
from channels.standin.app import serving
from channels.standin.config import StandinConfig
from channels.standin.model import Conversation
from channels.standin.standin import Standin
from core.clock import SystemClock
from core.errors import Unavailable
from core.settings import Settings
from db import embedded
from evals.serving import served

DEBOUNCE, AFTER_DEBOUNCE_MS = 1.0, 300.0
SINGLE, PAUSE = 60, 0.5
WORKERS, AT_ONCE, MODEL_SECONDS, TURNS_EACH = (1, 2, 4), 5, 2.0, 40
PATIENCE_SECONDS = 180.0
CLIENT = "+34600000001"


@dataclass(frozen=True, slots=True)
class Plant:
    """A Chatwoot with our webhook behind it, and the environment of workers."""

    standin: Standin
    home: Path
    environment: dict[str, str]

    @asynccontextmanager
    async def working(self, count: int, seconds: float, at_once: int) -> AsyncIterator[None]:
        """``count`` workers at work."""
        environment = {**self.environment, "CUADRILLA_WORKER_CONCURRENCY": str(at_once)}
        command = [sys.executable, "-m", "bench.webhook_worker", str(seconds)]
        workers = [
            subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)  # noqa: ASYNC220
            for _ in range(count)
        ]
        try:
            await _until(lambda: all((self.home / ready_mark(worker.pid)).exists() for worker in workers))
            yield
        finally:
            for worker in workers:
                worker.send_signal(signal.SIGTERM)
            for worker in workers:
                await asyncio.to_thread(worker.wait)

    def write(self, number: int) -> Conversation:
        """Another customer asks something."""
        contact = self.standin.world.meet("Lucía", CLIENT, f"3460000{number:04d}")
        message = self.standin.desk.receive(contact, "¿Cuándo vence mi garantía?")
        found = self.standin.world.message(message.id)
        if found is None:
            raise Unavailable("A message got lost in the stand-in.")
        return found[0]


@asynccontextmanager
async def plant(home: Path) -> AsyncIterator[Plant]:
    """Everything but the workers."""
    url = embedded.start(home)
    standin = Standin(SystemClock(ZoneInfo("Europe/Madrid")), StandinConfig(webhook_workers=50))
    async with serving(standin) as address:
        told = {
            "CUADRILLA_HOME": str(home),
            "DATABASE_URL": url,
            "CUADRILLA_SECRET_KEY": embedded.secret(home).decode(),
            "CUADRILLA_CHATWOOT_URL": address,
            "CUADRILLA_CHATWOOT_BOT_TOKEN": standin.world.bot.access_token,
            "CUADRILLA_CHATWOOT_BOT_SECRET": standin.world.bot.secret,
            "CUADRILLA_CHATWOOT_BOT_ID": str(standin.world.bot.id),
            "CUADRILLA_CHATWOOT_DEBOUNCE_SECONDS": str(DEBOUNCE),
            "CUADRILLA_LOG_LEVEL": "WARNING",
        }
        kept = {key: value for key, value in os.environ.items() if not key.startswith(("CUADRILLA_", "DATABASE_URL"))}
        here = Plant(standin, home, {**kept, **told, "PYTHONPATH": str(ROOT)})
        async with here.working(1, 0.0, 1):
            """The first one migrates and seeds the database."""
        settings = Settings(  # type: ignore[call-arg]
            _env_file=None,
            home=home,
            DATABASE_URL=url,
            chatwoot_url=address,
            chatwoot_bot_token=SecretStr(standin.world.bot.access_token),
            chatwoot_bot_secret=SecretStr(standin.world.bot.secret),
            chatwoot_bot_id=standin.world.bot.id,
            chatwoot_debounce_seconds=DEBOUNCE,
        )
        async with open_door(settings, url) as (_queue, door):
            app = FastAPI()
            app.include_router(webhook_routes(lambda: door))
            async with served(app) as webhook:
                standin.connect(webhook + PATH)
                yield here
    embedded.stop(home)


async def _until(condition: object) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not (callable(condition) and condition()):
        if time.monotonic() > deadline:
            raise Unavailable("It took too long.")
        await asyncio.sleep(0.05)


def _replied(conversations: Sequence[Conversation]) -> list[float]:
    """When each conversation got its reply, as far as they did."""
    found = []
    for conversation in conversations:
        replies = [m for m in conversation.messages if m.kind == "outgoing" and not m.private]
        found += [replies[0].created.timestamp()] if replies else []
    return found


async def after_debounce(here: Plant) -> Latency:
    """From the end of the silence that is waited for to the reply."""
    async with here.working(1, 0.0, 50):
        warm = [here.write(number) for number in range(5)]
        await _until(lambda: len(_replied(warm)) == len(warm))
        conversations = []
        for number in range(SINGLE):
            conversations.append(here.write(100 + number))
            await asyncio.sleep(PAUSE)
        await _until(lambda: len(_replied(conversations)) == SINGLE)
    waited = []
    for conversation in conversations:
        asked, reply = conversation.messages[0], _replied([conversation])[0]
        waited.append((reply - asked.created.timestamp() - DEBOUNCE) * 1000)
    return Latency.of(waited)


async def throughput(here: Plant, workers: int, first: int) -> float:
    """Turns a second of ``workers`` that are asked more than they can answer at once."""
    async with here.working(workers, MODEL_SECONDS, AT_ONCE):
        conversations = [here.write(first + number) for number in range(TURNS_EACH * workers)]
        await _until(lambda: len(_replied(conversations)) == len(conversations))
    times = sorted(_replied(conversations))
    first_wave = AT_ONCE * workers
    return (len(times) - first_wave) / (times[-1] - times[first_wave - 1])


async def measure(home: Path) -> tuple[Latency, dict[int, float]]:
    """Both figures."""
    async with plant(home) as here:
        soon = await after_debounce(here)
        return soon, {count: await throughput(here, count, 1000 * count) for count in WORKERS}


def main(json_file: Annotated[Path | None, typer.Option("--json", help="Write the figures here.")] = None) -> None:
    """Measure and show; exits 1 when a bound does not hold."""
    with tempfile.TemporaryDirectory(prefix="cuadrilla-replies-") as folder:
        soon, turns = asyncio.run(measure(Path(folder)))
    console = Console()
    holds = soon.p95 <= AFTER_DEBOUNCE_MS
    row = Row(f"{soon.n} messages, two a second", (f"{soon.p50:.0f}", f"{soon.p95:.0f}"), holds)
    show(console, "From the end of debounce to the reply posted", ("p50 ms", "p95 ms"), [row])
    rows = [
        Row(f"{count} workers", (f"{rate:.2f}", f"{count * AT_ONCE / MODEL_SECONDS:.2f}"))
        for count, rate in turns.items()
    ]
    show(console, f"Turns a second, a model of 2 s, {AT_ONCE} at once in each worker", ("measured", "most"), rows)
    write(json_file, {"after_debounce": soon, "turns_a_second": turns})
    raise typer.Exit(0 if holds else 1)


if __name__ == "__main__":
    typer.run(main)
