"""Fires SQL at one wall alone, or at all of them, and says what came back."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from unittest.mock import patch
from zoneinfo import ZoneInfo

import psycopg
from psycopg import AsyncConnection, errors

from agents.sql_text import sql_text_answers
from core.clock import FixedClock
from core.errors import CuadrillaError, Denied, QueryInvalid, Unavailable
from db import attest
from db.readers import Found, Readers
from policy.roles import Principal, Role
from tools.sql import way_out
from tools.sql.catalogue import Catalogue
from tools.sql.compile import compile_query
from tools.sql.guard import Decision, check
from tools.sql.query import Query
from tools.sql.text import SqlText

ZONE = ZoneInfo("Europe/Madrid")
CLOCK = FixedClock(datetime(2026, 11, 18, 10, tzinfo=ZONE), ZONE)

_CUT = (
    errors.QueryCanceled,
    errors.OutOfMemory,
    errors.ConfigurationLimitExceeded,
    errors.ProgramLimitExceeded,
    errors.StatementTooComplex,
    errors.DiskFull,
)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came back. ``kind``: rows, error (of the database), cut (for time or memory), refused (by the guard)."""

    kind: str
    rows: tuple[str, ...] = ()
    said: str = ""
    wrote: bool = False

    @property
    def text(self) -> str:
        """Everything that could tell somebody something."""
        return "\n".join((*self.rows, self.said))


def _rows(found: Sequence[Sequence[object]]) -> Outcome:
    return Outcome("rows", tuple(sorted(repr(tuple(row)) for row in found)))


def _failure(error: psycopg.Error) -> Outcome:
    if isinstance(error, _CUT):
        return Outcome("cut")
    detail = error.diag.message_detail or ""
    return Outcome("error", said=f"{error.sqlstate} {error.diag.message_primary or error} {detail}")


async def at_the_database(readers: Readers, principal: Principal, sql: str) -> Outcome:
    """Wall 3 alone: the text as it is, through the readers."""
    try:
        return _rows((await readers.read(principal, sql)).rows)
    except psycopg.Error as error:
        return _failure(error)


async def at_the_login(readers: Readers, principal: Principal, sql: str) -> Outcome:
    """Wall 3 alone and at its barest: many statements in one text, as they are, on the role's login."""
    async with readers.transaction(principal) as connection:
        rows: list[tuple[object, ...]] = []
        try:
            cursor = await connection.execute(sql.encode())
            while True:
                if cursor.description is not None:
                    rows += await cursor.fetchmany(2000)
                if not cursor.nextset():
                    return _rows(rows)
        except psycopg.Error as error:
            return _failure(error)
        except UnicodeDecodeError:
            return Outcome("error", said="unreadable")


@dataclass(frozen=True, slots=True)
class Undefended:
    """In the place of the readers: a superuser's connection, on which nothing is read only."""

    connection: AsyncConnection

    async def read(
        self,
        principal: Principal,  # noqa: ARG002 - the signature is that of the readers
        text: str,
        parameters: Sequence[object] = (),
        *,
        most: int = 2000,
        keep: bool = False,
    ) -> Found:
        cursor = psycopg.AsyncRawCursor(self.connection)
        await cursor.execute(text.encode(), parameters, prepare=keep)
        rows = await cursor.fetchmany(most) if cursor.description else []
        return Found(tuple((column.name, column.type_display) for column in cursor.description or ()), rows)

    @asynccontextmanager
    async def transaction(self, _principal: Principal) -> AsyncIterator[AsyncConnection]:
        yield self.connection

    async def doubts(self, role: Role) -> tuple[str, ...]:
        return await attest.doubts(self.connection, self.connection, role)


def unguarded(sql: str, _role: Role, **_more: object) -> Decision:
    """In the place of the guard: lets everything through."""
    return Decision(True, sql)


@dataclass(frozen=True, slots=True)
class Hostile:
    """A brain that writes whatever it was talked into."""

    sql: str

    async def write_sql(self, *_asked: object) -> str:
        return self.sql


async def at_the_binding(text: SqlText, principal: Principal, sql: str) -> Outcome:
    """Wall 1 alone: is there anything that would run the text? ``text`` was opened with both other walls gone."""
    answers = sql_text_answers(Hostile(sql), text, principal)
    if answers is None:
        return Outcome("refused", said="nothing was built that runs it")
    with patch.object(way_out, "_checked", unguarded):
        try:
            return _rows((await answers.query_sql.ainvoke({"sql": sql})).rows)
        except CuadrillaError as error:
            return Outcome("error", said=error.message)


async def at_the_compiler(
    superuser: AsyncConnection, principal: Principal, query: Query, catalogue: Catalogue
) -> Outcome:
    """Wall 1 alone: what a semantic query is compiled to, as it is, on a login that may do everything."""
    try:
        compiled = compile_query(query, catalogue, principal, CLOCK)
    except (QueryInvalid, Denied) as refused:
        return Outcome("refused", said=refused.message)
    async with superuser.transaction(force_rollback=True):
        try:
            async with superuser.transaction():
                return _rows((await Undefended(superuser).read(principal, compiled.sql, compiled.parameters)).rows)
        except psycopg.Error as error:
            return _failure(error)


async def at_the_guard(superuser: AsyncConnection, principal: Principal, sql: str) -> Outcome:
    """Wall 2 alone: what the guard lets run, on a login that may do everything, where nothing is read only."""
    decision = check(sql, principal.role)
    if not decision.allowed:
        return Outcome("refused", said=decision.reason)
    parameters = (principal.subject_id or 0,) if decision.by_subject else ()
    async with superuser.transaction(force_rollback=True):
        try:
            async with superuser.transaction():
                cursor = psycopg.AsyncRawCursor(superuser)
                await cursor.execute(decision.sql.encode(), parameters, prepare=True)
                outcome = _rows(await cursor.fetchmany(2000))
        except psycopg.Error as error:
            outcome = _failure(error)
        cursor = psycopg.AsyncRawCursor(superuser)
        await cursor.execute(b"SELECT pg_current_xact_id_if_assigned() IS NOT NULL")
        row = await cursor.fetchone()
    return Outcome(outcome.kind, outcome.rows, outcome.said, wrote=row != (False,))


async def at_all(readers: Readers, principal: Principal, sql: str) -> Outcome:
    """The guard, then the readers."""
    decision = check(sql, principal.role)
    if not decision.allowed:
        return Outcome("refused", said=decision.reason)
    parameters = (principal.subject_id or 0,) if decision.by_subject else ()
    try:
        return _rows((await readers.read(principal, decision.sql, parameters)).rows)
    except Unavailable as error:
        return Outcome("error", said=error.message)
    except psycopg.Error as error:
        return _failure(error)
