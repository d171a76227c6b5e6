"""The API: what a bot's token opens, what it answers, and how it refuses (CONTRACT 3 and 4)."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import httpx
import pytest
import pytest_asyncio

from channels.standin.model import Conversation
from channels.standin.standin import Standin

CHOICES = {"items": [{"title": "Sí", "value": "si"}, {"title": "No", "value": "no"}]}


@pytest_asyncio.fixture
async def one(standin: Standin) -> Conversation:
    """A conversation that a person has begun."""
    standin.desk.receive(standin.world.meet("María Souza", "+5541988887777"), "hola")
    return next(iter(standin.world.conversations.values()))


def at(one: Conversation, what: str = "") -> str:
    return f"/conversations/{one.id}{what}"


async def test_a_message_is_stored_answered_and_delivered(
    standin: Standin, bot: httpx.AsyncClient, one: Conversation
) -> None:
    attributes = {"agent_run_id": "x-1"}
    sent = {"content": "**Hola**\n\n", "content_attributes": attributes, "echo_id": "e1"}
    answer = (await bot.post(at(one, "/messages"), json=sent)).json()
    await standin.settled()
    assert (answer["content"], answer["message_type"], answer["echo_id"]) == ("**Hola**", 1, "e1")
    assert answer["content_attributes"] == attributes
    assert answer["sender"] == {"id": 3, "name": "AI Agent", "avatar_url": "", "type": "agent_bot"}
    message = one.messages[-1]
    assert (message.status, message.shown) == ("read", "*Hola*")
    shown = (await bot.get(at(one))).json()
    assert shown["messages"][0]["id"] == answer["id"] and shown["status"] == "pending"
    assert standin.violations == []


async def test_everything_a_bot_may_do(standin: Standin, bot: httpx.AsyncClient, one: Conversation) -> None:
    ana, team = standin.world.agents[0], standin.world.teams[0]
    assert (await bot.get(at(one, "/labels"))).json() == {"payload": []}
    await bot.post(at(one, "/labels"), json={"labels": ["vip"]})
    assert (await bot.post(at(one, "/labels"), json={"labels": ["urgente"]})).json() == {"payload": ["urgente"]}
    assert (await bot.post(at(one, "/toggle_priority"), json={"priority": "urgent"})).content == b""
    assert (await bot.patch(at(one), json={"priority": "high"})).json()["priority"] == "high"
    attributes = {"custom_attributes": {"a": 1}}
    assert (await bot.post(at(one, "/custom_attributes"), json=attributes)).json() == attributes
    assert (await bot.post(at(one, "/assignments"), json={"team_id": team.id})).json()["name"] == "Averías"
    assert (await bot.post(at(one, "/assignments"), json={"assignee_id": ana.id})).json()["name"] == "Ana"
    assert (await bot.get(at(one))).json()["meta"]["assignee_type"] == "User"
    assert (await bot.post(at(one, "/assignments"), json={"assignee_id": 99999})).json() is None
    assert one.assignee is None
    await bot.post(at(one, "/toggle_typing_status"), json={"typing_status": "on"})
    assert one.typing
    answer = (await bot.post(at(one, "/toggle_status"), json={"status": "open"})).json()
    assert answer["payload"]["current_status"] == "open"
    body = {"inbox_id": 7, "contact_id": one.contact.id, "source_id": "5541988887777", "message": {"content": "Hola"}}
    assert (await bot.post("/conversations", json=body)).json()["id"] == 2
    assert standin.violations == []


@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", "/conversations/1/messages"), ("GET", "/contacts/501"), ("GET", "/conversations"), ("GET", "/agents")],
)
async def test_what_is_closed_to_bots(
    method: str, path: str, standin: Standin, bot: httpx.AsyncClient, one: Conversation
) -> None:
    answer = await bot.request(method, path)
    assert answer.status_code == 401
    assert answer.json() == {"error": "Access to this endpoint is not authorized for bots"}
    token = {"api_access_token": standin.world.agents[0].access_token}
    assert (await bot.request(method, path, headers=token)).status_code != 401


async def test_refusals(standin: Standin, bot: httpx.AsyncClient, one: Conversation) -> None:
    async def refused(path: str, body: Any = None, **more: Any) -> tuple[int, Any]:
        answer = await bot.post(path, json=body, **more)
        return answer.status_code, answer.json()

    messages = at(one, "/messages")
    hello = {"content": "hola"}
    assert await refused(messages, hello, headers={"api_access_token": "no"}) == (
        401,
        {"error": "Invalid Access Token"},
    )
    async with httpx.AsyncClient(base_url=bot.base_url, trust_env=False) as nobody:
        answer = await nobody.post(messages, json=hello)
    assert answer.status_code == 401 and "errors" in answer.json()
    assert (await refused("/conversations/999/messages", hello))[0] == 404
    other = str(bot.base_url).replace("/accounts/2", "/accounts/5")
    assert (await refused(f"{other}{messages}", hello))[0] == 404
    assert (await refused(messages, {"content": "x" * 150_001}))[0] == 422
    assert (await refused(messages, {"content": "x", "message_type": "incoming"}))[0] == 422
    wrong = {"content": "x", "content_type": "input_select", "content_attributes": {"items": [{"titel": "a"}]}}
    assert (await refused(messages, wrong))[0] == 422
    assert (await refused(at(one, "/toggle_status"), {"status": "closed"}))[0] == 500
    assert (await refused(at(one, "/toggle_priority"), {"priority": "x"}))[0] == 500


async def test_two_hundred_messages_a_minute(standin: Standin, bot: httpx.AsyncClient, one: Conversation) -> None:
    for number in range(199):
        standin.desk.receive(one.contact, str(number))
    answer = await bot.post(at(one, "/messages"), json={"content": "y uno"})
    assert (answer.status_code, answer.json()) == (422, {"error": "Validation failed: Too many messages"})


@pytest.mark.parametrize(
    ("written", "stored"),
    [
        ("Hola {{contact.name}}", "Hola María Souza"),
        ("Hola {{ contact.first_name | upcase }}!", "Hola María!"),
        ("{% if contact.email %}a{% endif %}b", "b"),
        ("{% raw %}{{contact.name}}{% endraw %}", "{{contact.name}}"),
        ("`{{contact.name}}`", "`{{contact.name}}`"),
        ("{{ '{{' }}contact.name}}", "{{contact.name}}"),
        ("sin cerrar {{contact.name", "sin cerrar {{contact.name"),
        ("{% nada %} {{contact.name}}", "{% nada %} {{contact.name}}"),
        ("llaves {a} y 50 %", "llaves {a} y 50 %"),
        ("{{secreto}}", ""),
    ],
)
async def test_liquid_is_evaluated(
    written: str, stored: str, standin: Standin, bot: httpx.AsyncClient, one: Conversation
) -> None:
    answer = await bot.post(at(one, "/messages"), json={"content": written})
    assert answer.json()["content"] == stored


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("**negrita** y _cursiva_", "*negrita* y _cursiva_"),
        ("*una estrella*", "_una estrella_"),
        ("[web](https://a.example/x)", "https://a.example/x"),
        ("Lista:\n\n- uno\n- dos", "Lista:\n\n- uno\n- dos"),
        ("# Título\n\nTexto", "Título\n\nTexto"),
        ("1. uno\n2. dos", "- uno\n- dos"),
    ],
)
async def test_markdown_as_whatsapp_gets_it(
    written: str, shown: str, standin: Standin, bot: httpx.AsyncClient, one: Conversation
) -> None:
    await bot.post(at(one, "/messages"), json={"content": written})
    await standin.settled()
    assert one.messages[-1].shown == shown


@pytest.mark.parametrize(
    ("body", "error"),
    [
        ({"content": "x" * 4096}, None),
        ({"content": "x" * 4097}, "(#100)"),
        ({"content": "¿Vale?", "content_type": "input_select", "content_attributes": CHOICES}, None),
        (
            {
                "content": "¿Vale?",
                "content_type": "input_select",
                "content_attributes": {"items": [{"title": "x" * 21, "value": "x"}]},
            },
            "(#131009)",
        ),
    ],
)
async def test_metas_limits_come_back_as_errors(
    body: dict[str, Any], error: str | None, standin: Standin, bot: httpx.AsyncClient, one: Conversation
) -> None:
    assert (await bot.post(at(one, "/messages"), json=body)).status_code == 200
    await standin.settled()
    last = one.messages[-1]
    assert last.status == ("failed" if error else "read")
    assert str(last.content_attributes.get("external_error", "")).startswith(error or "")


async def test_outside_the_window_only_templates_arrive(
    standin: Standin, bot: httpx.AsyncClient, one: Conversation
) -> None:
    standin.world.inbox.templates["novedades"] = "Hola, {{1}}"
    standin.desk.age(one, timedelta(hours=25))
    assert (await bot.get(at(one))).json()["can_reply"] is False
    await bot.post(at(one, "/messages"), json={"content": "tarde"})
    params = {
        "name": "novedades",
        "category": "UTILITY",
        "language": "es",
        "processed_params": {"body": {"1": "María"}},
    }
    await bot.post(at(one, "/messages"), json={"content": "Hola, María", "template_params": params})
    await standin.settled()
    late, template = one.messages[-2:]
    assert late.content_attributes["external_error"] == "Template not found or invalid template name"
    assert (template.status, template.shown) == ("read", "Hola, María")
    assert standin.violations == []


async def test_files_go_up_and_come_down_by_a_redirect(
    standin: Standin, bot: httpx.AsyncClient, one: Conversation
) -> None:
    files = [("attachments[]", (name, b"\x89PNG", "image/png")) for name in ("gráfico 1.png", "b.png")]
    data = {"content": "Mira", "private": "false", "content_attributes": json.dumps({"agent_run_id": "7"})}
    answer = (await bot.post(at(one, "/messages"), data=data, files=files)).json()
    assert [one["file_type"] for one in answer["attachments"]] == ["image", "image"]
    assert answer["content_attributes"] == {"agent_run_id": "7"}
    async with httpx.AsyncClient(trust_env=False) as anybody:
        first = await anybody.get(answer["attachments"][0]["data_url"])
        assert first.status_code == 302
        assert (await anybody.get(first.headers["location"])).content == b"\x89PNG"


async def test_a_call_may_fail_on_demand(standin: Standin, bot: httpx.AsyncClient, one: Conversation) -> None:
    faults, path, hello = standin.faults, at(one, "/messages"), {"content": "hola"}
    faults.error_rate = 1.0
    assert (await bot.post(path, json=hello)).status_code in {500, 429, 503}
    faults.error_rate, faults.drop_before_rate = 0.0, 1.0
    with pytest.raises(httpx.TransportError):
        await bot.post(path, json=hello)
    assert len(one.messages) == 1, "what failed was not carried out"
    faults.drop_before_rate, faults.drop_after_rate = 0.0, 1.0
    with pytest.raises(httpx.TransportError):
        await bot.post(path, json=hello)
    faults.drop_after_rate = 0.0
    assert len(one.messages) == 2, "this one was: only the answer was lost"
    assert (await bot.post(path, json=hello)).status_code == 200


async def test_calls_against_the_contract_are_noticed(
    standin: Standin, bot: httpx.AsyncClient, one: Conversation
) -> None:
    await bot.post(at(one, "/messages"), json={"content": "x", "private": "yes"})
    await bot.post(at(one, "/labels"), json={"label": "vip"})
    assert len(standin.violations) == 2
