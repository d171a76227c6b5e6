"""Queries that want to cost: refused, or cut, and the server and everybody else live on."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import psycopg
import pytest
import pytest_asyncio

from core.clock import FixedClock
from db import embedded, migrate
from db.readers import Readers
from db.seed import seed
from db.session import make_engine
from policy.roles import Role
from tests.walls.corpora import attacks
from tests.walls.firing import at_all, at_the_database
from tests.walls.leaks import HEAVY
from tests.walls.ranges import as_superuser, hurry
from tests.walls.twins import PRINCIPALS
from tools.sql.guard import check

SECRET = b"besieged"
COSTLY = [attack for attack in attacks() if attack.category in HEAVY]
CLIENT = PRINCIPALS[Role.CLIENT]
PATIENCE = 120
"""Seconds; readers give up after one or two, on a machine that has time for them."""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, clock: FixedClock) -> Iterator[str]:
    """An embedded server of its own: what is fired at it may bring it down."""
    home = tmp_path_factory.mktemp("dos")
    url = embedded.start(home)
    migrate.upgrade(url, SECRET)
    engine = make_engine(url)
    seed(engine, clock)
    engine.dispose()
    hurry(as_superuser(url))
    yield url
    embedded.stop(home)


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def attacked(server: str) -> AsyncIterator[Readers]:
    """Readers with one connection for each role, so that one that is lost is missed."""
    readers = await Readers.open(server, SECRET, size=1)
    yield readers
    await readers.close()


def test_the_guard_is_never_slow() -> None:
    slowest = 0.0
    for attack in attacks():
        started = time.process_time()
        check(attack.sql, attack.role)
        slowest = max(slowest, time.process_time() - started)
    assert slowest < 5.0


@pytest.mark.parametrize("sql", [a.sql for a in COSTLY if a.category == "planner_bomb" and len(a.sql) < 2000])
def test_the_guard_refuses_planner_bombs(sql: str) -> None:
    assert check(sql, Role.CLIENT).code == "too_complex"


async def test_everything_is_cut_and_the_server_lives(
    attacked: Readers, server: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("db.readers.DEADLINE", 0.6)
    pid = postmaster(server)
    for fire in (at_the_database, at_all):
        for attack in COSTLY:
            async with asyncio.timeout(PATIENCE):
                outcome = await fire(attacked, PRINCIPALS[attack.role], attack.sql)
            assert sum(map(len, outcome.rows)) < 5_000_000, attack
    assert postmaster(server) == pid
    assert (await at_all(attacked, CLIENT, "SELECT client_id FROM clients")).rows == ("(17,)",)
    assert restarts(server) == 0


async def test_nobody_waits_for_what_the_server_cannot_interrupt(
    attacked: Readers, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("db.readers.DEADLINE", 0.2)
    bomb = next(attack.sql for attack in COSTLY if attack.number == "SQL-PB-001")
    async with asyncio.timeout(PATIENCE):
        with pytest.raises((psycopg.errors.QueryCanceled, psycopg.errors.OutOfMemory)):
            await attacked.read(CLIENT, bomb)
    found = await attacked.read(CLIENT, "SELECT client_id FROM clients")
    assert found.rows == [(17,)]


async def test_who_goes_away_takes_the_query_along(attacked: Readers) -> None:
    work = asyncio.create_task(attacked.read(CLIENT, "SELECT count(*) FROM generate_series(1, 1000000000)"))
    await asyncio.sleep(0.1)
    work.cancel()
    with pytest.raises(asyncio.CancelledError):
        await work
    assert (await attacked.read(CLIENT, "SELECT 1")).rows == [(1,)]


def test_a_process_of_the_server_has_little_memory(server: str) -> None:
    limits = Path(f"/proc/{postmaster(server)}/limits").read_text()
    bounded = next(line for line in limits.splitlines() if line.startswith("Max address space"))
    assert bounded.split()[3] == str(embedded.MEMORY_KIB * 1024)


def postmaster(url: str) -> int:
    """The server's process: a crash of one of its children would not change it, see :func:`restarts`."""
    folder = psycopg.conninfo.conninfo_to_dict(url)["host"]
    return int((Path(str(folder)) / "postmaster.pid").read_text().split()[0])


def restarts(url: str) -> int:
    """How often the server had to recover since it was started."""
    folder = psycopg.conninfo.conninfo_to_dict(url)["host"]
    return (Path(str(folder)) / "server.log").read_text().count("all server processes terminated")
