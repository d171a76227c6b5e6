"""Fires SQL at one wall alone, or at all of them, and says what came back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import psycopg
from psycopg import AsyncConnection, errors

from core.errors import Unavailable
from db.readers import Readers
from policy.roles import Principal
from tools.sql.guard import check

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
