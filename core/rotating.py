"""A log file that several processes write and any of them rotates: no line is lost, cut or written twice."""

from __future__ import annotations

import fcntl
import logging
import logging.handlers
import os
from pathlib import Path
from typing import IO


class SharedRotatingFileHandler(logging.handlers.RotatingFileHandler):
    """As its parent, under a lock between processes; a file that another process has moved on is opened anew."""

    def __init__(self, path: Path, *, most_bytes: int, backups: int) -> None:
        super().__init__(path, maxBytes=most_bytes, backupCount=backups, encoding="utf-8", delay=True)
        self._between: IO[bytes] | None = None

    def emit(self, record: logging.LogRecord) -> None:
        """Write ``record``, rotating first when the file is full."""
        try:
            if self._between is None:
                self._between = Path(f"{self.baseFilename}.lock").open("ab")  # noqa: SIM115
            fcntl.flock(self._between, fcntl.LOCK_EX)
        except OSError:
            self.handleError(record)
            return
        try:
            self._reopen_when_moved()
            super().emit(record)
        finally:
            fcntl.flock(self._between, fcntl.LOCK_UN)

    def close(self) -> None:
        """Let go of the files."""
        super().close()
        if self._between is not None:
            self._between.close()
            self._between = None

    def _reopen_when_moved(self) -> None:
        if self.stream is None:
            return
        try:
            here, there = os.fstat(self.stream.fileno()), Path(self.baseFilename).stat()
            moved = (here.st_dev, here.st_ino) != (there.st_dev, there.st_ino)
        except FileNotFoundError:
            moved = True
        if moved:
            self.stream.close()
            self.stream = None
