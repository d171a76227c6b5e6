"""Conversations that are older than the company keeps them are deleted, with all that was made of them.

A server does it daily; ``python -m tools.forgetting`` does it now.
"""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Annotated

import structlog
import typer
from rich.console import Console
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session, sessionmaker

from core.clock import Clock, SystemClock
from core.command import exit_code
from core.settings import load_settings
from db.crud.personal_data import forget, quiet_since
from db.place import locate
from db.session import make_engine, make_sessions, session_scope

BATCH = 200
FIRST_AFTER = timedelta(minutes=10)
"""A start is no time for it."""
EVERY = timedelta(days=1)
_log = structlog.get_logger(__name__)


def forget_old(sessions: sessionmaker[Session], clock: Clock, keep_days: int) -> int:
    """Delete the conversations in which nothing was said for ``keep_days``; how many. A few in each transaction."""
    before, forgotten = clock.now() - timedelta(days=keep_days), 0
    while True:
        with session_scope(sessions) as session:
            conversations = quiet_since(session, before, BATCH)
            forget(session, conversations)
        forgotten += len(conversations)
        if len(conversations) < BATCH:
            return forgotten


async def forget_daily(sessions: sessionmaker[Session], clock: Clock, keep_days: int) -> None:
    """Forget what is old, day after day, until cancelled."""
    await asyncio.sleep(FIRST_AFTER.total_seconds())
    while True:
        try:
            forgotten = await asyncio.to_thread(forget_old, sessions, clock, keep_days)
            _log.info("old_conversations_forgotten", conversations=forgotten)
        except SQLAlchemyError as error:
            _log.warning("old_conversations_not_forgotten", error=type(error).__name__)
        await asyncio.sleep(EVERY.total_seconds())


def main(
    days: Annotated[int | None, typer.Option(min=1, help="Keep so many days instead of CUADRILLA_KEEP_DAYS")] = None,
) -> None:
    """Delete old conversations now."""

    def run() -> None:
        settings = load_settings()
        engine = make_engine(locate(settings).url, pool_size=1)
        forgotten = forget_old(make_sessions(engine), SystemClock(settings.zone), days or settings.keep_days)
        engine.dispose()
        Console().print(f"{forgotten} conversaciones borradas · conversations deleted")

    raise typer.Exit(exit_code(run))


if __name__ == "__main__":
    typer.run(main)
