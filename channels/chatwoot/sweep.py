"""The sweep: finds what nobody is looking at, and has it looked at.

Jobs whose worker died, messages and replies whose job vanished, and messages that Chatwoot has and never announced, or
announced while nobody listened. Any number of workers may sweep; one at a time asks Chatwoot.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import Any

import psycopg
import structlog
from procrastinate.exceptions import ProcrastinateException
from psycopg_pool import PoolTimeout

from channels.chatwoot.client import Chatwoot, ChatwootError
from channels.chatwoot.looking import as_event, last_messages
from channels.chatwoot.webhook import Door, read_parsed
from channels.queue import Queue
from core.errors import BadInput
from core.settings import Settings

_ONE_AT_A_TIME = 0x43757377
_MOST_LOOKS = 50
_STILL_ANSWERED_SECONDS = 24 * 3600
"""A bot that comes to an old account must not answer what was left there weeks ago."""
_MOST_PAGES = 20
_ORPHANS = """
SELECT DISTINCT u.account_id, u.conversation_id FROM (
    SELECT account_id, conversation_id FROM channel_events WHERE state IN ('waiting', 'taken')
    UNION ALL SELECT account_id, conversation_id FROM channel_outbox WHERE state IN ('waiting', 'posting')
    UNION ALL SELECT account_id, conversation_id FROM channel_turns WHERE state = 'running'
) u
WHERE NOT EXISTS (SELECT FROM procrastinate_jobs j WHERE j.status IN ('todo', 'doing')
                  AND j.lock = 'chatwoot:' || u.account_id || ':' || u.conversation_id)
"""
_QUIET = """
UPDATE channel_conversations SET checked_at = now() WHERE (account_id, conversation_id) IN (
    SELECT account_id, conversation_id FROM channel_conversations
    WHERE status = 'pending' AND last_event_at BETWEEN now() - interval '1 day' AND now() - make_interval(secs => %s)
          AND (checked_at IS NULL OR checked_at < last_event_at)
    ORDER BY last_event_at DESC LIMIT %s)
RETURNING account_id, conversation_id
"""
_FORGET = (
    "DELETE FROM channel_outbox WHERE state IN ('posted', 'confirmed', 'dropped') AND created_at < {before}",
    "DELETE FROM channel_events WHERE state IN ('done', 'answered', 'dropped') AND received_at < {before}",
    "DELETE FROM channel_turns t WHERE state <> 'running' AND created_at < {before}"
    " AND NOT EXISTS (SELECT FROM channel_events e WHERE e.turn_key = t.turn_key)"
    " AND NOT EXISTS (SELECT FROM channel_outbox o WHERE o.turn_key = t.turn_key)",
    "DELETE FROM procrastinate_jobs j WHERE j.status IN ('failed', 'aborted', 'cancelled', 'succeeded')"
    " AND NOT EXISTS (SELECT FROM procrastinate_events e WHERE e.job_id = j.id AND e.at > {before})",
)
_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Sweep:
    """What a worker does beside its jobs."""

    queue: Queue
    chatwoot: Chatwoot
    door: Door
    settings: Settings

    async def run(self, stop: asyncio.Event) -> None:
        """Sweep now and then until ``stop``; a database or a Chatwoot that is away is waited for."""
        while not stop.is_set():
            try:
                await self.once()
            except (psycopg.Error, PoolTimeout, ProcrastinateException) as error:
                _log.warning("sweep_interrupted", error=type(error).__name__)
            try:
                async with asyncio.timeout(self.settings.chatwoot_sweep_seconds):
                    await stop.wait()
            except TimeoutError:
                continue

    async def once(self) -> int:
        """One round; how many conversations were found that nobody was looking at."""
        await self.queue.recover()
        found = await self._orphans()
        for account_id, conversation_id in found:
            await self.queue.ask(account_id, conversation_id)
        if found:
            _log.warning("conversations_recovered", count=len(found))
        async with AsyncExitStack() as stack:
            connection = await stack.enter_async_context(self.queue.pool.connection())
            cursor = await connection.execute("SELECT pg_try_advisory_xact_lock(%s)", (_ONE_AT_A_TIME,))
            row = await cursor.fetchone()
            if row is not None and row[0]:
                await self._compare()
                await self._forget()
        return len(found)

    async def _orphans(self) -> list[tuple[int, int]]:
        async with self.queue.pool.connection() as connection:
            cursor = await connection.execute(_ORPHANS)
            return [(row[0], row[1]) for row in await cursor.fetchall()]

    async def _compare(self) -> None:
        """What does Chatwoot have that we were not told?"""
        try:
            accounts = await self._quiet_ones()
            for account_id in accounts:
                await self._pending(account_id)
        except ChatwootError as error:
            _log.info("chatwoot_not_compared", status=error.status)

    async def _quiet_ones(self) -> set[int]:
        """Look once at each conversation that has gone quiet; gives the accounts that are known."""
        async with self.queue.pool.connection() as connection:
            cursor = await connection.execute(_QUIET, (self.settings.chatwoot_sweep_seconds, _MOST_LOOKS))
            quiet = await cursor.fetchall()
            cursor = await connection.execute("SELECT DISTINCT account_id FROM channel_conversations")
            accounts = {int(row[0]) for row in await cursor.fetchall()}
        for account_id, conversation_id in quiet:
            try:
                await self._take_in(account_id, await self.chatwoot.conversation(account_id, conversation_id))
            except ChatwootError as error:
                if error.status is None:
                    raise
        return accounts

    async def _pending(self, account_id: int) -> None:
        """With a user's token: every conversation that is pending."""
        for page in range(1, _MOST_PAGES + 1):
            listed = await self.chatwoot.pending(account_id, page)
            if not listed:
                return
            for conversation in listed:
                await self._take_in(account_id, conversation)

    async def _take_in(self, account_id: int, conversation: Mapping[str, Any]) -> None:
        """Keep the last message, if it is the customer's and of today; what was kept before stays as it was."""
        for message in last_messages(conversation):
            written = message.get("created_at")
            if not isinstance(written, int | float) or written < self.door.now() - _STILL_ANSWERED_SECONDS:
                continue
            try:
                body = as_event(conversation, message, account_id)
                delivery = read_parsed(body, "sweep", None, self.settings.chatwoot_bot_id)
            except BadInput:
                continue
            if delivery.waiting and await self.door.keep(delivery):
                _log.warning("message_never_announced", message=delivery.message_id)

    async def _forget(self) -> None:
        before = f"now() - make_interval(days => {self.settings.chatwoot_keep_days:d})"
        async with self.queue.pool.connection() as connection:
            for statement in _FORGET:
                await connection.execute(statement.format(before=before).encode())
