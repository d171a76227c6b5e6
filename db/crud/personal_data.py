"""What the database holds of one person: shown whole, or erased. Nothing here commits.

The books stay (contracts, orders and visits are kept for years by law) but no longer say whose they are; conversations,
and whatever was made of them, go. Then every text of the database, whichever table it stands in, is searched for the
person's name, addresses and numbers, so that no table that is added one day is forgotten.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType
from typing import Any

import phonenumbers
from sqlalchemy import text
from sqlalchemy.orm import Session

GONE = "[borrado]"
_BETWEEN = r"[\s,.;:/()ºª-]{0,4}"
"""What may stand between the words of a name: nothing that holds JSON or an array together."""
_VARIANTS = MappingProxyType(
    {"a": "aáàäâã", "e": "eéèëê", "i": "iíìïî", "o": "oóòöôõ", "u": "uúùüû", "n": "nñ", "c": "cç"}
)
_SHORTEST = 5
"""A name of fewer letters says nothing about whom."""
_LONG = 8
"""Shorter ids of channels are found in numbers that mean something else."""
_CHATWOOT = re.compile(r"/chatwoot:(\d+):(\d+)$")

_COLUMNS = """
SELECT c.relname, n.nspname, a.attname, format_type(a.atttypid, NULL) AS kind,
       EXISTS (SELECT FROM pg_index i WHERE i.indrelid = c.oid AND i.indisunique AND a.attnum = ANY (i.indkey)) AS once
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace JOIN pg_attribute a ON a.attrelid = c.oid
WHERE c.relkind = 'r' AND n.nspname IN ('public', 'queue') AND a.attnum > 0 AND NOT a.attisdropped
      AND a.attgenerated = '' AND format_type(a.atttypid, NULL) IN ('text', 'jsonb', 'text[]', 'character varying')
      AND NOT EXISTS (SELECT FROM pg_constraint k
                      WHERE k.conrelid = c.oid AND k.contype = 'f' AND a.attnum = ANY (k.conkey))
ORDER BY 1, 3
"""


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of person: its table and key, its columns that say who it is, with what they become, and where rows of
    its own are (the SQL of a condition on :key)."""

    table: str
    key: str
    becomes: Mapping[str, str]
    owned: Mapping[str, str] = field(default_factory=dict)


_OF_CLIENT = "client_id = :key"
KINDS: Mapping[str, Kind] = MappingProxyType(
    {
        "client": Kind(
            "clients",
            "client_id",
            {
                "name": f"'{GONE} ' || client_id",
                "tax_id": "NULL",
                "email": "NULL",
                "phone_number": "NULL",
                "address": "NULL",
                "postal_code": "NULL",
            },
            {
                "clients": _OF_CLIENT,
                "installed_equipment": _OF_CLIENT,
                "contracts": _OF_CLIENT,
                "interventions": _OF_CLIENT,
                "orders": _OF_CLIENT,
                "order_items": f"order_id IN (SELECT order_id FROM orders WHERE {_OF_CLIENT})",  # noqa: S608
            },
        ),
        "technician": Kind(
            "technicians",
            "technician_id",
            {
                "name": f"'{GONE} ' || technician_id",
                "email": f"'{GONE} ' || technician_id",
                "phone_number": "NULL",
                "active": "false",
            },
            {"technicians": "technician_id = :key"},
        ),
        "user": Kind(
            "users",
            "user_id",
            {
                "name": f"'{GONE} ' || user_id",
                "email": f"'{GONE} ' || user_id",
                "password_hash": "NULL",
                "active": "false",
            },
            {"users": "user_id = :key"},
        ),
    }
)


@dataclass(frozen=True, slots=True)
class Person:
    """One person as the database knows them. ``said`` are the values that would tell who it is, ``identities`` those of
    channels (channel, id), ``sites`` the addresses of their machines."""

    kind: Kind
    key: int
    said: tuple[str, ...]
    phones: tuple[str, ...]
    identities: tuple[tuple[str, str], ...]


