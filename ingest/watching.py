"""A watched folder: what is put there goes in, what changes is replaced, what is deleted is withdrawn."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from pathlib import Path

import watchfiles
from sqlalchemy import Engine

from ingest.sources.files import readable, source_of
from ingest.store import live_sources, retire

_SETTLE_MS = 1_600
_LOOK_MS = 5_000

Ingest = Callable[[Sequence[Path]], object]


def _nobody(_event: str, _what: str) -> None:
    """Hears and says nothing."""


def withdraw_missing(engine: Engine, folders: Sequence[Path]) -> set[str]:
    """Withdraw the documents whose file is gone from ``folders``; the sources they had.

    A folder that is itself gone withdraws nothing: a disk that is not mounted is no reason to forget its manuals.
    """
    gone: set[str] = set()
    for folder in folders:
        inside = live_sources(engine, source_of(folder).rstrip("/") + "/")
        missing = {source for source in inside if not Path(source).exists()}
        if folder.is_dir():
            gone |= missing
    if gone:
        retire(engine, gone)
    return gone


def watch(
    engine: Engine,
    folders: Sequence[Path],
    ingest: Ingest,
    *,
    stop: threading.Event | None = None,
    told: Callable[[str, str], object] = _nobody,
) -> None:
    """Call ``ingest`` with the changed files of ``folders``, or with the folders themselves when any may have changed,
    until ``stop`` is set or the user interrupts.

    ``told`` hears of ``lost`` and ``back`` (a folder) and ``withdrawn`` (a document). A folder that vanishes is waited
    for.
    """
    stop = stop or threading.Event()
    while not stop.is_set():
        lost = [folder for folder in folders if not folder.is_dir()]
        for folder in lost:
            told("lost", str(folder))
        while lost and not stop.wait(_SETTLE_MS / 1000):
            back = [folder for folder in lost if folder.is_dir()]
            lost = [folder for folder in lost if folder not in back]
            for folder in back:
                told("back", str(folder))
        if not stop.is_set() and not _follow(engine, folders, ingest, stop, told):
            return


def _matters(change: watchfiles.Change, path: str) -> bool:
    return change is watchfiles.Change.deleted or readable(Path(path)) or Path(path).is_dir()


def _follow(
    engine: Engine,
    folders: Sequence[Path],
    ingest: Ingest,
    stop: threading.Event,
    told: Callable[[str, str], object],
) -> bool:
    """Watch while every folder stands. False when the user interrupted, True when a folder vanished."""
    changes = watchfiles.watch(
        *folders,
        watch_filter=_matters,
        debounce=_SETTLE_MS,
        rust_timeout=_LOOK_MS,
        yield_on_timeout=True,
        stop_event=stop,
        raise_interrupt=False,
    )
    first = True
    for batch in changes:
        if not all(folder.is_dir() for folder in folders):
            return True
        changed = sorted({Path(path) for change, path in batch if change is not watchfiles.Change.deleted})
        if first:
            ingest(list(folders))  # what changed while nobody watched
            first = False
        elif changed:
            ingest([path for path in changed if path.exists()])
        if first or batch:
            for source in sorted(withdraw_missing(engine, folders)):
                told("withdrawn", source)
    return stop.is_set()
