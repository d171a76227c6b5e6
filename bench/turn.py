"""A turn, offline, with the PostgreSQL checkpointer; and the same questions through langgraph's supervisor pattern.

``python -m bench.turn``: both sides answer in one run, turn and turn about, in conversations of the same length. The
other side is shown as it comes and with ``durability="exit"``, which is how ours runs.
"""

from __future__ import annotations

import asyncio
import tempfile
import time
from collections.abc import Awaitable, Callable
from itertools import cycle, islice
from pathlib import Path
from typing import Annotated, Any, Literal

import typer
from langgraph.checkpoint.postgres.aio import AsyncPostgresSaver
from psycopg import AsyncConnection
from psycopg.rows import DictRow, dict_row
from psycopg_pool import AsyncConnectionPool
from rich.console import Console

from bench.figures import Latency, Row, show, write
from bench.stock import ScriptedModel, StockTools, build_stock_crew
from core.errors import Unavailable
from core.logging import configure_logging
from core.settings import Settings
from db.seed import DEMO_TECHNICIAN
from db.url import libpq_url
from graph.app import Crew, open_crew
from graph.messages import TurnRequest
from policy.grants import Agent
from policy.roles import Principal, Role

P50_MS, P95_MS = 40.0, 120.0
TURNS, WARM_UP, CONVERSATION = 200, 20, 10
DATA = (
    "¿Qué intervenciones hice este mes?",
    "¿Cuántas reparaciones completé el mes pasado?",
    "¿Dónde está instalado el modelo XP400 que instalamos en Zaragoza?",
    "¿Cuántos XP400 quedan en el almacén de Madrid?",
    "¿Qué visitas tengo mañana?",
)
DOCUMENTS = (
    "¿Qué significa el error E4 del XP400?",
    "¿Cuál es el par de apriete de la tuerca de gas del XP400?",
    "¿Qué presión de nitrógeno se usa en la prueba de estanqueidad del XP250?",
    "¿Cómo se limpian los filtros del XP400?",
    "¿Qué CO2 debe dar la caldera CB24 a máxima potencia?",
)
MINE = (
    "SELECT intervention_id, client_id, equipment_id, kind, status, priority, scheduled_at, completed_at, description, "
    "result, cost FROM interventions WHERE "
)
SQL = {
    DATA[0]: MINE + "status = 'completed' AND completed_at >= date_trunc('month', now())",
    DATA[1]: "SELECT count(*) FROM interventions WHERE kind = 'repair' AND status = 'completed' "
    "AND completed_at >= date_trunc('month', now()) - interval '1 month' AND completed_at < date_trunc('month', now())",
    DATA[2]: "SELECT e.address, e.location FROM installed_equipment e JOIN products p ON p.product_id = e.product_id "
    "WHERE p.sku = 'XP400' AND e.city = 'Zaragoza'",
    DATA[3]: "SELECT s.quantity FROM stock s JOIN products p ON p.product_id = s.product_id "
    "JOIN warehouses w ON w.warehouse_id = s.warehouse_id WHERE p.sku = 'XP400' AND w.city = 'Madrid'",
    DATA[4]: MINE + "scheduled_at >= current_date + 1 AND scheduled_at < current_date + 2",
}

Durability = Literal["async", "exit"]
Side = Callable[[str, str], Awaitable[None]]


def _ours(crew: Crew) -> Side:
    async def ask(question: str, conversation: str) -> None:
        result = await crew.turns.answer(
            TurnRequest(message=question, sender=DEMO_TECHNICIAN, conversation_id=f"bench-{conversation}")
        )
        wanted = Agent.SQL_READER if question in SQL else Agent.RAG_DOCS
        if result.error or wanted not in result.specialists or (wanted == Agent.RAG_DOCS and not result.citations):
            raise Unavailable(f"The crew did not answer, so there is nothing to time: {question} -> {result.reply}")

    return ask


