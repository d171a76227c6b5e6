"""What is older than it is kept goes, with all that was made of it; the rest stays."""

from __future__ import annotations

import os
from datetime import timedelta

import pytest
from sqlalchemy import text
from typer.testing import CliRunner

from core.clock import FixedClock
from db.session import make_engine, make_sessions, session_scope
from tests.conftest import SECRET
from tools import forgetting
from tools.forgetting import forget_old

OLD = """
INSERT INTO chat_sessions (conversation_id, channel, user_type, last_message_at)
SELECT 'guest:x/old-' || n, 'whatsapp', 'guest', CAST(:now AS timestamptz) - n * interval '1 day'
FROM generate_series(1, 20) n
"""
MADE_OF_IT = """
INSERT INTO checkpoints (thread_id, checkpoint_ns, checkpoint_id, checkpoint)
SELECT conversation_id, '', '1', '{}' FROM chat_sessions WHERE conversation_id LIKE 'guest:x/%'
"""
LEFT = text("SELECT count(*) FROM chat_sessions WHERE conversation_id LIKE 'guest:x/%'")
CHECKPOINTS = text("SELECT count(*) FROM checkpoints WHERE thread_id LIKE 'guest:x/%'")


def test_old_conversations_go_and_younger_ones_stay(
    fresh_database_url: str, clock: FixedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(forgetting, "BATCH", 3)
    sessions = make_sessions(make_engine(fresh_database_url))
    with session_scope(sessions) as session:
        session.execute(text("DELETE FROM chat_messages"))
        session.execute(text("DELETE FROM chat_sessions"))
        session.execute(text(OLD), {"now": clock.now() + timedelta(hours=1)})
        session.execute(text(MADE_OF_IT))
    assert forget_old(sessions, clock, 10) == 10
    with sessions() as session:
        assert (session.scalar(LEFT), session.scalar(CHECKPOINTS)) == (10, 10)
    assert forget_old(sessions, clock, 10) == 0


def test_the_command_says_how_many(fresh_database_url: str, clock: FixedClock) -> None:
    env = {**os.environ, "DATABASE_URL": fresh_database_url, "CUADRILLA_SECRET_KEY": SECRET.decode()}
    app = forgetting.typer.Typer()
    app.command()(forgetting.main)
    done = CliRunner().invoke(app, ["--days", "100000"], env=env)
    assert done.exit_code == 0
    assert "0 conversa" in done.output
