"""The inbox: what a channel delivered is kept and enqueued in one transaction, once, whatever comes twice.

Messages to answer go from ``waiting`` to ``taken`` by a turn, and from there to ``answered``, or ``dropped`` when a
person took over; a turn that was superseded gives its messages back.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID, uuid5

from psycopg import AsyncConnection
from psycopg.rows import class_row, dict_row
from psycopg.types.json import Jsonb

from channels.queue import ENQUEUE, Pool, lock_key
from core.tracing import current_trace

_NAMESPACE = UUID("3b0f8a53-4d7b-4f0c-8d6e-0a3d5c0e9a11")

_STORE = f"""
WITH stored AS (
    INSERT INTO channel_events
        (delivery_id, dedupe_key, source, event, account_id, conversation_id, message_id, kind, reason, state, payload,
         trace_id)
    VALUES (%(delivery_id)s, %(dedupe_key)s, %(source)s, %(event)s, %(account_id)s, %(conversation_id)s, %(message_id)s,
            %(kind)s, %(reason)s, %(state)s, %(payload)s, %(trace_id)s)
    ON CONFLICT DO NOTHING RETURNING event_id
), known AS (
    INSERT INTO channel_conversations AS c
        (account_id, conversation_id, inbox_id, channel, status, assignee_type, can_reply, as_of, facts,
         person_at, person_as_of, away_as_of, last_event_at)
    SELECT %(account_id)s, %(conversation_id)s, %(inbox_id)s, %(channel)s, %(status)s, %(assignee_type)s, %(can_reply)s,
           t.as_of, %(facts)s, CASE WHEN %(person)s THEN now() END, CASE WHEN %(person)s THEN t.as_of ELSE 0 END,
           CASE WHEN %(away)s THEN t.as_of ELSE 0 END, now()
    FROM stored, (SELECT coalesce(%(as_of)s::float8, extract(epoch FROM clock_timestamp())::float8) AS as_of) t
    WHERE %(conversation_id)s::bigint IS NOT NULL AND %(account_id)s::bigint IS NOT NULL
    ON CONFLICT (account_id, conversation_id) DO UPDATE SET
        inbox_id = CASE WHEN excluded.as_of >= c.as_of THEN excluded.inbox_id ELSE c.inbox_id END,
        channel = CASE WHEN excluded.channel <> '' THEN excluded.channel ELSE c.channel END,
        status = CASE WHEN excluded.as_of >= c.as_of THEN excluded.status ELSE c.status END,
        assignee_type = CASE WHEN excluded.as_of >= c.as_of THEN excluded.assignee_type ELSE c.assignee_type END,
        can_reply = CASE WHEN excluded.as_of >= c.as_of THEN excluded.can_reply ELSE c.can_reply END,
        facts = CASE WHEN excluded.as_of >= c.as_of THEN excluded.facts ELSE c.facts END,
        as_of = greatest(excluded.as_of, c.as_of),
        person_at = CASE WHEN excluded.person_as_of > c.person_as_of THEN excluded.person_at ELSE c.person_at END,
        person_as_of = greatest(excluded.person_as_of, c.person_as_of),
        away_as_of = greatest(excluded.away_as_of, c.away_as_of),
        last_event_at = now()
), echoed AS (
    UPDATE channel_outbox SET state = 'confirmed', settled_at = now(), channel_message_id = %(message_id)s, error = ''
    WHERE uid = %(own_id)s::uuid AND %(kind)s = 'echo'
          AND (state IN ('waiting', 'posting', 'posted') OR (state = 'dead' AND settled_at IS NOT NULL))
          AND EXISTS (SELECT FROM stored)
    RETURNING due_at > now() AS awaited
), refused AS (
    UPDATE channel_outbox SET state = 'dead', error = %(refusal)s, settled_at = NULL
    WHERE uid = %(own_id)s::uuid AND %(kind)s = 'undelivered' AND state IN ('posting', 'posted', 'confirmed')
          AND EXISTS (SELECT FROM stored)
    RETURNING outbox_id
), asked AS (
    SELECT %(key)s::text AS key, %(account_id)s::bigint AS account_id, %(conversation_id)s::bigint AS conversation_id,
           now() + make_interval(secs => %(debounce)s) AS due, now() + make_interval(secs => %(longest)s) AS latest
    FROM stored WHERE %(state)s = 'waiting' OR EXISTS (SELECT FROM echoed WHERE awaited)
          OR EXISTS (SELECT FROM refused)
), queued AS (
    {ENQUEUE}
)
SELECT event_id FROM stored
"""  # noqa: S608

_RUNNING = """
SELECT turn_key, message_ids, request, attempts, created_at FROM channel_turns
WHERE account_id = %s AND conversation_id = %s AND state = 'running'
"""
_WAITING = """
SELECT event_id, message_id, payload, trace_id FROM channel_events
WHERE account_id = %s AND conversation_id = %s AND state = 'waiting' AND kind = 'answer'
ORDER BY message_id, event_id LIMIT %s
FOR UPDATE
"""
LESSON = "lesson"
_LESSONS = """
SELECT event_id, message_id, payload FROM channel_events
WHERE account_id = %s AND conversation_id = %s AND state = 'waiting' AND kind = 'lesson' ORDER BY message_id, event_id
"""
_MOST_TOGETHER = 30
"""Messages joined into one turn at most; the rest make the next one."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """One event ready to be kept. ``words``: what the customer wrote or chose, if they did."""

    source: str
    event: str
    kind: str
    reason: str
    payload: Mapping[str, Any]
    delivery_id: str | None = None
    dedupe_key: str | None = None
    account_id: int | None = None
    conversation_id: int | None = None
    message_id: int | None = None
    own_id: UUID | None = None
    words: str = ""
    refusal: str = ""
    snapshot: Mapping[str, Any] = field(default_factory=dict)

    @property
    def waiting(self) -> bool:
        """There is something to do about it: a message to answer, or a colleague's lesson."""
        return self.kind in {"answer", LESSON}


