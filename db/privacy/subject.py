"""Whose data it is: a client, a technician or a stranger, with all that recognises them and all their conversations."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Literal

from psycopg2.extensions import connection as RawConnection

from core.errors import NotFound
from core.text import fold

Kind = Literal["client", "technician", "stranger"]
_TABLES = {"client": ("clients", "client_id"), "technician": ("technicians", "technician_id")}
_SHORTEST = 5
_DOOR = re.compile(r"/chatwoot:(\d+):(\d+)$")
_THREADS = """
SELECT conversation_id FROM chat_sessions WHERE client_id = %(client)s OR technician_id = %(technician)s
UNION SELECT conversation_id FROM turns
WHERE request ->> 'sender' = ANY (%(channels)s) OR request #>> '{sender,external_id}' = ANY (%(channels)s)
   OR starts_with(conversation_id, %(owner)s)
"""
_OF_CHANNEL = """
SELECT account_id, conversation_id FROM channel_conversations
WHERE facts #>> '{contact,phone_number}' = ANY (%(channels)s) OR facts ->> 'source_id' = ANY (%(sources)s)
   OR facts #>> '{contact,identifier}' = ANY (%(channels)s)
UNION SELECT account_id, conversation_id FROM channel_events
WHERE payload #>> '{sender,phone_number}' = ANY (%(channels)s) AND conversation_id IS NOT NULL
"""


@dataclass(frozen=True, slots=True)
class Subject:
    """One person. ``words``: what tells who they are, wherever it stands; ``channels``: how they are recognised."""

    kind: Kind
    number: int | None
    row: dict[str, Any]
    channels: tuple[str, ...]
    words: tuple[str, ...]
    threads: tuple[str, ...]
    conversations: tuple[tuple[int, int], ...]
    namesakes: int = 0

    @property
    def name(self) -> str:
        """Their name, if it is known."""
        return str(self.row.get("name") or "")


def find_subject(server: RawConnection, kind: Kind, number: int | None, channel: str | None = None) -> Subject:
    """A client or technician by ``number``; a stranger by ``channel``, their telephone in E.164 or channel's id.

    Raises :class:`NotFound`.
    """
    row: dict[str, Any] = {}
    channels = [channel] if channel else []
    if kind != "stranger":
        row = _row(server, kind, number)
        channels += _identities(server, kind, number)
        channels += [row["phone_number"]] if row["phone_number"] else []
    channels = list(dict.fromkeys(channels))
    given = {
        "client": number if kind == "client" else None,
        "technician": number if kind == "technician" else None,
        "channels": channels,
        "sources": [one.lstrip("+") for one in channels] + channels,
        "owner": f"{kind}:{number}/",
    }
    threads = [thread for (thread,) in _rows(server, _THREADS, given)]
    doors = {(int(a), int(b)) for thread in threads for a, b in _DOOR.findall(thread)}
    doors |= {(int(a), int(b)) for a, b in _rows(server, _OF_CHANNEL, given)}
    if not row and not threads and not doors:
        raise NotFound("Nothing is known of that person.")
    namesakes = _namesakes(server, kind, number, row.get("name"))
    words = _words(row, channels, namesakes)
    return Subject(kind, number, row, tuple(channels), words, tuple(threads), tuple(sorted(doors)), namesakes)


def _words(row: dict[str, Any], channels: list[str], namesakes: int) -> tuple[str, ...]:
    """The longest first. A name that another person bears too is theirs as well: it stays where others wrote it."""
    found = [one for one in channels if len(one) > _SHORTEST]
    found += [one[3:] for one in channels if re.fullmatch(r"\+34\d{9}", one)]
    found += [str(row[key]) for key in ("email", "tax_id", "address", "phone_number") if row.get(key)]
    if row.get("name") and not namesakes:
        found += [row["name"], fold(row["name"])]
    return tuple(sorted({one for one in found if len(one) >= _SHORTEST}, key=len, reverse=True))


def _row(server: RawConnection, kind: Kind, number: int | None) -> dict[str, Any]:
    table, key = _TABLES[kind]
    with server.cursor() as cursor:
        cursor.execute(f"SELECT * FROM {table} WHERE {key} = %s", (number,))  # noqa: S608
        found = cursor.fetchone()
        if found is None:
            raise NotFound(f"There is no {kind} {number}.")
        return dict(zip([column.name for column in cursor.description or ()], found, strict=True))


def _identities(server: RawConnection, kind: Kind, number: int | None) -> list[str]:
    query = f"SELECT external_id FROM contact_identities WHERE {_TABLES[kind][1]} = %s"  # noqa: S608
    return [one for (one,) in _rows(server, query, (number,))]


def _namesakes(server: RawConnection, kind: Kind, number: int | None, name: str | None) -> int:
    query = """
    SELECT (SELECT count(*) FROM clients WHERE name = %(name)s AND (%(kind)s <> 'client' OR client_id <> %(number)s))
         + (SELECT count(*) FROM technicians
            WHERE name = %(name)s AND (%(kind)s <> 'technician' OR technician_id <> %(number)s))
    """
    ((count,),) = _rows(server, query, {"name": name, "kind": kind, "number": number})
    return int(count)


def _rows(server: RawConnection, query: str, given: Any) -> list[tuple[Any, ...]]:
    with server.cursor() as cursor:
        cursor.execute(query, given)
        return list(cursor.fetchall())
