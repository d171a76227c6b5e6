"""The readers: what agents read the database through.

One small pool for each role's login. A call is one READ ONLY transaction in which the principal's signed identity is
set, and it is always rolled back. Text that nobody vouches for goes through :meth:`Readers.read`: whatever it says, it
can only be one SELECT, of bounded rows and time.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

import psycopg
from psycopg import AsyncConnection, sql
from psycopg.pq import TransactionStatus
from psycopg_pool import AsyncConnectionPool, PoolTimeout

from core.errors import Unavailable
from db.attest import doubts
from db.rls import LOGINS
from db.signing import GateKey, reader_password
from db.url import libpq_url, with_login
from policy.roles import Principal, Role

_BEGIN = b"BEGIN READ ONLY; SELECT pg_backend_pid(), (extract(epoch FROM transaction_timestamp()) * 1000000)::bigint"
DEADLINE = 1.9
"""Seconds after which nobody waits for a query, not even for one that the server cannot interrupt."""
MOST = 1_000
_CANCEL_SECONDS = 0.5
_IN_TRANSACTION = frozenset({TransactionStatus.INTRANS, TransactionStatus.INERROR})


@dataclass(frozen=True, slots=True)
class Found:
    """Rows, and the name and type of each of their columns."""

    columns: tuple[tuple[str, str], ...]
    rows: list[tuple[object, ...]]


class Readers:
    """Pools of the readers' logins."""

    def __init__(self, pools: Mapping[Role, AsyncConnectionPool], key: GateKey, owner: str) -> None:
        self._pools = pools
        self._key = key
        self._owner = owner
        self._abandoned: set[asyncio.Task[Found]] = set()

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
                    # Kept statements save reading and rewriting; a plan made for any value is at times a slow one.
                    "options": f"-c TimeZone={zone} -c plan_cache_mode=force_custom_plan",
                    "connect_timeout": 10,
                },
            )
            for role, login in LOGINS.items()
        }
        for pool in pools.values():
            await pool.open(wait=False)
        return cls(pools, GateKey.derive(secret), libpq_url(url))

    async def close(self) -> None:
        """Close every connection."""
        for work in self._abandoned:
            work.cancel()
        await asyncio.gather(*self._abandoned, return_exceptions=True)
        for pool in self._pools.values():
            await pool.close()

    async def doubts(self, role: Role) -> tuple[str, ...]:
        """What speaks against the wall in front of ``role``'s login; see :func:`db.attest.doubts`."""
        try:
            async with (
                self._pools[role].connection() as reader,
                await AsyncConnection.connect(self._owner, autocommit=True) as owner,
            ):
                return await doubts(reader, owner, role)
        except (psycopg.Error, PoolTimeout) as error:
            return (f"the database cannot be reached: {type(error).__name__}",)

    @asynccontextmanager
    async def transaction(self, principal: Principal) -> AsyncIterator[AsyncConnection]:
        """A connection inside a READ ONLY transaction in which the database takes ``principal`` for the one who asks.

        For statements of ours. Always rolled back. Raises :class:`Unavailable` when no connection is to be had; the
        errors of what runs inside are psycopg's own.
        """
        connection, identity = await self._take(principal)
        try:
            await connection.execute(identity, prepare=False)
            yield connection
        finally:
            if not connection.closed and connection.info.transaction_status not in _IN_TRANSACTION:
                # One that left its transaction by itself is not trusted again.
                await connection.close()
            await self._give_back(connection, principal)

    async def read(
        self,
        principal: Principal,
        text: str,
        parameters: Sequence[object] = (),
        *,
        most: int = MOST,
        keep: bool = False,
    ) -> Found:
        """At most ``most`` rows of ``text``, which may say anything, as ``principal``; ``$1`` is the first parameter.

        As part of a larger SELECT in the extended protocol it can be nothing but one SELECT itself. ``keep`` has the
        server keep its plan: only for text without values, since the session's next principal could read it there.
        Raises :class:`Unavailable`, and psycopg's errors; ``QueryCanceled`` also when the server does not stop in time,
        in which case the connection comes back when it has.
        """
        connection, identity = await self._take(principal)
        limit = len(parameters) + 1
        statement = f"SELECT * FROM (\n{text}\n) AS asked LIMIT ${limit}::int8"  # noqa: S608
        # Having a parameter, it always goes by the extended protocol.
        work = asyncio.create_task(self._work(connection, principal, identity, statement, (*parameters, most), keep))
        try:
            done, _ = await asyncio.wait({work}, timeout=DEADLINE)
        except asyncio.CancelledError:
            self._abandon(work)
            work.cancel()
            raise
        if done:
            return work.result()
        self._abandon(work)
        await connection.cancel_safe(timeout=_CANCEL_SECONDS)
        raise psycopg.errors.QueryCanceled("The query took too long.")

    async def _work(
        self,
        connection: AsyncConnection,
        principal: Principal,
        identity: bytes,
        statement: str,
        parameters: Sequence[object],
        keep: bool,
    ) -> Found:
        """Identity, statement and the end of the transaction, all in one round trip."""
        try:
            cursor = psycopg.AsyncRawCursor(connection)
            async with _pipeline(connection):
                await connection.execute(identity, prepare=False)
                await cursor.execute(statement.encode(), parameters, prepare=keep)
                await _roll_back(connection)
            rows = await cursor.fetchall()
            return Found(tuple((column.name, column.type_display) for column in cursor.description or ()), rows)
        finally:
            await self._give_back(connection, principal)

    def _abandon(self, work: asyncio.Task[Found]) -> None:
        self._abandoned.add(work)
        work.add_done_callback(self._forget)

    def _forget(self, work: asyncio.Task[Found]) -> None:
        self._abandoned.discard(work)
        if not work.cancelled():
            work.exception()

    async def _take(self, principal: Principal) -> tuple[AsyncConnection, bytes]:
        """A connection in a new transaction, and the statement that says in it who asks."""
        pool = self._pools[principal.role]
        for _ in range(pool.max_size + 1):
            try:
                connection = await pool.getconn()
            except PoolTimeout as error:
                raise Unavailable("The database has no free connection.") from error
            try:
                return connection, await self._begin(connection, principal)
            except psycopg.OperationalError:
                await self._give_back(connection, principal)
                if not connection.closed:
                    raise
                # It was cut while nobody used it: another one, or a new one, will do.
            except BaseException:
                await self._give_back(connection, principal)
                raise
        raise Unavailable("The database cuts every connection.")

    async def _give_back(self, connection: AsyncConnection, principal: Principal) -> None:
        await _leave(connection)
        await self._pools[principal.role].putconn(connection)

    async def _begin(self, connection: AsyncConnection, principal: Principal) -> bytes:
        cursor = await connection.execute(_BEGIN, prepare=False)
        cursor.nextset()
        row = await cursor.fetchone()
        if row is None:
            raise Unavailable("The database did not say which transaction this is.")
        backend, started = row
        token = self._key.token(principal, LOGINS[principal.role], backend, started)
        return sql.SQL("SET LOCAL app.ctx = {}").format(sql.Literal(token)).as_bytes(connection)


