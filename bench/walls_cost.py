"""What the walls cost a question, and how soon they cut a hostile query while others keep being answered."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from unittest.mock import patch

import psycopg
from psycopg import AsyncConnection
from psycopg_pool import AsyncConnectionPool

from bench.figures import Latency
from core.settings import Settings
from db.readers import Found
from db.seed import DEMO_ADMIN, DEMO_CLIENT, DEMO_TECHNICIAN
from db.url import libpq_url
from graph.app import Crew, open_crew
from graph.messages import TurnRequest
from policy.roles import Principal, Role
from tests.walls.corpora import benign
from tools.sql import reader, way_out
from tools.sql.guard import Decision, check

OVERHEAD, GUARD_P50_MS, MOST_SECONDS, NEIGHBOURS = 1.5, 2.0, 2.0, 2.0
_ROUNDS, _WARM_UP, _NEIGHBOURS = 40, 6, 120
_SENDERS = {Role.CLIENT: DEMO_CLIENT, Role.TECHNICIAN: DEMO_TECHNICIAN, Role.ADMIN: DEMO_ADMIN}
_QUESTIONS = {
    Role.CLIENT: ("¿Cuándo vence mi garantía?", "¿Qué equipos tengo?", "¿Qué intervenciones tengo pendientes?"),
    Role.TECHNICIAN: (
        "¿Qué intervenciones hice este mes?",
        "¿Dónde está instalado el modelo XP400 que instalamos en Zaragoza?",
        "¿Qué visitas tengo mañana?",
    ),
    Role.ADMIN: (
        "¿Cuántos contratos están por vencer este mes?",
        "¿Qué técnicos tienen más intervenciones abiertas?",
        "¿Cuántos XP400 tenemos en Madrid?",
    ),
}
_BOMB = "WITH t0 AS (SELECT client_id s FROM clients), " + ", ".join(
    f"t{n} AS (SELECT {'+'.join(['s'] * 10)} s FROM t{n - 1})" for n in range(1, 9)
)
HOSTILE = {
    "planner bomb": f"{_BOMB} SELECT s FROM t8",
    "pg_sleep": "SELECT pg_sleep(60)",
    "generate_series": "SELECT count(*) FROM generate_series(1, 1000000000000)",
    "cross joins": "SELECT count(*) FROM interventions a, interventions b, interventions c, interventions d",
    "repeat": "SELECT repeat(repeat('x', 30000), 30000)",
    "catastrophic regex": "SELECT count(*) FROM generate_series(1, 100000) g WHERE repeat('a', 60) || g ~ '^(a+)+$'",
    "nested quantifiers": "SELECT 'x' ~ '(((a{0,255}){0,255}){0,255})'",
    "recursive CTE": "WITH RECURSIVE t(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM t) SELECT count(*) FROM t",
    "growing text": "WITH RECURSIVE t(s, n) AS (SELECT 'x'::text, 1 UNION ALL SELECT s || s, n + 1 FROM t WHERE n < 40)"
    " SELECT max(length(s)) FROM t",
    "temporary files": "SELECT g FROM generate_series(1, 100000000) g ORDER BY g::text DESC",
    "huge array": "SELECT array_fill(0, ARRAY[100000000])",
    "output": "SELECT string_agg(a.description || b.description, '') FROM interventions a, interventions b",
}


@dataclass(frozen=True, slots=True)
class Cut:
    """A hostile query: what the guard says of it, and what the database does without the guard."""

    what: str
    guard: str
    database: str
    seconds: float


@dataclass(frozen=True, slots=True)
class Cost:
    """Pairs are (owner's login, walls), by role; ``neighbours`` are other people's turns (quiet, under fire).

    Of the queries also what they cost when the guard sees a text for the first time.
    """

    turns: dict[str, tuple[Latency, Latency]]
    queries: dict[str, tuple[Latency, Latency, Latency]]
    guard: Latency
    cuts: list[Cut]
    neighbours: tuple[Latency, Latency]


class Owner:
    """In the place of the readers: the owner's login, no identity, no transaction, the plan kept."""

    def __init__(self, pool: AsyncConnectionPool[AsyncConnection]) -> None:
        self._pool = pool

    async def read(self, _principal: Principal, text: str, parameters: Sequence[object] = (), **_how: object) -> Found:
        async with self._pool.connection() as connection:
            cursor = psycopg.AsyncRawCursor(connection)
            await cursor.execute(text.encode(), parameters, prepare=True)
            rows = await cursor.fetchall()
            return Found(tuple((column.name, column.type_display) for column in cursor.description or ()), rows)


@dataclass(frozen=True, slots=True)
class Asked:
    """What a question was compiled to, before the guard saw it."""

    sql: str
    parameters: tuple[object, ...]
    principal: Principal
    subject: int | None


@contextmanager
def listening() -> Iterator[list[Asked]]:
    """What goes to the guard meanwhile."""
    heard: list[Asked] = []

    def listen(
        sql: str, parameters: tuple[object, ...], principal: Principal, *, subject: int | None
    ) -> way_out.Statement:
        heard.append(Asked(sql, parameters, principal, subject))
        return way_out.allowed(sql, parameters, principal, subject=subject)

    with patch.object(reader, "allowed", listen):
        yield heard


async def costs(home: Path) -> Cost:
    """Everything measured on a crew of its own under ``home``."""
    async with open_crew(Settings(home=home, DATABASE_URL=None, log_level="ERROR")) as crew:  # type: ignore[call-arg]
        pool: AsyncConnectionPool[AsyncConnection] = AsyncConnectionPool(
            libpq_url(crew.url), min_size=1, max_size=4, open=False, kwargs={"autocommit": True}
        )
        async with pool:
            owner = Owner(pool)
            turns = {role.value: await _turns(crew, role, owner) for role in _SENDERS}
            queries = {role.value: await _queries(crew, role, owner) for role in _SENDERS}
        return Cost(turns, queries, _guard(), await _cuts(crew), await _neighbours(crew))


async def _ask(crew: Crew, role: Role, question: str, conversation: str) -> None:
    sender = _SENDERS[role]
    await crew.turns.answer(TurnRequest(message=question, sender=sender, conversation_id=f"bench-{conversation}"))


async def _race(sides: Sequence[Callable[[], Awaitable[object]]], rounds: int) -> list[list[float]]:
    took: list[list[float]] = [[] for _ in sides]
    for number in range(_WARM_UP + rounds):
        for times, side in zip(took, sides, strict=True):
            started = time.perf_counter()
            await side()
            if number >= _WARM_UP:
                times.append((time.perf_counter() - started) * 1000)
    return took


async def _turns(crew: Crew, role: Role, owner: Owner) -> tuple[Latency, Latency]:
    """Whole turns without the guard and on the owner's login, and with the walls."""
    bare, walled = [], []
    for number, question in enumerate(_QUESTIONS[role]):

        async def without(question: str = question, number: int = number) -> None:
            with (
                patch.object(crew.reader, "_readers", owner),
                patch.object(way_out, "_checked", lambda sql, _role, **_more: Decision(True, sql)),
            ):
                await _ask(crew, role, question, f"bare-{role}-{number}")

        async def within(question: str = question, number: int = number) -> None:
            await _ask(crew, role, question, f"walled-{role}-{number}")

        first, second = await _race((without, within), _ROUNDS)
        bare += first
        walled += second
    return Latency.of(bare), Latency.of(walled)


async def _queries(crew: Crew, role: Role, owner: Owner) -> tuple[Latency, Latency, Latency]:
    """The queries of the questions, which give the same rows on both sides; the same text comes again and again."""
    with listening() as heard:
        for number, question in enumerate(_QUESTIONS[role]):
            await _ask(crew, role, question, f"heard-{role}-{number}")
    took: tuple[list[float], ...] = ([], [], [])
    for asked in heard:

        async def without(q: Asked = asked) -> None:
            await owner.read(q.principal, q.sql, q.parameters)

        async def within(q: Asked = asked) -> None:
            statement = way_out.allowed(q.sql, q.parameters, q.principal, subject=q.subject)
            await crew.readers.read(q.principal, statement.sql, statement.parameters, keep=True)

        async def anew(q: Asked = asked) -> None:
            check(q.sql, q.principal.role, parameters=len(q.parameters), subject=q.subject)
            await within(q)

        for times, side in zip(took, await _race((without, within, anew), _ROUNDS), strict=True):
            times += side
    bare, walled, first = map(Latency.of, took)
    return bare, walled, first


def _guard() -> Latency:
    took = []
    for _ in range(10):
        for question in benign():
            started = time.perf_counter()
            check(question.sql, question.role)
            took.append((time.perf_counter() - started) * 1000)
    return Latency.of(took)


async def _cuts(crew: Crew) -> list[Cut]:
    cuts = []
    for what, sql in HOSTILE.items():
        decision = check(sql, Role.ADMIN)
        started = time.perf_counter()
        try:
            found = await crew.readers.read(Principal(Role.ADMIN, 1), sql)
            said = f"{len(found.rows)} rows"
        except psycopg.Error as error:
            said = type(error).__name__
        seconds = time.perf_counter() - started
        cuts.append(Cut(what, "allowed" if decision.allowed else decision.code, said, round(seconds, 2)))
        # What the server could not interrupt is over before the next one.
        await asyncio.sleep(1.0)
    return cuts


async def _neighbours(crew: Crew) -> tuple[Latency, Latency]:
    """Turns of a technician while nobody, and while a client's model, does its worst: one query after the other."""

    async def turns(name: str) -> Latency:
        took = []
        for number in range(_NEIGHBOURS):
            question = _QUESTIONS[Role.TECHNICIAN][number % 3]
            started = time.perf_counter()
            await _ask(crew, Role.TECHNICIAN, question, f"{name}-{number // 10}")
            took.append((time.perf_counter() - started) * 1000)
        return Latency.of(took)

    async def siege() -> None:
        while True:
            for sql in HOSTILE.values():
                try:
                    await crew.readers.read(Principal(Role.CLIENT, 1), sql)
                except psycopg.Error:
                    continue

    quiet = await turns("quiet")
    hostile = asyncio.create_task(siege())
    besieged = await turns("besieged")
    hostile.cancel()
    await asyncio.gather(hostile, return_exceptions=True)
    return quiet, besieged
