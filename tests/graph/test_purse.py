"""Ceilings of spending: kept in the database, told of once a month, and a turn goes on without the model."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
import pytest_asyncio
from psycopg import AsyncConnection
from psycopg.rows import DictRow, dict_row
from psycopg_pool import AsyncConnectionPool

from core.clock import FixedClock
from core.mail import Mailer
from core.settings import Settings
from db.url import libpq_url
from graph.purse import CompanyPurse
from tests.channels.smtp_stand_in import Letters, smtp_server
from tests.conftest import NOW, ZONE

CALL = (1_000_000, 100_000)
"""Tokens read and written: 0.15 + 0.06 at the prices of the tests."""


@pytest_asyncio.fixture
async def pool(fresh_database_url: str) -> AsyncIterator[AsyncConnectionPool[AsyncConnection[DictRow]]]:
    kwargs = {"autocommit": True, "row_factory": dict_row}
    async with AsyncConnectionPool[AsyncConnection[DictRow]](
        libpq_url(fresh_database_url), min_size=1, max_size=4, open=False, kwargs=kwargs
    ) as pool:
        yield pool


def purse_of(pool: AsyncConnectionPool[AsyncConnection[DictRow]], settings: Settings, **changes: Any) -> CompanyPurse:
    given: dict[str, Any] = {"llm_monthly_ceiling": Decimal("0.40"), "llm_conversation_ceiling": None}
    given |= {"llm_input_price": 0.15, "llm_output_price": 0.6, "smtp_security": "none", **changes}
    settings = settings.model_copy(update=given)
    return CompanyPurse(pool, FixedClock(NOW, ZONE), settings, Mailer(settings))


async def rows(purse: CompanyPurse, query: str) -> list[DictRow]:
    async with purse.pool.connection() as connection:
        return await (await connection.execute(query.encode())).fetchall()


@pytest.fixture
def letters() -> Any:
    with smtp_server() as letters:
        yield letters


async def test_what_is_used_adds_up_by_conversation(pool: Any, settings: Settings) -> None:
    purse = purse_of(pool, settings)
    await purse.pay("a", *CALL)
    await purse.pay("a", *CALL)
    await purse.pay("b", 10, 5)
    kept = await rows(purse, "SELECT * FROM model_spending ORDER BY conversation_id")
    assert [(row["conversation_id"], row["calls"], row["cost"]) for row in kept] == [
        ("a", 2, Decimal("0.420000")),
        ("b", 1, Decimal("0.000005")),
    ]
    assert all(row["month"] == NOW.date().replace(day=1) for row in kept)


async def test_the_month_has_a_ceiling_and_the_next_one_is_new(pool: Any, settings: Settings) -> None:
    purse = purse_of(pool, settings)
    await purse.pay("a", *CALL)
    assert await purse.allows("b")
    await purse.pay("a", *CALL)
    assert not await purse.allows("b")
    later = replace(purse, clock=FixedClock(NOW + timedelta(days=20), ZONE))
    assert await later.allows("b")
    await purse.close()


async def test_a_conversation_has_a_ceiling_of_its_own(pool: Any, settings: Settings) -> None:
    purse = purse_of(pool, settings, llm_monthly_ceiling=None, llm_conversation_ceiling=Decimal("0.20"))
    await purse.pay("a", *CALL)
    assert not await purse.allows("a")
    assert await purse.allows("b")
    await purse.close()


async def test_without_ceilings_everything_is_allowed(pool: Any, settings: Settings) -> None:
    purse = purse_of(pool, settings, llm_monthly_ceiling=None)
    await purse.pay("a", *CALL)
    assert await purse.allows("a")


async def test_a_ceiling_of_nothing_allows_nothing(pool: Any, settings: Settings) -> None:
    purse = purse_of(pool, settings, llm_monthly_ceiling=Decimal(0))
    assert not await purse.allows("a")
    await purse.close()


async def test_the_administrator_is_told_once_a_month(pool: Any, settings: Settings, letters: Letters) -> None:
    where = {"smtp_host": "127.0.0.1", "smtp_port": letters.port, "admin_email": "jefa@example.com"}
    purse = purse_of(pool, settings, **where)
    await purse.pay("a", *CALL)
    await purse.pay("a", *CALL)
    for _ in range(5):
        assert not await purse.allows("a")
    await purse.close()
    (letter,) = letters.taken
    assert letter["To"] == "jefa@example.com"
    assert "11/2026" in letter["Subject"]
    assert "0.40" in letter.get_content() and "CUADRILLA_LLM_MONTHLY_CEILING" in letter.get_content()


async def test_a_notice_that_could_not_be_sent_is_tried_again(pool: Any, settings: Settings, letters: Letters) -> None:
    where = {"smtp_host": "127.0.0.1", "smtp_port": letters.port, "admin_email": "jefa@example.com"}
    purse = purse_of(pool, settings, llm_monthly_ceiling=Decimal(0), **where)
    letters.refusals.append("550 no")
    await purse.allows("a")
    await purse.close()
    assert letters.taken == []
    await purse.allows("a")
    await purse.close()
    assert len(letters.taken) == 1


async def test_no_reader_sees_what_is_spent(pool: Any, settings: Settings) -> None:
    purse = purse_of(pool, settings)
    granted = await rows(
        purse,
        "SELECT grantee FROM information_schema.role_table_grants"
        " WHERE table_name IN ('model_spending', 'spending_notices') AND grantee LIKE 'cuadrilla_%'",
    )
    assert granted == []
