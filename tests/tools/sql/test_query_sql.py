"""SQL text: guarded, run as the principal, typed; denied, invalid, too expensive and failed are told apart."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

import pytest

from core.clock import FixedClock
from core.errors import CuadrillaError, Denied, QueryFailed, QueryRejected, QueryTooExpensive
from db.readers import Readers
from policy.grants import GRANTS
from policy.roles import Principal, Role
from tools.query_sql import QuerySql
from tools.sql.schema import describe_schema
from tools.sql.text import SqlText


@pytest.fixture
def text(readers: Readers, clock: FixedClock) -> SqlText:
    return SqlText(readers, clock)


@pytest.fixture
def admin(principals: Mapping[Role, Principal]) -> Principal:
    return principals[Role.ADMIN]


async def test_rows_have_names_and_kinds(text: SqlText, admin: Principal) -> None:
    rows = await text.run(
        "SELECT name AS quien, kind, created_at, client_id AS n, client_id / 2.0 AS mitad, created_at > now() AS luego,"
        " interval '90 minutes' AS rato, ARRAY[1, 2] AS lista FROM clients ORDER BY client_id LIMIT 1",
        admin,
    )
    assert [(column.key, column.kind) for column in rows.columns] == [
        ("quien", "text"), ("kind", "text"), ("created_at", "datetime"), ("n", "integer"), ("mitad", "number"),
        ("luego", "boolean"), ("rato", "hours"), ("lista", "text"),
    ]  # fmt: skip
    assert rows.total == 1
    assert isinstance(rows.rows[0][2], datetime)
    assert rows.rows[0][3:] == (1, rows.rows[0][4], False, 1.5, "1, 2")


async def test_long_lists_are_cut_and_say_so(text: SqlText, admin: Principal) -> None:
    rows = await text.run("SELECT intervention_id FROM interventions", admin)
    assert (len(rows.rows), rows.truncated, rows.total) == (200, True, None)
    assert (await text.run("SELECT 1 FROM interventions WHERE false", admin)).total == 0


async def test_bytes_are_bounded(text: SqlText, admin: Principal, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tools.sql.text.MAX_BYTES", 500)
    rows = await text.run("SELECT description FROM interventions LIMIT 100", admin)
    assert rows.truncated
    assert len(rows.rows) < 100


REFUSALS: list[tuple[str, type[CuadrillaError], str]] = [
    ("SELECT password_hash FROM users", Denied, "password_hash"),
    ("SELECT * FROM turns", Denied, "turns"),
    ("DELETE FROM clients", QueryRejected, "SELECT"),
    ("SELECT nam FROM clients", Denied, "nam"),
    ("SELEC 1", QueryRejected, "syntax error"),
    ("SELECT pg_sleep(9)", QueryRejected, "pg_sleep"),
    ("SELECT lower(client_id) FROM clients", QueryFailed, "lower(integer)"),
    ("SELECT a.name FROM clients a, clients b, clients c, clients d", QueryTooExpensive, "complex"),
    ("SELECT count(*) FROM interventions a, interventions b, interventions c", QueryTooExpensive, "too long"),
]


@pytest.mark.parametrize(("sql", "error", "hint"), REFUSALS, ids=[sql for sql, _, _ in REFUSALS])
async def test_what_is_wrong_can_be_mended(
    text: SqlText, admin: Principal, sql: str, error: type[CuadrillaError], hint: str
) -> None:
    with pytest.raises(error) as raised:
        await text.run(sql, admin)
    assert type(raised.value) is error
    assert hint in str(raised.value.details["hint"])


async def test_messages_never_quote_rows(text: SqlText, admin: Principal) -> None:
    with pytest.raises(QueryFailed) as raised:
        await text.run("SELECT name::int FROM clients WHERE client_id = 1", admin)
    assert raised.value.details["hint"] == "InvalidTextRepresentation (22P02)"


@pytest.mark.parametrize("role", [role for role in Role if "query_sql" not in GRANTS[role].tools])
async def test_the_tool_is_for_whom_it_was_granted_to(
    text: SqlText, role: Role, principals: Mapping[Role, Principal]
) -> None:
    with pytest.raises(Denied):
        await QuerySql(text=text, principal=principals[role]).ainvoke({"sql": "SELECT 1"})


async def test_the_tool_answers(text: SqlText, admin: Principal) -> None:
    rows = await QuerySql(text=text, principal=admin).ainvoke({"sql": "SELECT count(*) FROM clients"})
    assert rows.rows == ((150,),)


@pytest.mark.parametrize("role", list(Role))
def test_a_role_is_told_of_its_own_tables_only(role: Role) -> None:
    said = describe_schema(role)
    tables = [paragraph.split(":")[0].split(" ")[0] for paragraph in said.split("\n\n")]
    assert tables == sorted(GRANTS[role].tables)
    for paragraph, table in zip(said.split("\n\n"), tables, strict=True):
        columns = [line[2:].split(":")[0] for line in paragraph.splitlines() if line.startswith("- ")]
        assert tuple(columns) == GRANTS[role].tables[table].columns
    assert "password" not in said
    if role is Role.CLIENT:
        assert "-> warehouses" not in said
        assert "'completed'" in said
