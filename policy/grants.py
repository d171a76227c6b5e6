"""THE declaration of who may do what. The three walls, the prompts and the docs are all read from here.

A column that is not listed is not readable; a table that is not listed does not exist for that role.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType

from policy.roles import Role


class RowRule(StrEnum):
    """Which rows of a table a role reads; :mod:`db.rls` has the SQL of each."""

    ALL = "all"
    OWN = "own"
    """Rows that belong to the principal: its client, its technician, its conversation."""
    REACH = "reach"
    """Rows in the technician's zone, or touched by one of the technician's interventions."""
    VISITED = "visited"
    """Rows of clients where the technician has an intervention."""
    VISITING = "visiting"
    """Technicians who have an intervention with the client."""
    AUDIENCE = "audience"
    """Documents written for the role, and what hangs from them."""


class Agent(StrEnum):
    """The specialists a supervisor may hand a message to."""

    SQL_READER = "sql_reader"
    RAG_DOCS = "rag_docs"
    TICKET_WRITER = "ticket_writer"
    ESCALATION = "escalation"


class Write(StrEnum):
    """What may be written, always after a confirmation."""

    REQUEST_VISIT = "request_visit"
    CREATE_INTERVENTION = "create_intervention"
    UPDATE_INTERVENTION = "update_intervention"


@dataclass(frozen=True, slots=True)
class TableGrant:
    """Columns of one table that a role reads, and which rows."""

    columns: tuple[str, ...]
    rows: RowRule


SUBJECT = "subject"
"""Stands for whoever writes, among what is set by itself."""


@dataclass(frozen=True, slots=True)
class RecordGrant:
    """What a role writes over REST into one table, among the rows that it reads there; no column means not at all.

    ``given`` is set by itself in a new row, and no one else's: its client, its technician (:data:`SUBJECT`), a status.
    """

    create: tuple[str, ...] = ()
    update: tuple[str, ...] = ()
    delete: bool = False
    given: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class RoleGrant:
    """Everything one role may do. ``audiences`` are the document audiences it reads, least privileged first.

    ``writes`` are the tickets that an agent writes for it, ``records`` what it writes itself over REST, by table.
    """

    agents: frozenset[Agent]
    tools: frozenset[str]
    tables: Mapping[str, TableGrant]
    audiences: tuple[str, ...]
    writes: frozenset[Write]
    records: Mapping[str, RecordGrant] = field(default_factory=dict)


def _grant(rows: RowRule, columns: str) -> TableGrant:
    return TableGrant(tuple(columns.split()), rows)


def _records(columns: str, *, keys: str = "", delete: bool = True) -> RecordGrant:
    """``columns`` when a row is made and when it is changed; ``keys`` only when it is made."""
    return RecordGrant(tuple(f"{keys} {columns}".split()), tuple(columns.split()), delete)


_DOCUMENTS = {
    "documents": _grant(
        RowRule.AUDIENCE,
        "document_id title kind audience language revision categories pages ingested_at retired_at valid_from "
        "valid_until",
    ),
    "document_products": _grant(RowRule.AUDIENCE, "document_id product_id"),
    "document_chunks": _grant(RowRule.AUDIENCE, "chunk_id document_id ordinal page section heading_path content"),
}
_PRODUCT = "product_id sku name brand category price warranty_months specs discontinued"
_EQUIPMENT = (
    "equipment_id client_id product_id serial_number installed_on status location address city province zone config"
)
_INTERVENTION = (
    "intervention_id client_id equipment_id technician_id kind status priority requested_at scheduled_at started_at "
    "completed_at description result cost"
)
_CONTRACT = (
    "contract_id client_id equipment_id service_type starts_on ends_on cancelled_on annual_price auto_renew terms"
)
_ORDER = "order_id client_id ordered_at status delivered_on total"
_ORDER_ITEM = "order_id line product_id quantity unit_price amount"
_SESSION = (
    "session_id channel user_type client_id technician_id user_id equipment_id subject status started_at "
    "last_message_at"
)
_MESSAGE = "message_id session_id author body created_at"
_STOCK = "product_id warehouse_id quantity minimum updated_at"
_WAREHOUSE = "warehouse_id name city address"

GRANTS: Mapping[Role, RoleGrant] = MappingProxyType(
    {
        Role.GUEST: RoleGrant(
            agents=frozenset({Agent.RAG_DOCS, Agent.ESCALATION}),
            tools=frozenset({"search_documents", "hand_off"}),
            tables=MappingProxyType(dict(_DOCUMENTS)),
            audiences=("public",),
            writes=frozenset(),
        ),
        Role.CLIENT: RoleGrant(
            agents=frozenset(Agent),
            tools=frozenset({"query_data", "search_documents", "write_ticket", "hand_off"}),
            tables=MappingProxyType(
                {
                    **_DOCUMENTS,
                    "clients": _grant(
                        RowRule.OWN,
                        "client_id name kind tax_id email phone_number address postal_code city province zone language "
                        "created_at",
                    ),
                    "products": _grant(RowRule.ALL, _PRODUCT),
                    "installed_equipment": _grant(RowRule.OWN, _EQUIPMENT),
                    "contracts": _grant(RowRule.OWN, _CONTRACT),
                    "interventions": _grant(RowRule.OWN, _INTERVENTION),
                    "technicians": _grant(RowRule.VISITING, "technician_id name specialty"),
                    "orders": _grant(RowRule.OWN, _ORDER),
                    "order_items": _grant(RowRule.OWN, _ORDER_ITEM),
                    "chat_sessions": _grant(RowRule.OWN, _SESSION),
                    "chat_messages": _grant(RowRule.OWN, _MESSAGE),
                }
            ),
            audiences=("public", "client"),
            writes=frozenset({Write.REQUEST_VISIT}),
            records=MappingProxyType(
                {
                    "interventions": RecordGrant(
                        create=("equipment_id", "kind", "description"),
                        given=MappingProxyType({"client_id": SUBJECT, "status": "requested"}),
                    )
                }
            ),
        ),
        Role.TECHNICIAN: RoleGrant(
            agents=frozenset(Agent),
            tools=frozenset({"query_data", "search_documents", "write_ticket", "hand_off"}),
            tables=MappingProxyType(
                {
                    **_DOCUMENTS,
                    "clients": _grant(RowRule.REACH, "client_id name kind city province zone language"),
                    "client_contacts": _grant(RowRule.VISITED, "client_id email phone_number address postal_code"),
                    "products": _grant(RowRule.ALL, _PRODUCT),
                    "installed_equipment": _grant(RowRule.REACH, _EQUIPMENT),
                    "interventions": _grant(RowRule.OWN, _INTERVENTION),
                    "technicians": _grant(
                        RowRule.OWN, "technician_id name email phone_number assigned_zone specialty active hired_on"
                    ),
                    "warehouses": _grant(RowRule.ALL, _WAREHOUSE),
                    "stock": _grant(RowRule.ALL, _STOCK),
                    "zones": _grant(RowRule.ALL, "zone"),
                    "chat_sessions": _grant(RowRule.OWN, _SESSION),
                    "chat_messages": _grant(RowRule.OWN, _MESSAGE),
                }
            ),
            audiences=("public", "client", "technician"),
            writes=frozenset({Write.CREATE_INTERVENTION, Write.UPDATE_INTERVENTION}),
            records=MappingProxyType(
                {
                    "interventions": RecordGrant(
                        create=("client_id", "equipment_id", "kind", "priority", "scheduled_at", "description"),
                        update=("status", "priority", "scheduled_at", "started_at", "completed_at", "result"),
                        given=MappingProxyType({"technician_id": SUBJECT}),
                    )
                }
            ),
        ),
        Role.ADMIN: RoleGrant(
            agents=frozenset(Agent),
            tools=frozenset({"query_data", "query_sql", "search_documents", "write_ticket", "hand_off", "draw_chart"}),
            tables=MappingProxyType(
                {
                    **_DOCUMENTS,
                    "clients": _grant(
                        RowRule.ALL,
                        "client_id name kind tax_id email phone_number address postal_code city province zone language "
                        "created_at",
                    ),
                    "products": _grant(RowRule.ALL, _PRODUCT),
                    "installed_equipment": _grant(RowRule.ALL, _EQUIPMENT),
                    "contracts": _grant(RowRule.ALL, _CONTRACT),
                    "interventions": _grant(RowRule.ALL, _INTERVENTION + " document_path"),
                    "technicians": _grant(
                        RowRule.ALL, "technician_id name email phone_number assigned_zone specialty active hired_on"
                    ),
                    "orders": _grant(RowRule.ALL, _ORDER),
                    "order_items": _grant(RowRule.ALL, _ORDER_ITEM),
                    "warehouses": _grant(RowRule.ALL, _WAREHOUSE),
                    "stock": _grant(RowRule.ALL, _STOCK),
                    "zones": _grant(RowRule.ALL, "zone"),
                    "users": _grant(RowRule.ALL, "user_id name email role active created_at technician_id client_id"),
                    "contact_identities": _grant(
                        RowRule.ALL, "identity_id channel external_id client_id technician_id user_id verified_at"
                    ),
                    "chat_sessions": _grant(RowRule.ALL, _SESSION),
                    "chat_messages": _grant(RowRule.ALL, _MESSAGE),
                    "knowledge_feedback": _grant(
                        RowRule.ALL,
                        "feedback_id question answer user_type language status reason asked_at answered_at "
                        "answered_by resolved_at merged_into",
                    ),
                    "knowledge_answers": _grant(
                        RowRule.ALL,
                        "answer_id feedback_id version text language audience author author_id source valid_from "
                        "valid_until created_at approved_at approved_by revoked_at revoked_by",
                    ),
                    "knowledge_askers": _grant(
                        RowRule.ALL,
                        "asker_id feedback_id session_id asked_at notified_at question language state answer_id",
                    ),
                    "audit_log": _grant(
                        RowRule.ALL, "audit_id at actor_role actor_id action table_name record_id turn_id details"
                    ),
                }
            ),
            audiences=("public", "client", "technician", "admin"),
            writes=frozenset({Write.CREATE_INTERVENTION, Write.UPDATE_INTERVENTION}),
            records=MappingProxyType(
                {
                    "clients": _records(
                        "name kind tax_id email phone_number address postal_code city province zone language"
                    ),
                    "products": _records("sku name brand category price warranty_months specs discontinued"),
                    "warehouses": _records("name city address"),
                    "stock": _records("quantity minimum", keys="product_id warehouse_id"),
                    "orders": _records("client_id ordered_at status delivered_on total"),
                    "order_items": _records("product_id quantity unit_price", keys="order_id line"),
                    "technicians": _records("name email phone_number assigned_zone specialty active hired_on"),
                    "installed_equipment": _records(
                        "client_id product_id serial_number installed_on status location address city province zone "
                        "config"
                    ),
                    "contracts": _records(
                        "client_id equipment_id service_type starts_on ends_on cancelled_on annual_price auto_renew "
                        "terms"
                    ),
                    "interventions": _records(
                        "client_id equipment_id technician_id kind status priority requested_at scheduled_at "
                        "started_at completed_at description result cost document_path"
                    ),
                    "zones": _records("", keys="zone"),
                    "contact_identities": _records("", keys="channel external_id client_id technician_id user_id"),
                    "documents": RecordGrant(
                        create=("title", "kind", "audience", "language", "revision", "categories"),
                        update=("title", "kind", "audience", "language", "revision", "categories"),
                        delete=True,
                    ),
                    "knowledge_feedback": RecordGrant(
                        update=("status", "language", "user_type"),
                        delete=True,
                    ),
                    "users": RecordGrant(
                        create=("name", "email", "role", "technician_id", "client_id"),
                        update=("name", "email", "active"),
                    ),
                }
            ),
        ),
    }
)
