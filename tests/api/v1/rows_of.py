"""Which rows belong to the accounts of the tests, in SQL of its own: client 1 and technician 1 of the demo company."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from db.models import Base, View
from policy.grants import GRANTS, RowRule
from policy.roles import Role

_ZONE = "(SELECT assigned_zone FROM technicians WHERE technician_id = 1)"
_AUDIENCES = "retired_at IS NULL AND audience IN ({})"
_CLIENT = _AUDIENCES.format("'public', 'client'")
_TECHNICIAN = _AUDIENCES.format("'public', 'client', 'technician'")
_LIVE = "document_id IN (SELECT document_id FROM documents WHERE {})"
OWN: Mapping[tuple[Role, str], str] = MappingProxyType(
    {
        (Role.CLIENT, "clients"): "client_id = 1",
        (Role.CLIENT, "installed_equipment"): "client_id = 1",
        (Role.CLIENT, "contracts"): "client_id = 1",
        (Role.CLIENT, "interventions"): "client_id = 1",
        (Role.CLIENT, "orders"): "client_id = 1",
        (Role.CLIENT, "order_items"): "order_id IN (SELECT order_id FROM orders WHERE client_id = 1)",
        (Role.CLIENT, "technicians"): "technician_id IN (SELECT technician_id FROM interventions WHERE client_id = 1)",
        (Role.CLIENT, "chat_sessions"): "client_id = 1",
        (Role.CLIENT, "chat_messages"): "session_id IN (SELECT session_id FROM chat_sessions WHERE client_id = 1)",
        (Role.CLIENT, "documents"): _CLIENT,
        (Role.CLIENT, "document_products"): _LIVE.format(_CLIENT),
        (Role.TECHNICIAN, "clients"): f"zone = {_ZONE} OR client_id IN"
        " (SELECT client_id FROM interventions WHERE technician_id = 1)",
        (Role.TECHNICIAN, "client_contacts"): "client_id IN"
        " (SELECT client_id FROM interventions WHERE technician_id = 1)",
        (Role.TECHNICIAN, "installed_equipment"): f"zone = {_ZONE} OR equipment_id IN"
        " (SELECT equipment_id FROM interventions WHERE technician_id = 1)",
        (Role.TECHNICIAN, "interventions"): "technician_id = 1",
        (Role.TECHNICIAN, "technicians"): "technician_id = 1",
        (Role.TECHNICIAN, "chat_sessions"): "technician_id = 1",
        (Role.TECHNICIAN, "chat_messages"): "session_id IN"
        " (SELECT session_id FROM chat_sessions WHERE technician_id = 1)",
        (Role.TECHNICIAN, "documents"): _TECHNICIAN,
        (Role.TECHNICIAN, "document_products"): _LIVE.format(_TECHNICIAN),
        (Role.GUEST, "documents"): _AUDIENCES.format("'public'"),
        (Role.GUEST, "document_products"): _LIVE.format(_AUDIENCES.format("'public'")),
        (Role.ADMIN, "documents"): "retired_at IS NULL",
        (Role.ADMIN, "document_products"): _LIVE.format("retired_at IS NULL"),
    }
)

BEHIND: Mapping[str, str] = MappingProxyType({"client_contacts": "clients"})
"""The table behind a view, which shows its owner nothing."""


def condition(role: Role, table: str) -> str:
    """The SQL of being a row that ``role``'s account reads; a KeyError when nobody wrote it down."""
    grant = GRANTS[role].tables.get(table)
    return "true" if grant is None or grant.rows is RowRule.ALL else OWN[role, table]


def some_key(session: Session, role: Role, table: str, *, own: bool) -> dict[str, Any] | None:
    """The key of a row that is the account's, or of one that is not; None when there is none."""
    columns = _key(table)
    wanted = f"({condition(role, table)}) IS {'' if own else 'NOT '}TRUE"
    statement = f"SELECT {columns} FROM {BEHIND.get(table, table)} WHERE {wanted} ORDER BY {columns} LIMIT 1"
    row = session.execute(text(statement)).mappings().first()
    return dict(row) if row else None


def all_keys(session: Session, role: Role, table: str) -> set[tuple[Any, ...]]:
    """The keys of all rows that are the account's."""
    statement = f"SELECT {_key(table)} FROM {BEHIND.get(table, table)} WHERE {condition(role, table)}"
    return {tuple(row) for row in session.execute(text(statement))}


def _key(table: str) -> str:
    known = {**Base.metadata.tables, **View.metadata.tables}
    return ", ".join(column.name for column in known[table].primary_key)
