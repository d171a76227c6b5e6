"""Webhooks: bodies, signatures, order of events, retries and failure (CONTRACT 1)."""

from __future__ import annotations

import hashlib
import hmac
import json
from dataclasses import replace
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

import httpx
import pytest

from channels.standin.app import serving
from channels.standin.desk import Draft
from channels.standin.model import AccountWebhook, Attachment, Contact, Conversation
from channels.standin.signing import headers, rails_json
from channels.standin.standin import Standin
from core.clock import SystemClock
from tests.channels.contract import SIGNATURE, WEBHOOKS, sample
from tests.channels.standin.conftest import QUICK, Receiver

DAY = timedelta(hours=25)


def somebody(standin: Standin) -> Contact:
    return standin.world.meet("Maria Souza", "+5541988887777")


def only(standin: Standin) -> Conversation:
    return next(iter(standin.world.conversations.values()))


def test_the_signature_is_chatwoots() -> None:
    vector = json.loads(SIGNATURE.read_text(encoding="utf-8"))
    sent = vector["headers"]
    body = rails_json({"event": "message_created", "id": 1, "content": "a < b & c"})
    assert body.decode() == vector["body_raw"]
    stamp = int(sent["X-Chatwoot-Timestamp"])
    assert headers(vector["secret"], sent["X-Chatwoot-Delivery"], stamp, body) == sent


async def happen(name: str, standin: Standin, bot: httpx.AsyncClient) -> None:
    """Make what the sample ``name`` shows happen."""
    desk, world = standin.desk, standin.world
    maria, ana = somebody(standin), world.agents[0]
    if name == "message_created.incoming.image":
        desk.receive(maria, None, Attachment(42, "image", "photo.jpeg", "image/jpeg", b"1"))
    elif name == "message_created.incoming.voice":
        desk.receive(maria, None, Attachment(41, "audio", "file-1.ogg", "audio/ogg", b"1"))
    elif name == "message_created.incoming.pdf":
        desk.receive(maria, None, Attachment(43, "file", "boleto.pdf", "application/pdf", b"1"))
    elif name == "message_created.incoming.location":
        desk.receive(maria, None, Attachment(44, "location", "Loja", latitude=-25.43, longitude=-49.27))
    else:
        desk.receive(maria, "Oi, queria saber do meu pedido")
    one = only(standin)
    path = f"/conversations/{one.id}"
    if name.startswith("conversation_opened") or name in {"conversation_status_changed", "conversation_updated.status"}:
        await bot.post(f"{path}/toggle_status", json={"status": "open"})
    elif name == "conversation_resolved":
        await bot.post(f"{path}/toggle_status", json={"status": "resolved"})
    elif name == "conversation_updated.assigned_human":
        desk.assign(one, ana)
    elif "own_bot_echo" in name or "failed_24h" in name or "performed_by" in name:
        if "failed" in name:
            desk.age(one, DAY)
        await bot.post(f"{path}/messages", json={"content": "Claro! Qual o número?"})
    elif name.endswith(("human_in_pending", "private_note.human")):
        if "note" in name:
            desk.assign(one, ana)
        desk.post(one, Draft("Eu assumo daqui", sender=ana, private="note" in name))
    elif name.endswith("whatsapp_app_echo"):
        desk.post(one, Draft("Respondi", content_attributes={"external_echo": True}, source_id="wamid.x"))
    elif name.endswith("template.greeting"):
        desk.post(one, Draft("Bem-vindo!", "template"))
    elif name.endswith("after_handoff"):
        desk.assign(one, ana)
        desk.set_status(one, "open", "Ana")
        desk.receive(maria, "alô?")


def shape(value: Any) -> Any:
    """Keys and types; null matches anything, free-form objects are not looked into."""
    if isinstance(value, dict):
        free = {"content_attributes", "custom_attributes", "additional_attributes", "previous_value", "current_value"}
        return {key: "object" if key in free else shape(inside) for key, inside in value.items()}
    if isinstance(value, list):
        return [shape(inside) for inside in value[:1]]
    if isinstance(value, bool):
        return "boolean"
    return {int: "number", float: "float", str: "string", type(None): "null"}[type(value)]


def differences(mine: Any, theirs: Any, at: str = "") -> list[str]:
    if isinstance(mine, dict) and isinstance(theirs, dict):
        missing = [f"{at}/{key} {'missing' if key in theirs else 'extra'}" for key in mine.keys() ^ theirs.keys()]
        inside = [differences(mine[key], theirs[key], f"{at}/{key}") for key in mine.keys() & theirs.keys()]
        return missing + [one for found in inside for one in found]
    if isinstance(mine, list) and isinstance(theirs, list):
        return differences(mine[0], theirs[0], f"{at}[]") if mine and theirs else []
    return [] if mine == theirs or "null" in {str(mine), str(theirs)} else [f"{at}: {mine} is not {theirs}"]


WIDGET = "message_updated.input_select.web_widget_choice"
DEVELOP = "develop.message_created.with_performed_by"


@pytest.mark.parametrize("name", [name for name in WEBHOOKS if name not in {WIDGET, DEVELOP}])
async def test_bodies_are_shaped_like_chatwoots(
    name: str, standin: Standin, receiver: Receiver, bot: httpx.AsyncClient
) -> None:
    await happen(name, standin, bot)
    await standin.settled()
    theirs = sample(name)
    mine = next(
        one
        for one in (got.payload for got in reversed(receiver.got))
        if one["event"] == theirs["event"]
        and all(one.get(key) == theirs.get(key) for key in ("message_type", "private", "status"))
        and ("external_error" in one.get("content_attributes", {})) == ("failed" in name)
    )
    assert list(mine) == list(theirs)
    assert differences(shape(mine), shape(theirs)) == []


