"""An answer that is served is changed by answering and withdrawing only: no other way leaves it served and unowned."""

from __future__ import annotations

from itertools import count

import httpx
import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session, sessionmaker

from tests.api.v1.test_learning import BASE, unknown

ANY = {"if-match": "*"}
_things = count()


@pytest.fixture
def served(admin: httpx.Client) -> int:
    """A question whose answer is served."""
    number = unknown(admin, f"¿Se puede barnizar la tapa número {next(_things)} del ascensor?")
    made = admin.post(f"{BASE}/questions/{number}/answers", json={"text": "Sí, con cera.", "approve": True})
    assert made.status_code == 201, made.text
    return number


def status(admin: httpx.Client, number: int) -> str:
    return str(admin.get(f"{BASE}/questions/{number}").json()["status"])


@pytest.mark.parametrize("to", ["dismissed", "pending"])
def test_a_served_question_is_not_set_aside_by_hand(admin: httpx.Client, served: int, to: str) -> None:
    answer = admin.patch(f"/api/v1/knowledge-feedback/{served}", json={"status": to}, headers=ANY)
    assert (answer.status_code, answer.json()["reason"]) == (409, "served")
    assert status(admin, served) == "resolved"


def test_a_merged_question_is_not_taken_up_again(admin: httpx.Client, served: int) -> None:
    other = unknown(admin, "¿Se puede encerar la tapa del ascensor dorado?")
    assert admin.post(f"{BASE}/questions/{other}/merge", json={"into": served}).status_code == 200
    answer = admin.patch(f"/api/v1/knowledge-feedback/{other}", json={"status": "pending"}, headers=ANY)
    assert (answer.status_code, answer.json()["reason"]) == (409, "merged")


def test_a_served_question_is_not_deleted(admin: httpx.Client, served: int) -> None:
    answer = admin.delete(f"/api/v1/knowledge-feedback/{served}", headers=ANY)
    assert (answer.status_code, answer.json()["reason"]) == (409, "served")
    assert admin.post(f"{BASE}/questions/{served}/revocation").status_code == 200
    assert admin.delete(f"/api/v1/knowledge-feedback/{served}", headers=ANY).status_code == 204


def test_a_question_that_is_served_is_not_dismissed_by_reporting_it_again(admin: httpx.Client, served: int) -> None:
    question = admin.get(f"{BASE}/questions/{served}").json()["question"]
    sent = {"question": question, "user_type": "client", "status": "dismissed"}
    admin.post("/api/v1/ai/feedback", json=sent)
    assert status(admin, served) == "resolved"


def test_the_document_of_an_answer_is_no_document_like_others(
    admin: httpx.Client, served: int, owner: sessionmaker[Session]
) -> None:
    with owner() as session:
        source = {"source": f"learned/{served}"}
        number = session.scalar(
            text("SELECT document_id FROM documents WHERE source = :source AND retired_at IS NULL"), source
        )
    for answer in (
        admin.delete(f"/api/v1/documents/{number}", headers=ANY),
        admin.patch(f"/api/v1/documents/{number}", json={"audience": "public"}, headers=ANY),
    ):
        assert (answer.status_code, answer.json()["reason"]) == (409, "learned")
    assert admin.get(f"/api/v1/documents/{number}").json()["audience"] == "client"


def test_a_key_that_was_used_for_another_question_is_refused(admin: httpx.Client, served: int) -> None:
    """Else the version made for one question would be looked for, and approved, in another."""
    other = unknown(admin, "¿Se puede encerar la tapa del ascensor plateado?")
    draft = {"text": "Un borrador que nadie aprobó."}
    assert admin.post(f"{BASE}/questions/{other}/answers", json=draft).status_code == 201
    key, first = {"idempotency-key": f"clave-{served}"}, unknown(admin, "¿Se puede encerar la tapa del ascensor azul?")
    sent = {"text": "Sí.", "approve": True}
    assert admin.post(f"{BASE}/questions/{first}/answers", json=sent, headers=key).status_code == 201
    for number, again in ((other, sent), (first, {**sent, "text": "No."})):
        answer = admin.post(f"{BASE}/questions/{number}/answers", json=again, headers=key)
        assert (answer.status_code, answer.json()["code"]) == (422, "idempotency_key_reused")
    assert status(admin, other) == "answered", "the draft was not approved"
