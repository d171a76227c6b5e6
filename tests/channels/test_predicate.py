"""Event x state -> what it means: the decision table, and every body of the contract."""

from __future__ import annotations

import json
from typing import Any

import pytest

from channels.chatwoot.payloads import read_event
from channels.chatwoot.predicate import Decision, decide
from channels.chatwoot.webhook import read_delivery
from core.errors import BadInput
from tests.channels.contract import WEBHOOKS

BOT = 3
EXPECTED = {
    "conversation_opened": ("state", "conversation_opened"),
    "conversation_resolved": ("state", "conversation_resolved"),
    "conversation_status_changed": ("state", "conversation_status_changed"),
    "conversation_updated.assigned_human": ("state", "conversation_updated"),
    "conversation_updated.status": ("state", "conversation_updated"),
    "develop.message_created.with_performed_by": ("echo", "our_own"),
    "message_created.incoming.after_handoff": ("ignored", "not_pending"),
    "message_created.incoming.image": ("answer", "customer_wrote"),
    "message_created.incoming.location": ("answer", "customer_wrote"),
    "message_created.incoming.pdf": ("answer", "customer_wrote"),
    "message_created.incoming.text": ("answer", "customer_wrote"),
    "message_created.incoming.voice": ("answer", "customer_wrote"),
    "message_created.outgoing.human_in_pending": ("takeover", "a_person_wrote"),
    "message_created.outgoing.own_bot_echo": ("echo", "our_own"),
    "message_created.outgoing.whatsapp_app_echo": ("takeover", "a_person_wrote"),
    "message_created.private_note.human": ("ignored", "private_note"),
    "message_created.template.greeting": ("ignored", "template"),
    "message_updated.input_select.web_widget_choice": ("answer", "customer_chose"),
    "message_updated.outgoing.failed_24h": ("undelivered", "channel_refused"),
}
CONTACT: dict[str, Any] = {"id": 501, "name": "Maria", "blocked": False}
PERSON = {"id": 11, "name": "Ana", "type": "user"}
OURS = {"id": BOT, "name": "AI Agent", "type": "agent_bot"}
OTHER = {"id": 8, "name": "Otro", "type": "agent_bot"}


@pytest.mark.parametrize("name", sorted(WEBHOOKS))
def test_every_body_of_the_contract(name: str) -> None:
    body = WEBHOOKS[name].read_bytes()
    decision = decide(read_event(json.loads(body)), BOT)
    assert (decision.kind, decision.reason) == EXPECTED[name]
    kept = read_delivery(body, "bot", "delivery", BOT)
    assert kept.kind == decision.kind
    assert kept.conversation_id == 123 and kept.account_id == 2
    assert "pubsub_token" not in json.dumps(kept.payload)


def test_every_body_has_an_expectation() -> None:
    assert set(WEBHOOKS) == set(EXPECTED)


def event(**changes: Any) -> dict[str, Any]:
    conversation = {"id": 1, "status": "pending", "meta": {"assignee_type": None}, **changes.pop("conversation", {})}
    base = {"event": "message_created", "id": 7, "account": {"id": 2}, "message_type": "incoming", "private": False}
    return {**base, "content": "hola", "sender": CONTACT, "conversation": conversation, **changes}


def talked(status: str, assignee: str | None = None) -> dict[str, Any]:
    return {"status": status, "meta": {"assignee_type": assignee}}


TABLE = [
    (event(), "answer"),
    (event(message_type=0), "answer"),
    (event(sender=None), "answer"),
    (event(content=None), "answer"),
    (event(conversation=talked("pending", "AgentBot")), "answer"),
    (event(conversation=talked("pending", "User")), "ignored"),
    (event(conversation=talked("open")), "ignored"),
    (event(conversation=talked("snoozed")), "ignored"),
    (event(conversation=talked("resolved")), "ignored"),
    (event(sender={**CONTACT, "blocked": True}), "ignored"),
    (event(private=True), "ignored"),
    (event(id=None), "ignored"),
    (event(account={}), "ignored"),
    (event(conversation={"id": None}), "ignored"),
    (event(message_type="outgoing", sender=PERSON), "takeover"),
    (event(message_type=1, sender=PERSON), "takeover"),
    (event(message_type="outgoing", sender=PERSON, private=True), "ignored"),
    (event(message_type="outgoing", sender=PERSON, content_attributes={"automation_rule_id": 4}), "ignored"),
    (event(message_type="outgoing", sender=PERSON, additional_attributes={"campaign_id": 4}), "ignored"),
    (event(message_type="outgoing", sender=None, content_attributes={"external_echo": True}), "takeover"),
    (event(message_type="outgoing", sender=None), "ignored"),
    (event(message_type="outgoing", sender=OURS), "echo"),
    (event(message_type="outgoing", sender=OURS, private=True), "echo"),
    (event(message_type="outgoing", sender=OTHER), "ignored"),
    (event(message_type="outgoing", sender={"id": 1, "type": "captain_assistant"}), "ignored"),
    (event(message_type="template", sender=None), "ignored"),
    (event(message_type="activity", sender=None), "ignored"),
    (event(event="message_updated"), "ignored"),
    (event(event="message_updated", message_type="outgoing", sender=OURS), "ignored"),
    (event(event="message_updated", message_type="outgoing", sender=PERSON), "ignored"),
    (event(event="webwidget_triggered"), "ignored"),
    (event(event="conversation_typing_on"), "ignored"),
    (event(event="something_new"), "ignored"),
]


@pytest.mark.parametrize(("body", "kind"), TABLE)
def test_the_decision_table(body: dict[str, Any], kind: str) -> None:
    assert decide(read_event(body), BOT).kind == kind


def test_a_choice_is_answered_only_while_it_is_the_bots() -> None:
    chose = {"submitted_values": [{"title": "Sí", "value": "yes"}]}
    changes: dict[str, Any] = {"event": "message_updated", "message_type": "outgoing", "sender": OURS}
    assert decide(read_event(event(**changes, content_attributes=chose)), BOT).kind == "answer"
    opened = event(**changes, content_attributes=chose, conversation=talked("open"))
    assert decide(read_event(opened), BOT) == Decision("ignored", "not_pending")


def test_without_a_number_our_messages_are_known_by_the_id_we_sent_along() -> None:
    ours = event(message_type="outgoing", sender=OURS, content_attributes={"cuadrilla_id": "x"})
    assert decide(read_event(ours), None).kind == "echo"
    assert decide(read_event(event(message_type="outgoing", sender=OURS)), None).kind == "ignored"


@pytest.mark.parametrize("body", [None, [], "x", 7, {}, {"event": 3}, {"event": ""}])
def test_what_is_no_event_is_refused(body: Any) -> None:
    with pytest.raises(BadInput):
        read_event(body)


@pytest.mark.parametrize("broken", [7, "x", [], {"id": "seven"}, {"meta": []}, {"labels": 3}, {"messages": {}}])
def test_strange_shapes_are_read_as_far_as_they_go(broken: Any) -> None:
    read = read_event(event(conversation=broken) if isinstance(broken, dict) else {**event(), "conversation": broken})
    assert decide(read, BOT).kind in {"ignored", "answer"}


def test_what_no_database_keeps_is_replaced() -> None:
    body = json.dumps(event(content="a\x00b\ud800c")).encode()
    assert read_delivery(body, "bot", None, BOT).payload["content"] == "a\ufffdb\ufffdc"
