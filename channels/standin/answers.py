"""What the API answers: messages, conversations, and errors in Chatwoot's words."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from channels.standin.model import Agent, AgentBot, Contact, Conversation, Message
from channels.standin.payloads import (
    TYPES,
    attachment,
    can_reply,
    contact,
    epoch,
    pushed,
    pushed_sender,
    unread,
)
from channels.standin.world import World

Body = dict[str, Any]

NO_TOKEN: Body = {"errors": ["You need to sign in or sign up before continuing."]}
BAD_TOKEN: Body = {"error": "Invalid Access Token"}
NOT_FOR_BOTS: Body = {"error": "Access to this endpoint is not authorized for bots"}
NOT_FOUND: Body = {"error": "Resource could not be found"}


class Refused(Exception):
    """The API answers ``status`` with ``body``."""

    def __init__(self, status: int, body: Body) -> None:
        super().__init__(f"{status} {body}")
        self.status = status
        self.body = body


def refused(_request: Request, error: Exception) -> Response:
    """The handler of :class:`Refused`."""
    if not isinstance(error, Refused):
        raise error
    return JSONResponse(error.body, error.status)


def message_answer(world: World, conversation: Conversation, message: Message, echo_id: str | None) -> Body:
    """What POST messages answers."""
    body: Body = {
        "id": message.id,
        "content": message.content,
        "inbox_id": conversation.inbox.id,
        "conversation_id": conversation.id,
        "message_type": TYPES[message.kind],
        "content_type": message.content_type,
        "status": message.status,
        "content_attributes": message.content_attributes,
        "created_at": epoch(message.created),
        "private": message.private,
        "source_id": message.source_id,
    }
    if echo_id is not None:
        body["echo_id"] = echo_id
    if message.sender is not None:
        body["sender"] = pushed_sender(message.sender)
    if message.attachments:
        body["attachments"] = [attachment(world, message, one) for one in message.attachments]
    return body


def conversation_answer(world: World, conversation: Conversation) -> Body:
    """What GET conversation answers; ``messages`` is the last one of any kind."""
    spoken = [message for message in conversation.messages if message.kind != "activity"]
    meta: Body = {
        "sender": contact_answer(conversation.contact),
        "channel": conversation.inbox.channel,
        "hmac_verified": False,
    }
    if conversation.assignee:
        meta["assignee"] = assignee_answer(world, conversation.assignee)
        meta["assignee_type"] = "User" if isinstance(conversation.assignee, Agent) else "AgentBot"
    if conversation.team:
        meta["team"] = {"id": conversation.team.id, "name": conversation.team.name}
    return {
        "meta": meta,
        "id": conversation.id,
        "messages": [pushed(world, conversation, message) for message in conversation.messages[-1:]],
        "account_id": world.config.account_id,
        "uuid": conversation.uuid,
        "additional_attributes": conversation.additional_attributes,
        "agent_last_seen_at": epoch(conversation.agent_last_seen),
        "assignee_last_seen_at": epoch(conversation.agent_last_seen),
        "can_reply": can_reply(world, conversation),
        "contact_last_seen_at": epoch(conversation.contact_last_seen),
        "custom_attributes": conversation.custom_attributes,
        "inbox_id": conversation.inbox.id,
        "labels": conversation.labels,
        "muted": False,
        "snoozed_until": epoch(conversation.snoozed_until) or None,
        "status": conversation.status,
        "created_at": epoch(conversation.created),
        "updated_at": round(conversation.updated.timestamp(), 6),
        "timestamp": epoch(conversation.last_activity),
        "first_reply_created_at": epoch(conversation.first_reply_created),
        "unread_count": unread(conversation),
        "last_non_activity_message": pushed(world, conversation, spoken[-1]) if spoken else None,
        "last_activity_at": epoch(conversation.last_activity),
        "priority": conversation.priority,
        "waiting_since": epoch(conversation.waiting_since),
        "sla_policy_id": None,
    }


def contact_answer(one: Contact) -> Body:
    """A contact as the API writes it."""
    shared = {key: value for key, value in contact(one).items() if key != "type"}
    return {**shared, "availability_status": "offline", "created_at": epoch(one.created)}


def assignee_answer(world: World, one: Agent | AgentBot) -> Body:
    """Somebody a conversation is assigned to."""
    if isinstance(one, AgentBot):
        return pushed_sender(one)
    return {
        "id": one.id,
        "account_id": world.config.account_id,
        "availability_status": "online",
        "auto_offline": True,
        "confirmed": True,
        "email": one.email,
        "available_name": one.name,
        "name": one.name,
        "role": "agent",
        "thumbnail": "",
        "custom_role_id": None,
    }


def bot_answer(world: World, bot: AgentBot) -> Body:
    """A bot as administrators see it, secrets included."""
    return {
        "id": bot.id,
        "name": bot.name,
        "description": "",
        "thumbnail": "",
        "outgoing_url": bot.outgoing_url,
        "bot_type": "webhook",
        "bot_config": {},
        "account_id": world.config.account_id,
        "access_token": bot.access_token,
        "secret": bot.secret,
        "system_bot": False,
    }
