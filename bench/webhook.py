"""How fast an event is acknowledged, beside a bare FastAPI route that inserts one row in the same database.

``python -m bench.webhook``: a PostgreSQL of its own with ordinary durability, one server process, signed events of
different messages, posted at a steady pace from this process.
"""

from __future__ import annotations

import asyncio
import itertools
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median, quantiles
from typing import Annotated

import httpx
import psutil
import psycopg
import typer
from rich.console import Console

from bench.figures import Row, show, write
from bench.startup import ROOT
from bench.webhook_load import Outcome, event, pace
from bench.webhook_server import BARE, TABLE
from channels.chatwoot.webhook import PATH
from channels.standin.demo import free_port
from core.errors import Unavailable
from db import embedded, migrate
from db.url import libpq_url

RATES = (50, 200, 500)
SECONDS = 10.0
WARM_SECONDS = 3.0
P99_AT_200, TIMES_BARE = 100.0, 3.0
SECRET = "the secret of the bench"  # noqa: S105
_numbers = itertools.count(1)


def requests() -> Iterator[bytes]:
    """Signed events, made ahead: signing is not what is measured."""
    while True:
        yield from [event(next(_numbers), SECRET.encode()) for _ in range(200)]


@contextmanager
def serving(home: Path) -> Iterator[tuple[int, psutil.Process]]:
    """The server on a database of its own; gives its port and its process."""
    url = embedded.start(home)
    migrate.upgrade(url, embedded.secret(home))
    with psycopg.connect(libpq_url(url)) as connection:
        connection.execute(TABLE)
    port = free_port()
    settings = {
        "CUADRILLA_HOME": str(home),
        "CUADRILLA_CHATWOOT_URL": "http://127.0.0.1:9",
        "CUADRILLA_CHATWOOT_BOT_TOKEN": "token",
        "CUADRILLA_CHATWOOT_BOT_SECRET": SECRET,
    }
    inherited = {key: value for key, value in os.environ.items() if not key.startswith(("CUADRILLA_", "DATABASE_URL"))}
    command = [sys.executable, "-m", "bench.webhook_server", str(port)]
    server = subprocess.Popen(command, cwd=ROOT, env={**inherited, **settings, "PYTHONPATH": str(ROOT)})
    try:
        _until_ready(port)
        yield port, psutil.Process(server.pid)
    finally:
        server.terminate()
        server.wait(timeout=20)
        embedded.stop(home)


def _until_ready(port: int) -> None:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        try:
            httpx.post(f"http://127.0.0.1:{port}{BARE}", json={}).raise_for_status()
        except httpx.HTTPError:
            time.sleep(0.1)
        else:
            return
    raise Unavailable("The server of the bench did not start.")


def _tail(outcome: Outcome) -> tuple[float, float]:
    return round(median(outcome.milliseconds), 2), round(quantiles(outcome.milliseconds, n=100)[98], 2)


def _used(process: psutil.Process) -> float:
    times = process.cpu_times()
    return float(times.user + times.system)


async def measure(port: int, process: psutil.Process) -> list[dict[str, float]]:
    """p50, p99 and processor time of both routes at each rate."""
    found = []
    for path in (PATH, BARE):
        await pace(port, path, 50, WARM_SECONDS, requests)
    for rate in RATES:
        began = _used(process)
        ours = await pace(port, PATH, rate, SECONDS, requests)
        between = _used(process)
        bare = await pace(port, BARE, rate, SECONDS, requests)
        cpu, bare_cpu = (1000 * used / (rate * SECONDS) for used in (between - began, _used(process) - between))
        (p50, p99), (bare_p50, bare_p99) = _tail(ours), _tail(bare)
        figures = {"p50": p50, "p99": p99, "bare_p50": bare_p50, "bare_p99": bare_p99, "failed": ours.failed}
        found.append({"rate": rate, **figures, "cpu": round(cpu, 2), "bare_cpu": round(bare_cpu, 2)})
    return found


def main(json_file: Annotated[Path | None, typer.Option("--json", help="Write the figures here.")] = None) -> None:
    """Measure and show; exits 1 when a bound does not hold."""
    with tempfile.TemporaryDirectory(prefix="cuadrilla-webhook-") as folder, serving(Path(folder)) as server:
        figures = asyncio.run(measure(*server))
    rows = []
    for line in figures:
        holds = None
        if line["rate"] == 200:
            holds = line["p99"] <= P99_AT_200 and line["p99"] <= TIMES_BARE * line["bare_p99"] and not line["failed"]
        shown = (f"{line['p50']:.1f}", f"{line['p99']:.1f}", f"{line['bare_p50']:.1f}", f"{line['bare_p99']:.1f}")
        spent = f"{line['cpu']:.2f} / {line['bare_cpu']:.2f}"
        rows.append(Row(f"{line['rate']:.0f} a second", (*shown, spent, f"{line['failed']:.0f}"), holds))
    columns = ("p50 ms", "p99 ms", "bare p50", "bare p99", "CPU ms / bare", "failed")
    show(Console(), "Events acknowledged", columns, rows)
    write(json_file, {"acknowledged": figures})
    raise typer.Exit(1 if any(row.ok is False for row in rows) else 0)


if __name__ == "__main__":
    typer.run(main)
