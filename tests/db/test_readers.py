"""Each role, on its own login, reads its own rows and nothing else, whatever its SQL says."""

from __future__ import annotations

from collections.abc import Mapping

import psycopg
import pytest
from psycopg import sql
from sqlalchemy import Engine, text

from db.readers import Readers
from db.rls import LOGINS
from db.signing import GateKey
from policy.grants import GRANTS
from policy.roles import GUEST, Principal, Role

OWN_ZONE = "zone = (SELECT assigned_zone FROM technicians WHERE technician_id = 1)"
VISITED = "SELECT client_id FROM interventions WHERE technician_id = 1"
ATTENDED = "SELECT equipment_id FROM interventions WHERE technician_id = 1"
EXPECTED: Mapping[Role, Mapping[str, str]] = {
    Role.GUEST: {"documents": "false", "document_products": "false", "document_chunks": "false"},
    Role.CLIENT: {
        "documents": "false",
        "document_products": "false",
        "document_chunks": "false",
        "clients": "client_id = 1",
        "products": "true",
        "installed_equipment": "client_id = 1",
        "contracts": "client_id = 1",
        "interventions": "client_id = 1",
        "technicians": "technician_id IN (SELECT technician_id FROM interventions WHERE client_id = 1)",
        "orders": "client_id = 1",
        "order_items": "order_id IN (SELECT order_id FROM orders WHERE client_id = 1)",
        "chat_sessions": "client_id = 1",
        "chat_messages": "session_id IN (SELECT session_id FROM chat_sessions WHERE client_id = 1)",
    },
    Role.TECHNICIAN: {
        "documents": "false",
        "document_products": "false",
        "document_chunks": "false",
        "clients": f"{OWN_ZONE} OR client_id IN ({VISITED})",
        "client_contacts": f"client_id IN ({VISITED})",
        "products": "true",
        "installed_equipment": f"{OWN_ZONE} OR equipment_id IN ({ATTENDED})",
        "interventions": "technician_id = 1",
        "technicians": "technician_id = 1",
        "warehouses": "true",
        "stock": "true",
        "zones": "true",
        "chat_sessions": "technician_id = 1",
        "chat_messages": "session_id IN (SELECT session_id FROM chat_sessions WHERE technician_id = 1)",
    },
    Role.ADMIN: {table: "false" if table.startswith("document") else "true" for table in GRANTS[Role.ADMIN].tables},
}
SUBJECTS = {Role.CLIENT: 1, Role.TECHNICIAN: 1, Role.ADMIN: 1, Role.GUEST: None}


def principal(role: Role) -> Principal:
    return Principal(role, SUBJECTS[role])


async def rows(connection: psycopg.AsyncConnection, query: str) -> list[tuple[object, ...]]:
    return await (await connection.execute(query, prepare=True)).fetchall()


@pytest.mark.parametrize(("role", "table"), [(role, table) for role in Role for table in GRANTS[role].tables])
async def test_a_role_reads_its_rows(readers: Readers, engine: Engine, role: Role, table: str) -> None:
    columns = ", ".join(f"{column}::text" for column in GRANTS[role].tables[table].columns)
    source = "clients" if table == "client_contacts" else table
    with engine.connect() as owner:
        wanted = owner.execute(text(f"SELECT {columns} FROM {source} WHERE {EXPECTED[role][table]}")).all()
    async with readers.transaction(principal(role)) as connection:
        await connection.execute("SET LOCAL TimeZone = 'UTC'")
        found = await rows(connection, f"SELECT {columns} FROM {table}")
    assert sorted(map(repr, found)) == sorted(repr(tuple(row)) for row in wanted)


async def test_tables_not_granted_do_not_open(readers: Readers, engine: Engine) -> None:
    with engine.connect() as owner:
        tables = owner.scalars(
            text("SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'v')")
        ).all()
    for role in Role:
        for table in [*set(tables) - set(GRANTS[role].tables), "gate.key"]:
            async with readers.transaction(principal(role)) as connection:
                with pytest.raises(psycopg.errors.InsufficientPrivilege):
                    await rows(connection, f"SELECT count(*) FROM {table}")


@pytest.mark.parametrize("column", ["c", "c.*", "xmin", "ctid", "to_jsonb(c)", "c.to_jsonb"])
async def test_whole_rows_do_not_leave(readers: Readers, column: str) -> None:
    async with readers.transaction(principal(Role.TECHNICIAN)) as connection:
        with pytest.raises(psycopg.Error):
            await rows(connection, f"SELECT {column} FROM clients c")


