"""What Chatwoot says of a conversation right now, set beside what is about to be posted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from channels.chatwoot.predicate import OWN_KEY, PENDING

_INCOMING, _OUTGOING = (0, "incoming"), (1, "outgoing")


@dataclass(frozen=True, slots=True)
class Look:
    """A conversation as the API gives it. ``taken_over``: why the bot must be quiet, or nothing."""

    conversation: Mapping[str, Any]
    taken_over: str
    newest_id: int | None
    newer: tuple[Mapping[str, Any], ...] = ()
    """What the customer wrote after the messages that were answered, as far as it shows."""


def look_at(conversation: Mapping[str, Any], answered: Sequence[int] = ()) -> Look:
    """Read the answer of ``GET conversation``; ``answered`` are the messages that are being answered."""
    shown = last_messages(conversation)
    ids = [item["id"] for item in shown if isinstance(item.get("id"), int)]
    newest = max(ids, default=None)
    after = max(answered, default=0)
    later = [item for item in shown if isinstance(item.get("id"), int) and item["id"] > after]
    newer = tuple(item for item in later if item.get("message_type") in _INCOMING and not item.get("private"))
    return Look(conversation, _taken_over(conversation, later if answered else ()), newest, newer if answered else ())


def last_messages(conversation: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The messages that ``GET conversation`` shows: the last of any kind, and the last that is no activity."""
    given = conversation.get("messages")
    messages: list[Mapping[str, Any]] = (
        [item for item in given if isinstance(item, dict)] if isinstance(given, list) else []
    )
    last = conversation.get("last_non_activity_message")
    if isinstance(last, dict):
        messages.append(last)
    return messages


def is_own(message: Mapping[str, Any], uid: str) -> bool:
    """Is it what we posted under ``uid``?"""
    attributes = message.get("content_attributes")
    return isinstance(attributes, dict) and attributes.get(OWN_KEY) == uid


def by_a_person(message: Mapping[str, Any]) -> bool:
    """Did a colleague write it to the customer, here or on the company's phone?"""
    if message.get("message_type") not in _OUTGOING or message.get("private"):
        return False
    attributes = message.get("content_attributes") or {}
    if attributes.get("automation_rule_id") is not None:
        return False
    sender = message.get("sender")
    if isinstance(sender, dict):
        return sender.get("type") == "user"
    return attributes.get("external_echo") is True


def _taken_over(conversation: Mapping[str, Any], later: Sequence[Mapping[str, Any]]) -> str:
    status = conversation.get("status")
    if isinstance(status, str) and status != PENDING:
        return "not_pending"
    meta = conversation.get("meta")
    if isinstance(meta, dict) and meta.get("assignee_type") == "User":
        return "assigned_to_a_person"
    return "a_person_wrote" if any(by_a_person(item) for item in later) else ""


def as_event(conversation: Mapping[str, Any], message: Mapping[str, Any], account_id: int) -> dict[str, Any]:
    """A message that the API shows, as the webhook would have announced it."""
    meta = conversation.get("meta") if isinstance(conversation.get("meta"), dict) else {}
    return {
        **message,
        "event": "message_created",
        "account": {"id": account_id},
        "sender": message.get("sender") or (meta or {}).get("sender"),
        "conversation": {**conversation, "channel": (meta or {}).get("channel", "")},
    }
