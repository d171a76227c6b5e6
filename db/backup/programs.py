"""PostgreSQL's own programs: of the release that suits the server, given no password where others could read it."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import psycopg2.extensions

from core.errors import Unavailable
from core.settings import child_environment
from db.embedded import binaries
from db.url import libpq_url

_OLDER = 16
_HOURS = 6


def program(name: str, server_version: int) -> Path:
    """``pg_dump`` or ``pg_restore`` for a server of ``server_version`` (as 160004); raises :class:`Unavailable`."""
    major = server_version // 10_000
    shipped = [binaries(_OLDER), binaries()] if major <= _OLDER else [binaries()]
    for folder in shipped:
        if (folder / name).exists():
            return folder / name
    found = shutil.which(name)
    if found is None:
        raise Unavailable(f"{name} was not found: install the client programs of PostgreSQL {major}.")
    return Path(found)


def run(path: Path, url: str, *arguments: str) -> None:
    """Run a program on the database at ``url``; raises :class:`Unavailable` with the end of what it said."""
    parts = psycopg2.extensions.parse_dsn(libpq_url(url))
    secret = {"PGPASSWORD": parts.pop("password")} if "password" in parts else {}
    command = [str(path), "--dbname", psycopg2.extensions.make_dsn(**parts), "--no-password", *arguments]
    try:
        done = subprocess.run(  # noqa: S603
            command, env=child_environment(secret), capture_output=True, text=True, timeout=_HOURS * 3600, check=False
        )
    except (OSError, subprocess.SubprocessError) as error:
        raise Unavailable(f"{path.name} failed: {error}") from error
    if done.returncode:
        raise Unavailable(f"{path.name} failed: {done.stderr.strip()[-1500:]}")
