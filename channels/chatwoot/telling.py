"""Tells those who had asked what was learned meanwhile: once each, never over a person, by template when it is late."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID, uuid5

import psycopg
import structlog
from psycopg_pool import PoolTimeout

from channels.chatwoot.delivery import Delivery, backoff
from channels.chatwoot.looking import Look
from channels.chatwoot.outgoing import Outgoing
from channels.chatwoot.rendering import chatwoot_text, compose_reply, notes
from channels.chatwoot.wording import load_wording
from channels.inbox import Inbox, Standing
from channels.outbox import put
from channels.queue import Queue
from core.clock import Clock
from core.errors import CuadrillaError
from core.settings import Settings
from db.crud.askers import Owed, doors_to_tell, mark, owed_at_door, settle_askers
from db.models import Owes
from graph.desk import as_language
from graph.learned import LearnedReplies
from graph.messages import TurnResult

_NAMESPACE = UUID("8a1c2a5e-6a5b-4b58-9a0d-1c9f6f2f7a44")
_DOOR = re.compile(r"^chatwoot:(\d+):(\d+)$")
_HELD = frozenset({"open", "snoozed"})
_TURN = """
INSERT INTO channel_turns (turn_key, account_id, conversation_id, message_ids, state, reason, finished_at)
VALUES (%s, %s, %s, '{}', 'composed', 'learned', now()) ON CONFLICT DO NOTHING
"""
_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Teller:
    """Tells in conversations of one installation of Chatwoot."""

    queue: Queue
    inbox: Inbox
    delivery: Delivery
    replies: LearnedReplies
    clock: Clock
    settings: Settings

    async def run(self, stop: asyncio.Event) -> None:
        """Until ``stop``: have conversations looked at where something is to be told, and note who was told."""
        while not stop.is_set():
            try:
                await self.once()
            except (psycopg.Error, PoolTimeout) as error:
                _log.warning("telling_interrupted", error=type(error).__name__)
            try:
                async with asyncio.timeout(self.settings.learning_poll_seconds):
                    await stop.wait()
            except TimeoutError:
                continue

    async def once(self) -> int:
        """One round; how many conversations are to be looked at."""
        await self.settle()
        async with self.queue.pool.connection() as connection:
            doors = await doors_to_tell(connection, self.clock.today())
        for door in doors:
            if (found := _DOOR.match(door)) is not None:
                await self.queue.ask(int(found.group(1)), int(found.group(2)))
        return len(doors)

    async def settle(self) -> None:
        """Note who was told, by what was posted; questions whose askers all were are resolved."""
        async with self.queue.pool.connection() as connection:
            resolved = await settle_askers(connection)
        if resolved:
            _log.info("questions_resolved", questions=resolved)

    async def tell(self, account_id: int, conversation_id: int) -> float | None:
        """Post what is owed in a conversation; the seconds until it should be tried again, if it should."""
        async with self.queue.pool.connection() as connection:
            owed = await owed_at_door(connection, door_of(account_id, conversation_id), self.clock.today())
        if not owed:
            return None
        standing = await self.inbox.standing(account_id, conversation_id, self.settings.chatwoot_person_quiet_hours)
        look = await self.delivery.look(account_id, conversation_id)
        if look is None:
            return backoff(owed[0].tries + 1)
        held, can_reply = held_by_a_person(look, standing), look.conversation.get("can_reply", standing.can_reply)
        for one in owed:
            await self._keep(one, (account_id, conversation_id), standing.channel, held, can_reply is not False)
        again = await self.delivery.flush(account_id, conversation_id, look)
        await self.settle()
        return again

    async def _keep(self, owed: Owed, where: tuple[int, int], channel: str, held: bool, can_reply: bool) -> None:
        key = uuid5(_NAMESPACE, f"{owed.asker_id}/{owed.answer_id}/{owed.tries}")
        try:
            reply = await self.replies.reply(owed)
        except CuadrillaError as error:
            _log.error("learned_reply_failed", question=owed.feedback_id, code=error.code)
            return
        steps: Sequence[Outgoing] = ()
        state = "withheld"
        if reply is not None:
            steps, state = self._steps(owed, key, reply.text, channel, held=held, can_reply=can_reply)
        withdrawn = reply is not None and reply.withdrawn
        if withdrawn and state == "with_colleague":
            state = "waiting"  # for what holds, which the colleague is then given too
        async with self.queue.pool.connection() as connection:
            if await mark(connection, owed, state, key if state == "queued" else None, withdrawn=withdrawn):
                await connection.execute(_TURN, (key, *where))
                await put(connection, key, *where, [step.to_json() for step in steps])
                _log.info("learned_answer_told", question=owed.feedback_id, asker=owed.asker_id, state=state)

    def _steps(
        self, owed: Owed, key: UUID, text: str, channel: str, *, held: bool, can_reply: bool
    ) -> tuple[Sequence[Outgoing], str]:
        if held:
            kind = "learned_while_held" if owed.owes == Owes.ANSWER else "corrected_while_held"
            why = load_wording().note(kind, number=owed.feedback_id)
            return notes(f"{why}\n\n{chatwoot_text(text)}"), "with_colleague"
        result = TurnResult(turn_id=key, reply=text, language=as_language(owed.language), role=owed.role)
        steps = compose_reply(result, channel, can_reply, self.settings)
        return steps, "queued" if any(step.kind == "message" for step in steps) else "with_colleague"


def door_of(account_id: int, conversation_id: int) -> str:
    """The conversation as turns name it."""
    return f"chatwoot:{account_id}:{conversation_id}"


def held_by_a_person(look: Look, standing: Standing) -> bool:
    """Does a colleague have the conversation? One that is resolved is nobody's."""
    status = look.conversation.get("status")
    if status == "resolved":
        return False
    meta = look.conversation.get("meta")
    assigned = isinstance(meta, dict) and meta.get("assignee_type") == "User"
    return status in _HELD or assigned or standing.person_wrote