@dataclass(frozen=True, slots=True)
class Batch:
    """The messages that one turn answers; the same after a crash. ``request`` is what was made of them, if it was."""

    turn_key: UUID
    account_id: int
    conversation_id: int
    message_ids: tuple[int, ...]
    payloads: tuple[Mapping[str, Any], ...]
    request: Mapping[str, Any] | None
    attempts: int
    trace_id: str = ""
    """Of the newest message, for the logs."""


@dataclass(frozen=True, slots=True)
class Lesson:
    """A note of a colleague that teaches."""

    event_id: int
    message_id: int
    payload: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Standing:
    """Whose conversation it is, as far as events told."""

    status: str
    assignee_type: str | None
    person_wrote: bool
    can_reply: bool
    channel: str
    inbox_id: int | None
    superseded: int
    facts: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Inbox:
    """Each call is one transaction. ``intake`` commits each statement by itself."""

    pool: Pool
    intake: Pool

    async def store(self, delivery: Delivery, *, debounce: float, longest: float) -> bool:
        """Keep ``delivery`` and enqueue its conversation; False when it was kept before."""
        async with self.intake.connection() as connection:
            cursor = await connection.execute(_STORE, _parameters(delivery, debounce, longest))
            return await cursor.fetchone() is not None

    async def take(self, account_id: int, conversation_id: int) -> Batch | None:
        """The messages to answer next: those of a turn that did not end, else all that wait, else None."""
        async with self.pool.connection() as connection:
            running = await _one(connection, _RUNNING, (account_id, conversation_id))
            if running is not None:
                return await _again(connection, running, account_id, conversation_id)
            cursor = connection.cursor(row_factory=dict_row)
            await cursor.execute(_WAITING, (account_id, conversation_id, _MOST_TOGETHER))
            rows = await cursor.fetchall()
            if not rows:
                return None
            return await _begin(connection, rows, account_id, conversation_id)

    async def lessons(self, account_id: int, conversation_id: int) -> list[Lesson]:
        """What colleagues taught in the conversation and nobody attended to, in order."""
        async with self.pool.connection() as connection:
            cursor = connection.cursor(row_factory=class_row(Lesson))
            await cursor.execute(_LESSONS, (account_id, conversation_id))
            return await cursor.fetchall()

    async def keep_request(self, batch: Batch, request: Mapping[str, Any]) -> None:
        """What the turn was asked, so that it is asked the same after a crash."""
        async with self.pool.connection() as connection:
            await connection.execute(
                "UPDATE channel_turns SET request = %s WHERE turn_key = %s", (Jsonb(dict(request)), batch.turn_key)
            )

    async def standing(self, account_id: int, conversation_id: int, quiet_hours: float) -> Standing:
        """What events told of the conversation."""
        async with self.pool.connection() as connection:
            row = await _one(
                connection,
                "SELECT status, assignee_type, can_reply, channel, inbox_id, superseded, facts,"
                " person_as_of > away_as_of AND person_at > now() - make_interval(secs => %s) AS person_wrote"
                " FROM channel_conversations WHERE account_id = %s AND conversation_id = %s",
                (quiet_hours * 3600, account_id, conversation_id),
            )
        if row is None:
            return Standing("", None, False, True, "", None, 0, {})
        return Standing(**row)

    async def newer_waits(self, batch: Batch) -> bool:
        """Has the customer written more since ``batch`` was taken?"""
        async with self.pool.connection() as connection:
            cursor = await connection.execute(
                "SELECT EXISTS (SELECT FROM channel_events WHERE account_id = %s AND conversation_id = %s"
                " AND state = 'waiting' AND kind = 'answer')",
                (batch.account_id, batch.conversation_id),
            )
            row = await cursor.fetchone()
            return row is not None and bool(row[0])

    async def newer(self, batch: Batch) -> list[Mapping[str, Any]]:
        """What the customer has written since ``batch`` was taken."""
        async with self.pool.connection() as connection:
            cursor = await connection.execute(
                "SELECT payload FROM channel_events WHERE account_id = %s AND conversation_id = %s"
                " AND state = 'waiting' AND kind = 'answer' ORDER BY message_id LIMIT %s",
                (batch.account_id, batch.conversation_id, _MOST_TOGETHER),
            )
            return [row[0] for row in await cursor.fetchall()]

    async def supersede(self, batch: Batch) -> None:
        """Give the messages back: they are answered together with what was written since."""
        async with self.pool.connection() as connection:
            await settle(connection, batch, "superseded", "waiting", "more_was_written")
            await connection.execute(
                "UPDATE channel_conversations SET superseded = superseded + 1"
                " WHERE account_id = %s AND conversation_id = %s",
                (batch.account_id, batch.conversation_id),
            )


