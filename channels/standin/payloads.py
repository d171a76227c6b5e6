"""The bodies of webhooks, key for key as Chatwoot's serializers write them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote

from channels.standin.model import Agent, AgentBot, Attachment, Contact, Conversation, Message
from channels.standin.world import World

WINDOW = timedelta(hours=24)
TYPES = {"incoming": 0, "outgoing": 1, "activity": 2, "template": 3}
Body = dict[str, Any]


def iso(moment: datetime) -> str:
    """ISO-8601 in UTC with milliseconds."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def epoch(moment: datetime | None) -> int:
    """Whole seconds; 0 for never."""
    return int(moment.timestamp()) if moment else 0


def can_reply(world: World, conversation: Conversation) -> bool:
    """Is WhatsApp's window of 24 hours after the person's last message open?"""
    asked = [message.created for message in conversation.messages if message.kind == "incoming"]
    return bool(asked) and world.now() - max(asked) < WINDOW


def message_payload(world: World, conversation: Conversation, message: Message, event: str) -> Body:
    """The body of message_created and message_updated."""
    body: Body = {
        "account": account(world),
        "additional_attributes": message.additional_attributes,
        "content_attributes": message.content_attributes,
        "content_type": message.content_type,
        "content": message.content,
        "conversation": conversation_data(world, conversation),
        "created_at": iso(message.created),
        "id": message.id,
        "inbox": {"id": conversation.inbox.id, "name": conversation.inbox.name},
        "message_type": message.kind,
        "private": message.private,
        "sender": _root_sender(world, message.sender),
        "source_id": message.source_id,
    }
    if message.attachments:
        body["attachments"] = [attachment(world, message, one) for one in message.attachments]
    return {**body, "event": event}


def conversation_payload(
    world: World, conversation: Conversation, event: str, changed: list[Body] | None = None
) -> Body:
    """The body of the conversation events."""
    body = {**conversation_data(world, conversation), "event": event}
    if event in {"conversation_updated", "conversation_status_changed"}:
        body["changed_attributes"] = changed
    return body


def conversation_data(world: World, conversation: Conversation) -> Body:
    """A conversation as events carry it, with its last message that customers see."""
    seen = [m for m in conversation.messages if not m.private and m.kind != "activity"]
    return {
        "additional_attributes": conversation.additional_attributes,
        "can_reply": can_reply(world, conversation),
        "channel": conversation.inbox.channel,
        "contact_inbox": _contact_inbox(conversation),
        "id": conversation.id,
        "inbox_id": conversation.inbox.id,
        "messages": [pushed(world, conversation, message) for message in seen[-1:]],
        "labels": list(conversation.labels),
        "meta": {
            "sender": contact(conversation.contact),
            "assignee": assignee(conversation.assignee),
            "assignee_type": assignee_type(conversation.assignee),
            "team": {"id": conversation.team.id, "name": conversation.team.name} if conversation.team else None,
            "hmac_verified": False,
        },
        "status": conversation.status,
        "custom_attributes": dict(conversation.custom_attributes),
        "snoozed_until": epoch(conversation.snoozed_until) or None,
        "unread_count": unread(conversation),
        "first_reply_created_at": epoch(conversation.first_reply_created) or None,
        "priority": conversation.priority,
        "waiting_since": epoch(conversation.waiting_since),
        "agent_last_seen_at": epoch(conversation.agent_last_seen),
        "contact_last_seen_at": epoch(conversation.contact_last_seen),
        "last_activity_at": epoch(conversation.last_activity),
        "timestamp": epoch(conversation.last_activity),
        "created_at": epoch(conversation.created),
        "updated_at": round(conversation.updated.timestamp(), 6),
        "account": account(world),
    }


def pushed(world: World, conversation: Conversation, message: Message) -> Body:
    """A message as it stands inside ``conversation.messages`` and in what the API answers."""
    body: Body = {
        "id": message.id,
        "content": message.content,
        "account_id": world.config.account_id,
        "inbox_id": conversation.inbox.id,
        "conversation_id": conversation.id,
        "message_type": TYPES[message.kind],
        "created_at": epoch(message.created),
        "updated_at": iso(message.updated),
        "private": message.private,
        "status": message.status,
        "source_id": message.source_id,
        "content_type": message.content_type,
        "content_attributes": message.content_attributes,
        "sender_type": _sender_type(message.sender),
        "sender_id": message.sender.id if message.sender else None,
        "external_source_ids": {},
        "additional_attributes": message.additional_attributes,
        "processed_message_content": message.content,
        "sentiment": {},
        "conversation": {
            "assignee_id": conversation.assignee.id if isinstance(conversation.assignee, Agent) else None,
            "unread_count": unread(conversation),
            "last_activity_at": epoch(conversation.last_activity),
            "contact_inbox": {"source_id": conversation.contact.source_id},
        },
    }
    if message.attachments:
        body["attachments"] = [attachment(world, message, one) for one in message.attachments]
    if message.sender is not None:
        body["sender"] = pushed_sender(message.sender)
    return body


