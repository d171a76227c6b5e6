"""A PostgreSQL that is not ours: an older release, passwords asked for, a login that is no superuser."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import psycopg2
import pytest
from alembic import command
from alembic.config import Config

from core.clock import FixedClock
from core.errors import Misconfigured, Unavailable
from db import embedded, migrate
from db.readers import Readers
from db.seed import seed
from db.session import make_engine
from policy.roles import Principal, Role

BINARIES = Path(embedded.binaries()).parents[1] / "pginstall" / "bin"
SECRET = b"a secret of production"


@pytest.fixture(scope="module")
def superuser() -> Iterator[str]:
    """URL of a PostgreSQL 16 that asks for passwords."""
    folder = Path(tempfile.mkdtemp(prefix="pg16-"))
    user: dict[str, Any] = {}
    if os.geteuid() == 0:
        entry = pwd.getpwnam(embedded.SYSTEM_USER)
        os.chown(folder, entry.pw_uid, entry.pw_gid)
        user = {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}
    (folder / "password").write_text("root's own")
    (folder / "password").chmod(0o644)
    data = folder / "data"

    def run(program: str, *arguments: str) -> None:
        with tempfile.TemporaryFile() as output:
            subprocess.run(  # noqa: S603
                [BINARIES / program, *arguments], check=True, cwd="/", stdout=output, stderr=output, **user
            )

    run("initdb", "-A", "scram-sha-256", "-U", "root", "--pwfile", str(folder / "password"), "-N", "-D", str(data))
    options = f"-c listen_addresses='' -c shared_buffers=16MB -c fsync=off -k {folder}"
    run("pg_ctl", "-w", "-D", str(data), "-l", str(folder / "log"), "-o", options, "start")
    yield f"postgresql://root:root%27s%20own@/postgres?host={folder}"
    run("pg_ctl", "-w", "-m", "immediate", "-D", str(data), "stop")
    shutil.rmtree(folder)


@pytest.fixture(scope="module")
def url(superuser: str) -> str:
    """A database whose owner may create roles and is nothing more."""
    connection = psycopg2.connect(superuser)
    connection.autocommit = True
    with connection.cursor() as cursor:
        cursor.execute("CREATE ROLE app LOGIN CREATEROLE PASSWORD 'p@ss word'")
        cursor.execute("CREATE DATABASE company OWNER app")
    connection.close()
    return superuser.replace("root:root%27s%20own", "app:p%40ss%20word").replace("/postgres?", "/company?")


async def test_the_walls_stand_without_a_superuser(url: str, clock: FixedClock) -> None:
    for _ in range(2):
        migrate.upgrade(url, SECRET)
    engine = make_engine(url)
    assert seed(engine, clock).loaded
    assert not seed(engine, clock).loaded
    engine.dispose()
    readers = await Readers.open(url, SECRET)
    strangers = await Readers.open(url, b"another secret", patience=1)
    try:
        async with readers.transaction(Principal(Role.CLIENT, 1)) as connection:
            cursor = await connection.execute("SELECT client_id FROM contracts GROUP BY 1", prepare=True)
            assert await cursor.fetchall() == [(1,)]
            await connection.execute("SELECT set_config('app.ctx', 'client:2.x', true)", prepare=True)
            cursor = await connection.execute("SELECT client_id FROM contracts", prepare=True)
            assert await cursor.fetchall() == []
        with pytest.raises(Unavailable):
            async with strangers.transaction(Principal(Role.CLIENT, 1)):
                pass
    finally:
        await readers.close()
        await strangers.close()


async def test_a_session_does_not_remember_what_others_asked(url: str) -> None:
    readers = await Readers.open(url, SECRET, size=1)
    try:
        await readers.read(Principal(Role.CLIENT, 1), "SELECT name FROM clients WHERE name = 'mine alone'")
        found = await readers.read(Principal(Role.CLIENT, 2), "SELECT statement FROM pg_prepared_statement()")
        assert "mine alone" not in repr(found.rows)
    finally:
        await readers.close()


async def test_what_is_kept_is_kept_until_something_fails(url: str) -> None:
    who, kept = Principal(Role.CLIENT, 1), "SELECT client_id FROM contracts GROUP BY 1"
    readers = await Readers.open(url, SECRET, size=1)
    try:

        async def remembered() -> int:
            found = await readers.read(
                who, "SELECT count(*) FROM pg_prepared_statement() WHERE statement LIKE '%contr%'"
            )
            return int(str(found.rows[0][0]))

        for number in (1, 2):
            again = Principal(Role.CLIENT, number)
            assert (await readers.read(again, kept, keep=True)).rows == [(number,)]
        assert await remembered() == 1
        with pytest.raises(psycopg.errors.DivisionByZero):
            await readers.read(who, "SELECT 1 / 0")
        assert await remembered() == 0
        assert (await readers.read(who, kept, keep=True)).rows == [(1,)]
    finally:
        await readers.close()


async def test_a_connection_that_was_cut_is_replaced(url: str, superuser: str) -> None:
    readers = await Readers.open(url, SECRET, size=2)
    try:
        for _ in range(3):
            assert (await readers.read(Principal(Role.CLIENT, 1), "SELECT client_id FROM clients")).rows == [(1,)]
            with psycopg.connect(superuser, autocommit=True) as server:
                server.execute(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'cuadrilla_client'"
                )
    finally:
        await readers.close()


@pytest.mark.parametrize(
    ("spoil", "mend"),
    [
        ("ALTER ROLE cuadrilla_admin BYPASSRLS", "ALTER ROLE cuadrilla_admin NOBYPASSRLS"),
        ("ALTER ROLE cuadrilla_admin CREATEROLE", "ALTER ROLE cuadrilla_admin NOCREATEROLE"),
        ("GRANT pg_monitor TO cuadrilla_admin", "REVOKE pg_monitor FROM cuadrilla_admin"),
        ("CREATE DATABASE theirs OWNER cuadrilla_admin", "DROP DATABASE theirs"),
    ],
)
async def test_powers_that_a_reader_was_given_later_are_noticed(
    url: str, superuser: str, spoil: str, mend: str
) -> None:
    readers = await Readers.open(url, SECRET, size=1)
    with psycopg.connect(superuser, autocommit=True) as server:
        try:
            assert await readers.doubts(Role.ADMIN) == ()
            server.execute(spoil.encode())
            assert await readers.doubts(Role.ADMIN)
        finally:
            server.execute(mend.encode())
            await readers.close()


async def test_a_new_secret_replaces_key_and_passwords(url: str) -> None:
    migrate.upgrade(url, b"rotated")
    readers = await Readers.open(url, b"rotated")
    try:
        async with readers.transaction(Principal(Role.CLIENT, 2)) as connection:
            cursor = await connection.execute("SELECT client_id FROM clients", prepare=True)
            assert await cursor.fetchall() == [(2,)]
    finally:
        await readers.close()


def test_a_reader_with_powers_is_refused(url: str, superuser: str) -> None:
    connection = psycopg2.connect(superuser)
    connection.autocommit = True
    with connection.cursor() as cursor:
        cursor.execute("ALTER ROLE cuadrilla_guest BYPASSRLS")
        with pytest.raises(Misconfigured, match="cuadrilla_guest"):
            migrate.upgrade(url, b"rotated")
        cursor.execute("ALTER ROLE cuadrilla_guest NOBYPASSRLS")
    connection.close()
    migrate.upgrade(url, b"rotated")


def test_migrations_go_down_and_up_from_the_command_line(
    fresh_database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", fresh_database_url)
    monkeypatch.setenv("CUADRILLA_SECRET_KEY", "any")
    config = Config(Path(migrate.__file__).parents[1] / "alembic.ini")
    command.downgrade(config, "base")
    assert migrate.current(fresh_database_url) is None
    command.upgrade(config, "head")
    assert migrate.current(fresh_database_url) == migrate.head()


def test_an_address_of_something_else_is_refused() -> None:
    with pytest.raises(Misconfigured):
        make_engine("mysql://root@localhost/x")
