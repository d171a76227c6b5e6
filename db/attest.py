"""Does the database's wall stand in front of a reader's login? Looked at before a model's text may be run on it.

From the inside, by what the login itself is told without an identity; from the outside, by what the owner reads in the
catalogues, which the readers are not shown.
"""

from __future__ import annotations

from collections.abc import Mapping

import psycopg
from psycopg import AsyncConnection, sql

from db.rls import CONTACTS, LOGINS
from policy.grants import GRANTS, TableGrant
from policy.roles import Role

_SESSION = """
    SELECT session_user::text, current_user::text, current_setting('is_superuser') = 'off',
           current_setting('default_transaction_read_only') = 'on', current_setting('statement_timeout') <> '0',
           current_setting('row_security') = 'on'
"""
_POWERS = """
    SELECT rolsuper OR rolbypassrls OR rolcreaterole OR rolcreatedb OR rolreplication,
           EXISTS (SELECT FROM pg_auth_members m WHERE m.member = r.oid),
           EXISTS (SELECT FROM pg_shdepend d WHERE d.refclassid = 'pg_authid'::regclass AND d.refobjid = r.oid
                   AND d.deptype = 'o'),
           EXISTS (SELECT FROM pg_proc p WHERE p.prosecdef AND p.pronamespace <> 'pg_catalog'::regnamespace
                   AND p.oid <> 'gate.principal(text)'::regprocedure
                   AND has_function_privilege(r.oid, p.oid, 'EXECUTE'))
    FROM pg_roles r WHERE rolname = %s
"""
_RELATIONS = """
    SELECT n.nspname || '.' || c.relname, c.relrowsecurity AND c.relforcerowsecurity,
           coalesce((SELECT array_agg(a.attname::text) FROM pg_attribute a WHERE a.attrelid = c.oid
                     AND NOT a.attisdropped AND has_column_privilege(%(login)s, c.oid, a.attnum, 'SELECT')), '{}'),
           has_any_column_privilege(%(login)s, c.oid, 'INSERT, UPDATE')
           OR has_table_privilege(%(login)s, c.oid, 'DELETE, TRUNCATE, TRIGGER'),
           coalesce((SELECT array_agg(p.polname::text) FROM pg_policy p WHERE p.polrelid = c.oid
                     AND p.polroles && ARRAY[0::oid, (SELECT oid FROM pg_roles WHERE rolname = %(login)s)]), '{}')
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE c.relkind IN ('r', 'v', 'm', 'p', 'f') AND n.nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast')
      AND has_schema_privilege(%(login)s, n.oid, 'USAGE')
"""


async def doubts(reader: AsyncConnection, owner: AsyncConnection, role: Role) -> tuple[str, ...]:
    """What speaks against the wall in front of ``reader``, which serves ``role``; when nothing does, it stands.

    Neither connection is in a transaction that has an identity. What cannot be found out is a doubt too.
    """
    login = LOGINS[role]
    try:
        return (*await _inside(reader, login, GRANTS[role].tables), *await _outside(owner, login, GRANTS[role].tables))
    except psycopg.Error as error:
        return (f"the wall cannot be looked at: {type(error).__name__}",)


async def _inside(reader: AsyncConnection, login: str, tables: Mapping[str, TableGrant]) -> list[str]:
    """What the login is told that has not said who asks."""
    who = await (await reader.execute(_SESSION)).fetchone()
    if who != (login, login, True, True, True, True):
        return [f"the session is not that of {login}: {who}"]
    some = sql.SQL(", ").join(
        sql.SQL("EXISTS (SELECT {} FROM {})").format(sql.Identifier(grant.columns[0]), sql.Identifier("public", table))
        for table, grant in sorted(tables.items())
    )
    row = await (await reader.execute(sql.SQL("SELECT {}").format(some))).fetchone()
    return [f"{table} shows rows to nobody" for table, shown in zip(sorted(tables), row or (), strict=True) if shown]


async def _outside(owner: AsyncConnection, login: str, tables: Mapping[str, TableGrant]) -> list[str]:
    """What the catalogues say of the login."""
    powers = await (await owner.execute(_POWERS, (login,))).fetchone()
    if powers != (False, False, False, False):
        return [f"{login} has powers, is a member, owns something or may call what runs as somebody else: {powers}"]
    found = []
    relations = await (await owner.execute(_RELATIONS, {"login": login})).fetchall()
    for name, forced, columns, writes, policies in relations:
        grant = tables.get(name.removeprefix("public."))
        if set(columns) - set(grant.columns if grant else ()):
            found.append(f"{name} shows more columns than were granted")
        if writes:
            found.append(f"{name} may be written")
        if grant is not None and name != f"public.{CONTACTS}" and not (forced and policies == [login]):
            found.append(f"{name} has no forced row-level security, or policies that are not ours: {policies}")
    missing = {f"public.{table}" for table in tables} - {name for name, *_ in relations}
    return found + [f"{name} is not there" for name in sorted(missing)]
