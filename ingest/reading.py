"""Who reads the bytes of a file: here and now, or elsewhere while others are stored."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Protocol

from ingest.blocks import Loaded

Pending = Callable[[], Loaded]
"""Waits for a file to be read. Raises :class:`core.errors.DocumentUnreadable` when it cannot be."""


class Reader(Protocol):
    """Reads files, ``ahead`` of them while one is stored."""

    @property
    def ahead(self) -> int: ...

    def begin(self, name: str, data: bytes) -> Pending:
        """Begin to read ``data``, the bytes of the file ``name``."""
        ...


class ReaderHere:
    """Reads in this process, when it is waited for."""

    ahead = 0

    def begin(self, name: str, data: bytes) -> Pending:
        """As :class:`Reader` says."""
        return partial(_load, name, data)


def _load(name: str, data: bytes) -> Loaded:
    from ingest.loading import load  # the readers of PDF, DOCX and HTML: a start that ingests nothing needs none

    return load(name, data)
