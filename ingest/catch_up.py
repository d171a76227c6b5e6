"""Hearing of a library that another process changed: LISTEN on the database, a pause for bursts, then a refresh."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import psycopg
import structlog
from psycopg import AsyncConnection, sql

from core.errors import CuadrillaError
from db.url import libpq_url
from ingest.store import CHANNEL

PAUSE = 0.3
"""Seconds without news after which a burst of changes is over."""
LONGEST_PAUSE = 3.0
"""Seconds after which even a burst that goes on is looked at."""
_RETRY_SECONDS = (0.5, 30.0)
_log = structlog.get_logger(__name__)

Refresh = Callable[[], Awaitable[None]]


async def follow(url: str, refresh: Refresh) -> None:
    """Call ``refresh`` after every change of the library at ``url``, until cancelled.

    A connection that is lost is made again, and what was missed caught up.
    """
    shortest, longest = _RETRY_SECONDS
    wait = shortest
    while True:
        try:
            connection = await AsyncConnection.connect(
                libpq_url(url), autocommit=True, application_name="cuadrilla-news"
            )
            async with connection:
                await connection.execute(sql.SQL("LISTEN {}").format(sql.Identifier(CHANNEL)))
                wait = shortest
                await _refresh(refresh)  # what changed before we listened
                await _hear(connection, refresh)
        except (psycopg.Error, OSError) as error:
            _log.warning("library_news_lost", error=str(error), retry_in=wait)
        await asyncio.sleep(wait)
        wait = min(wait * 2, longest)


async def _hear(connection: AsyncConnection, refresh: Refresh) -> None:
    while not connection.closed:
        if await _any(connection, seconds=None):
            loop = asyncio.get_running_loop()
            deadline = loop.time() + LONGEST_PAUSE
            while loop.time() < deadline and await _any(connection, seconds=PAUSE):
                pass
            await _refresh(refresh)


async def _any(connection: AsyncConnection, seconds: float | None) -> bool:
    """Does a notification come within ``seconds``?"""
    heard = False
    async for _ in connection.notifies(timeout=seconds, stop_after=1):
        heard = True
    return heard


async def _refresh(refresh: Refresh) -> None:
    try:
        await refresh()
    except CuadrillaError as error:
        _log.warning("library_refresh_failed", code=error.code, error=error.message)
