"""Backups: every row of the database in one file, and back into an empty or an abandoned one.

A backup holds rows and no structure, no login and no key: a database is always built by the migrations of a release,
which know its walls, and the rows are put in. So a backup of an older release is restored by a newer one, and the key
that signs identities, which is kept elsewhere, may be another one afterwards.

A file is a tar of ``manifest.json`` and ``rows.sql.gz``.
"""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import shutil
import subprocess
import tarfile
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import IO, Any

import psycopg2
import psycopg2.extensions
from psycopg import pq
from tenacity import Retrying, retry_if_result, stop_after_delay, wait_fixed

from core.clock import Clock
from core.errors import BadInput, Unavailable
from db import embedded, migrate
from db.place import Place
from db.url import libpq_url

FORMAT = 1
SUFFIX = ".cuadrilla-backup"
SCHEMAS = ("public", "queue")
REBUILT = ("public.alembic_version", "public.checkpoint_migrations")
"""Rows that the migrations write themselves."""
_MANIFEST, _ROWS = "manifest.json", "rows.sql.gz"
_ROWS_AN_INSERT = 200
_TABLES = """
SELECT format('%%I.%%I', schemaname, tablename) FROM pg_tables
WHERE schemaname = ANY (%(schemas)s) AND format('%%s.%%s', schemaname, tablename) <> ALL (%(rebuilt)s) ORDER BY 1
"""
_OTHERS = """
SELECT count(*) FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'
"""
_HANGING_UP_SECONDS = 3.0
"""Who hung up may be seen a moment longer."""
_UNKNOWN_BEFORE_17 = b"SET transaction_timeout = 0;\n"


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a backup says of itself. ``revision`` is the schema's, ``tables`` how many rows of each, ``sha256`` that of
    the rows' file."""

    format: int
    made_at: str
    revision: str
    tables: Mapping[str, int]
    sha256: str


def create(place: Place, folder: Path, clock: Clock) -> Path:
    """Write a backup of the database of ``place`` into ``folder``, readable by its owner only; its path.

    Raises :class:`BadInput` for a database that was never migrated, :class:`Unavailable` when it cannot be read.
    """
    revision = migrate.current(place.url)
    if revision is None:
        raise BadInput("There is nothing to keep: the database is empty.")
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    made_at = clock.now()
    path = folder / f"{made_at:%Y%m%d-%H%M%S}{SUFFIX}"
    with tempfile.TemporaryDirectory(dir=folder) as scratch:
        rows = Path(scratch) / _ROWS
        tables = _dump(place.url, rows)
        manifest = Manifest(FORMAT, made_at.isoformat(timespec="seconds"), revision, tables, _digest(rows))
        unfinished = Path(scratch) / path.name
        unfinished.touch(mode=0o600)
        with tarfile.open(unfinished, "w") as archive:
            _add(archive, json.dumps(asdict(manifest), indent=1).encode(), made_at)
            archive.add(rows, _ROWS)
        unfinished.replace(path)
    return path


def read_manifest(path: Path) -> Manifest:
    """What the backup at ``path`` says of itself; raises :class:`BadInput` when it is no whole backup."""
    try:
        with tarfile.open(path) as archive:
            manifest = Manifest(**json.load(_member(archive, _MANIFEST)))
            digest = hashlib.file_digest(_member(archive, _ROWS), "sha256").hexdigest()
    except (OSError, tarfile.TarError, KeyError, ValueError, TypeError) as error:
        raise BadInput(f"{path} is no backup of Cuadrilla: {error}") from error
    if manifest.format != FORMAT or manifest.revision > migrate.head():
        raise BadInput(f"{path} was made by a newer release (schema {manifest.revision}).")
    if digest != manifest.sha256:
        raise BadInput(f"{path} is damaged: its rows are not those that were kept.")
    return manifest


def found(folder: Path) -> list[Path]:
    """The backups in ``folder``, newest first."""
    return sorted(folder.glob(f"*{SUFFIX}"), reverse=True)


def restore(place: Place, path: Path, *, replace: bool = False) -> Manifest:
    """Put the rows of the backup at ``path`` into the database of ``place`` and bring it to the newest schema.

    All or nothing. A database that holds something is refused with :class:`BadInput` unless ``replace``, and so is one
    of another schema than the backup's, and one that somebody is connected to.
    """
    manifest = read_manifest(path)
    present = migrate.current(place.url)
    if present is not None and not replace:
        raise BadInput("The database is not empty: restore into an empty one, or say --replace.")
    if present not in (None, manifest.revision):
        raise BadInput(
            f"The database has schema {present}, the backup {manifest.revision}: restore it into an empty database."
        )
    migrate.upgrade(place.url, place.secret, to=manifest.revision)
    with _alone(place.url) as tables:
        _load(place.url, path, tables)
    migrate.upgrade(place.url, place.secret)
    return manifest


