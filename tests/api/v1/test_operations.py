"""What the office watches, over REST: for administrators only, and the same outcomes as are counted elsewhere."""

from __future__ import annotations

from collections.abc import Mapping

import httpx
import pytest

from db.crud.operations import TURNS
from policy.roles import Role
from tests.conftest import PHONES

WHERE = "/api/v1/operations/summary"


@pytest.mark.parametrize(("role", "status"), [(Role.GUEST, 401), (Role.CLIENT, 403), (Role.TECHNICIAN, 403)])
def test_nobody_else_sees_it(callers: Mapping[Role, httpx.Client], role: Role, status: int) -> None:
    assert callers[role].get(WHERE).status_code == status


def test_turns_contracts_visits_and_figures(admin: httpx.Client) -> None:
    for message in ("¿Cuándo vence mi garantía?", "Quiero hablar con una persona"):
        sent = {"message": message, "sender": PHONES[Role.CLIENT], "conversation_id": "panel"}
        assert admin.post("/agent/invoke", json={"input": sent}).status_code == 200
    body = admin.get(WHERE, params={"days": 7, "ahead": 366}).json()
    counted = {(one["role"], one["outcome"]) for one in body["turns"]}
    assert {("client", "answered"), ("client", "handed_over")} <= counted
    ends = [one["ends_on"] for one in body["expiring"]]
    assert ends and ends == sorted(ends)
    assert body["visits"] and all(one["open"] >= one["pressing"] for one in body["visits"])
    assert body["figures"]["index_passages"] > 0 and body["figures"]["dead_letters"] == len(body["dead_letters"])


def test_the_outcomes_are_those_that_are_counted() -> None:
    said = [word for word in str(TURNS).split("'") if word.isidentifier()]
    assert {"failed", "denied", "handed_over", "asked", "written", "unanswered", "answered"} <= set(said)
