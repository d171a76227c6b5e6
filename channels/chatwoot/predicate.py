"""What an event means for the bot: pure, from the event alone.

Answer only what a customer wrote in a conversation that is the bot's; whatever a person does is theirs, but for notes
in which a colleague teaches; our own messages come back and confirm what was posted; everything else is ignored.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from channels.chatwoot.commands import is_command
from channels.chatwoot.payloads import Event

EventKind = Literal["answer", "lesson", "takeover", "echo", "undelivered", "state", "ignored"]
OWN_KEY = "cuadrilla_id"
"""Our id of a message, in its ``content_attributes``."""
PENDING = "pending"
_PERSON = "User"
_BOT = "agent_bot"


@dataclass(frozen=True, slots=True)
class Decision:
    """What to do with an event, and why."""

    kind: EventKind
    reason: str


def decide(event: Event, bot_id: int | None = None) -> Decision:
    """What ``event`` means; ``bot_id`` is the number of our agent bot, when it is known."""
    if event.account_id is None or event.conversation.id is None:
        return Decision("ignored", "incomplete")
    if event.name == "message_created":
        return _created(event, bot_id)
    if event.name == "message_updated":
        return _updated(event, bot_id)
    if event.name.startswith("conversation_") and event.conversation.status:
        return Decision("state", "handed_back" if _handed_back(event) else event.name)
    return Decision("ignored", "not_for_us")


def own_id(event: Event) -> str | None:
    """Our id of the message, when it is one of ours."""
    value = event.attributes.get(OWN_KEY)
    return value if isinstance(value, str) else None


def _created(event: Event, bot_id: int | None) -> Decision:
    if event.message_id is None:
        return Decision("ignored", "incomplete")
    if event.message_type == "incoming":
        return _incoming(event)
    if event.message_type != "outgoing":
        return Decision("ignored", event.message_type or "no_type")
    return _outgoing(event, bot_id)


def _incoming(event: Event) -> Decision:
    refusal = _not_ours(event)
    if event.private:
        return Decision("ignored", "private_note")
    if event.sender is not None and event.sender.blocked:
        return Decision("ignored", "blocked")
    return Decision("ignored", refusal) if refusal else Decision("answer", "customer_wrote")


def _not_ours(event: Event) -> str:
    if event.conversation.status != PENDING:
        return "not_pending"
    if event.conversation.meta.assignee_type == _PERSON:
        return "assigned_to_a_person"
    return ""


def _outgoing(event: Event, bot_id: int | None) -> Decision:
    if _is_ours(event, bot_id):
        return Decision("echo", "our_own")
    if event.private:
        teaches = event.sender is not None and event.sender.type == "user" and is_command(event.content)
        return Decision("lesson", "a_colleague_teaches") if teaches else Decision("ignored", "private_note")
    if event.attributes.get("automation_rule_id") is not None or event.campaign:
        return Decision("ignored", "automation")
    sender = event.sender.type if event.sender else ""
    if sender == "user" or (event.sender is None and event.attributes.get("external_echo") is True):
        return Decision("takeover", "a_person_wrote")
    return Decision("ignored", "another_bot" if sender else "system")


def _updated(event: Event, bot_id: int | None) -> Decision:
    if event.message_id is None:
        return Decision("ignored", "incomplete")
    if event.message_type == "outgoing" and _is_ours(event, bot_id):
        if event.attributes.get("external_error"):
            return Decision("undelivered", "channel_refused")
        if chosen(event):
            refusal = _not_ours(event)
            return Decision("ignored", refusal) if refusal else Decision("answer", "customer_chose")
    return Decision("ignored", "update")


def _is_ours(event: Event, bot_id: int | None) -> bool:
    if event.sender is None or event.sender.type != _BOT:
        return False
    return event.sender.id == bot_id if bot_id is not None else own_id(event) is not None


def chosen(event: Event) -> str:
    """What the customer chose of the options of our message (web widget): its words, or nothing."""
    values = event.attributes.get("submitted_values")
    if not isinstance(values, list):
        return ""
    picked = [item.get("title") or item.get("value") for item in values if isinstance(item, dict)]
    return ", ".join(text for text in picked if isinstance(text, str))


def _handed_back(event: Event) -> bool:
    """A colleague let go of a conversation that still is pending."""
    released = "assignee_id" in event.changed and event.conversation.meta.assignee_type != _PERSON
    return released and event.conversation.status == PENDING
