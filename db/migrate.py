"""Bringing a database to the newest schema, with what a migration must not or cannot carry.

That is: the gate's key and the readers' passwords (secrets), who may connect (belongs to the database, not to what is
in it), LangGraph's checkpoint tables, and the hardening that only a superuser may do.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg2
import psycopg2.errors
from langgraph.checkpoint.postgres import PostgresSaver
from psycopg2 import sql
from psycopg2.extensions import connection as RawConnection
from psycopg2.extensions import encrypt_password
from sqlalchemy import Connection, Engine, inspect, text

from core.command import exit_code
from core.errors import Misconfigured
from core.settings import load_settings
from db.hardening import harden
from db.place import locate
from db.rls import LOGINS
from db.session import make_engine
from db.signing import GateKey, reader_password
from db.url import libpq_url, with_login

_ONE_AT_A_TIME = 0x43756164
_VERSIONS = Path(__file__).parent / "migrations" / "versions"


def head() -> str:
    """The newest revision that this release knows: migrations are a line, and their files are named by number."""
    return max(file.name.partition("_")[0] for file in _VERSIONS.glob("[0-9]*.py"))


def current(url: str) -> str | None:
    """The revision that the database at ``url`` is at; None when it is empty."""
    engine = make_engine(url, pool_size=1)
    try:
        with engine.connect() as connection:
            return _revision(connection)
    finally:
        engine.dispose()


def _revision(connection: Connection) -> str | None:
    if not inspect(connection).has_table("alembic_version"):
        return None
    revision: str | None = connection.scalar(text("SELECT version_num FROM alembic_version"))
    return revision


def upgrade(url: str, secret: bytes, *, to: str | None = None) -> None:
    """Bring the database at ``url`` to the newest schema and make its walls work with ``secret``.

    ``to``: an older revision instead, for the rows of a backup that has it. Safe to run again and from several
    processes at once. The login of ``url`` owns the database and may create roles.
    """
    engine = make_engine(url, pool_size=1)
    try:
        with _one_at_a_time(engine):
            with engine.connect() as connection:
                if _revision(connection) != (to or head()):
                    connection.rollback()
                    _run_migrations(connection, to or "head")
                    connection.commit()
            with PostgresSaver.from_conn_string(libpq_url(url)) as saver:
                saver.setup()
            _secure(url, secret)
    finally:
        engine.dispose()


def _run_migrations(connection: Connection, to: str) -> None:
    from alembic import command  # only a server that finds an old schema pays for loading it
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(_VERSIONS.parent).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    command.upgrade(config, to)


@contextmanager
def _one_at_a_time(engine: Engine) -> Iterator[None]:
    with engine.connect() as connection:
        connection.exec_driver_sql(f"SELECT pg_advisory_lock({_ONE_AT_A_TIME})")
        connection.commit()
        yield


def _secure(url: str, secret: bytes) -> None:
    server = psycopg2.connect(libpq_url(url))
    try:
        _renew_key(server, secret)
        _admit_readers(server)
        _check_readers(server)
        _harden_if_allowed(server)
        server.commit()
        for login in LOGINS.values():
            _ensure_password(server, url, login, reader_password(secret, login))
            server.commit()
    finally:
        server.close()


def _renew_key(server: RawConnection, secret: bytes) -> None:
    inner, outer = GateKey.derive(secret).pads()
    with server.cursor() as cursor:
        cursor.execute("SELECT inner_pad, outer_pad FROM gate.key")
        if [(bytes(a), bytes(b)) for a, b in cursor.fetchall()] != [(inner, outer)]:
            cursor.execute("DELETE FROM gate.key")
            cursor.execute("INSERT INTO gate.key VALUES (%s, %s)", (inner, outer))


def _admit_readers(server: RawConnection) -> None:
    """Only the readers and the owner connect: not everybody who has a login on the cluster."""
    with server.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM unnest(%s) AS login"
            " WHERE has_database_privilege(login, current_database(), 'CONNECT')"
            " AND NOT has_database_privilege(login, current_database(), 'TEMPORARY')",
            (list(LOGINS.values()),),
        )
        if cursor.fetchone() == (len(LOGINS),):
            return
        database = sql.Identifier(server.info.dbname)
        logins = sql.SQL(", ").join(map(sql.Identifier, LOGINS.values()))
        cursor.execute(sql.SQL("REVOKE ALL ON DATABASE {} FROM PUBLIC").format(database))
        cursor.execute(sql.SQL("GRANT CONNECT ON DATABASE {} TO {}").format(database, logins))


def _check_readers(server: RawConnection) -> None:
    """A login that existed before us may have powers that no grant of ours takes away."""
    with server.cursor() as cursor:
        cursor.execute(
            "SELECT rolname FROM pg_roles r WHERE rolname = ANY (%s) AND (rolsuper OR rolbypassrls OR rolcreaterole"
            " OR rolcreatedb OR rolreplication OR EXISTS (SELECT FROM pg_auth_members m WHERE m.member = r.oid))",
            (list(LOGINS.values()),),
        )
        found = [name for (name,) in cursor.fetchall()]
    if found:
        raise Misconfigured(f"These logins must have no powers and no memberships: {', '.join(found)}.")


def _harden_if_allowed(server: RawConnection) -> None:
    with server.cursor() as cursor:
        cursor.execute(
            "SELECT rolsuper, has_function_privilege('cuadrilla_guest', 'set_config(text, text, boolean)', 'EXECUTE')"
            " FROM pg_roles WHERE rolname = current_user"
        )
        if cursor.fetchone() == (True, True):
            harden(server, server.info.user)


def _ensure_password(server: RawConnection, url: str, login: str, password: str) -> None:
    try:
        psycopg2.connect(with_login(url, login, password)).close()
    except psycopg2.OperationalError:
        # The server sees a hash only: statements are logged, passwords must not be.
        hashed = encrypt_password(password, login, server, "scram-sha-256")
        with server.cursor() as cursor:
            cursor.execute(sql.SQL("ALTER ROLE {} PASSWORD {}").format(sql.Identifier(login), sql.Literal(hashed)))


def main() -> None:
    """``python -m db.migrate``: migrate the database of the settings and say where it stands."""
    place = locate(load_settings())
    upgrade(place.url, place.secret)
    sys.stdout.write(f"{current(place.url)} (head)\n")


if __name__ == "__main__":
    sys.exit(exit_code(main))
