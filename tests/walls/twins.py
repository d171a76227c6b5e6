"""Twin companies: one as it is, one for each role in which everything that the role may not see is different.

What a role is told must be the same in both: then nothing that it may not see, not even how much there is of it, has
any influence on the answer. What a role may see is written here by hand and not read from the policy.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

import psycopg
from psycopg import sql
from sqlalchemy import Column, Table
from sqlalchemy.dialects import postgresql

from db.models import Base
from policy.roles import GUEST, Principal, Role

PRINCIPALS: Mapping[Role, Principal] = MappingProxyType(
    {
        Role.CLIENT: Principal(Role.CLIENT, 17),
        Role.TECHNICIAN: Principal(Role.TECHNICIAN, 3),
        Role.ADMIN: Principal(Role.ADMIN, 1),
        Role.GUEST: GUEST,
    }
)
MARK = "KANARY"
"""In every text that a role may not see, in its twin."""
HIDDEN_NAME = "Beta Secreta SL"

_VISITED = "client_id IN (SELECT client_id FROM interventions WHERE technician_id = 3)"
_MY_ZONE = "zone = (SELECT assigned_zone FROM technicians WHERE technician_id = 3)"
_MY_TALKS = "session_id IN (SELECT session_id FROM chat_sessions WHERE {} = {})"
_LIVE = (
    "retired_at IS NULL AND audience::text IN ({})"
    " AND coalesce(valid_from <= current_date, true) AND coalesce(valid_until >= current_date, true)"
)
_PAPER = "document_id IN (SELECT document_id FROM documents WHERE {})"
_PRODUCT = "product_id sku name brand category price warranty_months specs discontinued"
_MACHINE = (
    "equipment_id client_id product_id serial_number installed_on status location address city province zone config"
)
_VISIT = (
    "intervention_id client_id equipment_id technician_id kind status priority requested_at scheduled_at started_at "
    "completed_at description result cost"
)
_CONTRACT = (
    "contract_id client_id equipment_id service_type starts_on ends_on cancelled_on annual_price auto_renew terms"
)
_TALK = (
    "session_id channel user_type client_id technician_id user_id equipment_id subject status started_at "
    "last_message_at"
)
_PERSON = "client_id name kind tax_id email phone_number address postal_code city province zone language created_at"
_WORKER = "technician_id name email phone_number assigned_zone specialty active hired_on"
_MESSAGE = "message_id session_id author body created_at"

Seen = tuple[str, str]
"""Which rows, and which of their columns."""


def _papers(audiences: str) -> dict[str, list[Seen]]:
    live = _LIVE.format(audiences)
    paper = _PAPER.format(live)
    return {
        "documents": [
            (
                live,
                "document_id title kind audience language revision categories pages ingested_at retired_at valid_from "
                "valid_until",
            )
        ],
        "document_products": [(paper, "document_id product_id")],
        "document_chunks": [(paper, "chunk_id document_id ordinal page section heading_path content")],
    }


VISIBLE: Mapping[Role, Mapping[str, list[Seen]]] = MappingProxyType(
    {
        Role.GUEST: _papers("'public'"),
        Role.CLIENT: {
            **_papers("'public', 'client'"),
            "clients": [("client_id = 17", _PERSON)],
            "products": [("true", _PRODUCT)],
            "installed_equipment": [("client_id = 17", _MACHINE)],
            "contracts": [("client_id = 17", _CONTRACT)],
            "interventions": [("client_id = 17", _VISIT)],
            "technicians": [
                (
                    "technician_id IN (SELECT technician_id FROM interventions WHERE client_id = 17)",
                    "technician_id name specialty",
                )
            ],
            "orders": [("client_id = 17", "order_id client_id ordered_at status delivered_on total")],
            "order_items": [
                (
                    "order_id IN (SELECT order_id FROM orders WHERE client_id = 17)",
                    "order_id line product_id quantity unit_price amount",
                )
            ],
            "chat_sessions": [("client_id = 17", _TALK)],
            "chat_messages": [(_MY_TALKS.format("client_id", 17), _MESSAGE)],
        },
        Role.TECHNICIAN: {
            **_papers("'public', 'client', 'technician'"),
            "clients": [
                (f"{_MY_ZONE} OR {_VISITED}", "client_id name kind city province zone language"),
                (_VISITED, "client_id email phone_number address postal_code"),
            ],
            "products": [("true", _PRODUCT)],
            "installed_equipment": [
                (
                    f"{_MY_ZONE} OR equipment_id IN (SELECT equipment_id FROM interventions WHERE technician_id = 3)",
                    _MACHINE,
                )
            ],
            "interventions": [("technician_id = 3", _VISIT)],
            "technicians": [("technician_id = 3", _WORKER)],
            "warehouses": [("true", "warehouse_id name city address")],
            "stock": [("true", "product_id warehouse_id quantity minimum updated_at")],
            "zones": [("true", "zone")],
            "chat_sessions": [("technician_id = 3", _TALK)],
            "chat_messages": [(_MY_TALKS.format("technician_id", 3), _MESSAGE)],
        },
        Role.ADMIN: {
            **_papers("'public', 'client', 'technician', 'admin'"),
            "clients": [("true", _PERSON)],
            "products": [("true", _PRODUCT)],
            "installed_equipment": [("true", _MACHINE)],
            "contracts": [("true", _CONTRACT)],
            "interventions": [("true", _VISIT + " document_path")],
            "technicians": [("true", _WORKER)],
            "orders": [("true", "order_id client_id ordered_at status delivered_on total")],
            "order_items": [("true", "order_id line product_id quantity unit_price amount")],
            "warehouses": [("true", "warehouse_id name city address")],
            "stock": [("true", "product_id warehouse_id quantity minimum updated_at")],
            "zones": [("true", "zone")],
            "users": [("true", "user_id name email role active created_at")],
            "contact_identities": [
                ("true", "identity_id channel external_id client_id technician_id user_id verified_at")
            ],
            "chat_sessions": [("true", _TALK)],
            "chat_messages": [("true", _MESSAGE)],
            "knowledge_feedback": [
                (
                    "true",
                    "feedback_id question answer user_type language status reason asked_at answered_at answered_by "
                    "resolved_at merged_into",
                )
            ],
            "knowledge_answers": [
                (
                    "true",
                    "answer_id feedback_id version text language audience author author_id source valid_from "
                    "valid_until created_at approved_at approved_by revoked_at revoked_by",
                )
            ],
            "knowledge_askers": [
                ("true", "asker_id feedback_id session_id asked_at notified_at question language state answer_id")
            ],
            "audit_log": [("true", "audit_id at actor_role actor_id action table_name record_id turn_id details")],
        },
    }
)
_KEPT = {
    ("technicians", "assigned_zone"),
    *(("documents", column) for column in ("audience", "retired_at", "valid_from", "valid_until")),
}
"""What decides who sees what, besides keys: the same in both twins."""
_THINNED = (
    "interventions", "contracts", "order_items", "chat_messages", "knowledge_askers", "audit_log", "stock",
    "contact_identities", "document_chunks",
)  # fmt: skip


def furnish(url: str) -> None:
    """Put in what the demo company lacks: secrets, papers of every audience, a name to look for."""
    with psycopg.connect(url) as owner:
        owner.execute("UPDATE clients SET name = %s WHERE client_id = 18", (HIDDEN_NAME,))
        owner.execute("UPDATE users SET password_hash = 'scrypt$' || md5(email)")
        owner.execute(
            "INSERT INTO documents (source, title, kind, audience, media_type, content_hash, ingested_at, retired_at,"
            " valid_from, valid_until)"
            " SELECT 'disk/' || a || l, 'Papers for ' || a || l, 'faq', a::audience, 't', md5(a || l),"
            " timestamptz '2026-01-02', CASE WHEN l = 'old' THEN timestamptz '2026-03-04' END,"
            " CASE WHEN l = 'early' THEN date '2999-01-01' END, CASE WHEN l = 'late' THEN date '2026-01-03' END"
            " FROM unnest(ARRAY['public', 'client', 'technician', 'admin']) a,"
            " unnest(ARRAY['old', 'live', 'early', 'late']) l"
        )
        owner.execute(
            "INSERT INTO document_chunks (document_id, ordinal, content)"
            " SELECT document_id, g, title || ' page ' || g FROM documents, generate_series(0, 3) g"
        )
        owner.execute("INSERT INTO document_products SELECT document_id, 1 FROM documents")
        owner.execute(
            "INSERT INTO audit_log (actor_role, actor_id, action, table_name, record_id, at)"
            " SELECT 'admin', 1, 'update_intervention', 'interventions', g::text, timestamptz '2026-05-06'"
            " FROM generate_series(1, 20) g"
        )


def estrange(url: str, role: Role) -> None:
    """Make everything different that ``role`` may not see; ``url`` is a superuser's."""
    with psycopg.connect(url) as server:
        _drop_checks(server)
        for table in Base.metadata.sorted_tables:
            seen = VISIBLE[role].get(table.name, [])
            changes = [
                sql.SQL("{} = CASE WHEN {} THEN {} ELSE {} END").format(
                    sql.Identifier(column.name),
                    sql.SQL(_seen_cell(seen, column.name)),
                    sql.Identifier(column.name),
                    sql.SQL(changed),
                )
                for column in table.columns
                if (changed := _different(table, column)) is not None
            ]
            if changes:
                server.execute(
                    sql.SQL("UPDATE {} SET {}").format(sql.Identifier(table.name), sql.SQL(", ").join(changes))
                )
        for name in _THINNED:
            seen_rows = " OR ".join(f"({rows})" for rows, _ in VISIBLE[role].get(name, [])) or "false"
            server.execute(f"DELETE FROM {name} WHERE NOT ({seen_rows}) AND right(md5({name}::text), 1) < '8'")
    tidy(url)


