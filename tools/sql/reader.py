"""Reads the company's data as a principal: compile, guard, run on the role's own login, hand over capped rows."""

from __future__ import annotations

import time
from collections.abc import Sequence
from datetime import datetime

import structlog

from core.clock import Clock
from db.readers import MOST
from policy.roles import Principal
from tools.sql.catalogue import Catalogue
from tools.sql.compile import Compiled, compile_query
from tools.sql.linked import LinkedValues, Values
from tools.sql.query import Query, Rows
from tools.sql.way_out import Reads, Statement, allowed, fetched
from tools.sql.written import written_in

MAX_BYTES = 1_000_000
_log = structlog.get_logger(__name__)


class SqlReader:
    """Runs semantic queries; how they get out is :mod:`tools.sql.way_out`'s."""

    def __init__(self, readers: Reads, catalogue: Catalogue, clock: Clock) -> None:
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
        compiled = compile_query(query, self._catalogue, principal, self._clock)
        statement = allowed(compiled.sql, compiled.parameters, principal, subject=compiled.subject)
        found = await self._fetch(statement, principal)
        rows = self._rows(compiled, statement, found)
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
        text, keys = self._linked.statement(principal)
        lists: Sequence[object] = ()
        if keys:
            statement = allowed(text.sql, text.parameters, principal, subject=text.subject)
            lists = (await self._fetch(statement, principal))[0]
        return self._linked.keep(principal, keys, lists)

    async def _fetch(self, statement: Statement, principal: Principal) -> list[tuple[object, ...]]:
        return (await fetched(self._readers, statement, principal, most=MOST, keep=True)).rows

    def _rows(self, compiled: Compiled, statement: Statement, found: list[tuple[object, ...]]) -> Rows:
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
        return Rows(
            compiled.columns, tuple(kept), written_in(statement.sql, statement.parameters), truncated, total, keys
        )

    def _local(self, value: object) -> object:
        return value.astimezone(self._clock.zone) if isinstance(value, datetime) else value


def _total(compiled: Compiled, found: list[tuple[object, ...]]) -> int | None:
    """Rows in all: counted by the database, or as many as came when the question said how many."""
    if compiled.counted and found and isinstance(found[0][-1], int):
        return found[0][-1]
    return len(found)
