"""A real PostgreSQL for every test: one embedded cluster, a migrated and seeded template, a clone for each worker.

The cluster is kept in the temporary folder between runs; the template's name carries a digest of what it is made from,
so a change in ``db/`` makes a new one.
"""

from __future__ import annotations

import fcntl
import getpass
import hashlib
import os
import socket
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from types import MappingProxyType
from typing import Any
from zoneinfo import ZoneInfo

import psutil
import pytest
import pytest_asyncio
from pydantic import SecretStr
from sqlalchemy import Engine
from sqlalchemy.orm import Session, sessionmaker

from core.clock import FixedClock
from core.settings import Settings
from db import embedded, migrate
from db.readers import Readers
from db.seed import DEMO_ADMIN, DEMO_CLIENT, DEMO_TECHNICIAN, seed
from db.session import make_engine, make_sessions
from policy.roles import GUEST, Principal, Role
from tests.databases import DROP, administer, databases, in_database

ROOT = Path(__file__).resolve().parent.parent
HOME = Path(tempfile.gettempdir()) / f"cuadrilla-tests-{getpass.getuser()}"
SECRET = b"the secret of the tests"
ZONE = ZoneInfo("Europe/Madrid")
NOW = datetime(2026, 11, 18, 10, 0, tzinfo=ZONE)
TEMPLATES_KEPT = 6
PHONES: Mapping[Role, str] = MappingProxyType(
    {Role.CLIENT: DEMO_CLIENT, Role.TECHNICIAN: DEMO_TECHNICIAN, Role.ADMIN: DEMO_ADMIN}
)


@pytest.fixture(scope="session", autouse=True)
def _no_network() -> Iterator[None]:
    """Tests talk to this machine only."""
    connect = socket.socket.connect

    def local_only(self: socket.socket, address: Any) -> None:
        if self.family in {socket.AF_INET, socket.AF_INET6} and address[0] not in {"127.0.0.1", "::1", "localhost"}:
            raise OSError(f"tests may not reach {address}")
        connect(self, address)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket.socket, "connect", local_only)
        yield


@pytest.fixture(scope="session")
def clock() -> FixedClock:
    """Wednesday 18 November 2026, ten in the morning."""
    return FixedClock(NOW, ZONE)


@pytest.fixture(scope="session")
def cluster() -> str:
    """URL of the cluster's maintenance database, under a login that may create databases."""
    url = embedded.start(HOME)
    marker = HOME / "fast"
    if not marker.exists():
        # Nothing here has to survive a power cut.
        superuser = url.replace("cuadrilla@", "postgres@")
        administer(superuser, "ALTER SYSTEM SET fsync = off")
        administer(superuser, "SELECT pg_reload_conf()")
        marker.touch()
    return url


@pytest.fixture(scope="session")
def clone(cluster: str, clock: FixedClock) -> Iterator[Callable[[], str]]:
    """Makes a database of its own with the demo company in it, and gives its URL; dropped at the end."""
    digest = _digest()
    with _exclusive(digest):
        template = _template(cluster, clock, f"template_{digest}")
    with _exclusive("sweep"):
        _sweep(cluster, template)
    made: list[str] = []

    def make() -> str:
        name = f"test_{os.getpid()}_{len(made)}"
        administer(cluster, "CREATE DATABASE {} TEMPLATE {}", name, template)
        made.append(name)
        url = in_database(cluster, name)
        migrate.upgrade(url, SECRET)
        return url

    yield make
    for name in made:
        administer(cluster, DROP, name)


@pytest.fixture(scope="session")
def database_url(clone: Callable[[], str]) -> str:
    """This worker's database, shared by its tests: leave the demo company as it was."""
    return clone()


@pytest.fixture
def fresh_database_url(clone: Callable[[], str]) -> str:
    """A database for one test that commits what it writes."""
    return clone()


@pytest.fixture(scope="session")
def secret() -> bytes:
    """The secret that the databases of the tests were migrated with."""
    return SECRET


@pytest.fixture(scope="session")
def settings(database_url: str) -> Settings:
    """Settings that point at this worker's database."""
    return Settings(  # type: ignore[call-arg]
        _env_file=None,
        home=HOME / f"home-{os.getpid()}",
        DATABASE_URL=database_url,
        secret_key=SecretStr(SECRET.decode()),
    )


@pytest.fixture(scope="session")
def engine(database_url: str) -> Iterator[Engine]:
    """The application's own login on this worker's database."""
    engine = make_engine(database_url)
    yield engine
    engine.dispose()


@pytest.fixture(scope="session")
def sessions(engine: Engine) -> sessionmaker[Session]:
    """Sessions that commit; prefer ``session``."""
    return make_sessions(engine)


@pytest.fixture
def session(engine: Engine) -> Iterator[Session]:
    """A session whose writes are undone after the test, whatever it commits."""
    with engine.connect() as connection, connection.begin() as outer:
        with Session(connection, join_transaction_mode="create_savepoint", expire_on_commit=False) as session:
            yield session
        outer.rollback()


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def readers(database_url: str) -> AsyncIterator[Readers]:
    """The agents' way into this worker's database."""
    readers = await Readers.open(database_url, SECRET)
    yield readers
    await readers.close()


@pytest.fixture(scope="session")
def principals() -> Mapping[Role, Principal]:
    """The demo identities by role."""
    return MappingProxyType(
        {
            Role.CLIENT: Principal(Role.CLIENT, 1, "Lucía Ferrer Abad"),
            Role.TECHNICIAN: Principal(Role.TECHNICIAN, 1, "Javier Lahoz Gracia"),
            Role.ADMIN: Principal(Role.ADMIN, 1, "Marta Solsona Ruiz"),
            Role.GUEST: GUEST,
        }
    )


@contextmanager
def _exclusive(name: str) -> Iterator[None]:
    with (HOME / f"{name}.lock").open("ab") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def _digest() -> str:
    """What the template is made from."""
    digest = hashlib.sha256()
    kinds = {".py", ".sql", ".yaml"}
    made_from = [p for p in sorted((ROOT / "db").rglob("*")) if p.suffix in kinds]
    for path in [*made_from, ROOT / "policy" / "grants.py", ROOT / "core" / "text.py"]:
        digest.update(str(path.relative_to(ROOT)).encode() + path.read_bytes())
    return digest.hexdigest()[:12]


def _template(cluster: str, clock: FixedClock, name: str) -> str:
    """Make a database that is migrated and seeded; built aside, so that it is there whole or not at all."""
    if name in databases(cluster, name):
        return name
    building = f"building_{name}"
    administer(cluster, DROP, building)
    administer(cluster, "CREATE DATABASE {}", building)
    url = in_database(cluster, building)
    migrate.upgrade(url, SECRET)
    engine = make_engine(url)
    seed(engine, clock)
    engine.dispose()
    administer(cluster, "ALTER DATABASE {} RENAME TO {}", building, name)
    return name


def _sweep(cluster: str, current: str) -> None:
    """Drop the databases of runs that were killed, and templates of long ago."""
    for name in databases(cluster, "test_"):
        if not psutil.pid_exists(int(name.split("_")[1])):
            administer(cluster, DROP, name)
    for old in databases(cluster, "template_")[:-TEMPLATES_KEPT]:
        if old != current:
            administer(cluster, "DROP DATABASE IF EXISTS {}", old)
