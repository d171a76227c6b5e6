"""What is in a database, short enough to be compared: rows and a digest for each table."""

from __future__ import annotations

from psycopg2 import sql
from psycopg2.extensions import connection as RawConnection

APART = frozenset({("gate", "key"), ("public", "alembic_version")})
"""Made anew by migrating: nobody compares them. The gate's key is a secret and is not even kept."""
_TABLES = """
SELECT n.nspname, c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p') AND n.nspname NOT IN ('pg_catalog', 'information_schema') AND n.nspname !~ '^pg_'
ORDER BY 1, 2
"""
_DIGEST = """
SELECT count(*), coalesce(encode(sha256(convert_to(string_agg(h, '' ORDER BY h), 'UTF8')), 'hex'), '')
FROM (SELECT md5(t::text) AS h FROM {} t) hashed
"""


def tables(server: RawConnection) -> list[tuple[str, str]]:
    """Schema and name of every table of ours."""
    with server.cursor() as cursor:
        cursor.execute(_TABLES)
        return [(schema, name) for schema, name in cursor.fetchall()]


def fingerprint(server: RawConnection) -> dict[str, tuple[int, str]]:
    """Rows and digest by ``schema.table``, in the transaction of ``server``."""
    found: dict[str, tuple[int, str]] = {}
    with server.cursor() as cursor:
        # How values are written must not depend on who asks.
        cursor.execute("SET LOCAL TimeZone = 'UTC'; SET LOCAL extra_float_digits = 1; SET LOCAL DateStyle = 'ISO, YMD'")
        for schema, name in tables(server):
            if (schema, name) in APART:
                continue
            cursor.execute(sql.SQL(_DIGEST).format(sql.Identifier(schema, name)))
            rows, digest = cursor.fetchone() or (0, "")
            found[f"{schema}.{name}"] = (rows, digest)
    return found