async def settle(connection: AsyncConnection[Any], batch: Batch, turn: str, events: str, reason: str = "") -> bool:
    """End the turn of ``batch`` in the transaction of ``connection``; False when it had ended before."""
    cursor = await connection.execute(
        "UPDATE channel_turns SET state = %s, reason = %s, finished_at = now()"
        " WHERE turn_key = %s AND state = 'running'",
        (turn, reason, batch.turn_key),
    )
    if not cursor.rowcount:
        return False
    back = events == "waiting"
    await connection.execute(
        "UPDATE channel_events SET state = %s, turn_key = CASE WHEN %s THEN NULL ELSE turn_key END"
        " WHERE turn_key = %s AND state = 'taken'",
        (events, back, batch.turn_key),
    )
    if not back:
        await connection.execute(
            "UPDATE channel_conversations SET superseded = 0 WHERE account_id = %s AND conversation_id = %s",
            (batch.account_id, batch.conversation_id),
        )
    return True


async def attended(connection: AsyncConnection[Any], lesson: Lesson, reason: str) -> bool:
    """``lesson`` was attended to, in the transaction of ``connection``; False when it was before."""
    cursor = await connection.execute(
        "UPDATE channel_events SET state = 'done', reason = %s WHERE event_id = %s AND state = 'waiting'",
        (reason, lesson.event_id),
    )
    return cursor.rowcount > 0