def _theirs(crew: Crew, technician: Principal, saver: AsyncPostgresSaver, durability: Durability) -> Side:
    async def rows(question: str) -> list[Any]:
        async with crew.readers.transaction(technician) as connection:
            cursor = await connection.execute(SQL[question].encode())
            return await cursor.fetchmany(50)

    tools = StockTools(rows, crew.retriever, technician)
    model = ScriptedModel(route=lambda question: "sql_agent" if question in SQL else "docs_agent")
    graph = build_stock_crew(tools.workers(), model, saver)

    async def ask(question: str, conversation: str) -> None:
        config: Any = {"configurable": {"thread_id": f"stock-{durability}-{conversation}"}}
        state = await graph.ainvoke({"messages": [("user", question)]}, config, durability=durability)
        if not state["messages"][-1].content:
            raise Unavailable(f"The supervisor did not answer, so there is nothing to time: {question}")

    return ask


async def _race(sides: dict[str, Side], questions: tuple[str, ...], kind: str) -> dict[str, Latency]:
    """Every side answers every question, in turns; the first ones only warm up."""
    took: dict[str, list[float]] = {name: [] for name in sides}
    for number, question in enumerate(islice(cycle(questions), WARM_UP + TURNS)):
        for name, ask in sides.items():
            started = time.perf_counter()
            await ask(question, f"{kind}-{number // CONVERSATION}")
            if number >= WARM_UP:
                took[name].append((time.perf_counter() - started) * 1000)
    return {name: Latency.of(times) for name, times in took.items()}


async def measure(home: Path) -> dict[str, dict[str, Latency]]:
    """Latencies by kind of question and side."""
    configure_logging("ERROR", home)
    async with open_crew(Settings(home=home, DATABASE_URL=None, log_level="ERROR")) as crew:  # type: ignore[call-arg]
        pool: AsyncConnectionPool[AsyncConnection[DictRow]] = AsyncConnectionPool(
            libpq_url(crew.url),
            min_size=1,
            max_size=8,
            open=False,
            kwargs={"autocommit": True, "prepare_threshold": 0, "row_factory": dict_row},
        )
        async with pool:
            saver = AsyncPostgresSaver(pool)
            technician = Principal(Role.TECHNICIAN, 1, "Javier Lahoz Gracia")
            sides = {
                "cuadrilla": _ours(crew),
                "supervisor": _theirs(crew, technician, saver, "async"),
                "supervisor_exit": _theirs(crew, technician, saver, "exit"),
            }
            return {
                "data": await _race(sides, DATA, "data"),
                "documents": await _race(sides, DOCUMENTS, "documents"),
            }


def report(console: Console, figures: dict[str, dict[str, Latency]]) -> bool:
    """Print the table; True when our bounds hold."""
    names = {
        "cuadrilla": "Cuadrilla",
        "supervisor": "langgraph supervisor, as it comes",
        "supervisor_exit": 'langgraph supervisor, durability="exit"',
    }
    rows, holds = [], True
    for kind, sides in figures.items():
        ours = sides["cuadrilla"]
        ok = ours.p50 <= P50_MS and ours.p95 <= P95_MS
        holds = holds and ok
        for side, found in sides.items():
            ratio = f"{found.p50 / ours.p50:.2f}x"
            cells = (f"{found.p50:.1f} ms", f"{found.p95:.1f} ms", ratio, str(found.n))
            rows.append(Row(f"{kind}: {names[side]}", cells, ok if side == "cuadrilla" else None))
    title = f"A turn with the PostgreSQL checkpointer (bound: p50 {P50_MS:.0f} ms, p95 {P95_MS:.0f} ms)"
    show(console, title, ("p50", "p95", "p50 / ours", "turns"), rows)
    return holds


def run(console: Console) -> tuple[dict[str, Any], bool]:
    """Measure in a home of its own; the figures and whether the bounds hold."""
    with tempfile.TemporaryDirectory(prefix="cuadrilla-bench-", ignore_cleanup_errors=True) as home:
        figures = asyncio.run(measure(Path(home)))
    return dict(figures), report(console, figures)


def main(json_file: Annotated[Path | None, typer.Option("--json", help="Write the figures here.")] = None) -> None:
    """Measure turns."""
    figures, holds = run(Console())
    write(json_file, figures)
    raise typer.Exit(0 if holds else 1)


if __name__ == "__main__":
    typer.run(main)
