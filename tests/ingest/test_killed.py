"""A run that is killed: what was stored is whole, and running it again goes on."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine, text

from db.session import make_engine

DOCUMENTS = 40
SECTIONS = 30


@pytest.fixture
def shelf(fresh_database_url: str) -> Iterator[Engine]:
    engine = make_engine(fresh_database_url)
    yield engine
    engine.dispose()


def chunks(engine: Engine) -> list[int]:
    """How many chunks each live document has."""
    counted = """SELECT count(c.chunk_id) FROM documents d LEFT JOIN document_chunks c USING (document_id)
        WHERE d.retired_at IS NULL GROUP BY d.document_id"""
    with engine.connect() as connection:
        return list(connection.scalars(text(counted)))


def test_a_killed_run_is_resumed(shelf: Engine, fresh_database_url: str, secret: bytes, tmp_path: Path) -> None:
    for number in range(DOCUMENTS):
        sections = (f"## Apartado {n}\n\nTexto {n} del documento {number}.\n" for n in range(SECTIONS))
        (tmp_path / f"manual-{number:02}.md").write_text("\n".join(sections), encoding="utf-8")
    command = [sys.executable, "-m", "ingest", str(tmp_path), "--audience", "public", "--kind", "faq"]
    environment = os.environ | {
        "DATABASE_URL": fresh_database_url,
        "CUADRILLA_SECRET_KEY": secret.decode(),
        "COLUMNS": "200",
    }
    first = subprocess.Popen(  # noqa: S603
        command, env=environment, stdout=subprocess.DEVNULL, start_new_session=True
    )
    deadline = time.monotonic() + 240
    while len(chunks(shelf)) < 3 and first.poll() is None and time.monotonic() < deadline:
        time.sleep(0.01)
    os.killpg(first.pid, signal.SIGKILL)
    first.wait()
    before = chunks(shelf)
    assert 3 <= len(before) < DOCUMENTS
    assert set(before) == {SECTIONS}, "no document is stored in part"
    again = subprocess.run(  # noqa: S603
        command, env=environment, capture_output=True, text=True, check=False, timeout=400
    )
    assert again.returncode == 0, again.stderr
    assert f"{DOCUMENTS - len(before)} added, {len(before)} unchanged" in again.stdout
    assert chunks(shelf) == [SECTIONS] * DOCUMENTS
