"""What a Chatwoot account holds, as far as a bot can tell."""

from __future__ import annotations

import secrets
import uuid
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

Status = Literal["open", "resolved", "pending", "snoozed"]
Kind = Literal["incoming", "outgoing", "activity", "template"]
Delivery = Literal["sent", "delivered", "read", "failed"]

STATUSES: tuple[Status, ...] = ("open", "resolved", "pending", "snoozed")
PRIORITIES = ("low", "medium", "high", "urgent")
WHATSAPP = "Channel::Whatsapp"


def token() -> str:
    """A secret of the length that Chatwoot makes."""
    return secrets.token_urlsafe(18)


@dataclass(slots=True, eq=False)
class Contact:
    """A person who writes to an inbox. ``source_id`` is how the channel names them."""

    id: int
    name: str
    phone_number: str | None
    source_id: str
    created: datetime
    email: str | None = None
    identifier: str | None = None
    blocked: bool = False
    custom_attributes: dict[str, Any] = field(default_factory=dict)
    additional_attributes: dict[str, Any] = field(default_factory=lambda: {"social_profiles": {}})
    pubsub_token: str = field(default_factory=token)


@dataclass(slots=True, eq=False)
class Agent:
    """A colleague who works in Chatwoot."""

    id: int
    name: str
    email: str
    access_token: str = field(default_factory=token)


@dataclass(slots=True, eq=False)
class AgentBot:
    """A bot: where its webhooks go, what signs them, and its token for calls back."""

    id: int
    name: str
    outgoing_url: str = ""
    secret: str = field(default_factory=token)
    access_token: str = field(default_factory=token)


@dataclass(slots=True, eq=False)
class Team:
    """A team of colleagues."""

    id: int
    name: str


@dataclass(slots=True, eq=False)
class AccountWebhook:
    """A webhook of the whole account: the events it asked for, no retries."""

    url: str
    subscriptions: frozenset[str]
    secret: str = field(default_factory=token)


@dataclass(slots=True, eq=False)
class Inbox:
    """A WhatsApp number. ``templates`` are those that Meta approved, by name."""

    id: int
    name: str
    channel: str = WHATSAPP
    bot: AgentBot | None = None
    lock_to_single_conversation: bool = False
    templates: dict[str, str] = field(default_factory=dict)


@dataclass(slots=True, eq=False)
class Attachment:
    """A file of a message, or a place."""

    id: int
    file_type: Literal["image", "audio", "video", "file", "location"]
    name: str = ""
    content_type: str = ""
    data: bytes = b""
    latitude: float = 0.0
    longitude: float = 0.0
    key: str = field(default_factory=token)


@dataclass(slots=True, eq=False)
class Message:
    """One message of a conversation. ``shown`` is what the person's WhatsApp received."""

    id: int
    kind: Kind
    content: str | None
    created: datetime
    updated: datetime
    sender: Contact | Agent | AgentBot | None = None
    private: bool = False
    status: Delivery = "sent"
    source_id: str | None = None
    content_type: str = "text"
    content_attributes: dict[str, Any] = field(default_factory=dict)
    additional_attributes: dict[str, Any] = field(default_factory=dict)
    attachments: list[Attachment] = field(default_factory=list)
    shown: str | None = None


@dataclass(slots=True, eq=False)
class Conversation:
    """A conversation; ``id`` is what Chatwoot calls display_id."""

    id: int
    inbox: Inbox
    contact: Contact
    contact_inbox_id: int
    status: Status
    created: datetime
    updated: datetime
    last_activity: datetime
    messages: list[Message] = field(default_factory=list)
    labels: list[str] = field(default_factory=list)
    assignee: Agent | AgentBot | None = None
    team: Team | None = None
    priority: str | None = None
    custom_attributes: dict[str, Any] = field(default_factory=dict)
    additional_attributes: dict[str, Any] = field(default_factory=dict)
    snoozed_until: datetime | None = None
    waiting_since: datetime | None = None
    first_reply_created: datetime | None = None
    agent_last_seen: datetime | None = None
    contact_last_seen: datetime | None = None
    typing: bool = False
    uuid: str = field(default_factory=lambda: str(uuid.uuid4()))
