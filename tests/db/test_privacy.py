"""The rights of one person: what is kept is given; after an erasure, no table says who they were."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable
from contextlib import closing
from typing import Any

import psycopg2
import pytest
import pytest_asyncio
from psycopg2.extensions import connection as RawConnection

from core.clock import FixedClock
from core.errors import NotFound
from core.settings import Settings
from db.privacy.erasing import erase
from db.privacy.everywhere import search, text_columns
from db.privacy.exporting import export
from db.privacy.subject import find_subject
from graph.app import Crew, open_crew
from graph.messages import TurnRequest
from policy.roles import Role
from tests.conftest import HOME, PHONES, SECRET

STRANGER = "+34699887766"


@pytest_asyncio.fixture
async def crew(clone: Callable[[], str], clock: FixedClock) -> AsyncIterator[Crew]:
    """A crew on a database that is thrown away."""
    settings = Settings(_env_file=None, home=HOME / "crew", DATABASE_URL=clone(), secret_key=SECRET.decode())  # type: ignore[call-arg, arg-type]
    async with open_crew(settings, clock) as opened:
        yield opened


async def say(crew: Crew, sender: str, text: str, conversation: str = "chatwoot:7:9") -> str:
    turn = TurnRequest(message=text, sender=sender, conversation_id=conversation)
    return (await crew.turns.answer(turn)).reply


def run(server: RawConnection, query: str, *given: Any) -> list[tuple[Any, ...]]:
    with server.cursor() as cursor:
        cursor.execute(query, given)
        return list(cursor.fetchall()) if cursor.description else []


def deliver(server: RawConnection, account: int, conversation: int, phone: str, name: str) -> None:
    """What the channel leaves behind of a conversation."""
    contact = json.dumps({"contact": {"phone_number": phone, "name": name}})
    key = "3b0f8a53-4d7b-4f0c-8d6e-" + f"{account:06d}{conversation:06d}"
    at = (account, conversation)
    run(server, "SET LOCAL search_path = public, queue")
    run(
        server,
        "INSERT INTO channel_conversations (account_id, conversation_id, facts) VALUES (%s, %s, %s)",
        *at,
        contact,
    )
    run(server, "INSERT INTO channel_turns (turn_key, account_id, conversation_id, message_ids, request, state)"
        " VALUES (%s, %s, %s, '{1}', %s, 'composed')", key, *at, contact)  # fmt: skip
    run(server, "INSERT INTO channel_events"
        " (source, event, account_id, conversation_id, kind, state, turn_key, payload)"
        " VALUES ('bot', 'x', %s, %s, 'answer', 'answered', %s, %s)", *at, key, contact)  # fmt: skip
    run(server, "INSERT INTO channel_outbox (uid, turn_key, account_id, conversation_id, payload)"
        " VALUES (gen_random_uuid(), %s, %s, %s, %s)", key, *at, contact)  # fmt: skip
    run(server, "INSERT INTO pages (turn_key, account_id, conversation_id, title, summary)"
        " VALUES (%s, %s, %s, %s, 'x')",
        key, *at, name)  # fmt: skip
    run(server, "INSERT INTO received_files (turn_key, position, account_id, conversation_id, name, media_type)"
        " VALUES (%s, 0, %s, %s, %s, 'image/png')", key, *at, f"{name}.png")  # fmt: skip
    run(server, "INSERT INTO queue.procrastinate_jobs (queue_name, task_name, lock, args, status)"
        " VALUES ('channels', 'chatwoot.attend', %s, '{}', 'todo')", f"chatwoot:{account}:{conversation}")  # fmt: skip
    server.commit()


def accounts(server: RawConnection) -> list[tuple[Any, ...]]:
    """What the books need."""
    return run(server, "SELECT order_id, client_id, total FROM orders") + run(
        server, "SELECT contract_id, client_id, annual_price, starts_on, ends_on FROM contracts"
    )


async def test_a_client_is_erased_from_every_table_and_nobody_else(crew: Crew) -> None:
    phone = PHONES[Role.CLIENT]
    await say(crew, phone, "Soy Lucía Ferrer Abad, ¿cuándo vence mi garantía?")
    await say(crew, phone, "¿Cuánto mide el brazo robótico lunar de Lucía Ferrer Abad?")
    await say(crew, PHONES[Role.ADMIN], "¿Qué conversaciones tuvimos con Lucía Ferrer Abad?", "chatwoot:7:10")
    other = await say(crew, PHONES[Role.TECHNICIAN], "¿Qué intervenciones hice este mes?", "chatwoot:7:11")
    with closing(psycopg2.connect(crew.url)) as server:
        deliver(server, 7, 9, phone, "Lucía Ferrer Abad")
        deliver(server, 7, 10, "+34600000003", "Marta")
        before, subject = accounts(server), find_subject(server, "client", 1)
        assert subject.conversations == ((7, 9),) and subject.name == "Lucía Ferrer Abad"
        assert len(search(server, subject.words)) > 10, "it is in many places"
        told = export(server, subject)
        assert told["client"][0]["phone_number"] == phone and len(messages := told["messages"]) > 4 and told["visits"]

        would = erase(server, subject, dry_run=True)
        assert search(server, subject.words) and would.rows["messages"] == len(messages)
        done = erase(server, find_subject(server, "client", 1))
        assert done.rows == would.rows

        assert search(server, subject.words) == {}
        for column in ("messages", "conversations", "turns", "checkpoints", "events", "outbox", "files", "jobs"):
            assert done.rows[column] > 0, column
        assert accounts(server) == before
        assert run(server, "SELECT name, email, phone_number, tax_id, address FROM clients WHERE client_id = 1") == [
            ("Cliente borrado 1", None, None, None, None)
        ]
        assert run(server, "SELECT count(*) FROM channel_events WHERE conversation_id = 10") == [(1,)]
        assert run(server, "SELECT count(*) FROM chat_messages WHERE body = %s", other) == [(1,)]
        ((details,),) = run(server, "SELECT details FROM audit_log WHERE action = 'erased'")
        assert details["rows"]["messages"] == len(messages)
    assert "invitad" not in await say(crew, PHONES[Role.TECHNICIAN], "¿Qué intervenciones hice este mes?", "again")
    result = await crew.turns.answer(TurnRequest(message="¿Qué equipos tengo?", sender=phone, conversation_id="back"))
    assert result.role == "guest"


async def test_a_technician_and_a_stranger(crew: Crew) -> None:
    await say(crew, PHONES[Role.TECHNICIAN], "¿Qué intervenciones hice este mes?")
    await say(crew, STRANGER, f"Mi teléfono es {STRANGER}, ¿me llamáis?", "chatwoot:7:12")
    with closing(psycopg2.connect(crew.url)) as server:
        ((visits,),) = run(server, "SELECT count(*) FROM interventions WHERE technician_id = 1")
        technician = find_subject(server, "technician", 1)
        erase(server, technician)
        assert search(server, technician.words) == {}
        assert run(server, "SELECT count(*) FROM interventions WHERE technician_id = 1") == [(visits,)]

        stranger = find_subject(server, "stranger", None, STRANGER)
        assert len(stranger.threads) == 1
        erase(server, stranger)
        assert search(server, stranger.words) == {}
        with pytest.raises(NotFound):
            find_subject(server, "stranger", None, STRANGER)
        with pytest.raises(NotFound):
            find_subject(server, "client", 999_999)


def test_every_column_that_may_hold_words_is_searched(database_url: str) -> None:
    with closing(psycopg2.connect(database_url)) as server:
        found = {(schema, table, column) for schema, table, column, _ in text_columns(server)}
    assert {
        ("public", "checkpoint_blobs", "blob"),
        ("public", "turns", "request"),
        ("queue", "procrastinate_jobs", "args"),
        ("public", "document_chunks", "heading_path"),
    } <= found