async def test_a_password_hash_is_nobodys_to_read(readers: Readers) -> None:
    async with readers.transaction(principal(Role.ADMIN)) as connection:
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            await rows(connection, "SELECT password_hash FROM users")


async def count_clients(connection: psycopg.AsyncConnection) -> int:
    (count,) = (await rows(connection, "SELECT count(*)::int FROM clients"))[0]
    assert isinstance(count, int)
    return count


async def set_token(connection: psycopg.AsyncConnection, token: str) -> None:
    await connection.execute(sql.SQL("SET LOCAL app.ctx = {}").format(sql.Literal(token)))


@pytest.mark.parametrize(
    "token",
    ["", "client", "client:17", "client:17.", "client:17.00", "client:99999999999999.aa", "....", "admin:1.x", "ñ:1.é"],
)
async def test_made_up_tokens_are_nobody(readers: Readers, token: str) -> None:
    async with readers.transaction(principal(Role.CLIENT)) as connection:
        assert await count_clients(connection) == 1
        await set_token(connection, token)
        assert await count_clients(connection) == 0


async def current_token(connection: psycopg.AsyncConnection) -> str:
    (token,) = (await rows(connection, "SELECT current_setting('app.ctx')"))[0]
    return str(token)


async def test_a_token_is_worth_nothing_in_another_transaction_or_session(readers: Readers) -> None:
    async with (
        readers.transaction(principal(Role.CLIENT)) as first,
        readers.transaction(principal(Role.CLIENT)) as second,
    ):
        token = await current_token(first)
        await set_token(second, token)
        assert await count_clients(second) == 0
        assert await count_clients(first) == 1
    async with readers.transaction(principal(Role.CLIENT)) as later:
        await set_token(later, token)
        assert await count_clients(later) == 0


async def test_a_valid_token_of_another_login_is_nobody(readers: Readers, secret: bytes) -> None:
    """Even signed with the key, for the right backend and instant: the login is part of what is signed."""
    key = GateKey.derive(secret)
    async with readers.transaction(principal(Role.CLIENT)) as connection:
        pid, started = (
            await rows(
                connection,
                "SELECT pg_backend_pid(), (extract(epoch FROM transaction_timestamp()) * 1000000)::bigint",
            )
        )[0]
        assert isinstance(pid, int)
        assert isinstance(started, int)
        for kind in (Principal(Role.ADMIN, 1), Principal(Role.CLIENT, 2)):
            await set_token(connection, key.token(kind, LOGINS[Role.ADMIN], pid, started))
            assert await count_clients(connection) == 0
        await set_token(connection, key.token(Principal(Role.ADMIN, 1), LOGINS[Role.CLIENT], pid, started))
        assert await count_clients(connection) == 0
        await set_token(
            connection, GateKey.derive(b"other").token(Principal(Role.CLIENT, 2), LOGINS[Role.CLIENT], pid, started)
        )
        assert await count_clients(connection) == 0


async def test_identities_do_not_stick_to_the_connection(readers: Readers) -> None:
    for client in (1, 2, 3, 2, 1) * 4:
        async with readers.transaction(Principal(Role.CLIENT, client)) as connection:
            assert await rows(connection, "SELECT client_id FROM clients") == [(client,)]


@pytest.mark.parametrize(
    "statement",
    [
        "INSERT INTO zones VALUES ('x')",
        "UPDATE clients SET name = 'x'",
        "DELETE FROM interventions",
        "TRUNCATE stock",
        "CREATE TABLE x (y int)",
        "CREATE TEMP TABLE x (y int)",
        "SELECT set_config('app.ctx', 'admin:1.x', true)",
        "SELECT pg_terminate_backend(pg_backend_pid())",
        "SELECT pg_sleep(1)",
        "SELECT pg_advisory_lock(1)",
        "SELECT pg_notify('a', 'b')",
        "SELECT pg_logical_emit_message(false, 'a', 'b')",
        "SELECT query FROM pg_stat_activity",
        "SELECT rolname FROM pg_roles",
        "SELECT prosrc FROM pg_proc",
        "SELECT * FROM information_schema.columns",
        "SELECT ts_stat('select 1')",
        "SELECT lo_create(0)",
        "SELECT pg_read_file('/etc/passwd')",
        "SELECT repeat('x', 1000000000)",
        "SELECT timeofday()",
        "SELECT clock_timestamp()",
        "DO $$ BEGIN END $$",
        "SET ROLE cuadrilla_admin",
        "SET SESSION AUTHORIZATION cuadrilla",
        "SET TRANSACTION READ WRITE",
        "SELECT 1; SELECT 2",
        "COMMIT; DROP TABLE zones",
        "SELECT * FROM clients FOR UPDATE",
        "COPY clients TO STDOUT",
        "LOCK TABLE clients",
    ],
)
async def test_what_is_not_reading_is_refused(readers: Readers, statement: str) -> None:
    for role in (Role.CLIENT, Role.ADMIN):
        async with readers.transaction(principal(role)) as connection:
            with pytest.raises(psycopg.Error):
                await rows(connection, statement)


