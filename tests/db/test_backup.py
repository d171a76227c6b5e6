"""A backup brings back every row, into a database whose walls are those of the release; never half of it."""

from __future__ import annotations

import gzip
import hashlib
import itertools
import json
import os
import tarfile
from collections.abc import Callable, Iterator
from dataclasses import asdict
from pathlib import Path

import psycopg2
import pytest
from pydantic import SecretStr
from typer.testing import CliRunner

from core.clock import FixedClock
from core.errors import BadInput, Unavailable
from core.settings import Settings
from db import migrate
from db.backup import archive
from db.backup.__main__ import app
from db.place import Place
from db.readers import Readers
from graph.app import open_crew
from graph.messages import TurnRequest
from policy.roles import Principal, Role
from tests.conftest import PHONES, SECRET
from tests.databases import DROP, administer, in_database
from tests.graph.crews import crew_url as crew_url

ANOTHER_SECRET = b"the secret of another house"
TABLES = "SELECT schemaname || '.' || tablename FROM pg_tables WHERE schemaname IN ('public', 'queue') ORDER BY 1"
_numbers = itertools.count(1)


@pytest.fixture
def place(fresh_database_url: str) -> Place:
    """The demo company, nobody else's."""
    return Place(fresh_database_url, SECRET, embedded=True)


@pytest.fixture
def make_empty(cluster: str) -> Iterator[Callable[[], Place]]:
    """Makes databases in which nothing is yet, of a house with another secret."""
    made: list[str] = []

    def make() -> Place:
        name = f"test_{os.getpid()}_empty{next(_numbers)}"
        administer(cluster, "CREATE DATABASE {}", name)
        made.append(name)
        return Place(in_database(cluster, name), ANOTHER_SECRET, embedded=True)

    yield make
    for name in made:
        administer(cluster, DROP, name)


def rows_of(url: str) -> dict[str, object]:
    """How many rows each table has, and their digest."""
    server = psycopg2.connect(url)
    try:
        with server.cursor() as cursor:
            cursor.execute(TABLES)
            found: dict[str, object] = {}
            for (table,) in cursor.fetchall():
                cursor.execute(f"SELECT count(*), sum(hashtextextended(t::text, 0)) FROM {table} t")
                found[table] = cursor.fetchone()
            cursor.execute("SELECT sequencename::text, last_value FROM pg_sequences")
            found["sequences"] = sorted(cursor.fetchall())
            return found
    finally:
        server.rollback()
        server.close()


def test_every_row_comes_back(place: Place, make_empty: Callable[[], Place], clock: FixedClock, tmp_path: Path) -> None:
    path = archive.create(place, tmp_path, clock)
    before = rows_of(place.url)
    target = make_empty()
    manifest = archive.restore(target, path)
    assert rows_of(target.url) == before
    assert manifest.tables["public.clients"] > 100
    assert path.stat().st_mode & 0o077 == 0
    assert SECRET not in path.read_bytes()


async def test_a_restored_house_answers_behind_its_own_walls(
    crew_url: str, make_empty: Callable[[], Place], clock: FixedClock, tmp_path: Path
) -> None:
    target = make_empty()
    archive.restore(target, archive.create(Place(crew_url, SECRET, embedded=True), tmp_path, clock))
    readers = await Readers.open(target.url, ANOTHER_SECRET)
    seen = await readers.read(Principal(Role.CLIENT, 1), "SELECT DISTINCT client_id FROM contracts")
    doubts = await readers.doubts(Role.CLIENT)
    await readers.close()
    assert seen.rows == [(1,)]
    assert doubts == ()
    settings = Settings(  # type: ignore[call-arg]
        _env_file=None, home=tmp_path / "home", DATABASE_URL=target.url, secret_key=SecretStr(ANOTHER_SECRET.decode())
    )
    async with open_crew(settings, clock) as crew:
        asked = TurnRequest(message="¿Qué significa el error E4 del XP400?", sender=PHONES[Role.TECHNICIAN])
        result = await crew.turns.answer(asked)
    assert "E4" in result.reply and result.citations


