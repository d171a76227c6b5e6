"""What the bot wants done in a conversation, as data: the outbox keeps it and carries it out, in order, once each.

Those who compose replies and hand-overs give tuples of :class:`Outgoing`; they never call Chatwoot themselves.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Literal, get_args

Kind = Literal["message", "note", "labels", "priority", "team", "assignee", "status", "typing", "custom_attributes"]
ContentType = Literal["text", "input_select"]
KINDS: tuple[Kind, ...] = get_args(Kind)
_NOTHING: Mapping[str, Any] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class OutgoingFile:
    """A file that goes with a message."""

    name: str
    media_type: str
    data: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Outgoing:
    """One call to Chatwoot.

    ``message`` and ``note`` use content, content_type, content_attributes, attachment and template; ``labels`` are
    added to those the conversation has; ``value`` is the priority (None clears it), the team's or assignee's id, the
    status, or ``on``/``off`` of typing; ``values`` are custom attributes, merged with those the conversation has.
    """

    kind: Kind
    content: str = ""
    content_type: ContentType = "text"
    content_attributes: Mapping[str, Any] = field(default_factory=lambda: _NOTHING)
    attachment: OutgoingFile | None = None
    template: Mapping[str, Any] | None = None
    """``template_params`` of a WhatsApp template: what may be sent outside the 24-hour window."""
    labels: tuple[str, ...] = ()
    value: str | int | None = None
    values: Mapping[str, Any] = field(default_factory=lambda: _NOTHING)

    def to_json(self) -> dict[str, Any]:
        """As the outbox keeps it: only what is set; the file in base64."""
        kept: dict[str, Any] = {"kind": self.kind}
        if self.content:
            kept["content"] = self.content
        if self.content_type != "text":
            kept["content_type"] = self.content_type
        if self.attachment is not None:
            data = base64.b64encode(self.attachment.data).decode()
            kept["attachment"] = {"name": self.attachment.name, "media_type": self.attachment.media_type, "data": data}
        if self.template is not None:
            kept["template"] = dict(self.template)
        for name in ("content_attributes", "values"):
            if getattr(self, name):
                kept[name] = dict(getattr(self, name))
        if self.labels:
            kept["labels"] = list(self.labels)
        if self.value is not None:
            kept["value"] = self.value
        return kept

    @classmethod
    def from_json(cls, kept: Mapping[str, Any]) -> Outgoing:
        """The opposite of :meth:`to_json`."""
        given = dict(kept)
        if (file := given.pop("attachment", None)) is not None:
            given["attachment"] = OutgoingFile(file["name"], file["media_type"], base64.b64decode(file["data"]))
        given["labels"] = tuple(given.get("labels", ()))
        return cls(**given)


@dataclass(frozen=True, slots=True)
class ConversationFacts:
    """What is known of a conversation when its reply is composed."""

    account_id: int
    conversation_id: int
    inbox_id: int | None = None
    channel: str = ""
    """``Channel::Whatsapp``, ``Channel::TwilioSms``, ``Channel::WebWidget``..."""
    can_reply: bool = True
    status: str = "pending"
    priority: str | None = None
    labels: tuple[str, ...] = ()
    custom_attributes: Mapping[str, Any] = field(default_factory=lambda: _NOTHING)
    contact_id: int | None = None
    contact_name: str = ""
    phone: str | None = None
    message_ids: tuple[int, ...] = ()
    """The customer's messages that are being answered, in order."""
    asked: str = ""
    """What the customer wrote in them."""
    url: str = ""
    """Where a colleague opens the conversation."""
