"""The reader: caps, totals, keys, errors mapped once, linked values by role, the SQL that is shown."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest
from sqlalchemy import Engine, text

from core.clock import FixedClock
from core.errors import CuadrillaError, Denied, QueryFailed, QueryTooExpensive
from db.readers import Found, Readers
from policy.roles import GUEST, Principal, Role
from tools.query_data import QueryData
from tools.sql.catalogue import Catalogue
from tools.sql.linked import LinkedValues
from tools.sql.query import Aggregate, Filter, Grouping, Measure, Op, Order, Period, Query, Segment, TimeWindow
from tools.sql.reader import SqlReader
from tools.sql.written import written_in

COUNT = Measure(Aggregate.COUNT)
ADMIN = Principal(Role.ADMIN, 1)


async def test_long_lists_are_cut_and_say_so(reader: SqlReader) -> None:
    rows = await reader.run(Query("intervention"), ADMIN)
    assert (len(rows.rows), rows.truncated, rows.total) == (200, True, 3000)
    assert len(rows.keys) == 200


async def test_a_limit_that_was_asked_for_is_not_a_cut(reader: SqlReader) -> None:
    rows = await reader.run(Query("intervention", limit=3), ADMIN)
    assert (len(rows.rows), rows.truncated, rows.total) == (3, False, 3)


async def test_bytes_are_bounded(reader: SqlReader, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tools.sql.reader.MAX_BYTES", 2000)
    rows = await reader.run(Query("intervention", select=("description",)), ADMIN)
    assert 0 < len(rows.rows) < 200
    assert rows.truncated


async def test_keys_find_the_row_again(reader: SqlReader) -> None:
    listed = await reader.run(Query("equipment", limit=3), ADMIN)
    again = await reader.run(Query("equipment", filters=(Filter("number", Op.EQ, (listed.keys[1],)),)), ADMIN)
    assert again.rows == (listed.rows[1],)


async def test_moments_are_in_the_companys_zone(reader: SqlReader, clock: FixedClock) -> None:
    rows = await reader.run(Query("intervention", select=("requested_at",), limit=1), ADMIN)
    moment = rows.rows[0][0]
    assert isinstance(moment, datetime)
    assert moment.tzinfo == clock.zone


async def test_nothing_found_is_not_denied(reader: SqlReader) -> None:
    rows = await reader.run(Query("order", filters=(Filter("number", Op.EQ, (999_999,)),)), ADMIN)
    assert (rows.rows, rows.total, rows.truncated) == ((), 0, False)


async def test_the_sql_shown_can_be_run_by_hand(reader: SqlReader, engine: Engine) -> None:
    query = Query(
        "client", select=("name",), filters=(Filter("city", Op.EQ, ("Zaragoza",)), Filter("number", Op.LE, (90,)))
    )
    rows = await reader.run(query, ADMIN)
    assert "$1" not in rows.sql
    with engine.connect() as connection:
        names = [row[0] for row in connection.exec_driver_sql(rows.sql)]
    assert names == [row[0] for row in rows.rows]
    assert rows.rows


def test_written_in_quotes_what_it_writes() -> None:
    shown = written_in("SELECT $1, $2, $3, $10", ["O'Brien $2", 7, date(2026, 1, 2), *[None] * 6, True])
    assert shown == "SELECT 'O''Brien $2', 7, '2026-01-02', true"


@pytest.mark.parametrize(
    ("principal", "mine"),
    [(Principal(Role.CLIENT, 1), "client_id = 1"), (Principal(Role.TECHNICIAN, 1), "technician_id = 1")],
)
async def test_each_sees_the_own_rows(reader: SqlReader, engine: Engine, principal: Principal, mine: str) -> None:
    rows = await reader.run(Query("intervention", measures=(COUNT,)), principal)
    with engine.connect() as connection:
        wanted = connection.execute(text(f"SELECT count(*) FROM interventions WHERE {mine}")).scalar_one()
    assert rows.rows == ((wanted,),)
    assert wanted


async def test_nobody_sees_nothing(reader: SqlReader) -> None:
    rows = await reader.run(Query("intervention", measures=(COUNT,)), Principal(Role.CLIENT, 999_999))
    assert rows.rows == ((0,),)


async def test_guests_are_denied(reader: SqlReader) -> None:
    with pytest.raises(Denied) as denied:
        await reader.run(Query("contract"), GUEST)
    assert denied.value.details == {"what": "contracts", "reason": "table_not_granted"}


async def test_together_without_mixing(reader: SqlReader) -> None:
    query = Query("equipment", measures=(COUNT,))
    principals = [Principal(Role.CLIENT, number) for number in range(1, 25)]
    together = await asyncio.gather(*(reader.run(query, principal) for principal in principals))
    alone = [await reader.run(query, principal) for principal in principals]
    assert [rows.rows for rows in together] == [rows.rows for rows in alone]


class Breaking:
    """Readers whose connection fails as the database would."""

    def __init__(self, readers: Readers, sql: str) -> None:
        self._readers = readers
        self._sql = sql

    async def read(self, principal: Principal, *_asked: object, **_how: object) -> Found:
        return await self._readers.read(principal, self._sql)


@pytest.mark.parametrize(
    ("sql", "error"),
    [
        ("SELECT count(*) FROM interventions a, interventions b, interventions c", QueryTooExpensive),
        ("SELECT password_hash FROM users", Denied),
        ("SELECT 1 / 0", QueryFailed),
    ],
)
async def test_database_errors_become_ours(
    readers: Readers, catalogue: Catalogue, clock: FixedClock, sql: str, error: type[CuadrillaError]
) -> None:
    broken = SqlReader(Breaking(readers, sql), catalogue, clock)
    with pytest.raises(error) as raised:
        await broken.run(Query("client"), ADMIN)
    assert type(raised.value) is error
    assert "SELECT" not in raised.value.message


async def test_values_are_those_each_may_read(reader: SqlReader, principals: Mapping[Role, Principal]) -> None:
    admin = await reader.values(principals[Role.ADMIN])
    assert len(admin[("client", "name")]) > 100
    assert "XP400" in admin[("product", "sku")]
    assert admin[("intervention", "city")]
    client = await reader.values(principals[Role.CLIENT])
    assert len(client[("client", "name")]) == 1
    assert ("warehouse", "name") not in client
    technician = await reader.values(principals[Role.TECHNICIAN])
    assert ("contract", "city") not in technician
    assert 1 < len(technician[("client", "name")]) < len(admin[("client", "name")])
    guest = await reader.values(GUEST)
    assert set(guest) <= {("document", "title")}


async def test_values_are_kept_for_a_minute(reader: SqlReader) -> None:
    assert await reader.values(ADMIN) is await reader.values(ADMIN)


def test_values_are_forgotten(catalogue: Catalogue, clock: FixedClock) -> None:
    linked = LinkedValues(catalogue, clock)
    linked.keep(ADMIN, [("client", "name")], [["Ana"]])
    assert linked.cached(ADMIN) == {("client", "name"): ("Ana",)}
    linked._clock = replace(clock, instant=clock.instant + timedelta(minutes=2))
    assert linked.cached(ADMIN) is None
    for number in range(1, 300):
        linked.keep(Principal(Role.CLIENT, number), [], [])
    assert linked.cached(Principal(Role.CLIENT, 1)) is None
    assert linked.cached(Principal(Role.CLIENT, 299)) == {}


async def test_the_tool_answers_as_its_principal(reader: SqlReader) -> None:
    tool = QueryData(reader=reader, principal=Principal(Role.CLIENT, 1))
    rows = await tool.ainvoke({"query": Query("client", select=("number",))})
    assert rows.rows == ((1,),)


async def test_cheap_enough(reader: SqlReader) -> None:
    """Far above what it takes of the processor (a few milliseconds), far below what a person notices."""
    query = Query(
        "intervention",
        measures=(COUNT,),
        group_by=(Grouping("technician.name"),),
        segments=(Segment("open"),),
        window=TimeWindow(Period(date(2026, 11, 1), date(2026, 12, 1))),
        order=(Order(measure=0, descending=True),),
        limit=10,
    )
    await reader.run(query, ADMIN)
    started = time.process_time()
    await reader.run(query, ADMIN)
    assert time.process_time() - started < 1.0
