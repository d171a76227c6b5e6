"""The agents over REST, as whoever asks; questions written down; documents read in."""

from __future__ import annotations

import time
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any
from uuid import uuid4

import httpx
import pytest
from sqlalchemy.orm import Session, sessionmaker

from db.models import KnowledgeFeedback
from policy.roles import Role


def ask(caller: httpx.Client, path: str, question: str, **more: Any) -> httpx.Response:
    return caller.post(f"/api/v1/ai/{path}", json={"question": question, **more})


ROADMAP: Mapping[str, Any] = MappingProxyType(
    {
        "question": "¿Cómo se cambia el filtro del equipo X?",
        "answer": None,
        "user_type": "cliente",
        "status": "pending",
    }
)


class TestTurns:
    def test_a_turn_is_of_who_asks(self, callers: Mapping[Role, httpx.Client]) -> None:
        for role in (Role.CLIENT, Role.TECHNICIAN, Role.ADMIN):
            turn = callers[role].post("/api/v1/ai/turn", json={"message": "hola"}).json()
            assert turn["role"] == role.value
            assert turn["error"] is None

    @pytest.mark.parametrize("sender", ["+34600000003", {"channel": "account", "external_id": "1"}])
    def test_nobody_speaks_for_another(self, client: httpx.Client, sender: Any) -> None:
        refused = client.post("/api/v1/ai/turn", json={"message": "hola", "sender": sender})
        assert (refused.status_code, refused.json()["what"]) == (403, "sender")

    def test_the_same_message_gets_the_same_result(self, client: httpx.Client) -> None:
        body = {"message": "¿Cuándo vence mi garantía?", "conversation_id": "api-1", "message_id": str(uuid4())}
        first, second = (client.post("/api/v1/ai/turn", json=body).json() for _ in range(2))
        assert first["turn_id"] == second["turn_id"]
        assert "XP400" in first["reply"]

    def test_a_key_with_the_scope_speaks_for_any_sender(self, admin: httpx.Client, server: str) -> None:
        made = admin.post("/api/v1/api-keys", json={"name": "n8n", "scopes": ["agent", "ask"]}).json()
        bearer = {"authorization": f"Bearer {made['key']}"}
        body = {"message": "hola", "sender": "+34600000001", "conversation_id": "api-2"}
        turn = httpx.post(f"{server}/api/v1/ai/turn", json=body, headers=bearer, timeout=120).json()
        assert turn["role"] == "client"


class TestSqlQuery:
    def test_rows_in_words_and_values_with_the_sql_for_administrators(self, admin: httpx.Client) -> None:
        found = ask(admin, "sql-query", "¿Cuántos XP400 tenemos en Madrid?").json()
        assert found["answered"] is True
        assert found["rows"] == [[12]]
        assert found["sql"].startswith("SELECT")

    def test_a_client_gets_their_own_rows_and_no_sql(self, client: httpx.Client) -> None:
        found = ask(client, "sql-query", "¿Qué equipos tengo?").json()
        assert found["sql"] is None
        assert found["rows"]

    def test_what_may_not_be_had_is_denied(self, client: httpx.Client) -> None:
        refused = ask(client, "sql-query", "¿Cuántas unidades hay en stock?")
        assert refused.status_code == 403, refused.text
        assert refused.json()["reason"]

    def test_what_is_not_understood_is_written_down(self, admin: httpx.Client, owner: sessionmaker[Session]) -> None:
        found = ask(admin, "sql-query", "¿Cuál es la raíz cuadrada del abracadabra?").json()
        assert found["answered"] is False
        with owner() as session:
            assert session.get_one(KnowledgeFeedback, found["feedback_id"]).user_type.value == "admin"


class TestKnowledgeQuery:
    def test_each_role_has_its_documents(self, client: httpx.Client, technician: httpx.Client) -> None:
        question = "¿Qué significa el error E4 del XP400?"
        theirs, ours = (ask(caller, "knowledge-query", question).json() for caller in (client, technician))
        assert theirs["citations"] and ours["citations"]
        assert "recalentamiento" in ours["answer"] and "recalentamiento" not in theirs["answer"]

    def test_what_no_document_says_is_written_down(self, client: httpx.Client) -> None:
        found = ask(client, "knowledge-query", "¿Se puede conectar la caldera a Alexa?").json()
        assert (found["answered"], found["citations"]) == (False, [])
        assert found["feedback_id"]


