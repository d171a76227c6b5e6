"""Deny by default, with a reason; the page says what the grants say; grants name what exists."""

from __future__ import annotations

from pathlib import Path

import pytest

from db.models import Base
from db.rls import CONTACTS
from policy.decide import audiences, may_read, may_use, may_write
from policy.describe import describe_tables, policy_page
from policy.grants import GRANTS, Agent, Write
from policy.roles import GUEST, Principal, Role

SECRETS = {"users.password_hash", "contact_identities.external_id", "turns.request"}


@pytest.mark.parametrize(
    ("role", "table", "column", "allowed"),
    [
        (Role.CLIENT, "contracts", "ends_on", True),
        (Role.CLIENT, "stock", "quantity", False),
        (Role.CLIENT, "technicians", "phone_number", False),
        (Role.TECHNICIAN, "clients", "email", False),
        (Role.TECHNICIAN, "client_contacts", "email", True),
        (Role.TECHNICIAN, "contracts", "ends_on", False),
        (Role.ADMIN, "users", "email", True),
        (Role.ADMIN, "users", "password_hash", False),
        (Role.ADMIN, "turns", "request", False),
        (Role.GUEST, "clients", "name", False),
        (Role.GUEST, "document_chunks", "content", True),
    ],
)
def test_who_reads_what(role: Role, table: str, column: str, allowed: bool) -> None:
    decision = may_read(role, table, [column])
    assert decision.allowed is allowed
    assert allowed or (decision.what and decision.reason)


def test_what_is_not_listed_is_denied() -> None:
    for role in Role:
        assert may_read(role, "pg_authid").reason == "table_not_granted"
        assert may_read(role, "documents", ["content_hash"]).reason == "column_not_granted"


def test_agents_and_writes() -> None:
    assert not may_use(Role.GUEST, Agent.SQL_READER).allowed
    assert may_use(Role.GUEST, Agent.RAG_DOCS).allowed
    assert may_write(Role.CLIENT, Write.REQUEST_VISIT).allowed
    assert may_write(Role.CLIENT, Write.UPDATE_INTERVENTION).reason == "write_not_granted"
    assert all(not may_write(Role.GUEST, write).allowed for write in Write)


def test_audiences_grow_with_the_role() -> None:
    assert set(audiences(Role.GUEST)) < set(audiences(Role.CLIENT)) < set(audiences(Role.TECHNICIAN))


def test_grants_name_columns_that_exist() -> None:
    tables = {name: set(table.columns.keys()) for name, table in Base.metadata.tables.items()}
    tables[CONTACTS] = tables["clients"]
    for grant in GRANTS.values():
        for table, granted in grant.tables.items():
            assert set(granted.columns) <= tables[table]


def test_no_reader_gets_a_secret() -> None:
    for role, grant in GRANTS.items():
        read = {f"{table}.{column}" for table, granted in grant.tables.items() for column in granted.columns}
        assert not read & (SECRETS - ({"contact_identities.external_id"} if role is Role.ADMIN else set()))


def test_a_guest_is_nobody_and_everyone_else_is_somebody() -> None:
    assert GUEST.subject_id is None
    with pytest.raises(ValueError, match="guest"):
        Principal(Role.CLIENT)
    with pytest.raises(ValueError, match="guest"):
        Principal(Role.GUEST, 7)


def test_the_page_is_up_to_date() -> None:
    page = Path(__file__).resolve().parents[2] / "docs" / "policy.md"
    assert page.read_text(encoding="utf-8") == policy_page()


def test_prompts_describe_only_what_is_granted() -> None:
    assert "technicians" in describe_tables(Role.CLIENT)
    assert "stock" not in describe_tables(Role.CLIENT)
    assert "password_hash" not in describe_tables(Role.ADMIN)
