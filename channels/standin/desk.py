"""The life of a conversation: what changes it, and which events that sends."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import yaml

from channels.standin.liquid import render
from channels.standin.model import Agent, AgentBot, Attachment, Contact, Conversation, Kind, Message, Status, Team
from channels.standin.payloads import can_reply, conversation_payload, iso, message_payload
from channels.standin.whatsapp import prepare
from channels.standin.world import World

ACTIVITY = Path(__file__).with_name("activity.yaml")


class Rejected(ValueError):
    """A message that fails Chatwoot's validation; the text is the validation's."""


@dataclass(frozen=True, slots=True)
class Event:
    """What happened; ``payload`` shows the conversation as it stood."""

    name: str
    payload: dict[str, Any]
    conversation: Conversation


@dataclass(frozen=True, slots=True)
class Draft:
    """A message to be."""

    content: str | None
    kind: Kind = "outgoing"
    sender: Contact | Agent | AgentBot | None = None
    private: bool = False
    content_type: str = "text"
    content_attributes: Mapping[str, Any] = field(default_factory=dict)
    additional_attributes: Mapping[str, Any] = field(default_factory=dict)
    attachments: tuple[Attachment, ...] = ()
    source_id: str | None = None


class Desk:
    """Changes the world by Chatwoot's rules. ``publish`` gets every event, ``hand_over`` what leaves for WhatsApp."""

    def __init__(
        self, world: World, publish: Callable[[Event], None], hand_over: Callable[[Coroutine[Any, Any, None]], None]
    ) -> None:
        self.world = world
        self.publish = publish
        self.hand_over = hand_over
        self._texts: dict[str, Any] = yaml.safe_load(ACTIVITY.read_text(encoding="utf-8"))[world.config.locale]

    # The person at the other end

    def receive(
        self,
        contact: Contact,
        content: str | None,
        *attachments: Attachment,
        content_attributes: Mapping[str, Any] | None = None,
    ) -> Message:
        """A message of ``contact`` arrives from WhatsApp, in the conversation that is theirs now or in a new one."""
        conversation = self.current(contact)
        if conversation is None:
            conversation = self.world.begin(contact)
            self._emit("conversation_created", conversation)
        number = self.world.new_message_id()
        draft = Draft(
            content,
            "incoming",
            contact,
            attachments=attachments,
            content_attributes=content_attributes or {},
            source_id=f"wamid.{contact.source_id}.{number}",
        )
        return self.post(conversation, draft, number)

    def current(self, contact: Contact) -> Conversation | None:
        """Where the next message of ``contact`` lands; None for a new conversation."""
        mine = self.world.conversations_of(contact)
        if mine and (mine[-1].status != "resolved" or self.world.inbox.lock_to_single_conversation):
            return mine[-1]
        return None

    def tap(self, contact: Contact, message: Message, title: str) -> Message:
        """``contact`` taps a choice: WhatsApp sends its title as a new message."""
        return self.receive(contact, title, content_attributes={"in_reply_to": message.id})

    # Messages

    def post(self, conversation: Conversation, draft: Draft, number: int | None = None) -> Message:
        """Store a message; raises :class:`Rejected`. What a person or a bot says leaves for WhatsApp afterwards."""
        if draft.kind != "activity":
            self._check_pace(conversation)
        now = self.world.now()
        content = draft.content.rstrip("\n") if draft.content else draft.content
        if content and draft.kind == "outgoing":
            content = render(content, self._drops(conversation, draft.sender))
        message = Message(
            number or self.world.new_message_id(),
            draft.kind,
            content,
            now,
            now,
            draft.sender,
            draft.private,
            source_id=draft.source_id,
            content_type=draft.content_type,
            content_attributes=dict(draft.content_attributes),
            additional_attributes=dict(draft.additional_attributes),
            attachments=[self.world.keep(one) for one in draft.attachments],
        )
        conversation.messages.append(message)
        conversation.last_activity = now
        conversation.typing &= not isinstance(draft.sender, AgentBot)
        if message.kind == "incoming":
            self._reopen(conversation)
        if message.kind != "activity":
            self._emit_message("message_created", conversation, message)
        self._count_the_wait(conversation, message)
        if message.kind in {"outgoing", "template"} and not message.private and message.source_id is None:
            self.hand_over(self.deliver(conversation, message))
        self.world.changed()
        return message

    async def deliver(self, conversation: Conversation, message: Message) -> None:
        """What the channel does with a stored message: sent, delivered, read; or failed."""
        message.shown, refused = prepare(message, conversation.inbox, can_reply(self.world, conversation))
        if refused:
            await self._pause()
            self._revise(conversation, message, status="failed", error=refused)
            return
        await self._pause()
        self._revise(conversation, message, source_id=f"wamid.{conversation.contact.source_id}.{message.id}")
        for status in ("delivered", "read"):
            await self._pause()
            self._revise(conversation, message, status=status)

    # What bots and colleagues decide

    @contextmanager
    def changing(self, conversation: Conversation) -> Iterator[None]:
        """Send what Chatwoot sends about the difference between before and after."""
        before, status, updated = _watched(conversation), conversation.status, conversation.updated
        yield
        after = _watched(conversation)
        changed = [
            {name: {"previous_value": before[name], "current_value": value}}
            for name, value in after.items()
            if value != before[name]
        ]
        if not changed:
            return
        conversation.updated = self.world.now()
        changed.append({"updated_at": {"previous_value": iso(updated), "current_value": iso(conversation.updated)}})
        if conversation.status != status:
            if conversation.status in {"open", "resolved"}:
                self._emit(f"conversation_{conversation.status.replace('open', 'opened')}", conversation)
            self._emit("conversation_status_changed", conversation)
        self._emit("conversation_updated", conversation, changed)
        self.world.changed()

    def set_status(self, conversation: Conversation, status: Status, who: str, until: datetime | None = None) -> None:
        """Move to ``status``; from the bot to a person this is a hand-over and starts the customer's wait."""
        if conversation.status == status:
            return
        with self.changing(conversation):
            if conversation.status == "pending" and status == "open" and conversation.waiting_since is None:
                conversation.waiting_since = self.world.now()
            if status == "resolved":
                conversation.waiting_since = None
            conversation.status = status
            conversation.snoozed_until = until if status == "snoozed" else None
            self._note("status", conversation, who=who, status=self._texts["statuses"][status])

    def assign(self, conversation: Conversation, assignee: Agent | AgentBot | None) -> None:
        """Give the conversation to somebody, or to nobody; the status stays."""
        with self.changing(conversation):
            conversation.assignee = assignee
            self._note("assigned" if assignee else "unassigned", conversation, who=assignee.name if assignee else "")

    def assign_team(self, conversation: Conversation, team: Team | None) -> None:
        """Give the conversation to a team."""
        with self.changing(conversation):
            conversation.team = team
            if team:
                self._note("team", conversation, who=team.name)

    def bot_failed(self, conversation: Conversation) -> None:
        """A webhook could not be delivered: a person has to see to it."""
        if conversation.status != "pending" or self.world.config.keep_pending_on_bot_failure:
            return
        with self.changing(conversation):
            conversation.status = "open"
            self._note("bot_error", conversation)

    def age(self, conversation: Conversation, by: timedelta) -> None:
        """Let everything in ``conversation`` have happened ``by`` earlier."""
        for message in conversation.messages:
            message.created -= by
            message.updated -= by
        self.world.changed()

    def _check_pace(self, conversation: Conversation) -> None:
        minute_ago = self.world.now() - timedelta(minutes=1)
        recent = sum(1 for message in conversation.messages if message.created > minute_ago)
        if recent >= self.world.config.messages_per_minute:
            raise Rejected("Too many messages")

    def _reopen(self, conversation: Conversation) -> None:
        if conversation.status == "resolved" and not conversation.contact.blocked:
            with self.changing(conversation):
                conversation.status = "pending" if conversation.inbox.bot else "open"
        elif conversation.status == "snoozed":
            with self.changing(conversation):
                conversation.status, conversation.snoozed_until = "open", None

    def _count_the_wait(self, conversation: Conversation, message: Message) -> None:
        if message.private or message.kind == "activity":
            return
        echo = bool(message.content_attributes.get("external_echo"))
        with self.changing(conversation):
            if message.kind == "incoming":
                conversation.waiting_since = conversation.waiting_since or message.created
            elif isinstance(message.sender, Agent | AgentBot) or echo:
                conversation.waiting_since = None
                if not isinstance(message.sender, AgentBot):
                    conversation.first_reply_created = conversation.first_reply_created or message.created

    def _revise(
        self,
        conversation: Conversation,
        message: Message,
        *,
        source_id: str | None = None,
        status: Any = None,
        error: str | None = None,
    ) -> None:
        message.source_id = source_id or message.source_id
        message.status = status or message.status
        if error:
            message.content_attributes["external_error"] = error
        message.updated = self.world.now()
        self._emit_message("message_updated", conversation, message)
        self.world.changed()

    def _note(self, key: str, conversation: Conversation, **values: str) -> None:
        self.post(conversation, Draft(self._texts[key].format(**values), "activity"))

    def _drops(self, conversation: Conversation, sender: object) -> dict[str, dict[str, Any]]:
        contact = conversation.contact
        first, _, last = contact.name.partition(" ")
        return {
            "contact": {
                "name": contact.name,
                "first_name": first,
                "last_name": last,
                "email": contact.email,
                "phone_number": contact.phone_number,
                "custom_attribute": contact.custom_attributes,
            },
            "agent": {"name": sender.name, "email": sender.email} if isinstance(sender, Agent) else {},
            "conversation": {"display_id": conversation.id},
            "inbox": {"name": conversation.inbox.name},
            "account": {"name": self.world.config.account_name},
        }

    def _emit(self, name: str, conversation: Conversation, changed: list[dict[str, Any]] | None = None) -> None:
        self.publish(Event(name, conversation_payload(self.world, conversation, name, changed), conversation))

    def _emit_message(self, name: str, conversation: Conversation, message: Message) -> None:
        self.publish(Event(name, message_payload(self.world, conversation, message, name), conversation))

    async def _pause(self) -> None:
        await asyncio.sleep(self.world.config.delivery_wait)


def _watched(conversation: Conversation) -> dict[str, Any]:
    """The columns whose change is worth a conversation_updated."""
    assignee = conversation.assignee
    return {
        "team_id": conversation.team.id if conversation.team else None,
        "assignee_id": assignee.id if isinstance(assignee, Agent) else None,
        "assignee_agent_bot_id": assignee.id if isinstance(assignee, AgentBot) else None,
        "status": conversation.status,
        "snoozed_until": iso(conversation.snoozed_until) if conversation.snoozed_until else None,
        "custom_attributes": dict(conversation.custom_attributes),
        "label_list": list(conversation.labels),
        "waiting_since": iso(conversation.waiting_since) if conversation.waiting_since else None,
        "first_reply_created_at": iso(conversation.first_reply_created) if conversation.first_reply_created else None,
        "priority": conversation.priority,
    }
