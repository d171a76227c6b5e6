"""The log of turns on psycopg 3: each call is one statement, one transaction and one journey to the server.

A turn writes at its beginning and at its end, so what these cost is paid by every message.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from psycopg import AsyncConnection
from psycopg.rows import args_row

_BEGIN = """
WITH begun AS (
    INSERT INTO turns (turn_id, conversation_id, message_id, request, created_at)
    VALUES (%(turn_id)s, %(conversation_id)s, %(message_id)s, %(request)s, %(now)s)
    ON CONFLICT DO NOTHING RETURNING turn_id
), joined AS (
    INSERT INTO chat_sessions (conversation_id, channel, user_type, client_id, technician_id, user_id, subject,
                               started_at, last_message_at)
    VALUES (%(conversation_id)s, %(channel)s, %(user_type)s::user_type, %(client_id)s, %(technician_id)s, %(user_id)s,
            %(subject)s, %(now)s, %(now)s)
    ON CONFLICT (conversation_id) DO UPDATE
        SET last_message_at = greatest(chat_sessions.last_message_at, excluded.last_message_at)
    RETURNING session_id
), said AS (
    INSERT INTO chat_messages (session_id, turn_id, author, body, created_at)
    SELECT session_id, turn_id, 'customer', %(body)s, %(now)s FROM joined, begun
)
SELECT j.session_id, EXISTS (SELECT FROM begun), (SELECT result FROM turns WHERE turn_id = %(turn_id)s),
       EXISTS (SELECT FROM knowledge_askers k JOIN knowledge_feedback f USING (feedback_id)
               JOIN chat_sessions s ON s.session_id = k.session_id
               WHERE k.state = 'waiting' AND (f.status IN ('approved', 'resolved') OR k.owes = 'retraction')
                     AND k.door NOT LIKE 'chatwoot:%%'
                     AND (s.session_id = j.session_id OR s.client_id = %(client_id)s::int
                          OR s.technician_id = %(technician_id)s::int OR s.user_id = %(user_id)s::int))
FROM joined j
"""
_END = """
WITH ended AS (
    UPDATE turns SET result = %(result)s WHERE turn_id = %(turn_id)s AND result IS NULL RETURNING turn_id
), said AS (
    INSERT INTO chat_messages (session_id, turn_id, author, body, created_at)
    SELECT %(session_id)s, turn_id, 'bot', %(body)s, %(now)s FROM ended
), informed AS (
    UPDATE knowledge_askers k SET notified_at = %(now)s,
        state = (CASE WHEN k.asker_id = ANY (%(told)s::int[]) AND s.holds THEN 'told' ELSE 'waiting' END)::asker_state,
        owes = (CASE WHEN k.asker_id = ANY (%(withdrawn)s::int[]) THEN 'correction'
                     WHEN s.holds THEN 'answer' ELSE 'retraction' END)::owed_news,
        answer_id = CASE WHEN k.asker_id = ANY (%(told)s::int[]) THEN s.answer_id ELSE k.answer_id END
    FROM (SELECT DISTINCT ON (w.feedback_id) w.feedback_id, w.answer_id, w.revoked_at IS NULL AS holds
          FROM knowledge_answers w WHERE w.approved_at IS NOT NULL
          ORDER BY w.feedback_id, w.revoked_at IS NULL DESC, w.version DESC) s
    WHERE s.feedback_id = k.feedback_id AND k.asker_id = ANY (%(told)s::int[] || %(withdrawn)s::int[])
          AND k.state = 'waiting' AND EXISTS (SELECT FROM ended)
), left_at AS (
    UPDATE chat_sessions SET last_message_at = %(now)s, status = coalesce(%(status)s::session_status, status)
    WHERE session_id = %(session_id)s
)
SELECT set_config('synchronous_commit', 'on', true)
"""


@dataclass(frozen=True, slots=True)
class Begun:
    """The conversation's number, whether the turn is new, the result of an old one, and whether an answer is owed."""

    session_id: int
    fresh: bool
    result: dict[str, Any] | None
    owed: bool


async def begin_turn(connection: AsyncConnection[Any], values: Mapping[str, Any]) -> Begun:
    """Log a message and its turn; harmless when it was logged before.

    ``connection`` is in autocommit. ``values``: turn_id, conversation_id, message_id, request (Jsonb), now, channel,
    user_type, client_id, technician_id, user_id, subject, body. Need not be on disk yet: :func:`end_turn` sees to it.
    """
    cursor = connection.cursor(row_factory=args_row(Begun))
    await cursor.execute(_BEGIN, values)
    begun = await cursor.fetchone()
    if begun is None:
        raise RuntimeError("an upsert returned no row")
    return begun


async def end_turn(connection: AsyncConnection[Any], values: Mapping[str, Any]) -> None:
    """Keep the result and the reply, on disk when this returns, with all that was logged before; once a turn.

    ``values``: turn_id, session_id, result (Jsonb), body, now, told (who learns by it what they had asked), withdrawn
    (who learns that what they were told does not hold), and status (None leaves the conversation's).
    """
    await connection.execute(_END, values)
