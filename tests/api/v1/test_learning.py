"""The office answers over REST: drafted, approved, served, withdrawn; tables; and nobody else may."""

from __future__ import annotations

from collections.abc import Mapping

import httpx
import pytest

from policy.roles import Role

BASE = "/api/v1/learning"
QUESTION = "¿Se puede conectar la caldera a paneles solares?"


def unknown(admin: httpx.Client, question: str = QUESTION) -> int:
    """A question that nobody could answer; its number."""
    sent = {"question": question, "user_type": "client", "status": "pending"}
    made = admin.post("/api/v1/ai/feedback", json=sent)
    assert made.status_code == 201, made.text
    number: int = made.json()["feedback_id"]
    return number


def test_an_answer_is_drafted_approved_and_withdrawn(admin: httpx.Client) -> None:
    number = unknown(admin)
    where = f"{BASE}/questions/{number}"
    listed = admin.get(f"{BASE}/questions", params={"limit": 200}).json()["items"]
    assert number in {one["feedback_id"] for one in listed}
    assert [one["askers"] for one in listed] == sorted((one["askers"] for one in listed), reverse=True)

    sent = {"text": "Sí, con la centralita SOL-8.", "valid_until": "2099-12-31"}
    again = {"idempotency-key": f"learn-{number}"}
    drafted = [admin.post(f"{where}/answers", json=sent, headers=again) for _ in range(2)]
    assert {one.status_code for one in drafted} == {201}
    body = drafted[1].json()
    assert body["status"] == "answered" and [one["version"] for one in body["versions"]] == [1]
    assert body["versions"][0]["approved_at"] is None and body["versions"][0]["audience"] == "client"

    approved = admin.post(f"{where}/approval", json={}).json()
    assert approved["status"] == "resolved" and approved["versions"][0]["approved_by"] == "Prueba admin"
    turn = {"message": QUESTION, "conversation_id": f"learned-{number}"}
    told = admin.post("/api/v1/ai/turn", json=turn)
    assert "SOL-8" in told.json()["reply"], told.text
    changed = admin.post(f"{where}/answers", json={"text": "Sí, con la SOL-9.", "approve": True}).json()
    assert [one["revoked_at"] is None for one in changed["versions"]] == [False, True]
    withdrawn = admin.post(f"{where}/revocation")
    assert withdrawn.json()["status"] == "pending" and withdrawn.json()["answer"] is None
    assert admin.post(f"{where}/revocation").status_code == 409
    gone = admin.post("/api/v1/ai/turn", json={**turn, "conversation_id": f"gone-{number}"}).json()
    assert "SOL-" not in gone["reply"]


def test_questions_are_merged_and_set_aside(admin: httpx.Client) -> None:
    first = unknown(admin, "¿Tenéis tienda en Albacete?")
    second = unknown(admin, "¿Dónde está la tienda de Albacete?")
    alike = admin.get(f"{BASE}/questions/{second}").json()["similar"]
    assert first in {one["feedback_id"] for one in alike}
    merged = admin.post(f"{BASE}/questions/{second}/merge", json={"into": first})
    assert merged.json()["feedback_id"] == first
    assert admin.get(f"{BASE}/questions/{second}").json()["merged_into"] == first
    assert admin.post(f"{BASE}/questions/{second}/answers", json={"text": "No"}).status_code == 409
    assert admin.post(f"{BASE}/questions/{first}/merge", json={"into": first}).status_code == 422
    assert admin.post(f"{BASE}/questions/{first}/dismissal", json={"reason": "No"}).json()["status"] == "dismissed"
    assert admin.get(f"{BASE}/questions/999999").status_code == 404


def test_tables_go_out_and_in(admin: httpx.Client) -> None:
    number = unknown(admin, "¿Qué pintura lleva la puerta del ascensor?")
    table = admin.get(f"{BASE}/table")
    assert table.headers["content-type"].startswith("text/csv")
    text = table.content.decode("utf-8-sig")
    heading, line = text.splitlines()[0], next(one for one in text.splitlines() if one.startswith(f"{number};"))
    cells = line.split(";")
    cells[heading.split(";").index("respuesta")] = "Esmalte al agua."
    files = {"file": ("preguntas.csv", "\r\n".join([heading, ";".join(cells)]).encode())}
    outcomes = [admin.post(f"{BASE}/table", files=files, data={"approve": "true"}).json()["rows"] for _ in range(2)]
    assert [rows[0]["outcome"] for rows in outcomes] == ["added", "unchanged"]
    assert admin.get(f"{BASE}/questions/{number}").json()["status"] == "resolved"
    wrong = admin.post(f"{BASE}/table", files={"file": ("x.csv", b"a;b\n1;2\n")})
    assert (wrong.status_code, wrong.json()["reason"]) == (422, "heading")
    assert admin.post(f"{BASE}/sheet").status_code == 409


@pytest.mark.parametrize("role", [Role.CLIENT, Role.TECHNICIAN, Role.GUEST])
def test_nobody_else_may(callers: Mapping[Role, httpx.Client], admin: httpx.Client, role: Role) -> None:
    number = unknown(admin, "¿Se puede barnizar la puerta del ascensor?")
    where, caller = f"{BASE}/questions/{number}", callers[role]
    answers = [
        caller.get(f"{BASE}/questions"),
        caller.get(where),
        caller.get(f"{BASE}/table"),
        caller.post(f"{where}/answers", json={"text": "Sí", "approve": True}),
        caller.post(f"{where}/approval", json={}),
        caller.post(f"{where}/revocation"),
        caller.post(f"{where}/dismissal", json={}),
        caller.post(f"{where}/merge", json={"into": 1}),
        caller.post(f"{BASE}/table", files={"file": ("x.csv", b"pregunta;respuesta\n")}),
        caller.post(f"{BASE}/sheet"),
    ]
    assert {one.status_code for one in answers} == {401 if role is Role.GUEST else 403}
    assert admin.get(where).json()["versions"] == []


@pytest.mark.parametrize("path", ["learning/questions", "learning/table", "operations/summary", "clients"])
def test_a_parameter_that_nobody_knows_is_refused_not_ignored(admin: httpx.Client, path: str) -> None:
    answer = admin.get(f"/api/v1/{path}", params={"evrything": "true"})
    assert (answer.status_code, answer.json()["code"]) == (422, "bad_input")
