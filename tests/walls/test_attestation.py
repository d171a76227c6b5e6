"""A model's text has a way in only where guard and database were seen to stand; what weakens one of them is noticed."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable

import psycopg
import pytest
import pytest_asyncio

from core.clock import FixedClock
from db.readers import Readers
from policy.grants import GRANTS
from policy.roles import Role
from tests.conftest import SECRET
from tests.walls.firing import Undefended, unguarded
from tests.walls.ranges import as_superuser
from tools.sql import way_out
from tools.sql.text import TOOL, SqlText

WEAKER = {
    "row-level security off": (
        "ALTER TABLE clients DISABLE ROW LEVEL SECURITY",
        "ALTER TABLE clients ENABLE ROW LEVEL SECURITY",
    ),
    "not forced on the owner": (
        "ALTER TABLE orders NO FORCE ROW LEVEL SECURITY",
        "ALTER TABLE orders FORCE ROW LEVEL SECURITY",
    ),
    "a policy for everybody": ("CREATE POLICY wide ON users USING (true)", "DROP POLICY wide ON users"),
    "no policy of ours": (
        "ALTER POLICY cuadrilla_admin ON stock RENAME TO another",
        "ALTER POLICY another ON stock RENAME TO cuadrilla_admin",
    ),
    "a policy that asks nobody": (
        "ALTER POLICY cuadrilla_admin ON stock USING (true)",
        "ALTER POLICY cuadrilla_admin ON stock USING ((SELECT gate.principal('admin')) IS NOT NULL)",
    ),
    "a column too many": (
        "GRANT SELECT (password_hash) ON users TO cuadrilla_admin",
        "REVOKE SELECT (password_hash) ON users FROM cuadrilla_admin",
    ),
    "a table too many": ("GRANT SELECT ON turns TO cuadrilla_admin", "REVOKE SELECT ON turns FROM cuadrilla_admin"),
    "a column to everybody": (
        "GRANT SELECT (password_hash) ON users TO PUBLIC",
        "REVOKE SELECT (password_hash) ON users FROM PUBLIC",
    ),
    "a write": ("GRANT DELETE ON clients TO cuadrilla_admin", "REVOKE DELETE ON clients FROM cuadrilla_admin"),
    "a write of a column": (
        "GRANT UPDATE (name) ON clients TO cuadrilla_admin",
        "REVOKE UPDATE (name) ON clients FROM cuadrilla_admin",
    ),
    "a view with its owner's rights": (
        "CREATE VIEW everything AS SELECT * FROM users; GRANT SELECT ON everything TO cuadrilla_admin",
        "DROP VIEW everything",
    ),
    "a function with its owner's rights": (
        "CREATE FUNCTION hashes() RETURNS text LANGUAGE sql SECURITY DEFINER AS 'SELECT max(password_hash) FROM users';"
        " GRANT EXECUTE ON FUNCTION hashes() TO cuadrilla_admin",
        "DROP FUNCTION hashes()",
    ),
    "not read only": (
        "ALTER ROLE cuadrilla_admin IN DATABASE {0} SET default_transaction_read_only = off",
        "ALTER ROLE cuadrilla_admin IN DATABASE {0} RESET default_transaction_read_only",
    ),
    "no time limit": (
        "ALTER ROLE cuadrilla_admin IN DATABASE {0} SET statement_timeout = 0",
        "ALTER ROLE cuadrilla_admin IN DATABASE {0} RESET statement_timeout",
    ),
}


@pytest.fixture(scope="module")
def weak_url(clone: Callable[[], str]) -> str:
    """A database that may be spoilt."""
    return clone()


@pytest_asyncio.fixture(loop_scope="session")
async def weak_readers(weak_url: str) -> AsyncIterator[Readers]:
    """Readers of it that have not connected yet."""
    readers = await Readers.open(weak_url, SECRET, size=1)
    yield readers
    await readers.close()


async def test_walls_that_stand_are_vouched_for(weak_readers: Readers, clock: FixedClock) -> None:
    for role in Role:
        assert await weak_readers.doubts(role) == ()
    offered = (await SqlText.open(weak_readers, clock)).attested
    assert offered == {role for role in Role if TOOL in GRANTS[role].tools} == {Role.ADMIN}


@pytest.mark.parametrize("how", WEAKER)
async def test_a_weaker_database_is_noticed(weak_url: str, weak_readers: Readers, clock: FixedClock, how: str) -> None:
    spoil, mend = WEAKER[how]
    with psycopg.connect(as_superuser(weak_url), autocommit=True, options="-c search_path=public") as superuser:
        name = superuser.info.dbname
        superuser.execute(spoil.format(name).encode())
        try:
            assert await weak_readers.doubts(Role.ADMIN)
            assert (await SqlText.open(weak_readers, clock)).attested == frozenset()
        finally:
            superuser.execute(mend.format(name).encode())


async def test_a_login_that_is_another_is_noticed(weak_url: str, clock: FixedClock) -> None:
    for url in (weak_url, as_superuser(weak_url)):
        async with await psycopg.AsyncConnection.connect(url) as connection:
            undefended = Undefended(connection)
            for role in Role:
                assert await undefended.doubts(role)
            assert (await SqlText.open(undefended, clock)).attested == frozenset()


async def test_a_guard_that_is_gone_is_noticed(
    weak_readers: Readers, clock: FixedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(way_out, "_checked", unguarded)
    assert (await SqlText.open(weak_readers, clock)).attested == frozenset()


async def test_what_cannot_be_looked_at_does_not_stand(weak_url: str, clock: FixedClock) -> None:
    strangers = await Readers.open(weak_url.replace("/test_", "/no_such_"), SECRET, size=1, patience=0.5)
    try:
        assert (await SqlText.open(strangers, clock)).attested == frozenset()
    finally:
        await strangers.close()
