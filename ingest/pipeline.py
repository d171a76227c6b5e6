"""Files into the library: read, divide, embed, store; idempotent by content, and one bad file never stops the rest."""

from __future__ import annotations

import hashlib
import re
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import astuple, dataclass
from enum import StrEnum
from pathlib import Path

from sqlalchemy import Engine

from core.errors import BadInput, DocumentUnreadable
from ingest.blocks import Loaded
from ingest.embeddings import Embedder
from ingest.splitting import SPLITTER, split
from ingest.store import Labels, Reading, live_hashes, save

READER = "reader-2"
"""Changes when the same bytes would be read otherwise; documents are then ingested again."""


class Status(StrEnum):
    """What became of a file."""

    ADDED = "added"
    REPLACED = "replaced"
    UNCHANGED = "unchanged"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Item:
    """A file to ingest. ``source`` is its lasting identity: a new version has the same."""

    path: Path
    source: str
    labels: Labels


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one file; ``reason`` (a code) and ``message`` say why it failed."""

    source: str
    status: Status
    chunks: int = 0
    pages: int | None = None
    reason: str = ""
    message: str = ""
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Report:
    """What became of all of them."""

    outcomes: tuple[Outcome, ...]

    def count(self, status: Status) -> int:
        """How many files ended as ``status``."""
        return sum(1 for outcome in self.outcomes if outcome.status is status)

    @property
    def all_failed(self) -> bool:
        """Whether there was something to do and nothing worked."""
        return bool(self.outcomes) and all(o.status is Status.FAILED for o in self.outcomes)


def find_files(paths: Iterable[Path]) -> Iterator[Path]:
    """Files named in ``paths`` and the readable ones inside its folders, in order; a missing path is given as it is."""
    from ingest.loading import SUFFIXES

    for path in paths:
        if not path.is_dir():
            yield path
            continue
        for inside in sorted(path.rglob("*")):
            if inside.is_file() and inside.suffix.lower() in SUFFIXES and not inside.name.startswith((".", "~$")):
                yield inside


def ingest_paths(
    engine: Engine,
    items: Sequence[Item],
    embedder: Embedder,
    *,
    done: Callable[[Outcome], None] | None = None,
) -> Report:
    """Ingest ``items``. A file that was already ingested with the same bytes and labels is left as it is."""
    hashes = live_hashes(engine, [item.source for item in items])
    outcomes: list[Outcome] = []
    for item in items:
        outcome = _ingest(engine, item, embedder, hashes.get(item.source))
        outcomes.append(outcome)
        if done is not None:
            done(outcome)
    return Report(tuple(outcomes))


def _ingest(engine: Engine, item: Item, embedder: Embedder, stored_hash: str | None) -> Outcome:
    started = time.perf_counter()
    try:
        data = item.path.read_bytes()
        content_hash = fingerprint(data, item.labels)
        if content_hash == stored_hash:
            return Outcome(item.source, Status.UNCHANGED)
        reading = _read(item, data, content_hash)
        replaced = save(engine, reading, item.labels, embedder)
    except OSError as error:
        return _failed(item, "unreachable", f"{item.path}: {error.strerror or error}")
    except DocumentUnreadable as error:
        return _failed(item, str(error.details.get("reason", "unreadable")), error.message)
    except BadInput as error:
        return _failed(item, str(error.details.get("reason", error.code)), error.message)
    status = Status.REPLACED if replaced else Status.ADDED
    seconds = time.perf_counter() - started
    return Outcome(item.source, status, len(reading.chunks), reading.pages, seconds=seconds)


def _failed(item: Item, reason: str, message: str) -> Outcome:
    return Outcome(item.source, Status.FAILED, reason=reason, message=message)


def fingerprint(data: bytes, labels: Labels) -> str:
    """SHA-256 of the bytes, of what is said of them and of how they are read."""
    digest = hashlib.sha256(data)
    digest.update(repr((READER, SPLITTER, astuple(labels))).encode())
    return digest.hexdigest()


def _read(item: Item, data: bytes, content_hash: str) -> Reading:
    from ingest.loading import load  # the readers of PDF, DOCX and HTML: a start that ingests nothing needs none

    loaded = load(item.path.name, data)
    chunks = split(loaded)
    if not chunks:
        raise DocumentUnreadable(f"{item.path.name}: it has headings but no text.", reason="no_text")
    return Reading(
        source=item.source,
        title=item.labels.title or title_of(loaded, item.path),
        media_type=loaded.media_type,
        content_hash=content_hash,
        pages=loaded.pages,
        chunks=chunks,
    )


def title_of(loaded: Loaded, path: Path) -> str:
    """The document's own title, or its file name made readable."""
    return loaded.title or re.sub(r"[-_\s]+", " ", path.stem).strip().capitalize()
