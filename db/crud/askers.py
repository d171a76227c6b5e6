"""Who is still to be told what was learned, on psycopg 3: the statements of the doors and of the turn service.

A text is handed to the channel's outbox in the transaction that says so of the asker, and only what the channel posted
counts as told: whoever dies in between, it is neither lost nor said twice.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from psycopg import AsyncConnection
from psycopg.rows import class_row

_HOLDS = (
    "w.approved_at IS NOT NULL AND w.revoked_at IS NULL"
    " AND coalesce(w.valid_from, %(today)s) <= %(today)s AND coalesce(w.valid_until, %(today)s) >= %(today)s"
)
_NEWS = f"""
(({_HOLDS}) OR (k.owes = 'retraction' AND w.answer_id = k.answer_id AND w.revoked_at IS NOT NULL AND NOT EXISTS (
    SELECT FROM knowledge_answers n
    WHERE n.feedback_id = k.feedback_id AND n.approved_at IS NOT NULL AND n.revoked_at IS NULL)))
"""
"""The answer that holds; where there is none, the one that no longer does, for those who were told it."""
_OWED = f"""
SELECT k.asker_id, k.feedback_id, w.answer_id, w.document_id, k.question, k.language, k.asked_at, k.tries, k.door,
       s.user_type::text AS role, coalesce(s.client_id, s.technician_id, s.user_id) AS subject_id,
       coalesce(c.name, t.name, u.name) AS name, coalesce(t.active, u.active, true) AS present,
       w.author, w.language AS answer_language, k.owes::text AS owes, w.revoked_at IS NULL AS holds
FROM knowledge_askers k
JOIN knowledge_answers w ON w.feedback_id = k.feedback_id AND {_NEWS}
JOIN chat_sessions s ON s.session_id = k.session_id
LEFT JOIN clients c ON c.client_id = s.client_id
LEFT JOIN technicians t ON t.technician_id = s.technician_id
LEFT JOIN users u ON u.user_id = s.user_id
WHERE k.state = 'waiting' AND
"""  # noqa: S608
_AT_DOOR = f"{_OWED} k.door = %(door)s ORDER BY k.asked_at, k.asker_id"
_ON_RETURN = f"""{_OWED} k.door NOT LIKE 'chatwoot:%%' AND k.session_id IN (
    SELECT o.session_id FROM chat_sessions o, chat_sessions here
    WHERE here.session_id = %(session_id)s AND (o.session_id = here.session_id OR o.client_id = here.client_id
          OR o.technician_id = here.technician_id OR o.user_id = here.user_id))
ORDER BY k.asked_at, k.asker_id LIMIT 5
"""  # noqa: S608
_DOORS = f"""
SELECT DISTINCT k.door FROM knowledge_askers k JOIN knowledge_answers w ON w.feedback_id = k.feedback_id AND {_NEWS}
WHERE k.state = 'waiting' AND k.door LIKE 'chatwoot:%%' LIMIT 200
"""  # noqa: S608
_MARK = """
WITH still AS (
    SELECT answer_id FROM knowledge_answers
    WHERE answer_id = %(answer_id)s AND (revoked_at IS NULL) = %(holds)s FOR SHARE
)
UPDATE knowledge_askers k
SET state = %(state)s::asker_state, delivery_key = %(key)s, tries = tries + 1,
    answer_id = CASE WHEN %(withdrawn)s THEN k.answer_id ELSE still.answer_id END,
    owes = (CASE WHEN %(withdrawn)s THEN 'correction' ELSE 'answer' END)::owed_news
