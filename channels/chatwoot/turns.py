"""One look at a conversation: take lessons, post what waits, tell what was learned, then answer what the customer
wrote, unless it is a person's by now.

Everything it needs to go on after a crash stands in the database: it may be run again at any point, and run twice.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import psycopg
import structlog
from sqlalchemy.orm import Session, sessionmaker

from channels.chatwoot.client import Chatwoot, ChatwootError
from channels.chatwoot.delivery import Delivery, backoff
from channels.chatwoot.handing_over import alarm_of, steps
from channels.chatwoot.identity import identify
from channels.chatwoot.lessons import Teacher
from channels.chatwoot.looking import Look, as_event
from channels.chatwoot.outgoing import ConversationFacts, Outgoing
from channels.chatwoot.payloads import Event, read_event
from channels.chatwoot.predicate import chosen
from channels.chatwoot.received import MediaParts, ReceivedFile
from channels.chatwoot.standing import whose
from channels.chatwoot.telling import Teller
from channels.chatwoot.webhook import Door, read_parsed
from channels.inbox import Batch, Inbox, Standing, settle
from channels.outbox import put
from channels.paging import Alarm, raise_alarm
from channels.queue import Queue
from channels.received_files import keep_files
from core.settings import Settings
from core.tracing import traced
from graph.messages import Handoff, IncomingAttachment, Sender, TurnRequest, TurnResult

MOST_SUPERSEDED = 2
"""Replies in a row that are held back because more was written; the next one is posted whatever comes."""
MOST_ATTEMPTS = 5
_MOST_FILES = 20
_LISTEN_SECONDS = 0.3
"""How often it is looked, while a turn runs, whether an emergency was written."""
_BESIDE = ":emergency"
_AFTER_FAILURE = 1.0
_PASSING = frozenset({"unavailable", "internal"})
_log = structlog.get_logger(__name__)


class Answers(Protocol):
    """The one way in; see :class:`graph.turn.TurnService`."""

    async def answer(self, request: TurnRequest) -> TurnResult:
        """Answer one message."""
        ...


class ReadsMedia(Protocol):
    """Makes words and attachments of what came with a message."""

    async def __call__(self, files: Sequence[ReceivedFile]) -> MediaParts:
        """Read ``files``; never raises for what is in them."""
        ...


class Apologises(Protocol):
    """The words for a reply that could not be made."""

    async def __call__(self) -> str: ...


@dataclass(frozen=True, slots=True)
class Attendant:
    """Attends to conversations of one installation of Chatwoot."""

    queue: Queue
    inbox: Inbox
    delivery: Delivery
    chatwoot: Chatwoot
    door: Door
    turns: Answers
    read_media: ReadsMedia
    apologise: Apologises
    sessions: sessionmaker[Session]
    settings: Settings
    teacher: Teacher
    teller: Teller
    _typing: set[asyncio.Task[None]] = field(default_factory=set)

    async def settled(self) -> None:
        """Nothing that was begun as a courtesy is under way any more."""
        await asyncio.gather(*self._typing)

    async def attend(self, account_id: int, conversation_id: int) -> None:
        """Look at one conversation and do what there is to do; what cannot be done now is asked for again."""
        try:
            again = await self._attend(account_id, conversation_id)
        except asyncio.CancelledError:
            await asyncio.shield(self.queue.ask(account_id, conversation_id))
            raise
        except psycopg.OperationalError as error:
            _log.warning("look_interrupted", error=type(error).__name__)
            again = _AFTER_FAILURE
        if again is not None:
            await self.queue.ask(account_id, conversation_id, again)

    async def _attend(self, account_id: int, conversation_id: int) -> float | None:
        await self.delivery.bring_people_in(account_id, conversation_id)
        await self.teacher.attend(account_id, conversation_id)
        again = await self.delivery.flush(account_id, conversation_id)
        if again is None:
            again = await self.teller.tell(account_id, conversation_id)
        if again is not None:
            return again
        batch = await self.inbox.take(account_id, conversation_id)
        if batch is None:
            return None
        conversation = f"{account_id}/{conversation_id}"
        with traced(batch.trace_id), structlog.contextvars.bound_contextvars(conversation=conversation):
            return await self._answer(batch)

    async def _answer(self, batch: Batch) -> float | None:
        standing = await self._standing(batch)
        if reason := whose(standing):
            await self._leave(batch, reason)
            return None
        self._show_typing(batch, on=True)
        events = [read_event(payload) for payload in batch.payloads]
        request = await self._request(batch, events, standing)
        if batch.attempts > MOST_ATTEMPTS:
            result = await self._surrendered(batch)
        else:
            answered = await self._unless_pressed(batch, request)
            if answered is None:
                _log.warning("turn_overtaken_by_an_emergency")
                await self.inbox.supersede(batch)
                return 0.0
            result = answered
        if result.error in _PASSING and result.handoff is None:
            if batch.attempts < MOST_ATTEMPTS:
                return backoff(batch.attempts + 1)
            result = await self._surrendered(batch)
        look = await self.delivery.look(batch.account_id, batch.conversation_id, batch.message_ids)
        facts = self._facts(batch, standing, look, request)
        if reason := (look.taken_over if look else "") or whose(await self._standing(batch)):
            await self._leave(batch, reason, alarm_of(batch.turn_key, result, facts))
            return None
        if look is not None:
            await self._take_in(look, batch)
        if not _binds(result) and standing.superseded < MOST_SUPERSEDED and await self.inbox.newer_waits(batch):
            _log.info("reply_superseded")
            await self.inbox.supersede(batch)
            return 0.0
        await self._keep(batch, result, facts, request.attachments)
        return await self.delivery.flush(batch.account_id, batch.conversation_id, look)

    async def _unless_pressed(self, batch: Batch, request: TurnRequest) -> TurnResult | None:
        """What ``request`` is answered; None as soon as an emergency is written meanwhile, which must not wait for it.

        The turn goes on to its end all the same; a colleague, who gets the conversation, sees what it did.
        """
        listens = not self.door.presses(request.message)
        answering = asyncio.ensure_future(self.turns.answer(request))
        try:
            while not (await asyncio.wait({answering}, timeout=_LISTEN_SECONDS if listens else None))[0]:
                if await self._pressed(batch):
                    return None
            return answering.result()
        finally:
            answering.cancel()

    async def _pressed(self, batch: Batch) -> bool:
        """Was an emergency written since ``batch`` was taken?"""
        events = [read_event(payload) for payload in await self.inbox.newer(batch)]
        return any(self.door.presses(chosen(event) or event.content) for event in events)

    async def _keep(
        self, batch: Batch, result: TurnResult, facts: ConversationFacts, attachments: Sequence[IncomingAttachment]
    ) -> None:
        """The turn ends and its reply waits to be posted, in one transaction."""
        hopeless = batch.attempts > 2 * MOST_ATTEMPTS
        outgoing = (Outgoing("status", value="open"),) if hopeless else steps(result, facts, self.settings)
        async with self.queue.pool.connection() as connection:
            if await settle(connection, batch, "composed", "answered"):
                payloads = [step.to_json() for step in outgoing]
                await put(connection, batch.turn_key, batch.account_id, batch.conversation_id, payloads)
                conversation = batch.account_id, batch.conversation_id
                await keep_files(connection, batch.turn_key, conversation, attachments, result.written)
                alarm = alarm_of(batch.turn_key, result, facts)
                if alarm is not None and self.settings.on_call_list:
                    await raise_alarm(connection, alarm)

    async def _leave(self, batch: Batch, reason: str, alarm: Alarm | None = None) -> None:
        """A person has it. An emergency is paged all the same."""
        _log.info("left_to_a_person", reason=reason)
        async with self.queue.pool.connection() as connection:
            await settle(connection, batch, "dropped", "dropped", reason)
            if alarm is not None:
                await raise_alarm(connection, alarm)
        self._show_typing(batch, on=False)

    async def _surrendered(self, batch: Batch) -> TurnResult:
        """What could not be answered however often it was tried goes to a person."""
        _log.error("turn_surrendered", attempts=batch.attempts)
        handoff = Handoff(reason="failed", priority="high")
        return TurnResult(turn_id=batch.turn_key, reply=await self.apologise(), handoff=handoff, error="internal")

    async def _take_in(self, look: Look, batch: Batch) -> None:
        """What the customer wrote since, as far as Chatwoot shows it: its announcement may be on the way, or lost."""
        for message in look.newer:
            body = as_event(look.conversation, message, batch.account_id)
            await self.door.keep(read_parsed(body, "look", None, self.settings.chatwoot_bot_id))

    async def _standing(self, batch: Batch) -> Standing:
        quiet = self.settings.chatwoot_person_quiet_hours
        return await self.inbox.standing(batch.account_id, batch.conversation_id, quiet)

    async def _request(self, batch: Batch, events: Sequence[Event], standing: Standing) -> TurnRequest:
        """What the turn is asked; made once, so that it is the same after a crash."""
        if batch.request is not None:
            return TurnRequest.model_validate(batch.request)
        parts = [await self._parts(event) for event in events]
        region = self.settings.phone_region
        sender: Sender = await asyncio.to_thread(identify, self.sessions, standing.channel, standing.facts, region)
        message = "\n".join(part.text for part in parts if part.text)
        overtakes = standing.superseded > 0 and self.door.presses(message)
        request = TurnRequest(
            message=message,
            sender=sender,
            # The turn that it overtook may still be under way: an emergency does not wait for that conversation.
            conversation_id=f"chatwoot:{batch.account_id}:{batch.conversation_id}{_BESIDE if overtakes else ''}",
            message_id=str(batch.turn_key),
            attachments=[file for part in parts for file in part.attachments][:_MOST_FILES],
        )
        await self.inbox.keep_request(batch, request.model_dump(mode="json"))
        return request

    async def _parts(self, event: Event) -> MediaParts:
        words = chosen(event) or event.content
        if event.attributes.get("is_unsupported") is True:
            words = ""
        files = event.files or ((ReceivedFile("unsupported"),) if not words.strip() else ())
        media = await self.read_media(files) if files else MediaParts()
        return MediaParts("\n".join(text for text in (words, media.text) if text), media.attachments)

    def _facts(self, batch: Batch, standing: Standing, look: Look | None, request: TurnRequest) -> ConversationFacts:
        now: Mapping[str, Any] = look.conversation if look else {}
        contact = standing.facts.get("contact") or {}
        labels = now.get("labels", standing.facts.get("labels") or [])
        can_reply = now.get("can_reply", standing.can_reply)
        return ConversationFacts(
            account_id=batch.account_id,
            conversation_id=batch.conversation_id,
            inbox_id=standing.inbox_id,
            channel=standing.channel,
            can_reply=can_reply if isinstance(can_reply, bool) else True,
            status="pending",
            priority=now.get("priority", standing.facts.get("priority")),
            labels=tuple(label for label in labels if isinstance(label, str)),
            custom_attributes=now.get("custom_attributes") or standing.facts.get("custom_attributes") or {},
            contact_id=contact.get("id"),
            contact_name=contact.get("name") or "",
            phone=contact.get("phone_number") or None,
            message_ids=batch.message_ids,
            asked=request.message,
            url=conversation_url(self.settings.chatwoot_url or "", batch.account_id, batch.conversation_id),
        )

    def _show_typing(self, batch: Batch, *, on: bool) -> None:
        """A courtesy: nothing waits for it, and nothing depends on it."""

        async def show() -> None:
            try:
                await self.chatwoot.typing(batch.account_id, batch.conversation_id, on)
            except ChatwootError as error:
                _log.debug("typing_not_shown", status=error.status)

        task = asyncio.create_task(show())
        self._typing.add(task)
        task.add_done_callback(self._typing.discard)


def conversation_url(base: str, account_id: int, conversation_id: int) -> str:
    """Where a colleague opens the conversation."""
    return f"{base.rstrip('/')}/app/accounts/{account_id}/conversations/{conversation_id}"


def _binds(result: TurnResult) -> bool:
    """Something happened that the customer must be told, or was asked that their next message answers."""
    return bool(result.written or result.handoff or result.pending_confirmation)
