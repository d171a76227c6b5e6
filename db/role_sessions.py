"""What the REST side reads through: the readers' logins, synchronously, with the same wall in front of it as agents.

A block is one READ ONLY transaction in which the database takes the principal for the one who asks, always rolled back.
Rows and columns are the database's to decide: there is no second rendering of the grants that could drift from it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import psycopg2
from sqlalchemy import Connection, Engine, create_engine, text

from db.rls import LOGINS
from db.signing import GateKey, reader_password
from db.url import with_login
from policy.roles import Principal, Role

PATIENCE = 10.0
_STARTED = text("SELECT (extract(epoch FROM transaction_timestamp()) * 1000000)::bigint")


class RoleSessions:
    """A small pool of connections for each role's login; connects on first use."""

    def __init__(self, url: str, secret: bytes, *, size: int = 8) -> None:
        self._key = GateKey.derive(secret)
        self._engines: Mapping[Role, Engine] = {
            role: create_engine(
                "postgresql+psycopg2://",
                creator=_connects(with_login(url, login, reader_password(secret, login)), login),
                pool_size=size,
                max_overflow=0,
                pool_timeout=PATIENCE,
                pool_pre_ping=True,
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
        with self._engines[principal.role].connect() as connection:
            backend = connection.connection.driver_connection.get_backend_pid()  # type: ignore[union-attr]
            started = connection.execute(_STARTED).scalar_one()
            token = self._key.token(principal, LOGINS[principal.role], backend, started)
            # Not by set_config: where we own the cluster the readers may not execute it.
            connection.exec_driver_sql("SET LOCAL app.ctx = %s", (token,))
            yield connection


def _connects(dsn: str, login: str) -> Callable[[], Any]:
    def connect() -> Any:
        return psycopg2.connect(dsn, application_name=login, connect_timeout=10, options="-c TimeZone=UTC")

    return connect
