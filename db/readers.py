"""The readers: what agents read the database through.

One small pool for each role's login. A call is one READ ONLY transaction in which the principal's signed identity is
set, and it is always rolled back.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

import psycopg
from psycopg import AsyncConnection, sql
from psycopg.pq import TransactionStatus
from psycopg_pool import AsyncConnectionPool, PoolTimeout

from core.errors import Unavailable
from db.rls import LOGINS
from db.signing import GateKey, reader_password
from db.url import with_login
from policy.roles import Principal, Role

_BEGIN = "BEGIN READ ONLY; SELECT pg_backend_pid(), (extract(epoch FROM transaction_timestamp()) * 1000000)::bigint"
_IN_TRANSACTION = frozenset({TransactionStatus.INTRANS, TransactionStatus.INERROR})


class Readers:
    """Pools of the readers' logins. Run a model's SQL with ``prepare=True``: it refuses stacked statements."""

    def __init__(self, pools: Mapping[Role, AsyncConnectionPool], key: GateKey) -> None:
        self._pools = pools
        self._key = key

    @classmethod
    async def open(
        cls, url: str, secret: bytes, *, zone: str = "Europe/Madrid", size: int = 4, patience: float = 10.0
    ) -> Readers:
        """Readers of the database at ``url``, which was migrated with ``secret``; connects on first use.

        ``zone`` is the company's time zone: days in SQL begin at its midnight. ``size`` bounds each role's connections;
        ``patience`` is how many seconds to wait for one.
        """
        pools = {
            role: AsyncConnectionPool(
                with_login(url, login, reader_password(secret, login)),
                min_size=0,
                max_size=size,
                open=False,
                timeout=patience,
                max_idle=120,
                num_workers=1,
                name=login,
                kwargs={
                    "autocommit": True,
                    "application_name": login,
                    "options": f"-c TimeZone={zone}",
                    "connect_timeout": 10,
                },
            )
            for role, login in LOGINS.items()
        }
        for pool in pools.values():
            await pool.open(wait=False)
        return cls(pools, GateKey.derive(secret))

    async def close(self) -> None:
        """Close every connection."""
        for pool in self._pools.values():
            await pool.close()

    @asynccontextmanager
    async def transaction(self, principal: Principal) -> AsyncIterator[AsyncConnection]:
        """A connection inside a READ ONLY transaction in which the database takes ``principal`` for the one who asks.

        Always rolled back. Raises :class:`Unavailable` when no connection is to be had; the errors of what runs inside
        are psycopg's own.
        """
        pool = self._pools[principal.role]
        try:
            connection = await pool.getconn()
        except PoolTimeout as error:
            raise Unavailable("The database has no free connection.") from error
        try:
            await self._enter(connection, principal)
            yield connection
        finally:
            await _leave(connection)
            await pool.putconn(connection)

    async def _enter(self, connection: AsyncConnection, principal: Principal) -> None:
        cursor = await connection.execute(_BEGIN)
        cursor.nextset()
        row = await cursor.fetchone()
        if row is None:
            raise Unavailable("The database did not say which transaction this is.")
        backend, started = row
        token = self._key.token(principal, LOGINS[principal.role], backend, started)
        await connection.execute(sql.SQL("SET LOCAL app.ctx = {}").format(sql.Literal(token)))


async def _leave(connection: AsyncConnection) -> None:
    """Roll back; a connection that left its transaction by itself is not trusted again."""
    if connection.closed:
        return
    try:
        if connection.info.transaction_status in _IN_TRANSACTION:
            await connection.execute("ROLLBACK")
        else:
            await connection.close()
    except psycopg.Error:
        await connection.close()
