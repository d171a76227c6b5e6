"""What is old goes, what is needed stays; a new secret shuts the old one out."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import psycopg2
import pytest

from core.settings import Settings
from db import retention, rotate
from db.readers import Readers
from policy.roles import Principal, Role
from tests.conftest import SECRET


def run(server: Any, query: str, *given: Any) -> list[tuple[Any, ...]]:
    with server.cursor() as cursor:
        cursor.execute(query, given)
        return list(cursor.fetchall()) if cursor.description else []


def conversation(server: Any, name: str, days: int) -> int:
    """A conversation with one message and its checkpoint, so many days old."""
    ((session,),) = run(
        server,
        "INSERT INTO chat_sessions (conversation_id, channel, user_type, started_at, last_message_at)"
        " VALUES (%s, 'whatsapp', 'guest', now() - make_interval(days => %s), now() - make_interval(days => %s))"
        " RETURNING session_id",
        name, days, days,
    )  # fmt: skip
    run(server, "INSERT INTO turns (turn_id, conversation_id, request, created_at)"
        " VALUES (gen_random_uuid(), %s, '{}', now() - make_interval(days => %s))", name, days)  # fmt: skip
    run(server, "INSERT INTO chat_messages (session_id, author, body, turn_id)"
        " SELECT %s, 'customer', 'hola', turn_id FROM turns WHERE conversation_id = %s", session, name)  # fmt: skip
    run(server, "INSERT INTO checkpoints (thread_id, checkpoint_ns, checkpoint_id, checkpoint)"
        " VALUES (%s, '', 'x', '{}')", name)  # fmt: skip
    return int(session)


def kept(server: Any, table: str, column: str = "conversation_id") -> set[str]:
    return {name for (name,) in run(server, f"SELECT {column} FROM {table} WHERE {column} LIKE 'kept-%%'")}


def test_what_is_old_goes_and_what_waits_stays(fresh_database_url: str, settings: Settings, tmp_path: Path) -> None:
    short = settings.model_copy(
        update={"home": tmp_path, "keep_message_days": 100, "keep_checkpoint_days": 30, "keep_log_days": 10}
    )
    with closing(psycopg2.connect(fresh_database_url)) as server:
        conversation(server, "kept-new", 1)
        conversation(server, "kept-quiet", 50)
        conversation(server, "kept-old", 101)
        waits = conversation(server, "kept-waits", 101)
        run(server, "INSERT INTO knowledge_feedback (question, normalized, user_type, reason)"
            " VALUES ('?', '?', 'guest', 'x')")  # fmt: skip
        run(server, "INSERT INTO knowledge_askers (feedback_id, session_id)"
            " SELECT max(feedback_id), %s FROM knowledge_feedback", waits)  # fmt: skip
        server.commit()
        would = retention.forget(server, short, dry_run=True)
        assert len(kept(server, "chat_sessions")) == 4
        assert retention.forget(server, short) == would
        assert kept(server, "chat_sessions") == {"kept-new", "kept-quiet", "kept-waits"}
        assert kept(server, "turns") == {"kept-new", "kept-quiet", "kept-waits"}
        assert kept(server, "checkpoints", "thread_id") == {"kept-new"}
        assert retention.forget(server, short)["conversations"] == 0


def test_rotated_logs_go_by_age(tmp_path: Path) -> None:
    for name, days in (("cuadrilla.jsonl", 0), ("cuadrilla.jsonl.1", 5), ("cuadrilla.jsonl.2", 40)):
        (tmp_path / name).touch()
        os.utime(tmp_path / name, (1e9 - days * 86_400,) * 2)
    assert retention.forget_logs(tmp_path, 10, 1e9, dry_run=True) == 1
    assert retention.forget_logs(tmp_path, 10, 1e9) == 1
    assert {path.name for path in tmp_path.iterdir()} == {"cuadrilla.jsonl", "cuadrilla.jsonl.1"}


async def sees(url: str, secret: bytes) -> int:
    """How many contracts client 1 sees by the secret."""
    readers = await Readers.open(url, secret, patience=2)
    try:
        return len((await readers.read(Principal(Role.CLIENT, 1, "x"), "SELECT contract_id FROM contracts")).rows)
    finally:
        await readers.close()


async def test_a_new_secret_shuts_the_old_one_out(clone: Callable[[], str]) -> None:
    url, new = clone(), b"another secret of the house"
    assert await sees(url, SECRET) > 0
    rotate.rotate(url, new)
    assert await sees(url, new) > 0
    assert await sees(url, SECRET) == 0
    # The logins are the cluster's: give them back to the other tests.
    rotate.rotate(url, SECRET)
    assert await sees(url, SECRET) > 0


def test_the_key_under_the_home_is_renewed(tmp_path: Path) -> None:
    first = rotate.renew_own(tmp_path)
    second = rotate.renew_own(tmp_path)
    assert first != second and (tmp_path / "secret.key").read_bytes() == second
    assert (tmp_path / "secret.old").read_bytes() == first
    assert (tmp_path / "secret.key").stat().st_mode & 0o077 == 0


def test_a_short_secret_is_refused(database_url: str) -> None:
    with pytest.raises(rotate.Conflict):
        rotate.rotate(database_url, b"short")
