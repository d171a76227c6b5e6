"""Keeps the checkpoints of a conversation few: only the latest says anything that is read again."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import Protocol

import psycopg
import structlog

from core.errors import Unavailable
from graph.locks import ConversationLocks

PRUNED_EVERY = 10
"""Turns of one conversation between two prunings: at most so many checkpoints are kept."""
_MOST_COUNTED = 10_000
_log = structlog.get_logger(__name__)


class Prunes(Protocol):
    """A checkpointer that can forget; see :class:`langgraph.checkpoint.postgres.aio.AsyncPostgresSaver`."""

    async def aprune(self, thread_ids: list[str], *, strategy: str = "keep_latest") -> None:
        """Drop all but the latest checkpoint of ``thread_ids``."""
        ...


@dataclass(slots=True)
class Retention:
    """Prunes in the background, under the conversation's lock, so that no turn of it is running."""

    saver: Prunes
    locks: ConversationLocks
    _turns: dict[str, int] = field(default_factory=dict)
    _running: set[asyncio.Task[None]] = field(default_factory=set)

    def after_turn(self, thread: str) -> None:
        """Count one more turn of ``thread``; now and then begin to prune it."""
        turns = self._turns.pop(thread, 0) + 1
        if turns < PRUNED_EVERY:
            self._turns[thread] = turns
            if len(self._turns) > _MOST_COUNTED:
                del self._turns[next(iter(self._turns))]
            return
        task = asyncio.create_task(self._prune(thread))
        self._running.add(task)
        task.add_done_callback(self._running.discard)

    async def close(self) -> None:
        """Wait for the prunings under way."""
        await asyncio.gather(*self._running)

    async def _prune(self, thread: str) -> None:
        try:
            async with self.locks.hold(thread):
                await self.saver.aprune([thread])
        except (psycopg.Error, Unavailable) as error:
            _log.warning("checkpoints_not_pruned", error=type(error).__name__)
