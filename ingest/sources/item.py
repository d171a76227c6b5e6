"""What every place gives: something with a lasting identity that can be read."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from ingest.store import Labels


class Source(Protocol):
    """Something to ingest. ``source`` is its lasting identity: a new version has the same."""

    @property
    def name(self) -> str:
        """A file name: its suffix says the format where the bytes do not."""
        ...

    @property
    def source(self) -> str: ...

    @property
    def labels(self) -> Labels: ...

    def read(self) -> bytes:
        """The bytes. Raises :class:`OSError` or :class:`core.errors.DocumentUnreadable`."""
        ...


@dataclass(frozen=True, slots=True)
class Item:
    """A file on this machine."""

    path: Path
    source: str
    labels: Labels

    @property
    def name(self) -> str:
        return self.path.name

    def read(self) -> bytes:
        """As :class:`Source` says."""
        return self.path.read_bytes()


@dataclass(frozen=True, slots=True)
class Unreachable:
    """A place that could not even be listed; reading it says why."""

    source: str
    labels: Labels
    error: OSError

    @property
    def name(self) -> str:
        return self.source

    def read(self) -> bytes:
        """Raises the error that listing met."""
        raise self.error