def find_person(session: Session, kind: Kind, key: int) -> Person | None:
    """The person with number ``key``; None when there is none."""
    row = session.execute(text(f"SELECT * FROM {kind.table} WHERE {kind.key} = :key"), {"key": key}).mappings().first()  # noqa: S608
    if row is None:
        return None
    known = session.execute(
        text(f"SELECT channel, external_id FROM contact_identities WHERE {kind.key} = :key"),  # noqa: S608
        {"key": key},
    ).all()
    sites: Sequence[str] = ()
    if kind.table == "clients":
        found = session.scalars(
            text("SELECT DISTINCT address FROM installed_equipment WHERE client_id = :key"), {"key": key}
        )
        sites = found.all()
    said = [row.get(column) for column in ("name", "tax_id", "email", "address")]
    phones = {row.get("phone_number"), *(number for channel, number in known if channel == "phone")}
    return Person(
        kind,
        key,
        tuple(dict.fromkeys(value for value in (*said, *sites) if value and not value.startswith(GONE))),
        tuple(sorted(phone for phone in phones if phone)),
        tuple((channel, number) for channel, number in known),
    )


def conversations_of(session: Session, person: Person, owners: Sequence[str]) -> list[str]:
    """The keys of the conversations of ``person``, and of ``owners``: whom they were before they were known."""
    own = f"{person.kind.key} = :key OR split_part(conversation_id, '/', 1) = ANY (:owners)"
    asked = {"key": person.key, "owners": list(owners)}
    return list(session.scalars(text(f"SELECT conversation_id FROM chat_sessions WHERE {own}"), asked))  # noqa: S608


def everything_of(session: Session, person: Person, conversations: Sequence[str]) -> dict[str, list[dict[str, Any]]]:
    """All rows that are about ``person``, by table, as JSON values."""
    wanted = {**person.kind.owned, "contact_identities": f"{person.kind.key} = :key"}
    held = "conversation_id = ANY (:conversations)"
    wanted["chat_sessions"] = held
    wanted["chat_messages"] = f"session_id IN (SELECT session_id FROM chat_sessions WHERE {held})"  # noqa: S608
    asked = {"key": person.key, "conversations": list(conversations)}
    return {
        table: list(session.scalars(text(f"SELECT to_jsonb(t) FROM {table} t WHERE {rows}"), asked))  # noqa: S608
        for table, rows in wanted.items()
    }


def erase(session: Session, person: Person, conversations: Sequence[str]) -> dict[str, int]:
    """Erase ``person``; how many rows changed or went, by table."""
    done = forget(session, conversations)
    for table, statement, values in _unname(person):
        _run(session, done, table, statement, values)
    pattern = pattern_of(person)
    columns = session.execute(text(_COLUMNS)).all() if pattern else []
    for table, schema, column, kind, once in columns:
        cleaned = f"regexp_replace({column}::text, :pattern, '{GONE}', 'gi')"
        if once:
            cleaned += " || ' ' || gen_random_uuid()"
        statement = (
            f'UPDATE "{schema}"."{table}" SET "{column}" = ({cleaned})::{kind} WHERE "{column}"::text ~* :pattern'  # noqa: S608
        )
        _run(session, done, table, statement, {"pattern": pattern})
    return done


def quiet_since(session: Session, before: datetime, limit: int) -> list[str]:
    """The keys of conversations in which nothing was said since ``before``, oldest first; at most ``limit``."""
    asked = {"before": before, "limit": limit}
    old = "SELECT conversation_id FROM chat_sessions WHERE last_message_at < :before"
    return list(session.scalars(text(f"{old} ORDER BY last_message_at LIMIT :limit"), asked))


def forget(session: Session, conversations: Sequence[str]) -> dict[str, int]:
    """Delete ``conversations`` and what was made of them; how many rows went, by table."""
    done: dict[str, int] = {}
    for table, statement, values in _forget(conversations):
        _run(session, done, table, statement, values)
    return done


