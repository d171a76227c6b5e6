"""The n8n flow is whole, holds no secret, and does what the direct door does, in its order."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Mapping
from typing import Any
from uuid import UUID

import pytest
from playwright._impl._driver import compute_driver_executable

from graph.messages import Choices, Handoff, OutgoingAttachment, TurnRequest, TurnResult
from tests.channels.contract import WEBHOOKS, sample
from tests.deploy.n8n_flow import FLOW, credentials, flow, pointed_at

NODES: Mapping[str, Mapping[str, Any]] = {node["name"]: node for node in flow()["nodes"]}
LINKS: Mapping[str, list[list[str]]] = {
    name: [[link["node"] for link in output] for output in given["main"]]
    for name, given in flow()["connections"].items()
}
HTTP = [node for node in NODES.values() if node["type"] == "n8n-nodes-base.httpRequest"]


def after(name: str) -> list[str]:
    """Every node that ``name`` leads to, in the order of one path after another."""
    found: list[str] = []
    waiting = [name]
    while waiting:
        for nexts in LINKS.get(waiting.pop(), []):
            for other in nexts:
                if other not in found:
                    found.append(other)
                    waiting.append(other)
    return found


def test_every_link_joins_nodes_that_are_there_and_all_are_reached() -> None:
    assert set(LINKS) <= set(NODES)
    assert {"Webhook de Chatwoot", *after("Webhook de Chatwoot")} == set(NODES)
    assert len({node["id"] for node in NODES.values()}) == len(NODES)
    assert flow()["active"] is False and flow()["id"]


def test_there_are_no_secrets_and_every_call_has_a_credential() -> None:
    written = FLOW.read_text(encoding="utf-8")
    assert not re.search(r"Bearer|password|[A-Za-z0-9]{40,}", written, re.IGNORECASE)
    for node in HTTP:
        assert node["credentials"]["httpHeaderAuth"]["id"] and "headerParameters" not in node["parameters"]
    assert NODES["Webhook de Chatwoot"]["parameters"]["authentication"] == "basicAuth"
    assert len(credentials("u", "p", "k", "t")) == 3
    assert not {"user", "password", "value"} & {key for node in NODES.values() for key in node.get("credentials", {})}


def test_it_calls_the_agent_and_chatwoot_only() -> None:
    urls = [node["parameters"]["url"] for node in HTTP]
    assert sum("/agent/invoke" in url for url in urls) == 1
    own = ("={{ $node['Evento'].json.conversation_url }}", "={{ $json.url }}")
    assert all("/agent/invoke" in url or url.startswith(own) for url in urls)
    assert (
        event(sample("message_created.incoming.text"))["conversation_url"]
        == "http://c/api/v1/accounts/2/conversations/123"
    )
    settings = json.dumps(pointed_at("http://c", "http://s"))
    assert "http://c" in settings and "http://s" in settings


def test_the_webhook_is_answered_at_once() -> None:
    assert NODES["Webhook de Chatwoot"]["parameters"]["responseMode"] == "onReceived"


def test_it_looks_again_before_it_posts_and_opens_last() -> None:
    assert LINKS["Cuadrilla"] == [["Conversación ahora"], ["Disculpa"]]
    assert LINKS["Conversación ahora"] == [["¿Sigue siendo del bot?"]]
    path = ["Traspaso"]
    while path[-1] in LINKS:
        path.append(LINKS[path[-1]][0][0])
    assert path == ["Traspaso", "Nota para el compañero", "Etiquetas que tiene", "Etiquetas", "Prioridad", "Abrir"]
    heights = {
        name: NODES[name]["position"][1] for name in ("Enviar mensaje", "Enviar archivo", "¿Pasa a una persona?")
    }
    assert list(heights) == sorted(heights, key=heights.__getitem__), "n8n runs branches from the top to the bottom"


def run(
    name: str, items: list[dict[str, Any]], nodes: Mapping[str, dict[str, Any]] | None = None
) -> list[dict[str, Any]]:
    """What the code of node ``name`` gives, run by Node as n8n runs it."""
    program = f"""
    const given = {json.dumps({"items": items, "nodes": dict(nodes or {})})};
    const $input = {{ first: () => given.items[0], all: () => given.items }};
    const known = name => {{ if (!given.nodes[name]) throw new Error(name); return {{ json: given.nodes[name] }}; }};
    const $ = name => ({{ first: () => known(name) }});
    const run = new Function('$input', '$', {json.dumps(NODES[name]["parameters"]["jsCode"])});
    process.stdout.write(JSON.stringify(run($input, $)));
    """
    node, _cli = compute_driver_executable()
    done = subprocess.run([node, "-e", program], capture_output=True, text=True, check=False)  # noqa: S603
    assert done.returncode == 0, done.stderr
    found: list[dict[str, Any]] = json.loads(done.stdout)
    return found


def event(body: dict[str, Any]) -> dict[str, Any]:
    """What the flow makes of a webhook."""
    settings = {"body": body, "chatwoot_url": "http://c", "cuadrilla_url": "http://s"}
    found: dict[str, Any] = run("Evento", [{"json": settings}])[0]["json"]
    return found


def answers(name: str) -> bool:
    return name.startswith("message_created.incoming.") and not name.endswith("after_handoff")


@pytest.mark.parametrize("name", sorted(WEBHOOKS))
def test_it_answers_what_a_customer_wrote_to_the_bot_and_nothing_else(name: str) -> None:
    assert event(sample(name))["answer"] is answers(name)


@pytest.mark.parametrize(
    ("channel", "contact_inbox", "sender"),
    [
        ("Channel::Whatsapp", {"source_id": "34600000001"}, "+34600000001"),
        ("Channel::TwilioSms", {"source_id": "whatsapp:+34600000001"}, "+34600000001"),
        ("Channel::Whatsapp", {"source_id": "ES.abc123"}, {"channel": "whatsapp", "external_id": "ES.abc123"}),
        ("Channel::WebWidget", {"source_id": "x-1"}, {"channel": "chatwoot-visitor", "external_id": "x-1"}),
        (
            "Channel::WebWidget",
            {"source_id": "x", "hmac_verified": True},
            {"channel": "chatwoot", "external_id": "501"},
        ),
    ],
)
def test_who_writes_is_what_the_channel_vouches_for(channel: str, contact_inbox: dict[str, Any], sender: Any) -> None:
    body = sample("message_created.incoming.text")
    body["conversation"] |= {"channel": channel, "contact_inbox": contact_inbox}
    assert event(body)["input"]["sender"] == sender


def test_files_and_places_go_along() -> None:
    given = event(sample("message_created.incoming.location"))["input"]
    assert given["message"] == "📍 Loja Centro, Rua XV 100 (-25.43000, -49.27000)"
    (photo,) = event(sample("message_created.incoming.image"))["input"]["attachments"]
    assert (photo["name"], photo["media_type"]) == ("photo.jpeg", "image/jpeg")
    for name in (name for name in WEBHOOKS if answers(name)):
        TurnRequest.model_validate(event(sample(name))["input"])


def said(reply: str, can_reply: bool = True, **more: Any) -> list[dict[str, Any]]:
    """What is posted for a result."""
    result = TurnResult(turn_id=UUID(int=7), reply=reply, **more).model_dump(mode="json")
    return run(
        "Mensajes",
        [{"json": {}}],
        {"Evento": {"can_reply": can_reply, "conversation_url": "http://c/1"}, "Cuadrilla": {"output": result}},
    )


def test_replies_read_well_and_fit() -> None:
    assert {item["json"]["url"] for item in said("hola")} == {"http://c/1/messages"}
    (one,) = said("*2 equipos*:\n1. *XP400* · {{contact.name}} {% raw %}\n2 * 3")
    assert one["json"]["message"]["content"] == (
        "**2 equipos**:\n1.\u00a0**XP400** · {\u2060{contact.name}} {\u2060% raw %}\n2 * 3"
    )
    pieces = [item["json"]["message"]["content"] for item in said("Un párrafo.\n\n" * 1000 + "x" * 9000)]
    assert len(pieces) > 3 and all(0 < len(piece) <= 4096 for piece in pieces)
    *before, last = said("a " * 1500 + "\n\n¿Lo confirmo?", choices=Choices(kind="confirmation"))
    assert before and last["json"]["message"]["content_type"] == "input_select"
    assert len(last["json"]["message"]["content"]) <= 1024


def test_outside_the_window_the_team_is_told() -> None:
    (note,) = said("*Hecho*", can_reply=False)
    assert note["json"]["message"]["private"] is True and "**Hecho**" in note["json"]["message"]["content"]


def test_one_file_in_each_message() -> None:
    files = [OutgoingAttachment(name=f"{n}.png", media_type="image/png", data="aGk=") for n in range(2)]
    assert [item.get("binary", {}).get("data", {}).get("fileName") for item in said("Toma", attachments=files)] == [
        None,
        "0.png",
        "1.png",
    ]


@pytest.mark.parametrize("answered", [True, False])
def test_a_colleague_is_told_also_when_the_crew_did_not_answer(answered: bool) -> None:
    result = TurnResult(
        turn_id=UUID(int=7),
        reply="",
        handoff=Handoff(reason="billing", labels=["billing", "role:client"], summary="<b> {{x}}"),
    )
    nodes: dict[str, dict[str, Any]] = {"Evento": {"contact": "Lucía", "input": {"message": "*ya*"}}}
    if answered:
        nodes["Cuadrilla"] = {"output": result.model_dump(mode="json")}
    (item,) = run("Traspaso", [{"json": {}}], nodes)
    assert item["json"]["labels"] == (["billing", "role_client"] if answered else ["reply_not_sent"])
    assert "{{" not in item["json"]["note"] and "\\*ya\\*" in item["json"]["note"]
