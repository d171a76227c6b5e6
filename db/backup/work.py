"""Making a backup of a database, and a database of a backup."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from datetime import datetime
from pathlib import Path

import psycopg2
from psycopg2 import sql
from psycopg2.extensions import ISOLATION_LEVEL_REPEATABLE_READ
from psycopg2.extensions import connection as RawConnection

from core.errors import Conflict, Misconfigured, Unavailable
from db import migrate
from db.backup import archive, programs
from db.backup.archive import FORMAT, SUFFIX, BackupDamaged, Manifest
from db.backup.fingerprint import fingerprint, tables
from db.rls import LOGINS
from db.url import libpq_url

_SCHEMAS = ("gate", "queue", "public")


def create(url: str, folder: Path, now: datetime, files: Sequence[Path] = (), *, name: str = "") -> Path:
    """Back the database at ``url`` up into ``folder``, with the folders ``files``; gives the file.

    While it runs, everybody goes on working: it is of the moment at which it began. Raises :class:`Unavailable`, and
    :class:`Conflict` when the file is there already.
    """
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    target = folder / f"{name or f'cuadrilla-{now:%Y%m%d-%H%M%S}'}{SUFFIX}"
    if target.exists():
        raise Conflict(f"{target} is there already.")
    revision = migrate.current(url)
    if revision is None:
        raise Conflict("The database is empty: there is nothing to keep.")
    with tempfile.TemporaryDirectory(dir=folder) as scratch, _connected(url) as server:
        server.set_isolation_level(ISOLATION_LEVEL_REPEATABLE_READ)
        with server.cursor() as cursor:
            cursor.execute("SELECT pg_export_snapshot(), current_user")
            snapshot, owner = cursor.fetchone() or ("", "")
        seen = fingerprint(server)
        dump = Path(scratch) / archive.DUMP
        programs.run(
            programs.program("pg_dump", server.server_version), url,
            "--format=custom", "--no-owner", "--enable-row-security", "--exclude-table-data=gate.key",
            f"--snapshot={snapshot}", f"--file={dump}",
        )  # fmt: skip
        made = f"{now.isoformat(timespec='seconds')}"
        manifest = Manifest(FORMAT, made, revision, server.server_version, owner, archive.digest(dump), seen)
        archive.pack(target, manifest, dump, files)
    return target


def restore(url: str, secret: bytes, path: Path, *, yes: bool = False, files: Path | None = None) -> Manifest:
    """Make the database at ``url`` what ``path`` holds, then migrate it to this release with ``secret``.

    Raises :class:`BackupDamaged`; :class:`Conflict` when somebody is connected, or when there is something in the
    database and ``yes`` was not said; :class:`Misconfigured` when the login is not the one that the backup knows.
    """
    manifest = archive.read_manifest(path)
    if manifest.revision > migrate.head():
        raise BackupDamaged(f"{path} was made by a newer release (schema {manifest.revision}).")
    with tempfile.TemporaryDirectory() as scratch:
        dump = archive.unpack(path, manifest, Path(scratch), files)
        _check_target(url, manifest, yes=yes)
        # Migrating makes the readers' logins, which belong to the server and are in no backup.
        migrate.upgrade(url, secret)
        _empty(url)
        with _connected(url) as server:
            version = server.server_version
        programs.run(
            programs.program("pg_restore", version), url,
            "--single-transaction", "--exit-on-error", "--no-owner", "--enable-row-security", str(dump),
        )  # fmt: skip
    _compare(url, manifest)
    _hand_over_gate(url)
    migrate.upgrade(url, secret)
    return manifest


def listed(folder: Path) -> list[tuple[Path, Manifest | None]]:
    """The backups of ``folder``, newest first; None for what cannot be read."""

    def read(path: Path) -> Manifest | None:
        try:
            return archive.read_manifest(path)
        except BackupDamaged:
            return None

    return [(path, read(path)) for path in sorted(folder.glob(f"*{SUFFIX}"), reverse=True)]


def occupied(url: str) -> bool:
    """Is there anything in the database?"""
    with _connected(url) as server:
        return bool(tables(server))


def _check_target(url: str, manifest: Manifest, *, yes: bool) -> None:
    with _connected(url) as server, server.cursor() as cursor:
        cursor.execute("SELECT current_user")
        (login,) = cursor.fetchone() or ("",)
        if login != manifest.owner:
            raise Misconfigured(f"The backup is of a database of {manifest.owner!r}: restore it under that login.")
        if tables(server) and not yes:
            raise Conflict("There is something in the database: say --yes to replace it.")
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
            " AND backend_type = 'client backend'"
        )
        (others,) = cursor.fetchone() or (0,)
    if others:
        raise Conflict(f"Stop the servers and workers first: {others} connections are open.")


def _empty(url: str) -> None:
    with _connected(url) as server, server.cursor() as cursor:
        for schema in _SCHEMAS:
            cursor.execute(sql.SQL("DROP SCHEMA IF EXISTS {} CASCADE").format(sql.Identifier(schema)))
        cursor.execute("CREATE SCHEMA public")
        logins = sql.SQL(", ").join(map(sql.Identifier, LOGINS.values()))
        cursor.execute(sql.SQL("GRANT USAGE ON SCHEMA public TO {}").format(logins))
        server.commit()


def _hand_over_gate(url: str) -> None:
    """What was restored belongs to the application's login; the gate belongs to nobody who can log in."""
    with _connected(url) as server, server.cursor() as cursor:
        cursor.execute(migrate.GATE_OWNER.read_text(encoding="utf-8"))
        server.commit()


def _compare(url: str, manifest: Manifest) -> None:
    with _connected(url) as server:
        found = fingerprint(server)
    differing = [name for name in sorted(found.keys() | manifest.tables.keys())
                 if found.get(name) != manifest.tables.get(name)]  # fmt: skip
    if differing:
        raise Unavailable(f"What was restored is not what was kept: {', '.join(differing)}.")


@contextmanager
def _connected(url: str) -> Iterator[RawConnection]:
    try:
        server = psycopg2.connect(libpq_url(url))
    except psycopg2.OperationalError as error:
        raise Unavailable(f"The database does not answer: {error}") from error
    with closing(server):
        yield server