@asynccontextmanager
async def _pipeline(connection: AsyncConnection) -> AsyncIterator[None]:
    """What is executed inside goes out together; raises the error of the first statement that failed.

    That those after it were not run says nothing, yet psycopg would raise that too, or log it.
    """
    failure: psycopg.Error | None = None
    try:
        async with connection.pipeline():
            try:
                yield
            except psycopg.Error as error:
                failure = error
    except psycopg.errors.PipelineAborted:
        if failure is None:
            raise
    if failure is not None:
        raise failure


async def _roll_back(connection: AsyncConnection) -> None:
    """End the transaction and keep what was prepared, which psycopg would forget: it might be of things made in it."""
    threshold, connection.prepare_threshold = connection.prepare_threshold, None
    try:
        await connection.execute(b"ROLLBACK", prepare=False)
    finally:
        connection.prepare_threshold = threshold


async def _leave(connection: AsyncConnection) -> None:
    """Roll back what is still open; after an error the session keeps no plan, and one in a strange state is closed."""
    if connection.closed:
        return
    try:
        match connection.info.transaction_status:
            case TransactionStatus.IDLE:
                pass
            case TransactionStatus.INTRANS:
                await _roll_back(connection)
            case TransactionStatus.INERROR:
                await connection.execute(b"ROLLBACK", prepare=False)
            case _:
                await connection.close()
    except psycopg.Error:
        await connection.close()
