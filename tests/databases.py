"""Making and dropping databases of the tests' cluster."""

from __future__ import annotations

import psycopg2
from psycopg2 import sql
from psycopg2.errors import InsufficientPrivilege
from tenacity import retry, retry_if_exception_type, stop_after_delay, wait_fixed

DROP = "DROP DATABASE IF EXISTS {} WITH (FORCE)"


@retry(
    retry=retry_if_exception_type(InsufficientPrivilege), stop=stop_after_delay(180), wait=wait_fixed(0.5), reraise=True
)
def administer(cluster: str, statement: str, *names: str) -> None:
    """Run ``statement``; a database that autovacuum is at work in cannot be dropped by us until it is done."""
    connection = psycopg2.connect(cluster)
    try:
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute(sql.SQL(statement).format(*map(sql.Identifier, names)))
    finally:
        connection.close()


def databases(cluster: str, prefix: str) -> list[str]:
    """Names that start with ``prefix``, oldest first."""
    connection = psycopg2.connect(cluster)
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT datname FROM pg_database WHERE starts_with(datname, %s) ORDER BY oid", (prefix,))
            return [name for (name,) in cursor.fetchall()]
    finally:
        connection.close()


def in_database(url: str, name: str) -> str:
    """The URL of database ``name`` on the server of ``url``."""
    address, _, options = url.partition("?")
    return f"{address.rsplit('/', 1)[0]}/{name}?{options}"