@contextmanager
def _alone(url: str) -> Iterator[Sequence[str]]:
    """The tables to fill, after a look whether anybody else is connected."""
    server = psycopg2.connect(libpq_url(url))
    try:
        patiently = Retrying(
            stop=stop_after_delay(_HANGING_UP_SECONDS),
            wait=wait_fixed(0.1),
            retry=retry_if_result(bool),
            retry_error_callback=lambda state: state.outcome and state.outcome.result(),
        )
        if others := patiently(_others, server):
            raise BadInput(f"Stop the server and the workers first: {others} connections are open.")
        tables = _tables(server)
        server.commit()
        yield tables
    finally:
        server.close()


def _others(server: psycopg2.extensions.connection) -> int:
    """How many clients are connected besides us."""
    server.rollback()  # within a transaction the server answers the same again
    with server.cursor() as cursor:
        cursor.execute(_OTHERS)
        (others,) = cursor.fetchone() or (0,)
    return int(others)


def _tables(server: psycopg2.extensions.connection) -> list[str]:
    with server.cursor() as cursor:
        cursor.execute(_TABLES, {"schemas": list(SCHEMAS), "rebuilt": list(REBUILT)})
        return [name for (name,) in cursor.fetchall()]


def _dump(url: str, rows: Path) -> dict[str, int]:
    """Write the rows to ``rows``; how many there are of each table, seen in the same snapshot."""
    server = psycopg2.connect(libpq_url(url))
    try:
        server.set_session(isolation_level="REPEATABLE READ", readonly=True)
        tables = _tables(server)
        with server.cursor() as cursor:
            counts = {}
            for table in tables:
                cursor.execute(f"SELECT count(*) FROM {table}")  # noqa: S608 - quoted by PostgreSQL
                (counts[table],) = cursor.fetchone() or (0,)
            cursor.execute("SELECT pg_export_snapshot()")
            (snapshot,) = cursor.fetchone() or ("",)
        # Row-level security is forced on the owner too, whose own policy lets it read and insert, but not COPY.
        options = ["--data-only", "--enable-row-security", "--column-inserts", f"--rows-per-insert={_ROWS_AN_INSERT}"]
        options += [f"--schema={schema}" for schema in SCHEMAS]
        options += [f"--exclude-table-data={table}" for table in REBUILT]
        with gzip.open(rows, "wb") as out, _client("pg_dump", url, *options, f"--snapshot={snapshot}") as process:
            shutil.copyfileobj(_pipe(process.stdout), out)
    finally:
        server.close()
    return counts


def _load(url: str, path: Path, tables: Sequence[str]) -> None:
    """Replace the rows of ``tables`` by those of the backup, in one transaction."""
    options = ("--no-psqlrc", "--quiet", "--single-transaction", "--output=/dev/null", "--set=ON_ERROR_STOP=1", "-f-")
    with (
        tarfile.open(path) as archive,
        gzip.open(_member(archive, _ROWS)) as rows,
        _client("psql", url, *options) as process,
        suppress(BrokenPipeError),  # why it stopped reading is what it says on its error output
    ):
        into = _pipe(process.stdin)
        into.write(f"TRUNCATE {', '.join(tables)} CASCADE;\n".encode())
        for line in rows:
            if line != _UNKNOWN_BEFORE_17:
                into.write(line)
        into.close()


@contextmanager
def _client(program: str, url: str, *options: str) -> Iterator[subprocess.Popen[bytes]]:
    """A PostgreSQL client program; raises :class:`Unavailable` with what it said when it fails.

    How to connect goes by the environment: arguments are everybody's to read.
    """
    known = psycopg2.extensions.parse_dsn(libpq_url(url))
    names = {option.keyword.decode(): (option.envvar or b"").decode() for option in pq.Conninfo.get_defaults()}
    env = {names[key]: str(value) for key, value in known.items() if names.get(key)}
    with tempfile.TemporaryFile() as said:
        command = [str(embedded.binaries() / program), *options]
        streams = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": said}
        with subprocess.Popen(command, env=env, **streams) as process:  # type: ignore[call-overload]  # noqa: S603
            yield process
        if process.returncode:
            said.seek(0)
            raise Unavailable(f"{program}: {said.read().decode('utf-8', 'replace').strip()[-2000:]}")


def _pipe(stream: IO[bytes] | None) -> IO[bytes]:
    if stream is None:
        raise RuntimeError("the program was started with pipes")
    return stream


def _add(archive: tarfile.TarFile, text: bytes, made_at: datetime) -> None:
    entry = tarfile.TarInfo(_MANIFEST)
    entry.size, entry.mtime, entry.mode = len(text), int(made_at.timestamp()), 0o600
    archive.addfile(entry, io.BytesIO(text))


def _member(archive: tarfile.TarFile, name: str) -> Any:
    member = archive.extractfile(name)
    if member is None:
        raise KeyError(name)
    return member


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
