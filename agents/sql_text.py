"""Answers what the catalogue cannot say: a model writes SQL, mends it by what was wrong with it, or gives up."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import structlog

from agents.brains.protocol import Context
from core.errors import CuadrillaError, Denied, QueryFailed, QueryRejected
from policy.grants import GRANTS
from policy.roles import Principal
from tools.query_sql import QuerySql
from tools.sql.query import Rows
from tools.sql.schema import describe_schema
from tools.sql.text import TOOL, SqlText

REPAIRS = 2
_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Attempt:
    """SQL that did not do, and why: ``code`` as in :mod:`core.errors`, ``problem`` a sentence for its writer."""

    sql: str
    code: str
    problem: str


@runtime_checkable
class SqlWriter(Protocol):
    """A brain that also writes SQL. The offline brain does not."""

    async def write_sql(self, question: str, schema: str, attempts: Sequence[Attempt], context: Context) -> str | None:
        """One SELECT that answers ``question`` over ``schema``, mending ``attempts``; None when it cannot be said."""
        ...


@dataclass(frozen=True, slots=True)
class SqlTextAnswers:
    """The second way in, for one principal; ask it only what no semantic query explains."""

    writer: SqlWriter
    query_sql: QuerySql

    async def answer(self, question: str, context: Context) -> Rows | None:
        """Rows that answer ``question``; None when the writer gives up.

        Raises the error of the last attempt when that too was denied, rejected, too expensive or failed.
        """
        schema = describe_schema(context.principal.role)
        attempts: list[Attempt] = []
        while True:
            sql = await self.writer.write_sql(question, schema, tuple(attempts), context)
            if sql is None:
                return None
            try:
                rows: Rows = await self.query_sql.ainvoke({"sql": sql})
            except (Denied, QueryRejected, QueryFailed) as error:
                attempts.append(Attempt(sql, error.code, _problem(error)))
                _log.info("sql_text_refused", code=error.code, attempt=len(attempts))
                if len(attempts) > REPAIRS or error.details.get("reason") == "tool_not_granted":
                    raise
                continue
            return rows


def sql_text_answers(brain: object, text: SqlText, principal: Principal) -> SqlTextAnswers | None:
    """The second way in (wall 1).

    None when the brain writes no SQL, when the principal's role was not granted it, or when nobody attested that the
    other walls stand in front of that role.
    """
    granted = TOOL in GRANTS[principal.role].tools and principal.role in text.attested
    if not granted or not isinstance(brain, SqlWriter):
        return None
    return SqlTextAnswers(brain, QuerySql(text=text, principal=principal))


def _problem(error: CuadrillaError) -> str:
    return str(error.details.get("hint") or error.message)
