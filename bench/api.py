"""REST at 50 concurrent clients, and the same statements run directly: ``python -m bench.api``.

Three sides: over HTTP; the same functions of ``db/crud`` in as many threads, on pools of the same size; and the bare
statement as the owner, without identity, row-level security, version or audit.
"""

from __future__ import annotations

import asyncio
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from itertools import count
from pathlib import Path
from typing import Annotated, Any

import httpx
import typer
from rich.console import Console
from sqlalchemy import text
from sqlalchemy.orm import Session

from api.v1.interventions import INTERVENTIONS
from api.v1.questions import question_of
from bench.api_server import Served, served
from bench.figures import Latency, Row, show, write
from core.clock import SystemClock
from core.errors import Unavailable
from core.settings import Settings
from db.crud import reading, writing
from db.crud.writing import ANY_VERSION, Author
from db.role_sessions import RoleSessions
from db.session import session_scope
from policy.roles import Role

CLIENTS, CALLS, WARM_UP = 50, 2000, 100
ROLE = Role.ADMIN
LIST = "/api/v1/interventions?status=scheduled&sort=-scheduled_at&limit=20"
FIRST, MANY = 1001, 400
BARE_LIST = """
    SELECT * FROM interventions WHERE status = 'scheduled'
    ORDER BY scheduled_at DESC NULLS LAST, intervention_id LIMIT 21
"""
BARE_GET = "SELECT * FROM interventions WHERE intervention_id = :number"
BARE_WRITE = "UPDATE interventions SET result = :result WHERE intervention_id = :number"

Call = Callable[[int], None]


@dataclass(frozen=True, slots=True)
class Side:
    """Milliseconds of a call at ``CLIENTS`` at once, and its processor time: the server's, or this process's."""

    p50: float
    p95: float
    cpu: float


async def _over_http(server: Served, method: str, path: str, body: bool, calls: int) -> list[float]:
    """Milliseconds of each call, ``CLIENTS`` at a time."""
    numbers, took = count(), []
    headers = {"authorization": f"Bearer {server.tokens[ROLE]}", "if-match": "*"}
    # Given up by us before the server gives it up: else a call may be sent into a connection that is just being closed.
    limits = httpx.Limits(max_connections=CLIENTS, max_keepalive_connections=CLIENTS, keepalive_expiry=2)
    async with httpx.AsyncClient(base_url=server.address, headers=headers, limits=limits, timeout=60) as client:

        async def one() -> None:
            while (number := next(numbers)) < calls + WARM_UP:
                sent = {"result": f"medido {number}"} if body else None
                started = time.perf_counter()
                answer = await client.request(method, path.format(number=FIRST + number % MANY), json=sent)
                if answer.status_code != httpx.codes.OK:
                    raise Unavailable(f"{answer.status_code}: {answer.text}")
                if number >= WARM_UP:
                    took.append((time.perf_counter() - started) * 1000)

        await asyncio.gather(*(one() for _ in range(CLIENTS)))
    return took


def _http(server: Served, method: str, path: str, body: bool, calls: int) -> list[float]:
    return asyncio.run(_over_http(server, method, path, body, calls))


def _in_threads(call: Call, calls: int) -> list[float]:
    """Milliseconds of each call, by as many threads, each of which calls again as soon as it is answered."""
    numbers, took = count(), []

    def one(_thread: int) -> None:
        while (number := next(numbers)) < calls + WARM_UP:
            started = time.perf_counter()
            call(number)
            if number >= WARM_UP:
                took.append((time.perf_counter() - started) * 1000)

    with ThreadPoolExecutor(CLIENTS) as pool:
        list(pool.map(one, range(CLIENTS)))
    return took


def _timed(run: Callable[[], list[float]], cpu: Callable[[], float], calls: int) -> Side:
    """Latencies of ``run``, and the processor time of each of its calls."""
    before = cpu()
    latency = Latency.of(run())
    return Side(latency.p50, latency.p95, round((cpu() - before) / (calls + WARM_UP) * 1000, 2))


