"""What PostgreSQL says about grants and policies is what ``policy/grants.py`` declares, no more and no less."""

from __future__ import annotations

from sqlalchemy import Connection, Engine, text

from db import rls
from db.models import Base
from policy.grants import GRANTS
from policy.roles import Role

READABLE = text(
    """
    SELECT r.rolname, n.nspname || '.' || c.relname, a.attname
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace JOIN pg_attribute a ON a.attrelid = c.oid
    CROSS JOIN pg_roles r
    WHERE r.rolname = ANY (:logins) AND n.nspname NOT LIKE 'pg\\_%' AND n.nspname <> 'information_schema'
      AND a.attnum > 0 AND NOT a.attisdropped AND c.relkind IN ('r', 'v', 'm', 'p', 'f')
      AND has_column_privilege(r.oid, c.oid, a.attnum, :privilege)
    """
)
STATE = (
    "SELECT tablename, policyname, permissive, roles::text, cmd, qual, with_check FROM pg_policies ORDER BY 1, 2",
    "SELECT relname, relrowsecurity, relforcerowsecurity FROM pg_class WHERE relnamespace = 'public'::regnamespace"
    " AND relkind IN ('r', 'v') ORDER BY 1",
    "SELECT relname, grantee::regrole::text, privilege_type FROM pg_class, aclexplode(relacl)"
    " WHERE relnamespace = 'public'::regnamespace AND grantee <> relowner ORDER BY 1, 2, 3",
    "SELECT attrelid::regclass::text, attname, grantee::regrole::text, privilege_type FROM pg_attribute,"
    " aclexplode(attacl) WHERE attrelid >= 16384 ORDER BY 1, 2, 3",
    "SELECT pg_get_viewdef('client_contacts'::regclass), reloptions FROM pg_class WHERE relname = 'client_contacts'",
    "SELECT nspname, nspacl::text FROM pg_namespace WHERE nspname IN ('public', 'gate') ORDER BY 1",
)


def privileges(connection: Connection, privilege: str) -> set[tuple[str, str, str]]:
    logins = list(rls.LOGINS.values())
    return {tuple(row) for row in connection.execute(READABLE, {"logins": logins, "privilege": privilege})}


def test_readable_columns_are_those_declared(engine: Engine) -> None:
    declared = {
        (rls.LOGINS[role], f"public.{table}", column)
        for role in Role
        for table, grant in GRANTS[role].tables.items()
        for column in grant.columns
    }
    with engine.connect() as connection:
        assert privileges(connection, "SELECT") == declared


def test_readers_write_nothing(engine: Engine) -> None:
    with engine.connect() as connection:
        for privilege in ("INSERT", "UPDATE", "REFERENCES"):
            assert privileges(connection, privilege) == set()


def test_declared_columns_exist() -> None:
    for role in Role:
        for table, grant in GRANTS[role].tables.items():
            known = Base.metadata.tables["clients" if table == rls.CONTACTS else table].columns.keys()
            assert set(grant.columns) <= set(known), (role, table)


def test_rendering_again_changes_nothing(engine: Engine) -> None:
    with engine.connect() as connection:
        before = [connection.execute(text(query)).all() for query in STATE]
        with connection.connection.cursor() as cursor:
            cursor.execute(rls.render())
        after = [connection.execute(text(query)).all() for query in STATE]
        connection.rollback()
    assert after == before
    assert len(before[0]) > 60


def test_every_table_forces_row_level_security(engine: Engine) -> None:
    with engine.connect() as connection:
        forced = connection.scalars(
            text("SELECT relname FROM pg_class WHERE relrowsecurity AND relforcerowsecurity")
        ).all()
    assert set(forced) == set(Base.metadata.tables)


def test_readers_are_nobody_special(engine: Engine) -> None:
    with engine.connect() as connection:
        roles = connection.execute(
            text(
                "SELECT rolname, rolcanlogin, rolsuper OR rolbypassrls OR rolcreaterole OR rolcreatedb OR rolinherit,"
                " rolconnlimit > 0, EXISTS (SELECT FROM pg_auth_members m WHERE m.member = r.oid),"
                " EXISTS (SELECT FROM pg_class c WHERE c.relowner = r.oid), rolconfig"
                " FROM pg_roles r WHERE rolname = ANY (:logins)"
            ),
            {"logins": list(rls.LOGINS.values())},
        ).all()
    assert len(roles) == len(rls.LOGINS)
    for name, login, special, limited, member, owns, config in roles:
        assert (login, special, limited, member, owns) == (True, False, True, False, False), name
        settings = dict(item.split("=", 1) for item in config)
        assert settings == {
            "statement_timeout": "1500ms",
            "lock_timeout": "1s",
            "idle_in_transaction_session_timeout": "30s",
            "temp_file_limit": "256MB",
            "work_mem": "8MB",
            "default_transaction_read_only": "on",
            "max_parallel_workers_per_gather": "0",
            "jit": "off",
            "search_path": "public",
        }


def test_the_gate_is_not_the_readers_to_open(engine: Engine) -> None:
    with engine.connect() as connection:
        owner, definer, config = connection.execute(
            text(
                "SELECT proowner::regrole::text, prosecdef, proconfig FROM pg_proc"
                " WHERE oid = 'gate.principal'::regproc"
            )
        ).one()
        canlogin = connection.scalar(text("SELECT rolcanlogin FROM pg_roles WHERE rolname = :name"), {"name": owner})
    assert (owner, canlogin, definer) == (rls.GATE_OWNER, False, True)
    assert config == ["search_path=pg_catalog, pg_temp"]


def test_policies_ask_who_is_asking_once(engine: Engine) -> None:
    """A bare call would run for every row; a sub-select is planned once."""
    with engine.connect() as connection:
        quals = connection.scalars(text("SELECT qual FROM pg_policies WHERE qual LIKE '%principal%'")).all()
    assert quals
    assert all(qual.count("gate.principal(") == qual.count("( SELECT gate.principal(") for qual in quals)
