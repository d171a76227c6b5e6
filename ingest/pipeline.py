"""Documents into the library: read, divide, embed, store; idempotent by content, and a bad one never stops the rest."""

from __future__ import annotations

import hashlib
import re
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import astuple, dataclass
from enum import StrEnum
from pathlib import PurePath

from sqlalchemy import Engine
from sqlalchemy.exc import DataError, InterfaceError, OperationalError

from core.errors import BadInput, DocumentUnreadable, Unavailable
from ingest.blocks import Loaded
from ingest.embeddings import Embedder
from ingest.reading import Pending, Reader, ReaderHere
from ingest.sources.item import Source
from ingest.splitting import SPLITTER, split
from ingest.store import Labels, Reading, live_hashes, retire, same_content, same_title, save

READER = "reader-7"
"""Changes when the same bytes would be read otherwise; documents are then ingested again."""


class Status(StrEnum):
    """What became of a document."""

    ADDED = "added"
    REPLACED = "replaced"
    UNCHANGED = "unchanged"
    DUPLICATE = "duplicate"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one document. ``reason`` is a code of ``reasons.yaml`` and ``detail`` what it is about: for one
    that failed the reader's own words, for one with a remark the document that it resembles."""

    source: str
    status: Status
    chunks: int = 0
    pages: int | None = None
    reason: str = ""
    detail: str = ""
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Report:
    """What became of all of them."""

    outcomes: tuple[Outcome, ...]

    def count(self, status: Status) -> int:
        """How many documents ended as ``status``."""
        return sum(1 for outcome in self.outcomes if outcome.status is status)

    @property
    def all_failed(self) -> bool:
        """Whether there was something to do and nothing worked."""
        return bool(self.outcomes) and all(o.status is Status.FAILED for o in self.outcomes)


def ingest_sources(
    engine: Engine,
    items: Sequence[Source],
    embedder: Embedder,
    *,
    reader: Reader | None = None,
    done: Callable[[Outcome], None] | None = None,
) -> Report:
    """Ingest ``items`` one by one, each stored whole or not at all; ``done`` hears of each. ``reader`` may be reading
    the next ones meanwhile.

    One that was already ingested with the same bytes and labels is left as it is, so a run that was killed is resumed
    by running it again. Raises :class:`Unavailable` when the database is lost; what was stored until then stays.
    """
    outcomes: list[Outcome] = []
    try:
        hashes = live_hashes(engine, [item.source for item in items])
        for begun in _begun(engine, items, hashes, reader or ReaderHere()):
            outcome = begun if isinstance(begun, Outcome) else _finished(engine, begun, embedder)
            outcomes.append(outcome)
            if done is not None:
                done(outcome)
    except (OperationalError, InterfaceError) as error:
        message = f"The database was lost after {len(outcomes)} of {len(items)} documents; run the same again to go on."
        raise Unavailable(message) from error
    return Report(tuple(outcomes))


@dataclass(frozen=True, slots=True)
class _Begun:
    """A document that is being read, or that will be when ``loaded`` is waited for."""

    item: Source
    content_hash: str
    loaded: Pending


def _begun(
    engine: Engine, items: Sequence[Source], hashes: Mapping[str, str], reader: Reader
) -> Iterator[_Begun | Outcome]:
    """``items`` in order, or what became of one already; those after it are begun before it is asked for."""
    waiting: deque[_Begun | Outcome] = deque()
    for item in items:
        waiting.append(_begin(engine, item, hashes.get(item.source), reader))
        if len(waiting) > reader.ahead:
            yield waiting.popleft()
    yield from waiting


def _begin(engine: Engine, item: Source, stored_hash: str | None, reader: Reader) -> _Begun | Outcome:
    try:
        data = item.read()
    except OSError as error:
        return _failed(item, "unreachable", error.strerror or str(error))
    except DocumentUnreadable as error:
        return _unreadable(item, error)
    content_hash = fingerprint(data, item.labels)
    if content_hash == stored_hash:
        return Outcome(item.source, Status.UNCHANGED)

    def read_now() -> Loaded:
        return reader.begin(item.name, data)()

    twin = same_content(engine, content_hash, item.source)  # a copy is read only when that one is gone by its turn
    return _Begun(item, content_hash, read_now if twin else reader.begin(item.name, data))


def _finished(engine: Engine, begun: _Begun, embedder: Embedder) -> Outcome:
    started = time.perf_counter()
    item = begun.item
    twin = same_content(engine, begun.content_hash, item.source)  # one before it in this run may be
    if twin is not None:
        retire(engine, [item.source])
        return Outcome(item.source, Status.DUPLICATE, reason="same_content", detail=twin)
    try:
        reading = _reading(item, begun.loaded(), begun.content_hash)
        saved = save(engine, reading, item.labels, embedder)
    except (DocumentUnreadable, BadInput) as error:
        return _unreadable(item, error)
    except DataError as error:
        return _failed(item, "not_storable", str(error.orig).partition("\n")[0])
    namesake = same_title(engine, reading.title, item.source)
    reason = "same_title" if namesake else "" if saved.embedded else "no_vectors"
    status = Status.REPLACED if saved.replaced else Status.ADDED
    seconds = time.perf_counter() - started
    return Outcome(item.source, status, len(reading.chunks), reading.pages, reason, namesake or "", seconds)


def _unreadable(item: Source, error: DocumentUnreadable | BadInput) -> Outcome:
    return _failed(item, str(error.details.get("reason", error.code)), error.message)


def _failed(item: Source, reason: str, detail: str) -> Outcome:
    return Outcome(item.source, Status.FAILED, reason=reason, detail=detail)


def fingerprint(data: bytes, labels: Labels) -> str:
    """SHA-256 of the bytes, of what is said of them and of how they are read."""
    digest = hashlib.sha256(data)
    digest.update(repr((READER, SPLITTER, astuple(labels))).encode())
    return digest.hexdigest()


def _reading(item: Source, loaded: Loaded, content_hash: str) -> Reading:
    chunks = split(loaded)
    if not chunks:
        raise DocumentUnreadable(f"{item.name}: it has headings but no text.", reason="no_text")
    return Reading(
        source=item.source,
        title=item.labels.title or title_of(loaded, item.name),
        media_type=loaded.media_type,
        content_hash=content_hash,
        pages=loaded.pages,
        chunks=chunks,
    )


def title_of(loaded: Loaded, name: str) -> str:
    """The document's own title, or its file name made readable."""
    return loaded.title or re.sub(r"[-_\s]+", " ", PurePath(name).stem).strip().capitalize() or name
