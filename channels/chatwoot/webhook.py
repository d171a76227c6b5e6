"""``POST /chatwoot/webhook``: verified over its raw bytes, kept and enqueued in one transaction, acknowledged at once.

Whatever Chatwoot itself signed gets 2xx, even what nobody understands: a refused event would take the conversation from
the bot. A database that is away is waited for briefly and then reported as 500, the one failure that Chatwoot retries.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any
from uuid import UUID

import psycopg
import structlog
from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, Response
from psycopg_pool import PoolTimeout
from tenacity import AsyncRetrying, retry_if_exception_type, stop_after_delay, wait_random_exponential

from channels.chatwoot.payloads import Event, Person, read_event, without_secrets
from channels.chatwoot.predicate import Decision, chosen, decide, own_id
from channels.chatwoot.signature import DELIVERY, Secret, verify
from channels.inbox import Delivery, Inbox
from core.errors import BadInput, CuadrillaError, Unauthenticated, Unavailable
from core.settings import Settings

PATH = "/chatwoot/webhook"
_PATIENCE_SECONDS = 3.5
"""Chatwoot gives up after five."""
_LONGEST_ID = 200
_log = structlog.get_logger(__name__)


class EventTooLarge(CuadrillaError):
    """The event is larger than what is read."""

    code = "body_too_large"


def never_presses(_message: str) -> bool:
    """Nothing presses."""
    return False


def uncounted(_kind: str) -> None:
    """Nobody counts."""


@dataclass(frozen=True, slots=True)
class Door:
    """Takes deliveries in. A message that ``presses`` is attended to without waiting for more."""

    inbox: Inbox
    settings: Settings
    secrets: Sequence[Secret]
    presses: Callable[[str], bool] = never_presses
    count: Callable[[str], None] = uncounted
    now: Callable[[], float] = time.time
    _under_way: set[asyncio.Task[bool]] = field(default_factory=set, compare=False)

    async def receive(self, headers: Mapping[str, str], body: bytes) -> bool:
        """Keep one delivery; False when it was kept before.

        Raises :class:`Unauthenticated` when it is not Chatwoot's, :class:`EventTooLarge`, and :class:`psycopg.Error`
        or :class:`PoolTimeout` when it could not be kept.
        """
        source = verify(
            headers,
            body,
            self.secrets,
            now=self.now(),
            window=self.settings.chatwoot_signature_seconds,
            unsigned=self.settings.chatwoot_allow_unsigned,
        )
        given = headers.get(DELIVERY, "").strip()[:_LONGEST_ID]
        delivery = read_delivery(body, source, given or None, self.settings.chatwoot_bot_id)
        fresh = await self.keep(delivery)
        self.count(delivery.kind if fresh else "known")
        return fresh

    async def keep(self, delivery: Delivery) -> bool:
        """Store ``delivery``, waiting briefly for a database that is away.

        What takes longer is reported as failed, yet goes on: the delivery that Chatwoot sends again is then known.
        """
        keeping = asyncio.create_task(self._keep(delivery))
        self._under_way.add(keeping)
        keeping.add_done_callback(self._ended)
        try:
            return await asyncio.wait_for(asyncio.shield(keeping), _PATIENCE_SECONDS)
        except TimeoutError as error:
            raise PoolTimeout("The database did not answer in time.") from error

    async def settled(self) -> None:
        """Nothing is under way any more that was reported as failed."""
        await asyncio.gather(*self._under_way, return_exceptions=True)

    def _ended(self, keeping: asyncio.Task[bool]) -> None:
        self._under_way.discard(keeping)
        if not keeping.cancelled() and (error := keeping.exception()) is not None:
            _log.debug("keeping_failed", error=type(error).__name__)

    async def _keep(self, delivery: Delivery) -> bool:
        pressing = delivery.waiting and self.presses(delivery.words)
        async for attempt in AsyncRetrying(
            retry=retry_if_exception_type(psycopg.OperationalError),
            stop=stop_after_delay(_PATIENCE_SECONDS),
            wait=wait_random_exponential(multiplier=0.05, max=0.5),
            reraise=True,
        ):
            with attempt:
                return await self.inbox.store(
                    delivery,
                    debounce=0.0 if pressing else self.settings.chatwoot_debounce_seconds,
                    longest=0.0 if pressing else self.settings.chatwoot_debounce_most_seconds,
                )
        raise AssertionError("tenacity either returns or raises")


def webhook_routes(door: Callable[[], Door]) -> APIRouter:
    """The route over the door that is open."""
    router = APIRouter(tags=["chatwoot"])

    @router.post(PATH, include_in_schema=False)
    async def webhook(request: Request) -> Response:
        """An event of Chatwoot."""
        opened = door()
        try:
            body = await _read(request, opened.settings.chatwoot_body_bytes)
            fresh = await opened.receive(request.headers, body)
        except Unauthenticated as error:
            opened.count("refused")
            return _problem(HTTPStatus.UNAUTHORIZED, error)
        except EventTooLarge as error:
            opened.count("refused")
            return _problem(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, error)
        except (psycopg.Error, PoolTimeout) as error:
            opened.count("lost")
            why = error.diag.message_primary if isinstance(error, psycopg.Error) else None
            _log.error("event_not_kept", error=type(error).__name__, why=why)
            return _away()
        return JSONResponse({"status": "accepted" if fresh else "known"})

    return router


def read_delivery(body: bytes, source: str, delivery_id: str | None, bot_id: int | None) -> Delivery:
    """What is kept of ``body``: anything at all can be."""
    try:
        parsed = json.loads(body)
        return read_parsed(parsed, source, delivery_id, bot_id)
    except (ValueError, RecursionError, BadInput) as error:
        _log.warning("event_not_understood", error=type(error).__name__)
        return Delivery(source, "", "ignored", "not_understood", {}, delivery_id)


def read_parsed(parsed: Any, source: str, delivery_id: str | None, bot_id: int | None) -> Delivery:
    """An event ready to be kept; raises :class:`BadInput` when ``parsed`` is none."""
    event = read_event(parsed)
    return delivery_of(event, parsed, source, delivery_id, decide(event, bot_id))


def delivery_of(
    event: Event, body: Mapping[str, Any], source: str, delivery_id: str | None, decision: Decision
) -> Delivery:
    """``event`` ready to be kept."""
    return Delivery(
        source=source,
        event=event.name[:_LONGEST_ID],
        kind=decision.kind,
        reason=decision.reason,
        payload=without_secrets(body),
        delivery_id=delivery_id,
        dedupe_key=_happens_once(event, decision),
        account_id=event.account_id,
        conversation_id=event.conversation.id,
        message_id=event.message_id,
        own_id=_uuid(own_id(event)),
        words=chosen(event) or event.content,
        refusal=str(event.attributes.get("external_error", ""))[:1000],
        snapshot=snapshot(event),
    )


def snapshot(event: Event) -> dict[str, Any]:
    """What the event tells of its conversation."""
    conversation = event.conversation
    contact = conversation.meta.sender or (event.sender if event.message_type == "incoming" else None) or Person()
    return {
        "inbox_id": conversation.inbox_id,
        "channel": conversation.channel,
        "status": conversation.status,
        "assignee_type": conversation.meta.assignee_type or None,
        "can_reply": conversation.can_reply,
        "as_of": conversation.updated_at,
        "facts": without_secrets(
            {
                "contact": contact.model_dump(include={"id", "name", "phone_number", "identifier"}),
                "source_id": conversation.contact_inbox.source_id,
                "verified": conversation.contact_inbox.hmac_verified,
                "labels": conversation.labels,
                "priority": conversation.priority or None,
                "custom_attributes": conversation.custom_attributes,
            }
        ),
    }


def _happens_once(event: Event, decision: Decision) -> str | None:
    """The same message may be announced again under another delivery, or by the other webhook."""
    if event.message_id is None or event.account_id is None:
        return None
    if event.name == "message_created":
        return f"created:{event.account_id}:{event.message_id}"
    if decision.kind == "answer" and chosen(event):
        return f"chosen:{event.account_id}:{event.message_id}"
    return None


def _uuid(value: str | None) -> UUID | None:
    try:
        return UUID(value) if value else None
    except ValueError:
        return None


async def _read(request: Request, limit: int) -> bytes:
    declared = request.headers.get("content-length", "")
    if declared.isdigit() and int(declared) > limit:
        raise EventTooLarge
    chunks, size = [], 0
    async for chunk in request.stream():
        chunks.append(chunk)
        size += len(chunk)
        if size > limit:
            raise EventTooLarge
    return b"".join(chunks)


def _problem(status: HTTPStatus, error: CuadrillaError) -> JSONResponse:
    """Problem details, as everywhere else; Chatwoot itself reads the status only."""
    body = {
        "type": f"urn:cuadrilla:problem:{error.code}",
        "title": status.phrase,
        "status": int(status),
        "detail": error.message,
        "code": error.code,
    }
    return JSONResponse(body, status_code=status, media_type="application/problem+json")


def _away() -> JSONResponse:
    """500, not 503: it is what Chatwoot tries again."""
    return _problem(HTTPStatus.INTERNAL_SERVER_ERROR, Unavailable("The event could not be kept; send it again."))
