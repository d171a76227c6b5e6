"""What only a superuser may do to a cluster that is ours: take catalogues and side effects from PUBLIC.

Applied to ``template1`` too, so that every database made later is born hardened. On a PostgreSQL that is not ours the
signed identity, column grants and row-level security still hold without any of this.
"""

from __future__ import annotations

import psycopg2
from psycopg2 import sql
from psycopg2.extensions import ISOLATION_LEVEL_AUTOCOMMIT, connection

MARK = "hardened by cuadrilla, edition 3"
"""Comment of ``template1`` once it is hardened; a new edition hardens again."""
HARMLESS = ("random", "random_normal", "gen_random_uuid", "uuidv4", "uuidv7")
FAMILIES = (
    "ts_stat", "ts_rewrite", "query_to_xml.*", "table_to_xml.*", "cursor_to_xml.*", "schema_to_xml.*",
    "database_to_xml.*", "statement_timestamp", "timeofday", "repeat", "lpad", "rpad", "pg_stat_.*",
    "pg_relation_.*", "pg_table_size", "pg_total_relation_size", "pg_database_size", "pg_get_.*def", "pg_backend_pid",
    "set_config", "currval", "lastval", "current_query", "inet_.*", "pg_export_snapshot", "txid_.*", "pg_current_.*",
    "pg_prepared_statement", "pg_cursor", "pg_show_.*", "pg_settings_.*", "pg_get_.*", "pg_describe_.*",
    "pg_identify_.*", "pg_available_.*", "pg_extension_.*", "pg_tablespace_.*", "pg_filenode_.*", "pg_sequence_.*",
    "pg_listening_channels", "pg_postmaster_start_time", "pg_conf_load_time", ".*obj_description", "col_description",
    "has_.*_privilege", "pg_has_role", "row_security_active", "aclexplode",
)  # fmt: skip
KEPT = ("pg_backend_pid",)
FUNCTIONS = """
    SELECT p.oid::regprocedure::text FROM pg_proc p
    WHERE p.pronamespace = 'pg_catalog'::regnamespace AND p.prokind <> 'a' AND p.proname <> ALL (%(kept)s)
      AND ((p.provolatile = 'v' AND p.proname <> ALL (%(harmless)s)) OR p.proname ~ %(families)s)
      AND p.prorettype NOT IN ('trigger'::regtype, 'event_trigger'::regtype)
      AND NOT 'internal'::regtype = ANY (p.proargtypes)
    ORDER BY 1
"""
CATALOGUES = """
    SELECT c.oid::regclass::text FROM pg_class c CROSS JOIN LATERAL aclexplode(c.relacl) a
    WHERE c.relnamespace IN ('pg_catalog'::regnamespace, 'information_schema'::regnamespace)
      AND c.relkind IN ('r', 'v') AND a.grantee = 0 AND a.privilege_type = 'SELECT'
    ORDER BY 1
"""


def prepare_cluster(server: connection, sockets: str, *, login: str, database: str) -> None:
    """Make the application's login and database, and harden; does nothing the second time.

    ``server`` is a superuser's connection to the maintenance database; ``login`` is no superuser but owns ``database``
    and may make roles.
    """
    server.set_isolation_level(ISOLATION_LEVEL_AUTOCOMMIT)
    owner = sql.Identifier(login)
    with server.cursor() as cursor:
        cursor.execute(
            "SELECT datname, shobj_description(oid, 'pg_database') FROM pg_database WHERE datname IN ('template1', %s)",
            (database,),
        )
        found = dict(cursor.fetchall())
        if database in found and found["template1"] == MARK:
            return
        cursor.execute("SELECT FROM pg_roles WHERE rolname = %s", (login,))
        if not cursor.rowcount:
            cursor.execute(sql.SQL("CREATE ROLE {} LOGIN CREATEROLE CREATEDB").format(owner))
        cursor.execute(sql.SQL("GRANT SET ON PARAMETER temp_file_limit TO {}").format(owner))
        for name in found:
            _harden_database(sockets, name, login)
        cursor.execute("COMMENT ON DATABASE template1 IS %s", (MARK,))
        if database not in found:
            cursor.execute(sql.SQL("CREATE DATABASE {} OWNER {}").format(sql.Identifier(database), owner))


def _harden_database(sockets: str, name: str, login: str) -> None:
    server = psycopg2.connect(host=sockets, user="postgres", dbname=name)
    try:
        harden(server, login)
        server.commit()
    finally:
        server.close()


def harden(server: connection, login: str) -> None:
    """Take side effects, dynamic SQL and clocks from PUBLIC in the connected database, and give them to ``login``."""
    names = {"kept": list(KEPT), "harmless": list(HARMLESS), "families": f"^({'|'.join(FAMILIES)})$"}
    with server.cursor() as cursor:
        cursor.execute(FUNCTIONS, names)
        functions = _listed([signature for (signature,) in cursor.fetchall()])
        cursor.execute(CATALOGUES)
        relations = [relation for (relation,) in cursor.fetchall()]
        catalogues = _listed(relations)
        owner = sql.Identifier(login)
        statements = [
            "REVOKE EXECUTE ON FUNCTION {functions} FROM PUBLIC",
            "GRANT EXECUTE ON FUNCTION {functions} TO {owner}",
            "REVOKE USAGE ON LANGUAGE plpgsql FROM PUBLIC",
            "GRANT USAGE ON LANGUAGE plpgsql TO {owner}",
            "REVOKE ALL ON SCHEMA public FROM PUBLIC",
        ]
        if relations:
            statements += ["REVOKE ALL ON {catalogues} FROM PUBLIC", "GRANT SELECT ON {catalogues} TO {owner}"]
        for statement in statements:
            cursor.execute(sql.SQL(statement).format(functions=functions, catalogues=catalogues, owner=owner))


def _listed(names: list[str]) -> sql.Composed:
    """Names as PostgreSQL itself quoted them, for a list in a statement."""
    return sql.SQL(", ").join([sql.SQL(name) for name in names])
