"""Chatwoot's webhook bodies, read leniently: unknown keys are accepted, missing ones have a meaning, nothing raises but
what is no event at all.

Numbers of messages and conversations stand in different places in different events; here they are in one.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from channels.chatwoot.received import ReceivedFile
from core.errors import BadInput

MESSAGE_EVENTS = frozenset({"message_created", "message_updated"})
_LARGEST = 2**63 - 1
_LEFT_OUT = frozenset({"pubsub_token", "messages"})
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
_REPLACEMENT = "\ufffd"


def _mapping(value: Any) -> Any:
    return value if isinstance(value, dict) else {}


def _list(value: Any) -> Any:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def _words(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _number(value: Any) -> int | None:
    good = isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= _LARGEST
    return value if good else None


def _real(value: Any) -> float | None:
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


def _labels(value: Any) -> list[str]:
    return [item for item in value if isinstance(item, str)] if isinstance(value, list) else []


def _truth(default: bool) -> BeforeValidator:
    return BeforeValidator(lambda value: value if isinstance(value, bool) else default)


Words = Annotated[str, BeforeValidator(_words)]
Number = Annotated[int | None, BeforeValidator(_number)]
Real = Annotated[float | None, BeforeValidator(_real)]
Mapped = Annotated[dict[str, Any], BeforeValidator(_mapping)]
Items = Annotated[list[dict[str, Any]], BeforeValidator(_list)]
No = Annotated[bool, _truth(False)]
Yes = Annotated[bool, _truth(True)]


class _Lenient(BaseModel):
    model_config = ConfigDict(extra="ignore")


class Person(_Lenient):
    """A sender, a contact or an assignee."""

    id: Number = None
    name: Words = ""
    type: Words = ""
    phone_number: Words = ""
    email: Words = ""
    identifier: Words = ""
    blocked: No = False


class ContactInbox(_Lenient):
    """How the contact is known at the channel itself."""

    source_id: Words = ""
    hmac_verified: No = False


def _person(value: Any) -> Any:
    return value if isinstance(value, dict) else None


Someone = Annotated[Person | None, BeforeValidator(_person)]


class Meta(_Lenient):
    """Who is in the conversation."""

    sender: Someone = None
    assignee: Someone = None
    assignee_type: Words = ""


class Conversation(_Lenient):
    """The conversation as it was when the event happened; ``id`` is the number used in API paths."""

    id: Number = None
    inbox_id: Number = None
    channel: Words = ""
    status: Words = ""
    can_reply: Yes = True
    labels: Annotated[list[str], BeforeValidator(_labels)] = Field(default_factory=list)
    priority: Words = ""
    custom_attributes: Mapped = Field(default_factory=dict)
    contact_inbox: Annotated[ContactInbox, BeforeValidator(_mapping)] = Field(default_factory=ContactInbox)
    meta: Annotated[Meta, BeforeValidator(_mapping)] = Field(default_factory=Meta)
    messages: Items = Field(default_factory=list)
    updated_at: Real = None


class _Account(_Lenient):
    id: Number = None


class _Body(_Lenient):
    event: Words = ""
    id: Number = None
    account: Annotated[_Account, BeforeValidator(_mapping)] = Field(default_factory=_Account)
    conversation: Annotated[Conversation | None, BeforeValidator(_person)] = None
    message_type: Annotated[Any, Field()] = None
    private: No = False
    content: Words = ""
    content_type: Words = ""
    content_attributes: Mapped = Field(default_factory=dict)
    additional_attributes: Mapped = Field(default_factory=dict)
    sender: Someone = None
    attachments: Items = Field(default_factory=list)
    changed_attributes: Items = Field(default_factory=list)


_MESSAGE_TYPES: Mapping[Any, str] = {0: "incoming", 1: "outgoing", 2: "activity", 3: "template"}


@dataclass(frozen=True, slots=True)
class Event:
    """One event. ``message_*`` and what follows are empty for events of a conversation."""

    name: str
    account_id: int | None
    conversation: Conversation
    message_id: int | None = None
    message_type: str = ""
    private: bool = False
    content: str = ""
    content_attributes: Mapping[str, Any] | None = None
    sender: Person | None = None
    files: tuple[ReceivedFile, ...] = ()
    campaign: bool = False
    changed: frozenset[str] = frozenset()

    @property
    def attributes(self) -> Mapping[str, Any]:
        """``content_attributes``, never nothing."""
        return self.content_attributes or {}


def read_event(body: Any) -> Event:
    """``body`` as an event; raises :class:`BadInput` when it is none."""
    if not isinstance(body, dict):
        raise BadInput("The event is not an object.")
    try:
        given = _Body.model_validate(body)
        root = Conversation.model_validate(body)
    except (ValidationError, RecursionError) as error:
        raise BadInput("The event cannot be read.") from error
    if not given.event:
        raise BadInput("The event has no name.")
    changed = frozenset(name for item in given.changed_attributes for name in item)
    if given.event not in MESSAGE_EVENTS:
        return Event(given.event, given.account.id, root, changed=changed)
    kind = given.message_type
    return Event(
        name=given.event,
        account_id=given.account.id,
        conversation=given.conversation or Conversation(),
        message_id=given.id,
        message_type=kind if isinstance(kind, str) else _MESSAGE_TYPES.get(_number(kind), ""),
        private=given.private,
        content=given.content,
        content_attributes=given.content_attributes,
        sender=given.sender,
        files=tuple(read_file(item) for item in given.attachments),
        campaign=given.additional_attributes.get("campaign_id") is not None,
        changed=changed,
    )


def read_file(item: Mapping[str, Any]) -> ReceivedFile:
    """An attachment of a message."""
    title = _words(item.get("fallback_title"))
    meta = _mapping(item.get("meta"))
    named = " ".join(filter(None, (_words(meta.get("firstName")), _words(meta.get("lastName")))))
    return ReceivedFile(
        kind=_words(item.get("file_type")),
        attachment_id=_number(item.get("id")),
        url=_words(item.get("data_url")) or None,
        media_type=_words(item.get("content_type")) or None,
        extension=_words(item.get("extension")) or None,
        size=_number(item.get("file_size")),
        title=" · ".join(filter(None, (named, title))),
        latitude=_real(item.get("coordinates_lat")),
        longitude=_real(item.get("coordinates_long")),
        transcribed_text=_words(item.get("transcribed_text")),
    )


def without_secrets(body: Any) -> Any:
    """``body`` as it may be kept: no channel token of the contact, no copy of the message, nothing that is no text."""
    if isinstance(body, str):
        return _UNSTORABLE.sub(_REPLACEMENT, body)
    if isinstance(body, list):
        return [without_secrets(item) for item in body]
    if isinstance(body, dict):
        return {without_secrets(key): without_secrets(item) for key, item in body.items() if key not in _LEFT_OUT}
    return body
