"""The second way in: SQL text that a model wrote, for what the catalogue cannot say."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from decimal import Decimal

import structlog

from core.clock import Clock
from db.readers import Found
from policy.grants import GRANTS
from policy.roles import Principal, Role
from tools.sql.query import Column, Rows
from tools.sql.way_out import Attests, Reads, allowed, fetched, guard_doubts

TOOL = "query_sql"
ROW_CAP = 200
MAX_BYTES = 1_000_000
_KINDS: Mapping[str, str] = {
    "int2": "integer",
    "int4": "integer",
    "int8": "integer",
    "numeric": "number",
    "float4": "number",
    "float8": "number",
    "bool": "boolean",
    "date": "date",
    "timestamptz": "datetime",
    "interval": "hours",
    "json": "json",
    "jsonb": "json",
}
_log = structlog.get_logger(__name__)


class SqlText:
    """Runs text as a principal. Nothing in the text is trusted: see the three walls in ``docs/security.md``.

    ``attested``: the roles for which a model may write it, since guard and database were seen to stand.
    """

    def __init__(self, reads: Reads, clock: Clock, attested: frozenset[Role] = frozenset()) -> None:
        self._reads = reads
        self._clock = clock
        self.attested = attested

    @classmethod
    async def open(cls, reads: Attests, clock: Clock) -> SqlText:
        """One that has looked, once, at what stands between a text and the data of each role that was granted it."""
        attested = set()
        for role in Role:
            if TOOL not in GRANTS[role].tools:
                continue
            found = (*guard_doubts(role), *await reads.doubts(role))
            if found:
                _log.error("sql_text_is_not_offered", role=role.value, doubts=found)
            else:
                attested.add(role)
        return cls(reads, clock, frozenset(attested))

    async def run(self, sql: str, principal: Principal) -> Rows:
        """The rows of ``sql`` that ``principal`` may read, at most 200.

        Raises :class:`Denied`, :class:`QueryRejected`, :class:`QueryTooExpensive` or :class:`QueryFailed`, whose
        ``details["hint"]`` a writer of SQL may be told.
        """
        statement = allowed(sql, (), principal)
        # Its values are in the text, so the session must not keep it.
        found = await fetched(self._reads, statement, principal, most=ROW_CAP + 1, keep=False)
        columns = tuple(
            Column(name, _KINDS.get(kind, "text"), {"es": name, "en": name}) for name, kind in found.columns
        )
        rows = self._capped(found)
        total = len(found.rows) if len(found.rows) <= ROW_CAP else None
        return Rows(columns, rows, statement.sql, len(rows) < len(found.rows), total)

    def _capped(self, found: Found) -> tuple[tuple[object, ...], ...]:
        kept: list[tuple[object, ...]] = []
        size = 0
        for row in found.rows[:ROW_CAP]:
            size += sum(len(value) for value in row if isinstance(value, str))
            if size > MAX_BYTES:
                break
            kept.append(tuple(self._plain(value) for value in row))
        return tuple(kept)

    def _plain(self, value: object) -> object:
        if isinstance(value, datetime):
            return value.astimezone(self._clock.zone) if value.tzinfo else value
        if isinstance(value, timedelta):
            return Decimal(value.total_seconds()) / 3600
        if isinstance(value, list):
            return ", ".join(map(str, value))
        return value
