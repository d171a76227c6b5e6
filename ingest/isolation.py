"""Reading in another process: a file that hangs, crashes or swells its parser costs that file, never the run."""

from __future__ import annotations

import resource
from collections.abc import Iterator
from concurrent.futures import TimeoutError as TookTooLong
from contextlib import contextmanager
from multiprocessing import get_context

from pebble import ProcessExpired, ProcessPool

from core.errors import DocumentUnreadable
from ingest.blocks import Loaded

SECONDS = 900.0
MEMORY = 3 * 1024**3
_FILES_EACH = 200
"""A process that has read this many files makes way for a new one: parsers leak."""


class IsolatedReader:
    """Reads files in a process of bounded memory and patience. Starts it at the first file."""

    def __init__(self, pool: ProcessPool, seconds: float) -> None:
        self._pool = pool
        self._seconds = seconds

    def __call__(self, name: str, data: bytes) -> Loaded:
        """As :func:`ingest.loading.load`; also raises :class:`DocumentUnreadable` when reading takes too long
        (``too_slow``) or takes the process with it (``crashed``)."""
        future = self._pool.schedule(_read, args=(name, data), timeout=self._seconds)
        try:
            loaded: Loaded = future.result()
        except TookTooLong as error:
            message = f"{name}: reading it takes more than {self._seconds:g} s."
            raise DocumentUnreadable(message, reason="too_slow") from error
        except ProcessExpired as error:
            raise DocumentUnreadable(f"{name}: it crashes its reader.", reason="crashed") from error
        return loaded


@contextmanager
def isolated_reader(seconds: float = SECONDS, memory: int = MEMORY) -> Iterator[IsolatedReader]:
    """An :class:`IsolatedReader` that allows each file ``seconds``, and ``memory`` bytes of address space."""
    pool = ProcessPool(
        max_workers=1, max_tasks=_FILES_EACH, initializer=_limit, initargs=(memory,), context=get_context("spawn")
    )
    try:
        yield IsolatedReader(pool, seconds)
    finally:
        pool.stop()
        pool.join()


def _limit(memory: int) -> None:
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))


def _read(name: str, data: bytes) -> Loaded:
    from ingest.loading import load  # needed in the other process only

    return load(name, data)