async def test_requests_are_signed_and_name_their_delivery(standin: Standin, receiver: Receiver) -> None:
    standin.desk.receive(somebody(standin), "Ünïcode & <b>")
    await standin.settled()
    for got in receiver.got:
        signed = f"{got.headers['x-chatwoot-timestamp']}.".encode() + got.body
        expected = hmac.new(standin.world.bot.secret.encode(), signed, hashlib.sha256).hexdigest()
        assert got.headers["x-chatwoot-signature"] == f"sha256={expected}"
        assert len(got.headers["x-chatwoot-delivery"]) == 36
    assert len({got.headers["x-chatwoot-delivery"] for got in receiver.got}) == len(receiver.got)


async def test_one_message_and_one_reply_send_what_chatwoot_sends(
    standin: Standin, receiver: Receiver, bot: httpx.AsyncClient
) -> None:
    standin.desk.receive(somebody(standin), "hola")
    await standin.settled()
    assert sorted(receiver.events()) == ["conversation_updated", "message_created"]
    receiver.got.clear()
    await bot.post(f"/conversations/{only(standin).id}/messages", json={"content": "Buenas"})
    await standin.settled()
    assert sorted(receiver.events()) == ["conversation_updated", "message_created", *["message_updated"] * 3]
    assert receiver.last("message_updated")["source_id"].startswith("wamid.")


async def test_a_hand_over_sends_three_events(standin: Standin, receiver: Receiver, bot: httpx.AsyncClient) -> None:
    standin.desk.receive(somebody(standin), "hola")
    await standin.settled()
    receiver.got.clear()
    answer = await bot.post(f"/conversations/{only(standin).id}/toggle_status", json={"status": "open"})
    await standin.settled()
    assert answer.json()["payload"]["success"] is None
    assert sorted(receiver.events()) == ["conversation_opened", "conversation_status_changed", "conversation_updated"]


@pytest.mark.parametrize(
    ("answers", "requests", "status"),
    [([500, 429], 3, "pending"), ([500] * 3, 3, "open"), ([503], 1, "open"), ([404], 1, "open"), ([204], 1, "pending")],
)
async def test_retries_and_failure(
    answers: list[int], requests: int, status: str, standin: Standin, receiver: Receiver
) -> None:
    maria = somebody(standin)
    standin.world.begin(maria).waiting_since = standin.world.now()  # so that message_created is the only event
    receiver.answers = answers
    standin.desk.receive(maria, "hola")
    await standin.settled()
    created = [got for got in receiver.got if got.event == "message_created"]
    assert len(created) == requests
    assert len({got.headers["x-chatwoot-delivery"] for got in created}) == 1
    assert only(standin).status == status
    said = [message.content for message in only(standin).messages if message.kind == "activity"]
    expected = "Conversation was marked open by system due to an error with the agent bot."
    assert said == ([expected] if status == "open" else [])


async def test_a_bot_that_is_slow_loses_the_conversation(receiver: Receiver) -> None:
    receiver.may_answer.clear()
    hasty = Standin(SystemClock(ZoneInfo("Europe/Madrid")), replace(QUICK, webhook_timeout=0.2))
    async with serving(hasty):
        hasty.connect(receiver.url)
        hasty.desk.receive(somebody(hasty), "hola")
        await hasty.settled()
        assert only(hasty).status == "open"
        receiver.may_answer.set()


async def test_duplicates_and_overtaking_on_demand(standin: Standin, receiver: Receiver) -> None:
    standin.faults.duplicate_rate, standin.faults.webhook_jitter = 1.0, 0.1
    maria = somebody(standin)
    sent = [standin.desk.receive(maria, str(number)).id for number in range(12)]
    await standin.settled()
    got = [one.payload["id"] for one in receiver.got if one.event == "message_created"]
    assert sorted(got) == sorted(sent * 2)
    assert got != sorted(got)


async def test_account_webhooks_get_what_they_asked_for_once(standin: Standin, receiver: Receiver) -> None:
    standin.connect("")
    standin.world.webhooks.append(AccountWebhook(receiver.url, frozenset({"message_created", "conversation_created"})))
    receiver.answers = [500]
    standin.desk.receive(somebody(standin), "hola")
    await standin.settled()
    assert sorted(receiver.events()) == ["conversation_created", "message_created"]
    assert only(standin).status == "pending"


async def test_statuses_live_as_chatwoots(standin: Standin) -> None:
    desk, maria = standin.desk, somebody(standin)
    desk.receive(maria, "hola")
    first = only(standin)
    desk.post(first, Draft("Yo me encargo", sender=standin.world.agents[0]))
    assert first.status == "pending", "a colleague's reply changes no status"
    desk.set_status(first, "snoozed", "Ana")
    desk.receive(maria, "¿hola?")
    assert first.status == "open", "a bot does not get a snoozed one back"
    desk.set_status(first, "resolved", "Ana")
    desk.receive(maria, "otra cosa")
    assert [one.status for one in standin.world.conversations.values()] == ["resolved", "pending"]
    standin.world.inbox.lock_to_single_conversation = True
    second = standin.world.conversations[2]
    desk.set_status(second, "resolved", "Ana")
    desk.receive(maria, "y otra")
    assert second.status == "pending"
    blocked = standin.world.meet("Pesado", "+34611111111")
    blocked.blocked = True
    desk.receive(blocked, "¡compra!")
    assert standin.world.conversations[3].status == "resolved"
    await standin.settled()
