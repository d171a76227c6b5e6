"""Carries out what the outbox holds, in order, each thing once, and never over a person."""

from __future__ import annotations

import random
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal
from uuid import UUID

import structlog

from channels.chatwoot.client import Chatwoot, ChatwootError
from channels.chatwoot.escaping import literal
from channels.chatwoot.looking import Look, is_own, last_messages, look_at
from channels.chatwoot.outgoing import Outgoing
from channels.chatwoot.predicate import OWN_KEY
from channels.chatwoot.rendering import notes
from channels.chatwoot.standing import whose
from channels.chatwoot.wording import load_wording
from channels.inbox import Inbox
from channels.outbox import ABOUT, Outbox, Row, put
from core.settings import Settings

_FIRST_PAUSE = 0.5
_LONGEST_PAUSE = 60.0
_SHOWN = 200
_MARGIN = 1.0
_LOOK_AGAIN = 0.2
POSTED_KINDS = frozenset({"message", "note"})
Found = Literal["posted", "absent", "unknown"]
_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Delivery:
    """Posts for one installation of Chatwoot."""

    chatwoot: Chatwoot
    outbox: Outbox
    inbox: Inbox
    settings: Settings

    async def look(self, account_id: int, conversation_id: int, answered: tuple[int, ...] = ()) -> Look | None:
        """What Chatwoot says of the conversation; None when it cannot be asked."""
        try:
            return look_at(await self.chatwoot.conversation(account_id, conversation_id), answered)
        except ChatwootError as error:
            _log.info("conversation_not_seen", status=error.status)
            return None

    async def flush(self, account_id: int, conversation_id: int, look: Look | None = None) -> float | None:
        """Post what waits, in order. None when nothing is left; else the seconds until it should be tried again.

        ``look``: what Chatwoot said a moment ago, the conversation being the bot's.
        """
        rows = await self.outbox.unsettled(account_id, conversation_id)
        newest = look.newest_id if look else None
        passed: set[UUID | None] = {None} if look is None else {row.turn_key for row in rows}
        dropped: set[UUID | None] = set()
        for row in rows:
            if row.turn_key in dropped:
                continue
            if row.due_in > 0:
                return row.due_in
            step = Outgoing.from_json(row.payload)
            if row.turn_key not in passed and step.kind in POSTED_KINDS and not row.begun and row.state == "waiting":
                seen = await self.look(account_id, conversation_id)
                if await self._left_to_a_person(row, seen):
                    await self.outbox.drop([other for other in rows if other.turn_key == row.turn_key], "taken_over")
                    dropped.add(row.turn_key)
                    continue
                newest = seen.newest_id if seen else None
            passed.add(row.turn_key)
            pause, posted_id = await self._carry(row, step, newest)
            if pause is not None:
                return pause
            newest = posted_id or newest
        return None

    async def bring_people_in(self, account_id: int, conversation_id: int) -> None:
        """What could not be delivered is told to the team, once, and the conversation opened to them."""
        for row in await self.outbox.untold(account_id, conversation_id):
            why = load_wording().note("undelivered", error=literal(row.error[:_SHOWN]))
            first, *more = notes(f"{why}\n\n{row.payload.get('content', '')}")
            marked = replace(first, content_attributes={ABOUT: str(row.uid)})
            payloads = [step.to_json() for step in (marked, *more, Outgoing("status", value="open"))]
            async with self.outbox.pool.connection() as connection:
                await put(connection, row.uid, account_id, conversation_id, payloads, turn=False)

    async def _left_to_a_person(self, row: Row, seen: Look | None) -> bool:
        if seen is not None and seen.taken_over:
            return True
        quiet = self.settings.chatwoot_person_quiet_hours
        standing = await self.inbox.standing(row.account_id, row.conversation_id, quiet)
        return bool(whose(standing))

    async def _carry(self, row: Row, step: Outgoing, newest: int | None) -> tuple[float | None, int | None]:
        """Do it; the seconds until the next try, or None when it is settled; and the id of what was posted."""
        try:
            if step.kind in POSTED_KINDS:
                return await self._post(row, step, newest)
            if not await self.outbox.begin(row, None):
                return _LOOK_AGAIN, None
            await _EFFECTS[step.kind](self.chatwoot, row, step)
            await self.outbox.posted(row, None)
        except ChatwootError as error:
            return await self._failed(row, step, error), None
        return None, None

    async def _post(self, row: Row, step: Outgoing, newest: int | None) -> tuple[float | None, int | None]:
        if row.state == "posting":
            under_way = self.settings.chatwoot_timeout_seconds + _MARGIN - (row.posting_for or 0.0)
            if row.open and under_way > 0:
                await self.outbox.put_off(row, under_way, "Waiting for a try that did not end.", certain=False)
                return under_way, None
            found, message_id = await self._find(row)
            if found == "posted":
                await self.outbox.posted(row, message_id)
                return None, message_id
            left = self.settings.chatwoot_echo_seconds - (row.posting_for or 0.0)
            if found == "unknown" and left > 0:
                waits = await self.outbox.put_off(row, left, row.error or "Waiting for the echo.", certain=False)
                return (left if waits else None), None
        if not await self.outbox.begin(row, newest if row.after_message_id is None else None):
            return _LOOK_AGAIN, None
        message = await self.chatwoot.post_message(
            row.account_id, row.conversation_id, message_body(step, str(row.uid)), step.attachment
        )
        given = message.get("id")
        posted_id = given if isinstance(given, int) else None
        await self.outbox.posted(row, posted_id)
        return None, posted_id

    async def _find(self, row: Row) -> tuple[Found, int | None]:
        """Was it posted by a try whose end nobody saw?"""
        listed = await self.chatwoot.messages(row.account_id, row.conversation_id)
        if listed is not None:
            shown: list[Mapping[str, Any]] = list(listed)
        else:
            try:
                shown = last_messages(await self.chatwoot.conversation(row.account_id, row.conversation_id))
            except ChatwootError as error:
                if error.again and error.status not in {401, 403}:
                    raise
                return "unknown", None
        for message in shown:
            if is_own(message, str(row.uid)):
                return "posted", message.get("id")
        if listed is not None:
            return "absent", None
        newest = max((item["id"] for item in shown if isinstance(item.get("id"), int)), default=None)
        return ("absent" if newest is not None and newest == row.after_message_id else "unknown"), None

    async def _failed(self, row: Row, step: Outgoing, error: ChatwootError) -> float | None:
        attempts = row.attempts + 1
        if error.again and attempts < self.settings.chatwoot_post_attempts:
            pause = backoff(attempts) if error.retry_after is None else error.retry_after + random.uniform(0, 0.5)
            waits = await self.outbox.put_off(row, pause, error.message, certain=not error.uncertain)
            return pause if waits else None
        if await self.outbox.give_up(row, error.message):
            _log.error("reply_given_up", outbox_id=row.outbox_id, kind=step.kind, status=error.status)
        return _LOOK_AGAIN if step.kind == "message" else None