def test_what_is_there_is_not_overwritten_by_chance(place: Place, clock: FixedClock, tmp_path: Path) -> None:
    path = archive.create(place, tmp_path, clock)
    before = rows_of(place.url)
    with pytest.raises(BadInput, match="--replace"):
        archive.restore(place, path)
    server = psycopg2.connect(place.url)
    with server, server.cursor() as cursor:
        cursor.execute("DELETE FROM audit_log; UPDATE clients SET name = 'changed since'")
    with pytest.raises(BadInput, match="connections are open"):
        archive.restore(place, path, replace=True)
    server.close()
    archive.restore(place, path, replace=True)
    assert rows_of(place.url) == before


def spoilt(path: Path) -> Path:
    """A whole backup of the first half of the rows of ``path``, and then something that is no SQL."""
    rows = path.with_name("rows.sql.gz")
    with tarfile.open(path) as whole:
        member = whole.extractfile(rows.name)
        assert member is not None
        text = gzip.decompress(member.read())
    rows.write_bytes(gzip.compress(text[: len(text) // 2] + b"\nthis is no SQL;\n", compresslevel=1))
    digest = hashlib.sha256(rows.read_bytes()).hexdigest()
    manifest = path.with_name("manifest.json")
    manifest.write_text(json.dumps({**asdict(archive.read_manifest(path)), "sha256": digest}))
    made = path.with_name(f"spoilt{archive.SUFFIX}")
    with tarfile.open(made, "w") as out:
        out.add(manifest, manifest.name)
        out.add(rows, rows.name)
    return made


def test_a_restore_that_fails_leaves_everything_as_it_was(place: Place, clock: FixedClock, tmp_path: Path) -> None:
    path = archive.create(place, tmp_path, clock)
    before = rows_of(place.url)
    with pytest.raises(Unavailable, match="psql"):
        archive.restore(place, spoilt(path), replace=True)
    assert rows_of(place.url) == before


def test_a_damaged_backup_is_refused(place: Place, clock: FixedClock, tmp_path: Path) -> None:
    path = archive.create(place, tmp_path, clock)
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 0xFF
    (tmp_path / f"damaged{archive.SUFFIX}").write_bytes(content)
    (tmp_path / f"cut{archive.SUFFIX}").write_bytes(content[:4000])
    (tmp_path / f"other{archive.SUFFIX}").write_text("a shopping list")
    for name in ("damaged", "cut", "other"):
        with pytest.raises(BadInput, match=r"damaged|no backup"):
            archive.read_manifest(tmp_path / f"{name}{archive.SUFFIX}")


def test_an_empty_database_is_not_kept(make_empty: Callable[[], Place], clock: FixedClock, tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="nothing to keep"):
        archive.create(make_empty(), tmp_path, clock)


def test_a_backup_of_an_older_schema_is_brought_up(
    make_empty: Callable[[], Place], clock: FixedClock, tmp_path: Path
) -> None:
    old = make_empty()
    migrate.upgrade(old.url, old.secret, to="0004")
    path = archive.create(old, tmp_path, clock)
    target = make_empty()
    assert archive.restore(target, path).revision == "0004"
    assert migrate.current(target.url) == migrate.head()


def test_the_command_keeps_lists_and_restores(
    place: Place, make_empty: Callable[[], Place], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def at(where: Place) -> None:
        monkeypatch.setenv("DATABASE_URL", where.url)
        monkeypatch.setenv("CUADRILLA_SECRET_KEY", where.secret.decode())
        monkeypatch.setenv("CUADRILLA_HOME", str(tmp_path))

    at(place)
    run = CliRunner().invoke
    made = run(app, ["create", "--keep", "2"])
    assert made.exit_code == 0, made.output
    (kept,) = archive.found(tmp_path / "backups")
    assert "no vale" not in run(app, ["list"]).output
    assert run(app, ["restore", str(kept)]).exit_code == 2
    target = make_empty()
    at(target)
    assert run(app, ["restore", str(kept)]).exit_code == 0
    assert rows_of(target.url) == rows_of(place.url)
