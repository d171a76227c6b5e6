"""One turn at a time in each conversation, in every process that shares the database.

Advisory locks of PostgreSQL held by one connection of the process: a process that dies lets go of them.
"""

from __future__ import annotations

import asyncio
import hashlib
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import psycopg
from psycopg import AsyncConnection

from core.errors import Unavailable

_FIRST_PAUSE = 0.02
_LONGEST_PAUSE = 0.5


def _key(name: str) -> int:
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], "big", signed=True)


class ConversationLocks:
    """Holds the locks of this process. ``patience`` is how long a turn waits for the one before it, in seconds."""

    def __init__(self, url: str, patience: float) -> None:
        self._url = url
        self._patience = patience
        self._here: dict[str, tuple[asyncio.Lock, int]] = {}
        self._connection: AsyncConnection | None = None
        self._connecting = asyncio.Lock()

    async def close(self) -> None:
        """Let everything go."""
        if self._connection is not None:
            await self._connection.close()
            self._connection = None

    @asynccontextmanager
    async def hold(self, name: str) -> AsyncIterator[None]:
        """Wait for the turn of ``name``; raises :class:`Unavailable` when patience ends."""
        lock = self._enter(name)
        try:
            try:
                async with asyncio.timeout(self._patience):
                    await lock.acquire()
            except TimeoutError as error:
                raise Unavailable("Another message of this conversation is being answered.") from error
            try:
                connection = await self._acquire(_key(name))
                try:
                    yield
                finally:
                    await self._release(connection, _key(name))
            finally:
                lock.release()
        finally:
            self._leave(name)

    def _enter(self, name: str) -> asyncio.Lock:
        lock, waiting = self._here.get(name, (asyncio.Lock(), 0))
        self._here[name] = (lock, waiting + 1)
        return lock

    def _leave(self, name: str) -> None:
        lock, waiting = self._here[name]
        if waiting == 1:
            del self._here[name]
        else:
            self._here[name] = (lock, waiting - 1)

    async def _acquire(self, key: int) -> AsyncConnection:
        deadline, pause = time.monotonic() + self._patience, _FIRST_PAUSE
        while True:
            try:
                connection = await self._connect()
                cursor = await connection.execute("SELECT pg_try_advisory_lock(%s)", (key,))
                row = await cursor.fetchone()
            except psycopg.OperationalError as error:
                raise Unavailable("The database does not answer.") from error
            if row is not None and row[0]:
                return connection
            if time.monotonic() > deadline:
                raise Unavailable("Another message of this conversation is being answered.")
            await asyncio.sleep(pause)
            pause = min(pause * 1.5, _LONGEST_PAUSE)

    async def _release(self, connection: AsyncConnection, key: int) -> None:
        if connection.closed:
            return
        try:
            await connection.execute("SELECT pg_advisory_unlock(%s)", (key,))
        except psycopg.OperationalError:
            await connection.close()

    async def _connect(self) -> AsyncConnection:
        async with self._connecting:
            if self._connection is None or self._connection.closed or self._connection.broken:
                self._connection = await AsyncConnection.connect(
                    self._url, autocommit=True, application_name="cuadrilla-locks", connect_timeout=10
                )
            return self._connection
