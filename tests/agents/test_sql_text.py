"""The second way in: repairs fed by the error, at most two, for roles that were granted it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import pytest
import pytest_asyncio

from agents.brains.protocol import Context
from agents.sql_text import Attempt, SqlTextAnswers, sql_text_answers
from core.clock import FixedClock
from core.errors import Denied, QueryRejected
from db.readers import Readers
from policy.grants import GRANTS
from policy.roles import Principal, Role
from tools.sql.query import Rows
from tools.sql.text import SqlText

GOOD = "SELECT count(*) FROM clients"


class Scripted:
    """A writer whose lines are written beforehand, and who remembers what it was told."""

    def __init__(self, *lines: str | None) -> None:
        self.lines = list(lines)
        self.told: list[tuple[Attempt, ...]] = []
        self.schema = ""

    async def write_sql(self, question: str, schema: str, attempts: Sequence[Attempt], context: Context) -> str | None:
        assert question and context.principal
        self.told.append(tuple(attempts))
        self.schema = schema
        return self.lines.pop(0)


Ask = Callable[..., object]


@pytest_asyncio.fixture(loop_scope="session")
async def text(readers: Readers, clock: FixedClock) -> SqlText:
    return await SqlText.open(readers, clock)


@pytest.fixture
def context(principals: Mapping[Role, Principal], clock: FixedClock) -> Context:
    return Context(principals[Role.ADMIN], clock.now())


async def ask(writer: Scripted, text: SqlText, context: Context) -> Rows | None:
    answers = sql_text_answers(writer, text, context.principal)
    assert isinstance(answers, SqlTextAnswers)
    return await answers.answer("¿Cuántos clientes hay?", context)


async def test_a_good_text_needs_no_repair(text: SqlText, context: Context) -> None:
    writer = Scripted(GOOD)
    rows = await ask(writer, text, context)
    assert rows is not None
    assert rows.rows == ((150,),)
    assert writer.told == [()]
    assert "clients" in writer.schema
    assert "password_hash" not in writer.schema


async def test_it_is_told_what_to_mend(text: SqlText, context: Context) -> None:
    writer = Scripted("SELECT count(clientes_id) FROM clients", "SELECT lower(client_id) FROM clients", GOOD)
    rows = await ask(writer, text, context)
    assert rows is not None
    assert rows.rows == ((150,),)
    first, second = writer.told[2]
    assert (first.code, "clientes_id" in first.problem) == ("denied", True)
    assert (second.code, "lower(integer)" in second.problem) == ("query_failed", True)


async def test_two_repairs_and_no_more(text: SqlText, context: Context) -> None:
    writer = Scripted("DROP TABLE clients", "DELETE FROM clients", "COMMIT", GOOD)
    with pytest.raises(QueryRejected):
        await ask(writer, text, context)
    assert writer.lines == [GOOD]


async def test_what_may_not_be_read_stays_denied(text: SqlText, context: Context) -> None:
    with pytest.raises(Denied) as denied:
        await ask(Scripted(*["SELECT password_hash FROM users"] * 3), text, context)
    assert denied.value.details["reason"] == "column_not_granted"


async def test_a_writer_may_give_up(text: SqlText, context: Context) -> None:
    assert await ask(Scripted("SELECT nope FROM clients", None), text, context) is None


@pytest.mark.parametrize("role", list(Role))
def test_only_those_who_were_granted_it_have_it(
    text: SqlText, principals: Mapping[Role, Principal], role: Role
) -> None:
    built = sql_text_answers(Scripted(), text, principals[role])
    assert (built is not None) == ("query_sql" in GRANTS[role].tools)
    assert sql_text_answers(object(), text, principals[role]) is None
