"""The file of a backup: a tar of ``manifest.json``, ``database.dump`` and ``files/``, readable by its owner only."""

from __future__ import annotations

import hashlib
import io
import json
import tarfile
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from core.errors import BadInput

FORMAT = 1
SUFFIX = ".cuadrilla.tar"
MANIFEST, DUMP, FILES = "manifest.json", "database.dump", "files"
_PIECE = 1 << 20


class BackupDamaged(BadInput):
    """The file is no backup, or is damaged."""

    code = "backup_damaged"


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a backup says of itself. ``tables``: rows and digest by name; ``sha256``: of the dump."""

    format: int
    made_at: str
    revision: str
    server_version: int
    owner: str
    sha256: str
    tables: dict[str, tuple[int, str]]

    @property
    def rows(self) -> int:
        """Rows of all tables."""
        return sum(rows for rows, _ in self.tables.values())


def digest(path: Path) -> str:
    """SHA-256 of a file."""
    found = hashlib.sha256()
    with path.open("rb") as handle:
        while piece := handle.read(_PIECE):
            found.update(piece)
    return found.hexdigest()


def pack(target: Path, manifest: Manifest, dump: Path, folders: Sequence[Path]) -> None:
    """Write the backup ``target``, whole or not at all."""
    fresh = target.with_name(f".{target.name}.new")
    fresh.unlink(missing_ok=True)
    fresh.touch(mode=0o600)
    with tarfile.open(fresh, "w") as tar:
        words = json.dumps(asdict(manifest), ensure_ascii=False, indent=1).encode()
        entry = tarfile.TarInfo(MANIFEST)
        entry.size = len(words)
        tar.addfile(entry, io.BytesIO(words))
        tar.add(dump, DUMP)
        for folder in folders:
            tar.add(folder, f"{FILES}/{folder.name}")
    fresh.rename(target)


def read_manifest(path: Path) -> Manifest:
    """What ``path`` says of itself; raises :class:`BackupDamaged`."""
    try:
        with tarfile.open(path) as tar:
            handle = tar.extractfile(MANIFEST)
            given: dict[str, Any] = json.loads(handle.read()) if handle else {}
        tables = {name: (int(rows), str(seen)) for name, (rows, seen) in given.pop("tables").items()}
        manifest = Manifest(**given, tables=tables)
    except (OSError, tarfile.TarError, KeyError, TypeError, ValueError) as error:
        raise BackupDamaged(f"{path} is no backup of ours, or is damaged: {type(error).__name__}.") from error
    if manifest.format > FORMAT:
        raise BackupDamaged(f"{path} was made by a newer release.")
    return manifest


def unpack(path: Path, manifest: Manifest, into: Path, files: Path | None) -> Path:
    """Put the dump of ``path`` in ``into``, and its documents in ``files`` if given; gives the dump, checked."""
    try:
        with tarfile.open(path) as tar:
            tar.extract(DUMP, into, filter="data")
            if files is not None:
                members = [one for one in tar.getmembers() if one.name.startswith(f"{FILES}/")]
                for member in members:
                    member.name = member.name.removeprefix(f"{FILES}/")
                    tar.extract(member, files, filter="data")
    except (OSError, tarfile.TarError, KeyError) as error:
        raise BackupDamaged(f"{path} is damaged: {type(error).__name__}.") from error
    if digest(into / DUMP) != manifest.sha256:
        raise BackupDamaged(f"{path} is damaged: the database in it is not what was written.")
    return into / DUMP
