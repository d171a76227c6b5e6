"""One person's data erased: what tells who they are goes, what the law has the company keep stays without it.

Conversations and all that came of them are deleted. Orders, contracts, machines and visits stay, with nobody's name on
them. What was erased is written down without a word of it. All or nothing: it is one transaction.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from psycopg2.extensions import connection as RawConnection
from psycopg2.extras import Json

from core.errors import Conflict
from db.privacy.everywhere import BYTES, ERASED, PEOPLE, blot_out, search, values
from db.privacy.subject import Subject

_CONVERSATIONS = """
 (account_id, conversation_id) IN
 (SELECT a, c FROM unnest(%(accounts)s::bigint[], %(numbers)s::bigint[]) AS of(a, c))
"""
_LOCKS = """lock IN (SELECT 'chatwoot:' || a || ':' || c
 FROM unnest(%(accounts)s::bigint[], %(numbers)s::bigint[]) AS of(a, c))"""
_SESSIONS = "(SELECT session_id FROM chat_sessions WHERE conversation_id = ANY (%(threads)s))"
_OF_THEIRS: Mapping[str, str] = {
    "questions": f"""DELETE FROM knowledge_feedback f WHERE status IN ('pending', 'dismissed') AND answer IS NULL
        AND EXISTS (SELECT FROM knowledge_askers a WHERE a.feedback_id = f.feedback_id AND a.session_id IN {_SESSIONS})
        AND NOT EXISTS (SELECT FROM knowledge_askers a
                        WHERE a.feedback_id = f.feedback_id AND a.session_id NOT IN {_SESSIONS})
        AND NOT EXISTS (SELECT FROM knowledge_answers k WHERE k.feedback_id = f.feedback_id)
        AND NOT EXISTS (SELECT FROM knowledge_feedback m WHERE m.merged_into = f.feedback_id)""",  # noqa: S608
    "messages": f"DELETE FROM chat_messages WHERE session_id IN {_SESSIONS}",  # noqa: S608
    "conversations": "DELETE FROM chat_sessions WHERE conversation_id = ANY (%(threads)s)",
    "turns": "DELETE FROM turns WHERE conversation_id = ANY (%(threads)s)",
    "checkpoint writes": "DELETE FROM checkpoint_writes WHERE thread_id = ANY (%(memories)s)",
    "checkpoint blobs": "DELETE FROM checkpoint_blobs WHERE thread_id = ANY (%(memories)s)",
    "checkpoints": "DELETE FROM checkpoints WHERE thread_id = ANY (%(memories)s)",
    "files": f"DELETE FROM received_files WHERE {_CONVERSATIONS}",  # noqa: S608
    "pages": f"DELETE FROM pages WHERE {_CONVERSATIONS}",  # noqa: S608
    "outbox": f"DELETE FROM channel_outbox WHERE {_CONVERSATIONS}",  # noqa: S608
    "events": f"DELETE FROM channel_events WHERE {_CONVERSATIONS}",  # noqa: S608
    "channel turns": f"DELETE FROM channel_turns WHERE {_CONVERSATIONS}",  # noqa: S608
    "channel conversations": f"DELETE FROM channel_conversations WHERE {_CONVERSATIONS}",  # noqa: S608
    "jobs": f"DELETE FROM queue.procrastinate_jobs WHERE status = 'todo' AND {_LOCKS}",  # noqa: S608
    "repeated requests": "DELETE FROM idempotent_requests WHERE body ~* %(pattern)s",
}
_OF_A_CLIENT: Mapping[str, str] = {
    "identities": "DELETE FROM contact_identities WHERE client_id = %(number)s",
    "accounts": "DELETE FROM users WHERE client_id = %(number)s",
    "client": """UPDATE clients SET name = %(name)s, tax_id = NULL, email = NULL, phone_number = NULL, address = NULL,
        postal_code = NULL WHERE client_id = %(number)s""",
    "machines": """UPDATE installed_equipment SET address = %(erased)s, location = %(erased)s
        WHERE client_id = %(number)s""",
    "visits": """UPDATE interventions SET description = %(erased)s, document_path = NULL,
        result = CASE WHEN result IS NOT NULL THEN %(erased)s END WHERE client_id = %(number)s""",
    "written down": """UPDATE audit_log SET details = '{}' WHERE (actor_role = 'client' AND actor_id = %(number)s)
        OR (table_name = 'clients' AND record_id = %(number)s::text)
        OR (table_name = 'interventions' AND record_id IN
            (SELECT intervention_id::text FROM interventions WHERE client_id = %(number)s))""",
}
_OF_A_TECHNICIAN: Mapping[str, str] = {
    "identities": "DELETE FROM contact_identities WHERE technician_id = %(number)s",
    "sign-ins": """DELETE FROM login_sessions WHERE user_id IN
        (SELECT user_id FROM users WHERE technician_id = %(number)s)""",
    "service keys": """DELETE FROM api_keys WHERE user_id IN
        (SELECT user_id FROM users WHERE technician_id = %(number)s)""",
    "accounts": """UPDATE users SET name = %(name)s, email = 'user' || user_id || %(nowhere)s, password_hash = NULL,
        active = false WHERE technician_id = %(number)s""",
    "technician": """UPDATE technicians SET name = %(name)s, email = %(kind)s || technician_id || %(nowhere)s,
        phone_number = NULL, active = false WHERE technician_id = %(number)s""",
    "written down": """UPDATE audit_log SET details = '{}' WHERE (actor_role = 'technician' AND actor_id = %(number)s)
        OR (table_name = 'technicians' AND record_id = %(number)s::text)""",
}
_REMEMBERED = f"""
SELECT thread_id FROM checkpoint_blobs WHERE {BYTES.format("blob")}
UNION SELECT thread_id FROM checkpoint_writes WHERE {BYTES.format("blob")}
UNION SELECT thread_id FROM checkpoints WHERE checkpoint::text ~* %(pattern)s OR metadata::text ~* %(pattern)s
"""  # noqa: S608
"""Others' conversations whose memory names the person. Memory cannot be blotted out in part: it is forgotten."""
_READ_AGAIN = """
DELETE FROM document_terms WHERE document_id IN
    (SELECT document_id FROM document_chunks WHERE content LIKE '%%' || %(erased)s || '%%'
        OR array_to_string(heading_path, ' ') LIKE '%%' || %(erased)s || '%%'
     UNION SELECT document_id FROM documents WHERE title LIKE '%%' || %(erased)s || '%%')
"""
"""The terms of what was blotted out in a document go too: search reads the document again."""
_WRITE_DOWN = """
INSERT INTO audit_log (actor_role, action, table_name, record_id, details)
VALUES ('operator', 'erased', %(table)s, %(record)s, %(details)s)
"""
_NAMES = {"client": "Cliente borrado", "technician": "Técnico borrado", "stranger": ""}
_NOWHERE = "@borrado.invalid"