async def _begin(
    connection: AsyncConnection[Any], rows: Sequence[Mapping[str, Any]], account_id: int, conversation_id: int
) -> Batch:
    events = [row["event_id"] for row in rows]
    messages = [row["message_id"] for row in rows]
    turn_key = uuid5(_NAMESPACE, f"{account_id}/{conversation_id}/{','.join(map(str, events))}")
    await connection.execute(
        "INSERT INTO channel_turns (turn_key, account_id, conversation_id, message_ids, attempts)"
        " VALUES (%s, %s, %s, %s, 1)"
        " ON CONFLICT (turn_key) DO UPDATE SET state = 'running', finished_at = NULL, reason = ''",
        (turn_key, account_id, conversation_id, messages),
    )
    await connection.execute(
        "UPDATE channel_events SET state = 'taken', turn_key = %s WHERE event_id = ANY (%s)", (turn_key, events)
    )
    payloads = tuple(row["payload"] for row in rows)
    return Batch(turn_key, account_id, conversation_id, tuple(messages), payloads, None, 1, rows[-1]["trace_id"])


async def _again(
    connection: AsyncConnection[Any], running: Mapping[str, Any], account_id: int, conversation_id: int
) -> Batch:
    await connection.execute(
        "UPDATE channel_turns SET attempts = attempts + 1 WHERE turn_key = %s", (running["turn_key"],)
    )
    cursor = await connection.execute(
        "SELECT payload, trace_id FROM channel_events WHERE turn_key = %s ORDER BY message_id, event_id",
        (running["turn_key"],),
    )
    rows = await cursor.fetchall()
    payloads = tuple(payload for payload, _ in rows)
    return Batch(
        running["turn_key"],
        account_id,
        conversation_id,
        tuple(running["message_ids"]),
        payloads,
        running["request"],
        running["attempts"] + 1,
        rows[-1][1] if rows else "",
    )


async def _one(connection: AsyncConnection[Any], query: str, parameters: Sequence[Any]) -> dict[str, Any] | None:
    cursor = connection.cursor(row_factory=dict_row)
    await cursor.execute(query, parameters)
    return await cursor.fetchone()


def _parameters(delivery: Delivery, debounce: float, longest: float) -> dict[str, Any]:
    snapshot = delivery.snapshot
    account_id, conversation_id = delivery.account_id, delivery.conversation_id
    return {
        "delivery_id": delivery.delivery_id,
        "dedupe_key": delivery.dedupe_key,
        "source": delivery.source,
        "event": delivery.event,
        "account_id": account_id,
        "conversation_id": conversation_id,
        "message_id": delivery.message_id,
        "kind": delivery.kind,
        "reason": delivery.reason,
        "state": "waiting" if delivery.waiting else "done",
        "payload": Jsonb(dict(delivery.payload)),
        "own_id": delivery.own_id,
        "refusal": delivery.refusal,
        "trace_id": current_trace(),
        "inbox_id": snapshot.get("inbox_id"),
        "channel": snapshot.get("channel", ""),
        "status": snapshot.get("status", ""),
        "assignee_type": snapshot.get("assignee_type"),
        "can_reply": snapshot.get("can_reply", True),
        "as_of": snapshot.get("as_of"),
        "facts": Jsonb(snapshot.get("facts", {})),
        "person": delivery.kind == "takeover" and snapshot.get("status") == "pending",
        "away": snapshot.get("status") not in (None, "", "pending") or delivery.reason == "handed_back",
        "key": lock_key(account_id or 0, conversation_id or 0),
        "debounce": 0.0 if delivery.kind == LESSON else debounce,
        "longest": max(debounce, longest),
    }
