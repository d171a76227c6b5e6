"""Erased is erased: nowhere in the database does anything say who it was; and the books still balance."""

from __future__ import annotations

import json
import os
import re
import uuid
from collections.abc import Mapping
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text
from sqlalchemy.orm import Session, sessionmaker
from typer.testing import CliRunner

from core.clock import FixedClock
from core.errors import BadInput, NotFound
from db.crud.personal_data import KINDS, Person, pattern_of
from db.session import make_engine, make_sessions, session_scope
from policy.roles import GUEST
from tests.conftest import SECRET
from tools.identity import ChannelIdentity, owner_key
from tools.privacy import app, erase_person, export_person

PHONE = "+34600000001"
TEXTS = """
SELECT format('%I.%I', n.nspname, c.relname), a.attname FROM pg_class c
JOIN pg_namespace n ON n.oid = c.relnamespace JOIN pg_attribute a ON a.attrelid = c.oid
WHERE c.relkind = 'r' AND n.nspname IN ('public', 'queue') AND a.attnum > 0 AND NOT a.attisdropped
      AND format_type(a.atttypid, NULL) IN ('text', 'jsonb', 'text[]', 'bytea', 'character varying')
"""
BOOKS = """
SELECT (SELECT count(*) FROM interventions WHERE client_id = 1), (SELECT sum(annual_price) FROM contracts
WHERE client_id = 1), (SELECT sum(total) FROM orders WHERE client_id = 1), (SELECT count(*) FROM clients)
"""


@pytest.fixture
def sessions(fresh_database_url: str) -> sessionmaker[Session]:
    """Sessions on a company in which Lucía left traces everywhere."""
    sessions = make_sessions(make_engine(fresh_database_url))
    with session_scope(sessions) as session:
        stranger = owner_key(GUEST, ChannelIdentity("phone", PHONE))
        turn = {"id": uuid.uuid4(), "thread": "client:1/chatwoot:2:77", "before": f"{stranger}/chatwoot:2:76"}
        for statement in (
            "INSERT INTO chat_sessions (conversation_id, channel, user_type, client_id, subject)"
            " VALUES (:thread, 'whatsapp', 'client', 1, 'mi secreto'), (:before, 'whatsapp', 'guest', NULL, 'era yo')",
            "INSERT INTO turns (turn_id, conversation_id, request)"
            """ VALUES (:id, :thread, '{"sender": "+34600000001", "message": "soy Lucía"}')""",
            "INSERT INTO chat_messages (session_id, author, body, turn_id) SELECT session_id, 'customer',"
            " 'llámame al 600 00 00 01', :id FROM chat_sessions WHERE conversation_id = :thread",
            "INSERT INTO checkpoints (thread_id, checkpoint_ns, checkpoint_id, checkpoint)"
            """ VALUES (:thread, '', '1', '{"channel_values": {"message": "Lucía Ferrer Abad"}}')""",
            "INSERT INTO channel_conversations (account_id, conversation_id, facts, as_of, last_event_at)"
            """ VALUES (2, 77, '{"contact": {"phone_number": "+34600000001"}}', 0, now())""",
            "INSERT INTO channel_events (source, event, account_id, conversation_id, kind, state, payload)"
            """ VALUES ('bot', 'message_created', 2, 77, 'answer', 'answered', '{"content": "Soy Lucía Ferrer"}')""",
            "INSERT INTO audit_log (actor_role, action, table_name, record_id, details) VALUES ('admin', 'update',"
            """ 'clients', '1', '{"before": {"name": "LUCIA FERRER ABAD", "phone": "0034 600-000-001"}}')""",
            "UPDATE interventions SET description = 'Avisar a lucia  ferrer abad, tel. 600000001' WHERE intervention_id"
            " = (SELECT max(intervention_id) FROM interventions WHERE client_id <> 1)",
        ):
            session.execute(text(statement), turn)
    return sessions


def everything(session: Session) -> str:
    """All texts of the whole database."""
    found = []
    for table, column in session.execute(text(TEXTS)).all():
        rows = session.scalars(text(f'SELECT "{column}"::text FROM {table} WHERE "{column}" IS NOT NULL'))
        found += [bytes.fromhex(row[2:]).decode("utf-8", "replace") if row.startswith("\\x") else row for row in rows]
    return "\n".join(found)


def test_nothing_says_who_it_was(sessions: sessionmaker[Session], clock: FixedClock) -> None:
    with sessions() as session:
        person = session.execute(text("SELECT name, email, tax_id, address FROM clients WHERE client_id = 1")).one()
        books = session.execute(text(BOOKS)).one()
        before = everything(session)
    assert all(value in before for value in person if value)
    with session_scope(sessions) as session:
        done = erase_person(session, "client:1", clock)
    with sessions() as session:
        after = everything(session)
        assert session.execute(text(BOOKS)).one() == books
        logged = session.scalar(text("SELECT details FROM audit_log WHERE action = 'erase_person'"))
    said = (
        *person,
        "600000001",
        "600 00 00 01",
        "600-000-001",
        "LUCIA FERRER",
        "lucia  ferrer",
        "mi secreto",
        "era yo",
    )
    assert [value for value in said if value and value in after] == []
    assert logged == dict(done)
    touched = {"clients", "chat_sessions", "turns", "checkpoints", "channel_events", "audit_log", "interventions"}
    assert touched <= set(done)
    assert "Avisar a [borrado], tel. [borrado]" in after


