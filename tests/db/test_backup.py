"""What is backed up comes back: compared row by row, and the crew answers from it."""

from __future__ import annotations

import os
import tarfile
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import psycopg2
import pytest
from pydantic import SecretStr

from core.clock import FixedClock
from core.errors import Conflict, Misconfigured
from core.settings import Settings
from db import migrate
from db.backup import archive, work
from db.backup.fingerprint import fingerprint
from db.seed import seed
from db.session import make_engine
from graph.app import open_crew
from graph.messages import TurnRequest
from policy.roles import Role
from tests.conftest import HOME, NOW, PHONES, SECRET
from tests.databases import DROP, administer, in_database
from tests.db.test_any_postgres import superuser as superuser
from tests.db.test_any_postgres import url as foreign_url

__all__ = ["foreign_url"]


@pytest.fixture
def empty(cluster: str, request: pytest.FixtureRequest) -> Iterator[str]:
    name = f"test_{os.getpid()}_restored"
    administer(cluster, "CREATE DATABASE {}", name)
    yield in_database(cluster, name)
    administer(cluster, DROP, name)


def seen(url: str) -> dict[str, tuple[int, str]]:
    with closing(psycopg2.connect(url)) as server:
        return fingerprint(server)


async def test_a_restored_database_is_the_same_and_answers(
    clone: Callable[[], str], empty: str, clock: FixedClock, tmp_path: Path
) -> None:
    source = clone()
    manuals = tmp_path / "manuales"
    manuals.mkdir()
    (manuals / "xp400.md").write_text("# XP400", encoding="utf-8")
    path = work.create(source, tmp_path / "kept", NOW, [manuals])
    assert path.stat().st_mode & 0o077 == 0
    manifest = work.restore(empty, b"another secret", path, files=tmp_path / "back")
    assert seen(empty) == seen(source) and manifest.rows > 1000
    with closing(psycopg2.connect(empty)) as server, server.cursor() as cursor:
        cursor.execute("SELECT pg_get_userbyid(relowner) FROM pg_class WHERE oid = 'gate.key'::regclass")
        assert cursor.fetchone() == ("cuadrilla_gate",)
    assert (tmp_path / "back" / "manuales" / "xp400.md").read_text(encoding="utf-8") == "# XP400"
    settings = Settings(  # type: ignore[call-arg]
        _env_file=None, home=HOME / "crew", DATABASE_URL=empty, secret_key=SecretStr("another secret")
    )
    async with open_crew(settings, clock) as crew:
        sender = PHONES[Role.CLIENT]
        asked = TurnRequest(message="¿Cuándo vence mi garantía?", sender=sender, conversation_id="after")
        result = await crew.turns.answer(asked)
        for role in Role:
            assert await crew.readers.doubts(role) == (), "the walls stand there too"
    assert result.error is None and result.role == "client" and "garant" in result.reply.casefold()


def test_nothing_is_overwritten_unless_told_to(clone: Callable[[], str], tmp_path: Path) -> None:
    source = clone()
    path = work.create(source, tmp_path, NOW)
    with pytest.raises(Conflict, match="there already"):
        work.create(source, tmp_path, NOW)
    before = seen(source)
    with closing(psycopg2.connect(source)) as server, server.cursor() as cursor:
        cursor.execute("UPDATE clients SET name = 'somebody else'")
        server.commit()
    changed = seen(source)
    with pytest.raises(Conflict, match="--yes"):
        work.restore(source, SECRET, path)
    with closing(psycopg2.connect(source)), pytest.raises(Conflict, match="Stop the servers"):
        work.restore(source, SECRET, path, yes=True)
    assert seen(source) == changed
    work.restore(source, SECRET, path, yes=True)
    assert seen(source) == before


def test_a_damaged_or_newer_backup_is_refused_and_listed(clone: Callable[[], str], tmp_path: Path) -> None:
    url = clone()
    path = work.create(url, tmp_path, NOW)
    raw = bytearray(path.read_bytes())
    raw[len(raw) // 2] ^= 0xFF
    bad = tmp_path / f"bad{archive.SUFFIX}"
    bad.write_bytes(raw)
    before = seen(url)
    with pytest.raises(archive.BackupDamaged):
        work.restore(url, SECRET, bad, yes=True)
    (tmp_path / f"none{archive.SUFFIX}").write_bytes(b"nothing")
    manifests = dict(work.listed(tmp_path))
    assert manifests[tmp_path / f"none{archive.SUFFIX}"] is None and manifests[path] is not None
    assert seen(url) == before


def test_secrets_are_not_in_it(clone: Callable[[], str], tmp_path: Path) -> None:
    path = work.create(clone(), tmp_path, NOW)
    assert SECRET not in path.read_bytes()
    with tarfile.open(path) as tar:
        assert tar.getnames()[:2] == [archive.MANIFEST, archive.DUMP]


def test_an_older_postgres_with_passwords(
    foreign_url: str, clock: FixedClock, clone: Callable[[], str], tmp_path: Path
) -> None:
    migrate.upgrade(foreign_url, SECRET)
    engine = make_engine(foreign_url)
    seed(engine, clock)
    engine.dispose()
    before = seen(foreign_url)
    path = work.create(foreign_url, tmp_path, NOW)
    work.restore(foreign_url, SECRET, path, yes=True)
    assert seen(foreign_url) == before
    with pytest.raises(Misconfigured, match="under that login"):
        work.restore(clone(), SECRET, path, yes=True)