FROM still WHERE k.asker_id = %(asker_id)s AND k.state = 'waiting' AND k.owes = %(owes)s::owed_news
"""
"""What is told still stands as it was read: who withdraws an answer waits for this, or this finds it withdrawn."""
_SETTLE = """
WITH ended AS (
    SELECT k.asker_id, max(o.settled_at) AS at,
           bool_or(o.state = 'dead' AND o.payload ->> 'kind' = 'message') AS refused,
           bool_or(o.state IN ('posted', 'confirmed')) AS posted,
           coalesce(bool_or(w.revoked_at IS NOT NULL AND w.tell_again), false) AS withdrawn
    FROM knowledge_askers k JOIN channel_outbox o ON o.turn_key = k.delivery_key
    LEFT JOIN knowledge_answers w ON w.answer_id = k.answer_id
    WHERE k.state = 'queued'
    GROUP BY k.asker_id HAVING bool_and(o.state NOT IN ('waiting', 'posting'))
), settled AS (
    UPDATE knowledge_askers k
    SET state = (CASE WHEN e.refused THEN 'undeliverable' WHEN e.posted AND k.owes = 'answer' AND NOT e.withdrawn
                      THEN 'told' ELSE 'waiting' END)::asker_state,
        owes = (CASE WHEN e.refused THEN k.owes::text
                     WHEN e.posted AND e.withdrawn AND k.owes = 'answer' THEN 'retraction'
                     WHEN e.posted THEN k.owes::text
                     WHEN k.owes = 'correction' OR k.notified_at IS NOT NULL THEN 'retraction'
                     ELSE 'answer' END)::owed_news,
        notified_at = CASE WHEN e.posted AND NOT e.refused THEN coalesce(e.at, now()) ELSE k.notified_at END,
        delivery_key = CASE WHEN e.refused OR e.posted THEN k.delivery_key END
    FROM ended e WHERE e.asker_id = k.asker_id AND k.state = 'queued'
    RETURNING k.asker_id, k.feedback_id, k.state
)
SELECT count(*) FROM settled
"""
_REFUSED = """
UPDATE knowledge_askers k SET state = 'undeliverable', notified_at = NULL
FROM channel_outbox o
WHERE o.turn_key = k.delivery_key AND k.state = 'told' AND o.state = 'dead' AND o.payload ->> 'kind' = 'message'
"""
_RESOLVE = """
UPDATE knowledge_feedback f SET status = 'resolved', resolved_at = now()
WHERE f.status = 'approved' AND NOT EXISTS (
    SELECT FROM knowledge_askers k WHERE k.feedback_id = f.feedback_id AND k.state IN ('waiting', 'queued')
           AND k.door LIKE 'chatwoot:%')
RETURNING f.feedback_id
"""


@dataclass(frozen=True, slots=True)
class Owed:
    """News that somebody waits for. ``present``: they still belong to the company.

    ``owes`` is what they are owed as far as they were told; ``holds``: the answer does, else they learn that it
    does not.
    """

    asker_id: int
    feedback_id: int
    answer_id: int
    document_id: int | None
    question: str
    language: str
    asked_at: datetime
    tries: int
    door: str
    role: str
    subject_id: int | None
    name: str | None
    present: bool
    author: str
    answer_language: str
    owes: str = "answer"
    holds: bool = True


async def owed_at_door(connection: AsyncConnection[Any], door: str, today: date) -> list[Owed]:
    """What is to be told in the conversation ``door``."""
    return await _owed(connection, _AT_DOOR, {"door": door, "today": today})


async def owed_on_return(connection: AsyncConnection[Any], session_id: int, today: date) -> list[Owed]:
    """What is to be told to who writes in the conversation ``session_id``, asked where nobody can be written to."""
    return await _owed(connection, _ON_RETURN, {"session_id": session_id, "today": today})


async def doors_to_tell(connection: AsyncConnection[Any], today: date) -> list[str]:
    """Conversations in which something is to be told."""
    cursor = await connection.execute(_DOORS.encode(), {"today": today})
    return [row[0] for row in await cursor.fetchall()]


async def mark(
    connection: AsyncConnection[Any], owed: Owed, state: str, key: UUID | None, *, withdrawn: bool = False
) -> bool:
    """What becomes of one who waits; ``withdrawn``: they are told no more than that what they know does not hold.

    False when somebody else saw to it, or the answer was withdrawn or replaced meanwhile.
    """
    values = {
        "state": state,
        "answer_id": owed.answer_id,
        "key": key,
        "asker_id": owed.asker_id,
        "holds": owed.holds,
        "owes": owed.owes,
        "withdrawn": withdrawn,
    }
    return (await connection.execute(_MARK, values)).rowcount > 0


async def settle_askers(connection: AsyncConnection[Any]) -> list[int]:
    """Who was told, by what became of the outbox; the questions that are resolved by that."""
    await connection.execute(_SETTLE)
    await connection.execute(_REFUSED)
    cursor = await connection.execute(_RESOLVE.encode())
    return [row[0] for row in await cursor.fetchall()]


async def _owed(connection: AsyncConnection[Any], query: str, values: Mapping[str, Any]) -> list[Owed]:
    cursor = connection.cursor(row_factory=class_row(Owed))
    await cursor.execute(query.encode(), values)
    return await cursor.fetchall()