def _same_statements(server: Served, readers: RoleSessions) -> dict[str, Call]:
    principal = server.principals[ROLE]
    question, read = question_of(INTERVENTIONS)
    wanted = read(question.model_validate({"status": ["scheduled"], "sort": "-scheduled_at", "limit": 20}))
    author = Author(principal, SystemClock(Settings().zone).now())

    def list_rows(_number: int) -> None:
        with readers.reading(principal) as connection:
            reading.list_rows(connection, INTERVENTIONS, ROLE, wanted)

    def get(number: int) -> None:
        with readers.reading(principal) as connection:
            reading.get_row(connection, INTERVENTIONS, ROLE, {"intervention_id": FIRST + number % MANY})

    def change(number: int) -> None:
        key, values = {"intervention_id": FIRST + number % MANY}, {"result": f"medido {number}"}
        with session_scope(server.sessions) as session:
            writing.update_row(session, INTERVENTIONS, author, key, values, ANY_VERSION)

    return {"list": list_rows, "get": get, "write": change}


def _bare_statements(server: Served) -> dict[str, Call]:
    def run(statement: str) -> Call:
        def call(number: int) -> None:
            values: dict[str, Any] = {"number": FIRST + number % MANY, "result": f"medido {number}"}
            with session_scope(server.sessions) as session:
                _execute(session, statement, values)

        return call

    return {"list": run(BARE_LIST), "get": run(BARE_GET), "write": run(BARE_WRITE)}


def _execute(session: Session, statement: str, values: dict[str, Any]) -> None:
    given = {name: value for name, value in values.items() if f":{name}" in statement}
    result: Any = session.execute(text(statement), given)
    if result.returns_rows:
        result.all()


def measure(home: Path, calls: int = CALLS) -> dict[str, dict[str, Side]]:
    """Latencies by call and side."""
    with served(home) as server:
        readers = RoleSessions(server.place.url, server.place.secret)
        same, bare = _same_statements(server, readers), _bare_statements(server)
        asked = {
            "list": ("GET", LIST, False),
            "get": ("GET", "/api/v1/interventions/{number}", False),
            "write": ("PATCH", "/api/v1/interventions/{number}", True),
        }
        figures: dict[str, dict[str, Side]] = {}
        for name, (method, path, body) in asked.items():
            figures[name] = {
                "http": _timed(partial(_http, server, method, path, body, calls), server.cpu_seconds, calls),
                "crud": _timed(partial(_in_threads, same[name], calls), time.process_time, calls),
                "bare": _timed(partial(_in_threads, bare[name], calls), time.process_time, calls),
            }
        readers.close()
    return figures


def _shown(found: Side) -> tuple[str, str, str]:
    return f"{found.p50:.1f} ms", f"{found.p95:.1f} ms", f"{found.cpu:.1f} ms"


def report(console: Console, figures: dict[str, dict[str, Side]]) -> None:
    """Print the table."""
    names = {"http": "over HTTP", "crud": "the same statements, directly", "bare": "the bare statement, as the owner"}
    rows = [
        Row(
            f"{call}: {names[side]}",
            (
                f"{found.p50:.1f} ms",
                f"{found.p95:.1f} ms",
                f"{sides['http'].p50 / found.p50:.1f}x",
                f"{found.cpu:.1f} ms",
            ),
        )
        for call, sides in figures.items()
        for side, found in sides.items()
    ]
    show(console, f"REST, {CLIENTS} clients at once", ("p50", "p95", "CPU a call", "HTTP / this"), rows)


def run(console: Console, calls: int = CALLS) -> tuple[dict[str, Any], bool]:
    """Measure in a home of its own; the figures. There is no bound to hold."""
    with tempfile.TemporaryDirectory(prefix="cuadrilla-bench-", ignore_cleanup_errors=True) as home:
        figures = measure(Path(home), calls)
    report(console, figures)
    return dict(figures), True


def main(
    json_file: Annotated[Path | None, typer.Option("--json", help="Write the figures here.")] = None,
    calls: Annotated[int, typer.Option(help="Calls of each kind, each way")] = CALLS,
) -> None:
    """Measure the API."""
    figures, _ = run(Console(), calls)
    write(json_file, figures)


if __name__ == "__main__":
    typer.run(main)
