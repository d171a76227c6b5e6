"""Forgets what is over: answers kept to be repeated, sign-ins that ended, attempts and calls of long ago."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import structlog
from sqlalchemy.exc import SQLAlchemyError

from api.desk import Desk
from db.crud.accounts import sweep_accounts
from db.crud.call_counts import sweep_counts
from db.crud.idempotency import sweep_requests
from db.session import session_scope

EVERY_SECONDS = 3600.0
KEPT = timedelta(days=7)
_log = structlog.get_logger(__name__)


async def sweep_for_ever(desk: Desk) -> None:
    """Sweep now and every hour, until cancelled; any number of servers may."""
    while True:
        try:
            await asyncio.to_thread(sweep, desk)
        except SQLAlchemyError as error:
            _log.warning("sweep_failed", error=type(error).__name__)
        await asyncio.sleep(EVERY_SECONDS)


def sweep(desk: Desk) -> None:
    """One sweep."""
    now = desk.clock.now()
    with session_scope(desk.sessions) as session:
        sweep_requests(session, now)
        sweep_accounts(session, now, KEPT)
        sweep_counts(session, now)