@pytest.mark.parametrize(
    "statement",
    [
        "SET statement_timeout = 0", "SHOW app.ctx", "RESET ALL", "COMMIT", "EXPLAIN SELECT 1", "LISTEN x", "NOTIFY x",
        "PREPARE x AS SELECT 1", "DEALLOCATE ALL", "DISCARD ALL", "DO 'x'", "COPY clients TO STDOUT", "SAVEPOINT x",
        "BEGIN", "DECLARE c CURSOR FOR SELECT 1", "SELECT 1; SELECT 2", "SELECT 1) AS asked; (SELECT 2",
        "WITH x AS (DELETE FROM zones RETURNING zone) SELECT zone FROM x", "SELECT 1 INTO x", "ANALYZE", "CHECKPOINT",
        "",
    ],
)  # fmt: skip
async def test_what_is_read_can_only_be_a_select(readers: Readers, statement: str) -> None:
    with pytest.raises((psycopg.errors.SyntaxError, psycopg.errors.FeatureNotSupported)):
        await readers.read(principal(Role.ADMIN), statement)


async def test_what_is_read_is_bounded(readers: Readers) -> None:
    found = await readers.read(principal(Role.ADMIN), "SELECT client_id AS n, name FROM clients -- all", most=3)
    assert found.columns == (("n", "int4"), ("name", "text"))
    assert len(found.rows) == 3
    found = await readers.read(principal(Role.ADMIN), "SELECT name FROM clients WHERE client_id = $1", (1,))
    assert len(found.rows) == 1


async def test_a_transaction_that_was_ended_inside_costs_its_connection(readers: Readers) -> None:
    async with readers.transaction(principal(Role.ADMIN)) as connection:
        await connection.execute("COMMIT", prepare=True)
        assert await count_clients(connection) == 0
    assert connection.closed


async def test_a_connection_survives_an_error(readers: Readers) -> None:
    async with readers.transaction(principal(Role.ADMIN)) as connection:
        with pytest.raises(psycopg.Error):
            await rows(connection, "SELECT 1/0")
    async with readers.transaction(principal(Role.ADMIN)) as again:
        assert await count_clients(again) == 150


async def test_an_error_in_the_block_rolls_back_and_passes(readers: Readers) -> None:
    with pytest.raises(LookupError):
        async with readers.transaction(principal(Role.CLIENT)):
            raise LookupError
    async with readers.transaction(principal(Role.CLIENT)) as again:
        assert await count_clients(again) == 1


async def test_days_begin_at_midnight_in_the_company(readers: Readers) -> None:
    async with readers.transaction(GUEST) as connection:
        assert await rows(connection, "SELECT '2026-07-01T22:30:00Z'::timestamptz::date::text") == [("2026-07-02",)]


async def test_documents_are_those_of_the_audience(fresh_database_url: str, secret: bytes) -> None:
    with psycopg.connect(fresh_database_url) as owner:
        owner.execute(
            "INSERT INTO documents (source, title, kind, audience, media_type, content_hash, retired_at)"
            " SELECT a || l, a, 'faq', a::audience, 't', 'h', CASE WHEN l = 'old' THEN now() END"
            " FROM unnest(ARRAY['public', 'client', 'technician', 'admin']) a, unnest(ARRAY['old', 'live']) l"
        )
        owner.execute(
            "INSERT INTO document_chunks (document_id, ordinal, content) SELECT document_id, 0, 'x' FROM documents"
        )
        owner.execute("INSERT INTO document_products SELECT document_id, 1 FROM documents")
    readers = await Readers.open(fresh_database_url, secret)
    try:
        for role in Role:
            wanted = sorted(GRANTS[role].audiences)
            async with readers.transaction(principal(role)) as connection:
                assert [t for (t,) in await rows(connection, "SELECT title FROM documents ORDER BY 1")] == wanted
                for table in ("document_chunks", "document_products"):
                    assert await rows(connection, f"SELECT count(*)::int FROM {table}") == [(len(wanted),)]
    finally:
        await readers.close()
