"""What the page shows: one person's telephone, and the colleague's view of their conversation."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from channels.standin.markdown import whatsapp_text
from channels.standin.model import Agent, AgentBot, Attachment, Contact, Conversation, Message
from channels.standin.payloads import can_reply, epoch
from channels.standin.world import World

View = dict[str, Any]


def world_view(world: World, contact: Contact | None) -> View:
    """Everybody, and the conversations of ``contact``."""
    conversations = world.conversations_of(contact) if contact else []
    return {
        "version": world.version,
        "company": world.config.account_name,
        "ready": bool(world.bot.outgoing_url),
        "people": [_person(world, one) for one in world.contacts],
        "agents": [{"id": one.id, "name": one.name} for one in world.agents],
        "teams": [{"id": one.id, "name": one.name} for one in world.teams],
        "person": contact.id if contact else None,
        "telephone": [message for one in conversations for message in _telephone(world, one)],
        "conversation": _conversation(world, conversations[-1]) if conversations else None,
    }


def _person(world: World, contact: Contact) -> View:
    mine = world.conversations_of(contact)
    return {
        "id": contact.id,
        "name": contact.name,
        "title": world.titles.get(contact.id, ""),
        "phone": contact.phone_number,
        "status": mine[-1].status if mine else None,
    }


def _telephone(world: World, conversation: Conversation) -> list[View]:
    """What reached WhatsApp, and what the person wrote."""
    messages = [m for m in conversation.messages if m.kind != "activity" and not m.private]
    shown = [_message(world, m) for m in messages if m.kind == "incoming" or m.source_id]
    # WhatsApp gets the first attachment of a message only.
    return [{**one, "attachments": one["attachments"][:1], "conversation": conversation.id} for one in shown]


def _conversation(world: World, conversation: Conversation) -> View:
    return {
        "id": conversation.id,
        "status": conversation.status,
        "can_reply": can_reply(world, conversation),
        "priority": conversation.priority,
        "labels": conversation.labels,
        "team": conversation.team.name if conversation.team else None,
        "assignee": conversation.assignee.name if conversation.assignee else None,
        "typing": conversation.typing,
        "attributes": conversation.custom_attributes,
        "messages": [_message(world, message) for message in conversation.messages],
    }


def _message(world: World, message: Message) -> View:
    return {
        "id": message.id,
        "who": _who(message),
        "name": message.sender.name if message.sender else "",
        "private": message.private,
        "text": message.shown if message.shown is not None else _text(message),
        "items": message.content_attributes.get("items", []) if message.content_type == "input_select" else [],
        "status": message.status,
        "error": message.content_attributes.get("external_error"),
        "time": epoch(message.created),
        "attachments": [_attachment(world, one) for one in message.attachments],
    }


def _text(message: Message) -> str:
    if message.kind in {"incoming", "activity"}:
        return message.content or ""
    return whatsapp_text(message.content or "")


def _who(message: Message) -> str:
    if message.kind == "incoming":
        return "person"
    if message.kind == "activity":
        return "system"
    if isinstance(message.sender, AgentBot):
        return "bot"
    return "colleague" if isinstance(message.sender, Agent) else "company"


def _attachment(world: World, one: Attachment) -> View:
    if one.file_type == "location":
        return {"kind": "location", "name": one.name, "latitude": one.latitude, "longitude": one.longitude}
    url = f"{world.base_url}/rails/active_storage/blobs/redirect/{one.key}/{quote(one.name)}"
    return {"kind": one.file_type, "name": one.name, "url": url, "size": len(one.data)}
