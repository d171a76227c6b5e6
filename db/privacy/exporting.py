"""What the company keeps about one person, to be given to them: a JSON document by table."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from psycopg2.extensions import connection as RawConnection

from db.privacy.subject import Subject

_SESSIONS = "(SELECT session_id FROM chat_sessions WHERE conversation_id = ANY (%(threads)s))"
_CONVERSATIONS = """(account_id, conversation_id) IN
 (SELECT a, c FROM unnest(%(accounts)s::bigint[], %(numbers)s::bigint[]) AS of(a, c))"""
_OF_ANYBODY: Mapping[str, str] = {
    "conversations": "SELECT * FROM chat_sessions WHERE conversation_id = ANY (%(threads)s)",
    "messages": f"SELECT * FROM chat_messages WHERE session_id IN {_SESSIONS} ORDER BY message_id",  # noqa: S608
    "questions": f"""SELECT f.question, f.status, f.asked_at FROM knowledge_feedback f
        JOIN knowledge_askers a USING (feedback_id) WHERE a.session_id IN {_SESSIONS}""",  # noqa: S608
    "files": f"SELECT name, media_type, url, received_at FROM received_files WHERE {_CONVERSATIONS}",  # noqa: S608
}
_OF_A_CLIENT: Mapping[str, str] = {
    "client": "SELECT * FROM clients WHERE client_id = %(number)s",
    "identities": "SELECT channel, external_id, verified_at FROM contact_identities WHERE client_id = %(number)s",
    "machines": "SELECT * FROM installed_equipment WHERE client_id = %(number)s",
    "contracts": "SELECT * FROM contracts WHERE client_id = %(number)s",
    "orders": "SELECT * FROM orders WHERE client_id = %(number)s",
    "order_lines": "SELECT i.* FROM order_items i JOIN orders o USING (order_id) WHERE o.client_id = %(number)s",
    "visits": "SELECT * FROM interventions WHERE client_id = %(number)s",
}
_OF_A_TECHNICIAN: Mapping[str, str] = {
    "technician": "SELECT * FROM technicians WHERE technician_id = %(number)s",
    "identities": "SELECT channel, external_id, verified_at FROM contact_identities WHERE technician_id = %(number)s",
    "visits": "SELECT * FROM interventions WHERE technician_id = %(number)s",
}


def export(server: RawConnection, subject: Subject) -> dict[str, list[dict[str, Any]]]:
    """Rows by what they are."""
    more: Mapping[str, str] = {"client": _OF_A_CLIENT, "technician": _OF_A_TECHNICIAN}.get(subject.kind, {})
    given = {
        "number": subject.number,
        "threads": list(subject.threads),
        "accounts": [account for account, _ in subject.conversations],
        "numbers": [number for _, number in subject.conversations],
    }
    found: dict[str, list[dict[str, Any]]] = {}
    with server.cursor() as cursor:
        for what, query in {**more, **_OF_ANYBODY}.items():
            cursor.execute(f"SELECT to_jsonb(one) FROM ({query}) one", given)  # noqa: S608
            found[what] = [row for (row,) in cursor.fetchall()]
    return found