def tidy(url: str) -> None:
    """Rows in the order of their keys, as a table that was never written again has them."""
    with psycopg.connect(url, autocommit=True) as server:
        for table in Base.metadata.sorted_tables:
            server.execute(f"CLUSTER {table.name} USING pk_{table.name}")
            server.execute(f"ANALYZE {table.name}")


def _drop_checks(server: psycopg.Connection) -> None:
    found = server.execute(
        "SELECT conrelid::regclass::text, conname FROM pg_constraint"
        " WHERE contype = 'c' AND connamespace = 'public'::regnamespace"
    ).fetchall()
    for table, name in found:
        server.execute(f'ALTER TABLE {table} DROP CONSTRAINT "{name}"')


def _seen_cell(seen: list[Seen], column: str) -> str:
    return " OR ".join(f"({rows})" for rows, columns in seen if column in columns.split()) or "false"


def _different(table: Table, column: Column[object]) -> str | None:
    """SQL of another value, None for what stays as it is."""
    if column.primary_key or column.foreign_keys or column.computed is not None or (table.name, column.name) in _KEPT:
        return None
    name = f'"{column.name}"'
    kind = column.type.dialect_impl(postgresql.dialect())
    written = str(kind.compile(dialect=postgresql.dialect()))
    match written.split("(")[0].split(" ")[0]:
        case "TEXT":
            return f"'{MARK} ' || md5(coalesce({name}, '') || '{table.name}' || {_key(table)})"
        case "INTEGER" | "NUMERIC":
            return f"coalesce({name}, 0) + 1003"
        case "DATE" | "TIMESTAMP":
            return f"coalesce({name}, '2001-01-01') + interval '7777 days'"
        case "BOOLEAN":
            return f"NOT {name}"
        case "JSONB":
            return f'\'{{"{MARK}": "{MARK}"}}\''
        case "BYTEA":
            return f"'{MARK}'::bytea"
        case _:
            return None


def _key(table: Table) -> str:
    return " || '-' || ".join(f"{column.name}::text" for column in table.primary_key)