def attachment(world: World, message: Message, one: Attachment) -> Body:
    """An attachment, by its kind."""
    body: Body = {
        "id": one.id,
        "message_id": message.id,
        "file_type": one.file_type,
        "account_id": world.config.account_id,
    }
    if one.file_type == "location":
        return {
            **body,
            "coordinates_lat": one.latitude,
            "coordinates_long": one.longitude,
            "fallback_title": one.name,
            "data_url": None,
        }
    image = one.file_type == "image"
    url = f"{world.base_url}/rails/active_storage/blobs/redirect/{one.key}/{quote(one.name)}"
    body |= {
        "extension": one.name.rpartition(".")[2] or None,
        "content_type": one.content_type,
        "data_url": url + "?disposition=inline" if one.file_type == "audio" else url,
        "thumb_url": url if image else "",
        "file_size": len(one.data),
        "width": 1280 if image else None,
        "height": 960 if image else None,
    }
    return {**body, "transcribed_text": ""} if one.file_type == "audio" else body


def account(world: World) -> Body:
    """The account as every body names it."""
    return {"id": world.config.account_id, "name": world.config.account_name}


def contact(one: Contact) -> Body:
    """A contact as ``meta.sender``."""
    return {
        "additional_attributes": one.additional_attributes,
        "custom_attributes": one.custom_attributes,
        "email": one.email,
        "id": one.id,
        "identifier": one.identifier,
        "name": one.name,
        "phone_number": one.phone_number,
        "thumbnail": "",
        "blocked": one.blocked,
        "type": "contact",
    }


def assignee(one: Agent | AgentBot | None) -> Body | None:
    """Whom a conversation is assigned to."""
    return pushed_sender(one) if one else None


def assignee_type(one: Agent | AgentBot | None) -> str | None:
    """Is it assigned to a person or to a bot?"""
    return None if one is None else "User" if isinstance(one, Agent) else "AgentBot"


def pushed_sender(one: Contact | Agent | AgentBot) -> Body:
    """A sender inside ``messages`` and in what the API answers."""
    if isinstance(one, Contact):
        return contact(one)
    if isinstance(one, AgentBot):
        return {"id": one.id, "name": one.name, "avatar_url": "", "type": "agent_bot"}
    return {
        "id": one.id,
        "name": one.name,
        "available_name": one.name,
        "avatar_url": "",
        "type": "user",
        "availability_status": "online",
        "thumbnail": "",
    }


def unread(conversation: Conversation) -> int:
    """The person's messages that no colleague has seen."""
    seen = conversation.agent_last_seen
    return sum(1 for m in conversation.messages if m.kind == "incoming" and (seen is None or m.created > seen))


def _root_sender(world: World, one: Contact | Agent | AgentBot | None) -> Body | None:
    if one is None:
        return None
    if isinstance(one, Contact):
        body = {key: value for key, value in contact(one).items() if key != "type"}
        return {"account": account(world), "avatar": "", **body}
    if isinstance(one, AgentBot):
        return {"id": one.id, "name": one.name, "type": "agent_bot"}
    return {"id": one.id, "name": one.name, "email": one.email, "type": "user"}


def _sender_type(one: Contact | Agent | AgentBot | None) -> str | None:
    if one is None:
        return None
    return {Contact: "Contact", Agent: "User", AgentBot: "AgentBot"}[type(one)]


def _contact_inbox(conversation: Conversation) -> Body:
    return {
        "id": conversation.contact_inbox_id,
        "contact_id": conversation.contact.id,
        "inbox_id": conversation.inbox.id,
        "source_id": conversation.contact.source_id,
        "created_at": iso(conversation.created),
        "updated_at": iso(conversation.created),
        "hmac_verified": False,
        "pubsub_token": conversation.contact.pubsub_token,
    }