@dataclass(frozen=True, slots=True)
class Erased:
    """Rows by what they were, and where the person was named besides."""

    rows: dict[str, int]
    named: dict[str, int]


def erase(server: RawConnection, subject: Subject, *, dry_run: bool = False) -> Erased:
    """Erase what is kept about ``subject``, in one transaction; ``dry_run`` undoes it after counting.

    Raises :class:`Conflict`, with nothing changed, when something would stay that tells who they are.
    """
    given = _values(subject)
    more: Mapping[str, str] = {"client": _OF_A_CLIENT, "technician": _OF_A_TECHNICIAN}.get(subject.kind, {})
    rows: dict[str, int] = {}
    with server.cursor() as cursor:
        cursor.execute("SET LOCAL search_path = queue, public")  # the queue's own triggers need it
        cursor.execute(_REMEMBERED, given)
        given["memories"] = [*subject.threads, *(thread for (thread,) in cursor.fetchall())]
        for what, statement in {**_OF_THEIRS, **more}.items():
            cursor.execute(statement, given)
            rows[what] = cursor.rowcount
    named = blot_out(server, subject.words)
    with server.cursor() as cursor:
        cursor.execute(_READ_AGAIN, given)
    left = search(server, subject.words, without=PEOPLE)
    if left:
        server.rollback()
        raise Conflict(f"Something would stay in {', '.join(left)}: nothing was erased.")
    if dry_run:
        server.rollback()
        return Erased(rows, named)
    with server.cursor() as cursor:
        record = {"table": f"{subject.kind}s", "record": str(subject.number or "-"), "details": Json({"rows": rows})}
        cursor.execute(_WRITE_DOWN, record)
    server.commit()
    return Erased(rows, named)


def _values(subject: Subject) -> dict[str, Any]:
    return {
        "threads": list(subject.threads),
        "accounts": [account for account, _ in subject.conversations],
        "numbers": [number for _, number in subject.conversations],
        "number": subject.number,
        "kind": subject.kind,
        "name": f"{_NAMES[subject.kind]} {subject.number}",
        "erased": ERASED,
        "nowhere": _NOWHERE,
        **values(subject.words),
    }