def backoff(attempts: int) -> float:
    """Seconds before the next try: doubling, with jitter, so that many do not come back at once."""
    longest = min(_FIRST_PAUSE * 2 ** (attempts - 1), _LONGEST_PAUSE)
    return random.uniform(longest / 2, longest)


def message_body(step: Outgoing, uid: str) -> dict[str, Any]:
    """What is posted for ``step``; our id goes along and comes back with the echo."""
    body: dict[str, Any] = {
        "content": step.content,
        "message_type": "outgoing",
        **({"private": True} if step.kind == "note" else {}),
        "content_type": step.content_type,
        "content_attributes": {**step.content_attributes, OWN_KEY: uid},
    }
    if step.template is not None:
        body["template_params"] = dict(step.template)
    return body


async def _labels(chatwoot: Chatwoot, row: Row, step: Outgoing) -> None:
    """Chatwoot replaces the list, so what is there is read first; what an old Chatwoot hides is known from events."""
    has = await chatwoot.labels(row.account_id, row.conversation_id)
    wanted = list(dict.fromkeys([*has, *step.labels]))
    if wanted != has:
        await chatwoot.set_labels(row.account_id, row.conversation_id, wanted)


async def _priority(chatwoot: Chatwoot, row: Row, step: Outgoing) -> None:
    await chatwoot.set_priority(row.account_id, row.conversation_id, str(step.value) if step.value else None)


async def _team(chatwoot: Chatwoot, row: Row, step: Outgoing) -> None:
    if isinstance(step.value, int):
        await chatwoot.assign(row.account_id, row.conversation_id, team_id=step.value)


async def _assignee(chatwoot: Chatwoot, row: Row, step: Outgoing) -> None:
    await chatwoot.assign(row.account_id, row.conversation_id, user=step.value)


async def _status(chatwoot: Chatwoot, row: Row, step: Outgoing) -> None:
    await chatwoot.set_status(row.account_id, row.conversation_id, str(step.value))


async def _typing(chatwoot: Chatwoot, row: Row, step: Outgoing) -> None:
    await chatwoot.typing(row.account_id, row.conversation_id, step.value == "on")


async def _attributes(chatwoot: Chatwoot, row: Row, step: Outgoing) -> None:
    """Chatwoot replaces the whole hash, so what is there is read first."""
    now = (await chatwoot.conversation(row.account_id, row.conversation_id)).get("custom_attributes")
    merged = {**(now if isinstance(now, dict) else {}), **step.values}
    await chatwoot.set_custom_attributes(row.account_id, row.conversation_id, merged)


_EFFECTS: Mapping[str, Callable[[Chatwoot, Row, Outgoing], Awaitable[None]]] = {
    "labels": _labels,
    "priority": _priority,
    "team": _team,
    "assignee": _assignee,
    "status": _status,
    "typing": _typing,
    "custom_attributes": _attributes,
}
