"""From ``python server.py`` to ready, first and second time, and the server's resident memory.

``python -m bench.startup``: a real server process on a free port, in a home of its own. Memory is that of the server's
process only: the embedded PostgreSQL is another program.
"""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import httpx
import psutil
import typer
from rich.console import Console

from bench.figures import Row, show, write
from bench.turn import DATA, DOCUMENTS
from core.errors import Unavailable
from db.seed import DEMO_TECHNICIAN

ROOT = Path(__file__).resolve().parent.parent
READY_SECONDS, RESIDENT_MB = 5.0, 400.0
PATIENCE_SECONDS, TURNS = 120.0, 50


@dataclass(frozen=True, slots=True)
class Running:
    """A server that is ready: where, how long it took, and its process."""

    address: str
    seconds: float
    process: psutil.Process

    @property
    def cpu_seconds(self) -> float:
        """Processor time that the server has used so far: what a quiet machine would show."""
        times = self.process.cpu_times()
        return round(float(times.user + times.system), 2)

    @property
    def resident_mb(self) -> float:
        """Resident memory of the server's process, in MB."""
        return round(float(self.process.memory_info().rss) / 1_000_000, 1)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def serving(home: Path) -> Iterator[Running]:
    """A server of ``home``, ready; stopped when the block ends. Raises :class:`Unavailable` when it never is."""
    port = _free_port()
    environment = {
        **{name: value for name, value in os.environ.items() if name != "DATABASE_URL"},
        "CUADRILLA_HOME": str(home),
        "CUADRILLA_LOG_LEVEL": "WARNING",
        "HOST": "127.0.0.1",
        "PORT": str(port),
        "PYTHONPATH": str(ROOT),
    }
    address, started = f"http://127.0.0.1:{port}", time.perf_counter()
    with (home.parent / "server.out").open("ab") as output:
        server = subprocess.Popen(
            [sys.executable, "server.py"], cwd=ROOT, env=environment, stdout=output, stderr=output
        )
    try:
        yield Running(address, round(_until_ready(server, address, started), 2), psutil.Process(server.pid))
    finally:
        server.terminate()
        server.wait(timeout=30)


def _until_ready(server: subprocess.Popen[bytes], address: str, started: float) -> float:
    with httpx.Client(timeout=2) as client:
        while time.perf_counter() - started < PATIENCE_SECONDS and server.poll() is None:
            try:
                if client.get(f"{address}/ready").status_code == httpx.codes.OK:
                    return time.perf_counter() - started
            except httpx.TransportError:
                pass
            time.sleep(0.02)
    raise Unavailable("The server did not become ready.")


def _talk(address: str) -> None:
    """Turns of both kinds through the HTTP door."""
    with httpx.Client(timeout=30) as client:
        for number in range(TURNS):
            questions = DATA if number % 2 else DOCUMENTS
            turn = {
                "message": questions[number // 2 % len(questions)],
                "sender": DEMO_TECHNICIAN,
                "conversation_id": f"bench-{number // 10}",
            }
            answer = client.post(f"{address}/agent/invoke", json={"input": turn}).raise_for_status().json()
            if answer["output"]["error"]:
                raise Unavailable(f"The server did not answer: {turn['message']} -> {answer['output']['error']}")


def measure(folder: Path) -> dict[str, float]:
    """Seconds to ready the first and the second time, and MB resident when ready and after some turns."""
    home = folder / "home"
    home.mkdir()
    with serving(home) as first:
        figures = {"first_ready_s": first.seconds}
    with serving(home) as second:
        figures |= {"second_ready_s": second.seconds, "second_ready_cpu_s": second.cpu_seconds}
        figures["resident_ready_mb"] = second.resident_mb
        _talk(second.address)
        figures["resident_after_turns_mb"] = second.resident_mb
    return figures


def report(console: Console, figures: dict[str, float]) -> bool:
    """Print the table; True when the bounds hold."""
    quick = figures["second_ready_s"] <= READY_SECONDS
    small = figures["resident_after_turns_mb"] <= RESIDENT_MB
    rows = [
        Row("first start (new database, demo company, documents)", (f"{figures['first_ready_s']:.2f} s", "")),
        Row("second start", (f"{figures['second_ready_s']:.2f} s", f"{READY_SECONDS:.0f} s"), quick),
        Row("second start, processor time of the server", (f"{figures['second_ready_cpu_s']:.2f} s", "")),
        Row("resident memory when ready", (f"{figures['resident_ready_mb']:.0f} MB", "")),
        Row(
            f"resident memory after {TURNS} turns",
            (f"{figures['resident_after_turns_mb']:.0f} MB", f"{RESIDENT_MB:.0f} MB"),
            small,
        ),
    ]
    show(console, "The server, from start to ready", ("measured", "bound"), rows)
    return quick and small


def run(console: Console) -> tuple[dict[str, Any], bool]:
    """Measure in a home of its own; the figures and whether the bounds hold."""
    with tempfile.TemporaryDirectory(prefix="cuadrilla-bench-", ignore_cleanup_errors=True) as folder:
        figures = measure(Path(folder))
    return dict(figures), report(console, figures)


def main(json_file: Annotated[Path | None, typer.Option("--json", help="Write the figures here.")] = None) -> None:
    """Measure the start and the memory."""
    figures, holds = run(Console())
    write(json_file, figures)
    raise typer.Exit(0 if holds else 1)


if __name__ == "__main__":
    typer.run(main)
