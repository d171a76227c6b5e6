"""The outbox: what is to be posted is kept first, and every row ends posted, dropped, or dead where it can be seen.

A row is marked ``posting`` before the call is made: after a crash it is known that the call may have happened, and that
is looked up, or its echo waited for, before anything is posted again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID, uuid5

from psycopg import AsyncConnection
from psycopg.rows import class_row
from psycopg.types.json import Jsonb

from channels.queue import Pool

_LONGEST_ERROR = 1000
_COLUMNS = (
    "o.outbox_id, o.uid, o.turn_key, o.account_id, o.conversation_id, o.payload, o.state::text, o.attempts,"
    " greatest(extract(epoch FROM o.due_at - now()), 0)::float8 AS due_in,"
    " extract(epoch FROM now() - o.posting_at)::float8 AS posting_for,"
    " coalesce(o.due_at <= o.posting_at, false) AS open,"
    " o.after_message_id, o.error, o.created_at,"
    " EXISTS (SELECT FROM channel_outbox p"
    " WHERE p.turn_key = o.turn_key AND p.state IN ('posted', 'confirmed')) AS begun"
)
_UNSETTLED = f"""
SELECT {_COLUMNS} FROM channel_outbox o
WHERE o.account_id = %s AND o.conversation_id = %s AND o.state IN ('waiting', 'posting') ORDER BY o.outbox_id
"""  # noqa: S608
_DEAD = f"SELECT {_COLUMNS} FROM channel_outbox o WHERE o.state = 'dead' ORDER BY o.outbox_id DESC LIMIT %s"  # noqa: S608
ABOUT = "about"
"""In the ``content_attributes`` of a note: the id of the dead letter that it tells of."""
_UNTOLD = f"""
SELECT {_COLUMNS} FROM channel_outbox o
WHERE o.state = 'dead' AND o.account_id = %s AND o.conversation_id = %s AND o.payload ->> 'kind' = 'message'
      AND NOT EXISTS (SELECT FROM channel_outbox n WHERE n.account_id = o.account_id
                      AND n.conversation_id = o.conversation_id
                      AND n.payload #>> '{{content_attributes,{ABOUT}}}' = o.uid::text)
ORDER BY o.outbox_id
"""  # noqa: S608
_INSERT = """
INSERT INTO channel_outbox (uid, turn_key, account_id, conversation_id, payload)
VALUES (%s, %s, %s, %s, %s) ON CONFLICT (uid) DO NOTHING
"""


@dataclass(frozen=True, slots=True)
class Row:
    """One thing to post."""

    outbox_id: int
    uid: UUID
    turn_key: UUID | None
    account_id: int
    conversation_id: int
    payload: Mapping[str, Any]
    state: str
    attempts: int
    due_in: float
    """Seconds until it may be tried."""
    posting_for: float | None
    """Seconds since the last try began."""
    open: bool
    """Nobody saw that try end: its process was killed, or is still at it."""
    after_message_id: int | None
    error: str
    created_at: datetime
    begun: bool
    """Something of the same turn was posted."""


async def put(
    connection: AsyncConnection[Any],
    turn_key: UUID,
    account_id: int,
    conversation_id: int,
    payloads: Sequence[Mapping[str, Any]],
    *,
    turn: bool = True,
) -> None:
    """Keep ``payloads`` to be posted in order, in the transaction of ``connection``; harmless when done again.

    ``turn``: they come from the turn of that key, not from something else that has a key of its own.
    """
    for step, payload in enumerate(payloads):
        uid = uuid5(turn_key, str(step))
        await connection.execute(
            _INSERT, (uid, turn_key if turn else None, account_id, conversation_id, Jsonb(dict(payload)))
        )


@dataclass(frozen=True, slots=True)
class Outbox:
    """Each call is one transaction."""

    pool: Pool

    async def unsettled(self, account_id: int, conversation_id: int) -> list[Row]:
        """What is still to be posted in the conversation, in order."""
        async with self.pool.connection() as connection:
            cursor = connection.cursor(row_factory=class_row(Row))
            await cursor.execute(_UNSETTLED, (account_id, conversation_id))
            return await cursor.fetchall()

    async def dead(self, limit: int = 100) -> list[Row]:
        """What was given up, newest first."""
        async with self.pool.connection() as connection:
            cursor = connection.cursor(row_factory=class_row(Row))
            await cursor.execute(_DEAD, (limit,))
            return await cursor.fetchall()

    async def untold(self, account_id: int, conversation_id: int) -> list[Row]:
        """Messages given up in the conversation of which the team was not told."""
        async with self.pool.connection() as connection:
            cursor = connection.cursor(row_factory=class_row(Row))
            await cursor.execute(_UNTOLD, (account_id, conversation_id))
            return await cursor.fetchall()

    async def begin(self, row: Row, after_message_id: int | None) -> bool:
        """The call is about to be made; False when its echo came meanwhile, or somebody else is making it."""
        return await self._change(
            "UPDATE channel_outbox SET state = 'posting', attempts = attempts + 1, posting_at = now(),"
            " after_message_id = coalesce(%s, after_message_id)"
            " WHERE outbox_id = %s AND attempts = %s AND state IN ('waiting', 'posting')",
            (after_message_id, row.outbox_id, row.attempts),
        )

    async def posted(self, row: Row, message_id: int | None) -> None:
        """The call was made; its echo may have come before, and so may the channel's refusal, which stands."""
        await self._change(
            "UPDATE channel_outbox SET state = 'posted', channel_message_id = %s, error = '', settled_at = now()"
            " WHERE outbox_id = %s"
            " AND (state IN ('waiting', 'posting') OR (state = 'dead' AND settled_at IS NOT NULL))",
            (message_id, row.outbox_id),
        )

    async def put_off(self, row: Row, seconds: float, error: str, *, certain: bool) -> bool:
        """Try again later; ``certain``: the call did not happen. False when its echo came meanwhile."""
        return await self._change(
            "UPDATE channel_outbox SET due_at = now() + make_interval(secs => %s), error = %s,"
            " state = CASE WHEN %s THEN 'waiting'::channel_outbox_state ELSE state END"
            " WHERE outbox_id = %s AND state IN ('waiting', 'posting')",
            (seconds, error[:_LONGEST_ERROR], certain, row.outbox_id),
        )

    async def give_up(self, row: Row, error: str) -> bool:
        """Make it a dead letter."""
        return await self._change(
            "UPDATE channel_outbox SET state = 'dead', error = %s, settled_at = now()"
            " WHERE outbox_id = %s AND state IN ('waiting', 'posting')",
            (error[:_LONGEST_ERROR], row.outbox_id),
        )

    async def drop(self, rows: Sequence[Row], reason: str) -> None:
        """Do not post ``rows``: a person took over."""
        await self._change(
            "UPDATE channel_outbox SET state = 'dropped', error = %s, settled_at = now()"
            " WHERE outbox_id = ANY (%s) AND state IN ('waiting', 'posting')",
            (reason, [row.outbox_id for row in rows]),
        )

    async def revive(self, outbox_id: int) -> Row | None:
        """Have a dead letter tried again, whoever has the conversation by now; None when there is no such one."""
        async with self.pool.connection() as connection:
            cursor = connection.cursor(row_factory=class_row(Row))
            await cursor.execute(
                "UPDATE channel_outbox o SET state = 'waiting', attempts = 0, due_at = now(), settled_at = NULL,"  # noqa: S608
                " turn_key = NULL"
                f" WHERE o.outbox_id = %s AND o.state = 'dead' RETURNING {_COLUMNS}",
                (outbox_id,),
            )
            return await cursor.fetchone()

    async def _change(self, statement: Any, parameters: Sequence[Any]) -> bool:
        async with self.pool.connection() as connection:
            cursor = await connection.execute(statement, parameters)
            return cursor.rowcount > 0