class TestFeedback:
    def test_the_body_of_the_roadmap(self, admin: httpx.Client) -> None:
        first, second = (admin.post("/api/v1/ai/feedback", json=dict(ROADMAP)) for _ in range(2))
        assert (first.status_code, first.json()["status"]) == (201, "pending")
        assert first.json() == second.json(), "an equal question is joined"
        kept = admin.get(f"/api/v1/knowledge-feedback/{first.json()['feedback_id']}").json()
        assert (kept["user_type"], kept["question"]) == ("client", ROADMAP["question"])

    def test_one_writes_down_ones_own(self, client: httpx.Client) -> None:
        assert client.post("/api/v1/ai/feedback", json=dict(ROADMAP)).status_code == 201
        for more in ({"user_type": "técnico"}, {"answer": "Así", "status": "answered"}, {"status": "descartada"}):
            assert client.post("/api/v1/ai/feedback", json={**ROADMAP, **more}).status_code == 403

    @pytest.mark.parametrize(
        "more", [{"user_type": "marciano"}, {"status": "resolved"}, {"answer": "Así"}, {"status": "answered"}]
    )
    def test_what_does_not_fit(self, admin: httpx.Client, more: dict[str, str]) -> None:
        assert admin.post("/api/v1/ai/feedback", json={**ROADMAP, **more}).status_code == 422

    def test_logged_with_the_conversation_that_waits(self, client: httpx.Client, admin: httpx.Client) -> None:
        client.post("/api/v1/ai/turn", json={"message": "hola", "conversation_id": "api-3"})
        session_id = client.get("/api/v1/chat-sessions?sort=-last_message_at&limit=1").json()["items"][0]["session_id"]
        body = {"question": "¿El mando tiene luz?", "reason": "not_in_documents", "session_id": session_id}
        logged = client.post("/api/v1/ai/log-feedback", json=body)
        assert logged.status_code == 201, logged.text
        askers = admin.get(f"/api/v1/knowledge-askers?feedback_id={logged.json()['feedback_id']}").json()["items"]
        assert [asker["session_id"] for asker in askers] == [session_id]

    def test_and_not_with_that_of_another(self, client: httpx.Client, admin: httpx.Client) -> None:
        theirs = admin.get("/api/v1/chat-sessions?user_type=admin&limit=1").json()["items"][0]["session_id"]
        body = {"question": "¿El mando tiene luz?", "session_id": theirs}
        assert client.post("/api/v1/ai/log-feedback", json=body).status_code == 404

    def test_set_aside_by_hand_and_never_answered_so(self, admin: httpx.Client) -> None:
        number = admin.post("/api/v1/ai/feedback", json={"question": "¿Y si llueve?"}).json()["feedback_id"]
        where, any_version = f"/api/v1/knowledge-feedback/{number}", {"if-match": "*"}
        assert admin.patch(where, json={"status": "dismissed"}, headers=any_version).json()["status"] == "dismissed"
        refused = admin.patch(where, json={"status": "answered"}, headers=any_version)
        assert (refused.status_code, refused.json()["reason"]) == (422, "not_by_hand")
        assert admin.delete(where, headers=any_version).status_code == 204


class TestDocuments:
    TEXT = (
        "# Mando Zafiro\n\n## Emparejar el mando\n\nPara emparejar el mando Zafiro mantenga pulsado el botón azul "
        "durante siete segundos hasta que parpadee la luz.\n"
    )

    def send(self, caller: httpx.Client, text: str, **labels: str) -> httpx.Response:
        files = {"file": ("zafiro.md", text.encode(), "text/markdown")}
        data = {"audience": "client", "kind": "user_manual", "title": "Mando Zafiro", **labels}
        return caller.post("/api/v1/documents", data=data, files=files)

    def test_read_in_asked_about_and_retired(self, admin: httpx.Client, client: httpx.Client) -> None:
        made = self.send(admin, self.TEXT)
        assert made.status_code == 201, made.text
        assert self.send(admin, self.TEXT).status_code == 200
        where = made.headers["location"]
        assert client.get(where).json()["title"] == "Mando Zafiro"
        question = "¿Cómo se empareja el mando Zafiro?"
        assert "siete segundos" in self.answer(client, question, "siete")
        changed = admin.patch(where, json={"audience": "technician"}, headers={"if-match": made.headers["etag"]})
        assert changed.status_code == 200, changed.text
        assert client.get(where).status_code == 404
        assert admin.delete(where, headers={"if-match": changed.headers["etag"]}).status_code == 204
        assert admin.get(where).status_code == 404
        assert "siete segundos" not in ask(admin, "knowledge-query", question).json()["answer"]

    def answer(self, caller: httpx.Client, question: str, word: str) -> str:
        """The answer once the library was looked at again: that takes a moment after a change."""
        for _ in range(900):
            answer = str(ask(caller, "knowledge-query", question).json()["answer"])
            if word in answer:
                break
            time.sleep(0.1)
        return answer

    @pytest.mark.parametrize(
        ("text", "labels", "code"),
        [
            ("", {}, "document_unreadable"),
            (TEXT, {"product": "NO-SUCH"}, "bad_input"),
            (TEXT, {"audience": "everybody"}, "bad_input"),
            (TEXT, {"language": "español"}, "bad_input"),
        ],
    )
    def test_what_cannot_be_read(self, admin: httpx.Client, text: str, labels: dict[str, str], code: str) -> None:
        refused = self.send(admin, text, **labels)
        assert (refused.status_code, refused.json()["code"]) == (422, code), refused.text

    def test_a_technician_reads_and_does_not_write(self, technician: httpx.Client) -> None:
        assert self.send(technician, self.TEXT).status_code == 403
