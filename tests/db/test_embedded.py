"""The embedded server: started once, shared, restarted after anything, stopped by the last that leaves."""

from __future__ import annotations

import os
import signal
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psycopg2
import pytest

from db import embedded

ROOT = Path(__file__).resolve().parents[2]
START = "import sys; from pathlib import Path; from db import embedded; print(embedded.start(Path(sys.argv[1])))"


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A home whose path is too long for a Unix socket."""
    home = tmp_path_factory.mktemp("home") / ("long-" * 25)
    yield home
    embedded.stop(home)


def ask(url: str, query: str) -> object:
    connection = psycopg2.connect(url)
    try:
        with connection, connection.cursor() as cursor:
            cursor.execute(query)
            row = cursor.fetchone() if cursor.description else None
            return row[0] if row else None
    finally:
        connection.close()


def server_pid(home: Path) -> int:
    return int((home.resolve() / "postgres" / "postmaster.pid").read_text().split()[0])


def in_another_process(home: Path) -> str:
    return subprocess.run(  # noqa: S603
        [sys.executable, "-c", START, str(home)], cwd=ROOT, check=True, capture_output=True, text=True, timeout=240
    ).stdout.strip()


def test_a_server_lives_through_everything(home: Path) -> None:
    url = embedded.start(home)
    ask(url, "CREATE TABLE kept AS SELECT 42 AS answer")
    pid = server_pid(home)

    assert embedded.start(home) == url
    assert in_another_process(home) == url
    assert server_pid(home) == pid, "the other process left, and we are still here"

    os.kill(pid, signal.SIGKILL)
    assert ask(embedded.start(home), "SELECT answer FROM kept") == 42
    assert server_pid(home) != pid

    embedded.stop(home)
    assert not (home / "postgres" / "postmaster.pid").exists()
    (home / "postgres" / "postmaster.pid").write_text("1\nnot ours\n")
    assert ask(embedded.start(home), "SELECT answer FROM kept") == 42

    embedded.stop(home)
    (home / "postgres" / "postmaster.pid").write_text("")
    in_another_process(home)
    assert not (home / "postgres" / "postmaster.pid").exists(), "the last that leaves stops it"


def test_the_login_is_no_superuser_and_the_socket_is_private(home: Path) -> None:
    url = embedded.start(home)
    assert ask(url, "SELECT current_user || ' ' || current_setting('is_superuser')") == "cuadrilla off"
    assert ask(url, "SHOW listen_addresses") == ""
    sockets = Path(url.partition("host=")[2])
    assert stat.S_IMODE(sockets.stat().st_mode) == 0o700


def test_the_secret_is_made_once_and_private(home: Path) -> None:
    secret = embedded.secret(home)
    assert embedded.secret(home) == secret
    assert len(secret) == 64
    assert stat.S_IMODE((home / "secret.key").stat().st_mode) == 0o600
