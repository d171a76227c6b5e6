"""LangServe over real HTTP: every endpoint answers, bad input is refused with a code, and nothing leaks."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest

from api.langserve import MOST_IN_BATCH
from graph.messages import TurnResult

WARRANTY = {"message": "¿Cuándo vence mi garantía?", "sender": "+34600000001", "conversation_id": "http"}
ADMIN = {"message": "¿Cuántos contratos vencen este mes?", "sender": "+34600000003", "conversation_id": "http-admin"}


def events(text: str) -> list[tuple[str, Any]]:
    found: list[tuple[str, Any]] = []
    for block in text.replace("\r\n", "\n").strip().split("\n\n"):
        fields = dict(line.split(": ", 1) for line in block.splitlines() if ": " in line)
        found.append((fields.get("event", block), json.loads(fields["data"]) if "data" in fields else None))
    return found


def test_invoke(http: httpx.Client) -> None:
    response = http.post("/agent/invoke", json={"input": WARRANTY})
    assert response.status_code == 200
    result = TurnResult.model_validate(response.json()["output"])
    assert result.role == "client"
    assert result.specialists == ["sql_reader"]
    assert result.sql is None
    assert "total" in result.timings_ms


def test_a_channel_identity_is_a_sender_too(http: httpx.Client) -> None:
    sender = {"channel": "whatsapp", "external_id": "34600000002"}
    response = http.post("/agent/invoke", json={"input": {**WARRANTY, "message": "hola", "sender": sender}})
    assert response.json()["output"]["role"] == "technician"


def test_batch_keeps_the_order(http: httpx.Client) -> None:
    response = http.post("/agent/batch", json={"inputs": [WARRANTY, ADMIN, {**WARRANTY, "sender": "+34699999999"}]})
    assert [output["role"] for output in response.json()["output"]] == ["client", "admin", "guest"]


def test_stream(http: httpx.Client) -> None:
    found = events(http.post("/agent/stream", json={"input": WARRANTY}).text)
    data = [value for name, value in found if name == "data"]
    assert data[-1]["role"] == "client"
    assert found[-1][0].startswith("event: end") or found[-1][0] == "end"


@pytest.mark.filterwarnings("ignore::langchain_core._api.deprecation.LangChainDeprecationWarning")
@pytest.mark.parametrize("endpoint", ["stream_events", "stream_log"])
def test_event_streams_show_the_result_and_no_inner_state(http: httpx.Client, endpoint: str) -> None:
    text = http.post(f"/agent/{endpoint}", json={"input": WARRANTY}).text
    assert "garant" in text
    assert "SELECT" not in text
    assert "principal" not in text
    assert "memory" not in text


def test_what_a_client_sends_as_configuration_chooses_nothing(http: httpx.Client) -> None:
    config = {"configurable": {"thread_id": "admin:1/http-admin", "principal": "admin", "role": "admin"}}
    response = http.post("/agent/invoke", json={"input": WARRANTY, "config": config})
    assert response.json()["output"]["role"] == "client"


@pytest.mark.parametrize("path", ["/agent/input_schema", "/agent/output_schema", "/agent/config_schema"])
def test_schemas(http: httpx.Client, path: str) -> None:
    assert http.get(path).json()["type"] == "object"


def test_the_playground_and_everything_it_loads(http: httpx.Client) -> None:
    page = http.get("/agent/playground/")
    assert page.status_code == 200
    assert "text/html" in page.headers["content-type"]
    assets = [part.split('"')[0] for part in page.text.split('="/agent/playground/')[1:]]
    assert assets
    for asset in assets:
        loaded = http.get(f"/agent/playground/{asset}")
        assert loaded.status_code == 200, asset
        assert "json" not in loaded.headers["content-type"]
    assert http.get("/openapi.json").status_code == 200


BAD_BODIES = [
    b"",
    b"{",
    b"null",
    b"[]",
    b'"x"',
    b'{"input": null}',
    b'{"input": {}}',
    b'{"input": {"message": 5, "sender": "x"}}',
    b'{"input": {"message": "a", "sender": ""}}',
    b'{"input": {"message": "a", "sender": {"channel": "phone"}}}',
    b'{"input": {"message": "a", "sender": "x"}, "config": 5}',
    b'{"inputs": 3}',
    b'{"inputs": [{"message": "a", "sender": "x"}], "config": [{}, {}]}',
    b"\xff\xfe\x00",
    b"[" * 100_000,
    b'{"a": ' + b"9" * 5000 + b"}",
    b'{"input": {"message": "a\\ud800", "sender": "x"}}',
    json.dumps({"inputs": [WARRANTY] * (MOST_IN_BATCH + 1)}).encode(),
]


@pytest.mark.parametrize("endpoint", ["invoke", "batch", "stream", "stream_events"])
@pytest.mark.parametrize("body", BAD_BODIES, ids=lambda body: repr(body[:40]))
def test_malformed_bodies_are_refused_with_a_code(http: httpx.Client, endpoint: str, body: bytes) -> None:
    response = http.post(f"/agent/{endpoint}", content=body, headers={"content-type": "application/json"})
    assert 400 <= response.status_code < 500
    assert set(response.json()) >= {"code", "detail"}
    assert "Traceback" not in response.text


def test_large_bodies_are_refused(http: httpx.Client) -> None:
    response = http.post("/agent/invoke", content=b'{"input": "' + b"x" * 1_100_000 + b'"}')
    assert response.status_code == 413
    assert response.json()["code"] == "body_too_large"


@pytest.mark.parametrize("message", ["", "x" * 100_000, "\x00\x01\x02"])
def test_bad_messages_are_answered_politely(http: httpx.Client, message: str) -> None:
    response = http.post("/agent/invoke", json={"input": {**WARRANTY, "message": message}})
    assert response.status_code == 200
    assert response.json()["output"]["error"]
    assert response.json()["output"]["reply"]


def test_unknown_paths_and_methods_have_the_same_shape(http: httpx.Client) -> None:
    for response, status in ((http.get("/nope"), 404), (http.get("/agent/invoke"), 405)):
        assert response.status_code == status
        assert set(response.json()) == {"type", "title", "status", "detail", "code"}


def test_demo_mode_answers_to_this_machine_only(http: httpx.Client) -> None:
    assert http.get("/health", headers={"host": "evil.example"}).status_code == 400


def test_the_input_schema_is_one_that_the_playground_can_draw(http: httpx.Client) -> None:
    """Its form library ends in a blank page on a null or on alternatives."""
    schema = http.get("/agent/input_schema").json()
    assert list(schema["properties"]) == ["message", "sender", "conversation_id", "message_id", "locale"]
    assert {field["type"] for field in schema["properties"].values()} == {"string"}
    assert "anyOf" not in json.dumps(schema)