def test_others_stay_as_they_are(sessions: sessionmaker[Session], clock: FixedClock) -> None:
    others = text("SELECT count(*), sum(hashtextextended(t::text, 0)) FROM clients t WHERE client_id <> 1")
    talks = text("SELECT count(*) FROM chat_sessions WHERE client_id IS DISTINCT FROM 1 AND channel <> 'whatsapp'")
    with session_scope(sessions) as session:
        before = session.execute(others).one(), session.scalar(talks)
        erase_person(session, "client:1", clock)
        assert (session.execute(others).one(), session.scalar(talks)) == before


@pytest.mark.parametrize("who", ["technician:1", "user:1", "client:2"])
def test_whoever_it_is(sessions: sessionmaker[Session], clock: FixedClock, who: str) -> None:
    kind, _, number = who.partition(":")
    with session_scope(sessions) as session:
        table = KINDS[kind].table
        name, email = session.execute(text(f"SELECT name, email FROM {table} WHERE {kind}_id = {number}")).one()
        erase_person(session, who, clock)
        after = everything(session)
    assert name not in after and email not in after


def test_twice_is_as_good_as_once(sessions: sessionmaker[Session], clock: FixedClock) -> None:
    with session_scope(sessions) as session:
        erase_person(session, "client:1", clock)
    with session_scope(sessions) as session:
        erase_person(session, "client:1", clock)
        assert session.scalar(text("SELECT name FROM clients WHERE client_id = 1")) == "[borrado] 1"


def test_a_person_may_see_what_is_kept(sessions: sessionmaker[Session]) -> None:
    with sessions() as session:
        found = export_person(session, "client:1")
        other = export_person(session, "client:2")
    assert [row["name"] for row in found["clients"]] == ["Lucía Ferrer Abad"]
    assert {row["client_id"] for row in found["interventions"]} == {1}
    assert found["order_items"] and found["contact_identities"]
    assert any("llámame" in row["body"] for row in found["chat_messages"])
    assert not any("llámame" in row["body"] for row in other["chat_messages"])


@pytest.mark.parametrize(("who", "error"), [("client:99999", NotFound), ("nobody", BadInput), ("client:x", BadInput)])
def test_nobody_is_erased_by_mistake(
    sessions: sessionmaker[Session], clock: FixedClock, who: str, error: type[Exception]
) -> None:
    with sessions() as session, pytest.raises(error):
        erase_person(session, who, clock)


def test_the_command_shows_first_and_erases_when_told(
    sessions: sessionmaker[Session], fresh_database_url: str, tmp_path: Path
) -> None:
    env: Mapping[str, str] = {**os.environ, "DATABASE_URL": fresh_database_url, "CUADRILLA_SECRET_KEY": SECRET.decode()}
    run = CliRunner().invoke
    name = text("SELECT name FROM clients WHERE client_id = 1")
    kept = tmp_path / "lucia.json"
    assert run(app, ["export", "client:1", str(kept)], env=env).exit_code == 0
    assert json.loads(kept.read_text())["clients"][0]["phone_number"] == PHONE
    assert kept.stat().st_mode & 0o077 == 0
    assert "Nothing was erased" in run(app, ["erase", "client:1"], env=env).output
    with sessions() as session:
        assert session.scalar(name) == "Lucía Ferrer Abad"
    assert run(app, ["erase", "client:1", "--yes"], env=env).exit_code == 0
    assert run(app, ["erase", "client:99999", "--yes"], env=env).exit_code == 2
    with sessions() as session:
        assert session.scalar(name) == "[borrado] 1"


@given(
    digits=st.from_regex(r"\A[67][0-9]{8}\Z"),
    gaps=st.lists(st.sampled_from(["", " ", ".", "-"]), min_size=8, max_size=8),
    prefix=st.sampled_from(["", "+34", "0034", "+34 ", "34"]),
)
def test_a_number_is_found_however_it_is_written(digits: str, gaps: list[str], prefix: str) -> None:
    person = Person(KINDS["client"], 1, (), (f"+34{digits}",), ())
    written = prefix + "".join(digit + gap for digit, gap in zip(digits, [*gaps, ""], strict=True))
    pattern = pattern_of(person)
    assert re.sub(pattern, "", f"tel {written}, gracias") == "tel , gracias"
    assert re.search(pattern, f"9{digits}") is None