def _run(session: Session, done: dict[str, int], table: str, statement: str, values: Mapping[str, Any]) -> None:
    changed = session.execute(text(statement), values).rowcount  # type: ignore[attr-defined]
    if changed:
        done[table] = done.get(table, 0) + changed


def _forget(conversations: Sequence[str]) -> Iterator[tuple[str, str, Mapping[str, Any]]]:
    """Statements that delete the conversations and what was made of them."""
    held: Mapping[str, Any] = {"conversations": list(conversations)}
    for table in ("checkpoint_writes", "checkpoint_blobs", "checkpoints"):
        yield table, f"DELETE FROM {table} WHERE thread_id = ANY (:conversations)", held  # noqa: S608
    of_these = "SELECT session_id FROM chat_sessions WHERE conversation_id = ANY (:conversations)"
    yield "chat_messages", f"DELETE FROM chat_messages WHERE session_id IN ({of_these})", held  # noqa: S608
    for table in ("chat_sessions", "turns"):
        yield table, f"DELETE FROM {table} WHERE conversation_id = ANY (:conversations)", held  # noqa: S608
    numbers = [found.groups() for key in conversations if (found := _CHATWOOT.search(key))]
    pairs = {"accounts": [int(a) for a, _ in numbers], "numbers": [int(b) for _, b in numbers]}
    listed = "SELECT * FROM unnest(CAST(:accounts AS bigint[]), CAST(:numbers AS bigint[]))"
    among = f"(account_id, conversation_id) IN ({listed})"
    for table in (
        "channel_events", "channel_outbox", "received_files", "pages", "channel_turns", "channel_conversations",
    ):  # fmt: skip
        yield table, f"DELETE FROM {table} WHERE {among}", pairs  # noqa: S608


def _unname(person: Person) -> Iterator[tuple[str, str, Mapping[str, Any]]]:
    kind, key = person.kind, {"key": person.key}
    yield "contact_identities", f"DELETE FROM contact_identities WHERE {kind.key} = :key", key  # noqa: S608
    becomes = ", ".join(f"{column} = {value}" for column, value in kind.becomes.items())
    yield kind.table, f"UPDATE {kind.table} SET {becomes} WHERE {kind.key} = :key", key  # noqa: S608
    if kind.table == "clients":
        site = f"UPDATE installed_equipment SET address = '{GONE}' WHERE client_id = :key"  # noqa: S608
        yield "installed_equipment", site, key


def pattern_of(person: Person) -> str:
    """A regular expression of PostgreSQL for everything that says who ``person`` is, however it is written; empty when
    nothing does."""
    ways = [_words(value) for value in person.said]
    ways += [_number(phone) for phone in person.phones]
    others = (number for channel, number in person.identities if channel != "phone" and len(number) > _LONG)
    ways += [rf"\m{re.escape(number)}\M" for number in others]
    return "|".join(way for way in ways if way)


def _words(value: str) -> str:
    """``value`` with or without accents, in any case, with any punctuation between its words."""
    plain = "".join(c for c in unicodedata.normalize("NFKD", value.lower()) if not unicodedata.combining(c))
    words = re.findall(r"[a-z0-9@_]+", plain)
    if sum(map(len, words)) < _SHORTEST:
        return ""
    between = r"[.@_+-]{0,2}" if "@" in value else _BETWEEN
    return r"\m" + between.join("".join(_letter(c) for c in word) for word in words) + r"\M"


def _letter(letter: str) -> str:
    return f"[{_VARIANTS[letter]}]" if letter in _VARIANTS else re.escape(letter)


def _number(phone: str) -> str:
    """A phone number with or without its prefix, its digits grouped in any way."""
    try:
        parsed = phonenumbers.parse(phone, None)
        prefix, digits = rf"((\+|00)?{parsed.country_code}[\s.-]?)?", str(parsed.national_number)
    except phonenumbers.NumberParseException:
        prefix, digits = "", re.sub(r"\D", "", phone)
    return rf"(?<!\d){prefix}" + r"[\s.-]?".join(digits) + r"(?!\d)" if len(digits) > _SHORTEST else ""
