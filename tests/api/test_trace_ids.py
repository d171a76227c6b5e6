"""One trace from the request to the log of the turn and the response."""

from __future__ import annotations

import httpx
import pytest

from tests.api.test_langserve import WARRANTY

PARENT = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"


@pytest.mark.parametrize("path", ["/health", "/agent/invoke", "/nowhere"])
def test_every_response_says_its_trace(http: httpx.Client, path: str) -> None:
    assert http.get(path, headers={"x-request-id": "mine"}).headers["x-request-id"] == "mine"
    assert http.get(path, headers={"traceparent": PARENT}).headers["x-request-id"] == PARENT[3:35]
    assert len(http.get(path).headers["x-request-id"]) == 32


def test_a_refused_body_has_a_trace_too(http: httpx.Client) -> None:
    response = http.post("/agent/invoke", content=b"{", headers={"x-request-id": "mine"})
    assert response.status_code == 400
    assert response.headers["x-request-id"] == "mine"


@pytest.mark.parametrize("endpoint", ["invoke", "stream"])
def test_the_turn_is_logged_under_the_trace_of_its_request(
    http: httpx.Client, endpoint: str, capsys: pytest.CaptureFixture[str]
) -> None:
    http.post(f"/agent/{endpoint}", json={"input": WARRANTY}, headers={"x-request-id": f"trace-{endpoint}"})
    lines = [line for line in capsys.readouterr().out.splitlines() if f"trace_id=trace-{endpoint}" in line]
    assert any("query_ran" in line for line in lines)
    assert any("turn " in line and "intents" in line for line in lines)
