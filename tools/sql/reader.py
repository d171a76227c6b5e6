"""Reads the company's data as a principal: compile, guard, run on the role's own login, hand over capped rows."""

from __future__ import annotations

import time
from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from datetime import datetime
from functools import lru_cache
from typing import Protocol

import psycopg
import structlog
from psycopg import AsyncConnection, errors

from core.clock import Clock
from core.errors import Denied, QueryFailed, QueryRejected, QueryTooExpensive
from policy.roles import Principal, Role
from tools.sql.catalogue import Catalogue
from tools.sql.compile import Compiled, compile_query
from tools.sql.guard import Decision, check
from tools.sql.linked import LinkedValues, Values
from tools.sql.query import Query, Rows
from tools.sql.written import written_in

MAX_BYTES = 1_000_000
_TOO_MUCH = (
    errors.QueryCanceled,
    errors.OutOfMemory,
    errors.ConfigurationLimitExceeded,
    errors.ProgramLimitExceeded,
    errors.StatementTooComplex,
    errors.DiskFull,
    errors.LockNotAvailable,
)
_GRANTS = frozenset({"table_not_granted", "column_not_granted"})
_log = structlog.get_logger(__name__)
_checked = lru_cache(maxsize=1024)(check)


class Transactions(Protocol):
    """Opens READ ONLY transactions as a principal; see :class:`db.readers.Readers`."""

    def transaction(self, principal: Principal) -> AbstractAsyncContextManager[AsyncConnection]:
        """A connection that the database takes for ``principal``'s; always rolled back."""
        ...


class SqlReader:
    """The way out of every query. Errors of the database are mapped here and nowhere else."""

    def __init__(self, readers: Transactions, catalogue: Catalogue, clock: Clock) -> None:
        self._readers = readers
        self._catalogue = catalogue
        self._clock = clock
        self._linked = LinkedValues(catalogue, clock)

    async def run(self, query: Query, principal: Principal) -> Rows:
        """The rows of ``query`` that ``principal`` may read.

        Raises :class:`QueryInvalid`, :class:`Denied` (details what=, reason=), :class:`QueryTooExpensive` or
        :class:`QueryFailed`.
        """
        started = time.perf_counter()
        compiled = compile_query(query, self._catalogue, principal.role, self._clock)
        sql = _allowed(compiled.sql, principal.role, len(compiled.parameters))
        found = await self._fetch(sql, compiled.parameters, principal)
        rows = self._rows(compiled, sql, found)
        _log.info(
            "query_ran",
            entity=query.entity,
            role=principal.role.value,
            rows=len(rows.rows),
            truncated=rows.truncated,
            ms=round((time.perf_counter() - started) * 1000, 1),
        )
        return rows

    async def values(self, principal: Principal) -> Values:
        """Values of the catalogue's linked dimensions that ``principal`` may read: (entity, dimension) -> values."""
        cached = self._linked.cached(principal)
        if cached is not None:
            return cached
        sql, keys = self._linked.statement(principal.role)
        found = await self._fetch(_allowed(sql, principal.role, 0), (), principal) if keys else [()]
        lists: Sequence[object] = found[0] if found else ()
        return self._linked.keep(principal, keys, lists)

    async def _fetch(self, sql: str, parameters: tuple[object, ...], principal: Principal) -> list[tuple[object, ...]]:
        try:
            async with self._readers.transaction(principal) as connection:
                cursor = psycopg.AsyncRawCursor(connection)
                await cursor.execute(sql.encode(), parameters, prepare=True)
                return await cursor.fetchall()
        except _TOO_MUCH as error:
            raise QueryTooExpensive(sqlstate=error.sqlstate) from error
        except errors.InsufficientPrivilege as error:
            raise Denied(what="", reason="not_granted_by_database") from error
        except psycopg.Error as error:
            raise QueryFailed(sqlstate=error.sqlstate) from error

    def _rows(self, compiled: Compiled, sql: str, found: list[tuple[object, ...]]) -> Rows:
        width = len(compiled.columns)
        total = _total(compiled, found)
        kept: list[tuple[object, ...]] = []
        size = 0
        for row in found[: compiled.cap]:
            size += sum(len(value) for value in row if isinstance(value, str))
            if size > MAX_BYTES and kept:
                break
            kept.append(tuple(self._local(value) for value in row[:width]))
        keys = tuple(row[width] for row in found[: len(kept)]) if compiled.keyed else ()
        truncated = len(kept) < max(len(found), total or 0)
        return Rows(compiled.columns, tuple(kept), written_in(sql, compiled.parameters), truncated, total, keys)

    def _local(self, value: object) -> object:
        return value.astimezone(self._clock.zone) if isinstance(value, datetime) else value


def _total(compiled: Compiled, found: list[tuple[object, ...]]) -> int | None:
    """Rows in all: counted by the database, or as many as came when the question said how many."""
    if compiled.counted and found and isinstance(found[0][-1], int):
        return found[0][-1]
    return len(found)


def _allowed(sql: str, role: Role, parameters: int) -> str:
    """The text that the guard lets run; what it refuses of our own making is an error with the reason."""
    decision: Decision = _checked(sql, role, parameters=parameters)
    if decision.allowed:
        return decision.sql
    if decision.code in _GRANTS:
        raise Denied(what=decision.what, reason=decision.code)
    if decision.code in ("too_complex", "too_long", "too_deep"):
        raise QueryTooExpensive(decision.reason)
    raise QueryRejected(decision.reason, code=decision.code)
