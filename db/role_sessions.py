"""What the REST side reads through: the readers' logins, synchronously, with the same wall in front of it as agents.

A block is one READ ONLY transaction in which the database takes the principal for the one who asks, always rolled back.
Rows and columns are the database's to decide: there is no second rendering of the grants that could drift from it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import psycopg2
from sqlalchemy import Connection, Engine, create_engine
from sqlalchemy.exc import DBAPIError

from db.rls import LOGINS
from db.signing import GateKey, reader_password
from db.url import with_login
from policy.roles import Principal, Role

PATIENCE = 10.0
_BEGIN = "BEGIN READ ONLY; SELECT (extract(epoch FROM transaction_timestamp()) * 1000000)::bigint"
"""Both in one journey. It also shows whether the connection still stands, so nothing pings it before."""


class RoleSessions:
    """A small pool of connections for each role's login; connects on first use."""

    def __init__(self, url: str, secret: bytes, *, size: int = 8) -> None:
        self._key = GateKey.derive(secret)
        self._size = size
        self._engines: Mapping[Role, Engine] = {
            role: create_engine(
                "postgresql+psycopg2://",
                creator=_connects(with_login(url, login, reader_password(secret, login)), login),
                isolation_level="AUTOCOMMIT",  # transactions are begun and ended here
                pool_size=size,
                max_overflow=0,
                pool_timeout=PATIENCE,
                use_native_hstore=False,  # it would look into pg_type, which the readers may not
            )
            for role, login in LOGINS.items()
        }

    def close(self) -> None:
        """Close every connection."""
        for engine in self._engines.values():
            engine.dispose()

    @contextmanager
    def reading(self, principal: Principal) -> Iterator[Connection]:
        """A connection inside a READ ONLY transaction of ``principal``; errors are SQLAlchemy's own."""
        with self._begun(principal.role) as (connection, started):
            try:
                driver: Any = connection.connection.driver_connection
                login = LOGINS[principal.role]
                token = self._key.token(principal, login, driver.get_backend_pid(), started)
                # Not by set_config: where we own the cluster the readers may not execute it.
                connection.exec_driver_sql("SET LOCAL app.ctx = %s", (token,))
                yield connection
            finally:
                _roll_back(connection)

    @contextmanager
    def _begun(self, role: Role) -> Iterator[tuple[Connection, int]]:
        """A connection in a new transaction, and when that began. One that was cut meanwhile is replaced."""
        for attempt in range(self._size + 1):
            connection = self._engines[role].connect()
            try:
                started = int(connection.exec_driver_sql(_BEGIN).scalar_one())
            except DBAPIError as error:
                connection.close()
                if not error.connection_invalidated or attempt == self._size:
                    raise
                continue
            except BaseException:
                connection.close()
                raise
            with connection:
                yield connection, started
            return


def _roll_back(connection: Connection) -> None:
    """End the transaction; a connection that cannot is not used again."""
    if connection.invalidated:
        return
    try:
        connection.exec_driver_sql("ROLLBACK")
    except DBAPIError:
        connection.invalidate()


def _connects(dsn: str, login: str) -> Callable[[], Any]:
    def connect() -> Any:
        return psycopg2.connect(dsn, application_name=login, connect_timeout=10, options="-c TimeZone=UTC")

    return connect
