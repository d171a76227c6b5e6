"""Reading in other processes: a file that hangs, crashes or swells its parser costs that file, never the run."""

from __future__ import annotations

import os
import resource
from collections.abc import Iterator
from concurrent.futures import TimeoutError as TookTooLong
from contextlib import contextmanager
from functools import partial
from multiprocessing import get_context

from pebble import ProcessExpired, ProcessFuture, ProcessPool

from core.errors import DocumentUnreadable
from ingest.blocks import Loaded
from ingest.reading import Pending

SECONDS = 900.0
MEMORY = 3 * 1024**3
MOST_AT_ONCE = 4
_FILES_EACH = 200
"""A process that has read this many files makes way for a new one: parsers leak."""


class IsolatedReader:
    """Reads files in processes of bounded memory and patience, ``ahead`` at a time. Starts them at the first file."""

    def __init__(self, pool: ProcessPool, seconds: float, ahead: int) -> None:
        self._pool = pool
        self._seconds = seconds
        self.ahead = ahead

    def begin(self, name: str, data: bytes) -> Pending:
        """As :class:`ingest.reading.Reader` says; also unreadable is what takes too long (``too_slow``) or takes its
        process with it (``crashed``)."""
        return partial(self._result, name, self._pool.schedule(_read, args=(name, data), timeout=self._seconds))

    def _result(self, name: str, future: ProcessFuture) -> Loaded:
        try:
            loaded: Loaded = future.result()
        except TookTooLong as error:
            message = f"{name}: reading it takes more than {self._seconds:g} s."
            raise DocumentUnreadable(message, reason="too_slow") from error
        except ProcessExpired as error:
            raise DocumentUnreadable(f"{name}: it crashes its reader.", reason="crashed") from error
        return loaded


@contextmanager
def isolated_reader(
    seconds: float = SECONDS, memory: int = MEMORY, at_once: int | None = None
) -> Iterator[IsolatedReader]:
    """An :class:`IsolatedReader` that allows each file ``seconds``, and ``memory`` bytes of address space; ``at_once``
    files are read at a time, one for each processor up to four unless told."""
    workers = at_once or min(os.cpu_count() or 1, MOST_AT_ONCE)
    pool = ProcessPool(
        max_workers=workers, max_tasks=_FILES_EACH, initializer=_limit, initargs=(memory,), context=get_context("spawn")
    )
    try:
        yield IsolatedReader(pool, seconds, workers)
    finally:
        pool.stop()
        pool.join()


def _limit(memory: int) -> None:
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))


def _read(name: str, data: bytes) -> Loaded:
    from ingest.loading import load  # needed in the other process only

    return load(name, data)
