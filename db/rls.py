"""The database wall as SQL text, rendered from ``policy/grants.py``. Every name in it is a constant of ours.

``python -m db.rls`` writes the statements that a new migration freezes; the drift test renders them again and compares
what PostgreSQL's catalogue then says with what it says after the migrations.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from types import MappingProxyType

from db.models import Base
from policy.grants import GRANTS, RowRule, TableGrant
from policy.roles import Role

LOGINS: Mapping[Role, str] = MappingProxyType({role: f"cuadrilla_{role}" for role in Role})
GATE_OWNER = "cuadrilla_gate"
OWNER_POLICY = "owner"
CONTACTS = "client_contacts"
"""A view over ``clients``: not a table of ours, yet granted like one."""

_PARENTS = MappingProxyType({"order_items": ("orders", "order_id"), "chat_messages": ("chat_sessions", "session_id")})
_VALID = (
    " AND CURRENT_DATE >= coalesce({0}valid_from, CURRENT_DATE)"
    " AND CURRENT_DATE <= coalesce({0}valid_until, CURRENT_DATE)"
)
_REACH = MappingProxyType({"clients": "client_id", "installed_equipment": "equipment_id"})


def render() -> str:
    """Every statement, in order; running it again brings a database to the same place."""
    parts = [*_clear(), _contacts_view(), *_owner_side()]
    for role in Role:
        parts += _role_side(role)
    return "\n".join(parts) + "\n"


def row_condition(role: Role, table: str, subject: str | None = None) -> str:
    """The SQL condition that the rows of ``table`` must meet for ``role``; raises KeyError for a table not granted.

    ``subject`` is the SQL of who asks; by default the one whom the gate vouches for.
    """
    rule = GRANTS[role].tables[table].rows
    return _RULES[rule](role, table, subject or f"(SELECT gate.principal('{role}'))")


def confined_rows(role: Role, table: str, subject: str) -> str | None:
    """A SELECT of the columns and rows of ``table`` that ``role`` reads; None where it reads every row.

    ``subject`` is the SQL of who asks. ``OFFSET 0`` is a fence: PostgreSQL evaluates nothing of what stands around this
    on a row before the condition let it through, so that neither an error nor a function can tell of another row.
    """
    grant = GRANTS[role].tables[table]
    if grant.rows is RowRule.ALL:
        return None
    rows = row_condition(role, table, subject)
    return f"SELECT {', '.join(grant.columns)} FROM public.{table} WHERE {rows} OFFSET 0"  # noqa: S608


def _clear() -> list[str]:
    """Forget earlier policies and grants, so that what is rendered is all there is."""
    logins = ", ".join(LOGINS.values())
    return [
        "DO $$ DECLARE p record; BEGIN",
        "  FOR p IN SELECT policyname, tablename FROM pg_policies WHERE schemaname = 'public' LOOP",
        "    EXECUTE format('DROP POLICY %I ON public.%I', p.policyname, p.tablename);",
        "  END LOOP;",
        "END $$;",
        f"DROP VIEW IF EXISTS public.{CONTACTS};",
        f"REVOKE ALL ON ALL TABLES IN SCHEMA public FROM PUBLIC, {logins};",
        f"REVOKE ALL ON ALL SEQUENCES IN SCHEMA public FROM PUBLIC, {logins};",
        f"REVOKE ALL ON SCHEMA public FROM {logins};",
        f"GRANT USAGE ON SCHEMA public, gate TO {logins};",
        f"GRANT EXECUTE ON FUNCTION gate.principal(text) TO {logins};",
    ]


def _contacts_view() -> str:
    """Runs with its owner's rights, hence the barrier and its own condition."""
    columns = ", ".join(f"c.{column}" for column in GRANTS[Role.TECHNICIAN].tables[CONTACTS].columns)
    rows = row_condition(Role.TECHNICIAN, CONTACTS)
    query = f"SELECT {columns} FROM public.clients c WHERE {rows}"  # noqa: S608
    return f"CREATE VIEW public.{CONTACTS} WITH (security_barrier) AS {query};"


def _owner_side() -> list[str]:
    """Row-level security everywhere, even for the owner, whose own policy lets it work."""
    lines = []
    for table in sorted(Base.metadata.tables):
        lines += [
            f"ALTER TABLE public.{table} ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;",
            f"CREATE POLICY {OWNER_POLICY} ON public.{table} TO CURRENT_USER USING (true) WITH CHECK (true);",
        ]
    return lines


def _role_side(role: Role) -> list[str]:
    login = LOGINS[role]
    lines = []
    for table, grant in sorted(GRANTS[role].tables.items()):
        lines.append(_column_grant(login, table, grant))
        if table != CONTACTS:
            condition = row_condition(role, table)
            lines.append(f"CREATE POLICY {login} ON public.{table} FOR SELECT TO {login} USING ({condition});")
    return lines


def _column_grant(login: str, table: str, grant: TableGrant) -> str:
    return f"GRANT SELECT ({', '.join(grant.columns)}) ON public.{table} TO {login};"


def _all(_role: Role, _table: str, subject: str) -> str:
    return f"{subject} IS NOT NULL"


def _own(role: Role, table: str, subject: str) -> str:
    key = f"{role}_id"
    if table in _PARENTS:
        parent, column = _PARENTS[table]
        return f"{column} IN (SELECT p.{column} FROM public.{parent} p WHERE p.{key} = {subject})"  # noqa: S608
    return f"{key} = {subject}"


def _reach(_role: Role, table: str, subject: str) -> str:
    key = _REACH[table]
    zone = f"(SELECT t.assigned_zone FROM public.technicians t WHERE t.technician_id = {subject})"  # noqa: S608
    return f"zone = {zone} OR {key} IN (SELECT i.{key} {_visits(subject)})"


def _visited(_role: Role, _table: str, subject: str) -> str:
    return f"client_id IN (SELECT i.client_id {_visits(subject)})"


def _visits(technician: str) -> str:
    return f"FROM public.interventions i WHERE i.technician_id = {technician}"


def _visiting(_role: Role, _table: str, subject: str) -> str:
    return f"technician_id IN (SELECT i.technician_id FROM public.interventions i WHERE i.client_id = {subject})"  # noqa: S608


def _audience(role: Role, table: str, subject: str) -> str:
    listed = ", ".join(f"'{audience}'" for audience in GRANTS[role].audiences)
    live = f"{subject} IS NOT NULL AND {{0}}retired_at IS NULL AND {{0}}audience IN ({listed}){_VALID}"
    if table == "documents":
        return live.format("")
    return f"document_id IN (SELECT d.document_id FROM public.documents d WHERE {live.format('d.')})"  # noqa: S608


_RULES: Mapping[RowRule, Callable[[Role, str, str], str]] = MappingProxyType(
    {
        RowRule.ALL: _all,
        RowRule.OWN: _own,
        RowRule.REACH: _reach,
        RowRule.VISITED: _visited,
        RowRule.VISITING: _visiting,
        RowRule.AUDIENCE: _audience,
    }
)


if __name__ == "__main__":
    sys.stdout.write(render())
