"""What only a superuser may do to a cluster that is ours: take from PUBLIC what READ ONLY does not stop.

Applied to ``template1`` too, so that every database made later is born hardened. On a PostgreSQL that is not ours the
signed identity, column grants and row-level security still hold without any of this.
"""

from __future__ import annotations

import psycopg2
from psycopg2 import sql
from psycopg2.extensions import ISOLATION_LEVEL_AUTOCOMMIT, connection

HARMLESS = ("random", "random_normal", "gen_random_uuid", "uuidv4", "uuidv7")
FAMILIES = (
    "ts_stat", "ts_rewrite", "query_to_xml.*", "table_to_xml.*", "cursor_to_xml.*", "schema_to_xml.*",
    "database_to_xml.*", "statement_timestamp", "timeofday", "repeat", "lpad", "rpad", "pg_stat_.*",
    "pg_relation_.*", "pg_table_size", "pg_total_relation_size", "pg_database_size", "pg_get_.*def", "pg_backend_pid",
    "set_config", "currval", "lastval", "current_query", "inet_.*", "pg_export_snapshot", "txid_.*", "pg_current_.*",
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


def prepare_cluster(server: connection, sockets: str, *, login: str, database: str) -> None:
    """Make the application's login and database, and harden; does nothing the second time.

    ``server`` is a superuser's connection to the maintenance database; ``login`` is no superuser but owns ``database``
    and may make roles.
    """
    server.set_isolation_level(ISOLATION_LEVEL_AUTOCOMMIT)
    with server.cursor() as cursor:
        cursor.execute("SELECT 1 FROM pg_database WHERE datname = %s", (database,))
        if cursor.fetchone():
            return
        cursor.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", (login,))
        if not cursor.fetchone():
            cursor.execute(sql.SQL("CREATE ROLE {} LOGIN CREATEROLE CREATEDB").format(sql.Identifier(login)))
        cursor.execute(
            sql.SQL("GRANT SET ON PARAMETER temp_file_limit TO {}").format(sql.Identifier(login))
        )
    template = psycopg2.connect(host=sockets, user="postgres", dbname="template1")
    try:
        harden(template, login)
        template.commit()
    finally:
        template.close()
    with server.cursor() as cursor:
        cursor.execute(
            sql.SQL("CREATE DATABASE {} OWNER {}").format(sql.Identifier(database), sql.Identifier(login))
        )


def harden(server: connection, login: str) -> None:
    """Take side effects, dynamic SQL and clocks from PUBLIC in the connected database, and give them to ``login``."""
    names = {"kept": list(KEPT), "harmless": list(HARMLESS), "families": f"^({'|'.join(FAMILIES)})$"}
    with server.cursor() as cursor:
        cursor.execute(FUNCTIONS, names)
        functions = sql.SQL(", ").join(sql.SQL(signature) for (signature,) in cursor.fetchall())
        owner = sql.Identifier(login)
        for statement in (
            sql.SQL("REVOKE EXECUTE ON FUNCTION {} FROM PUBLIC").format(functions),
            sql.SQL("GRANT EXECUTE ON FUNCTION {} TO {}").format(functions, owner),
            sql.SQL("REVOKE USAGE ON LANGUAGE plpgsql FROM PUBLIC"),
            sql.SQL("GRANT USAGE ON LANGUAGE plpgsql TO {}").format(owner),
            sql.SQL("REVOKE ALL ON SCHEMA public FROM PUBLIC"),
        ):
            cursor.execute(statement)
