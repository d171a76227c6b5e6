"""Grouping of failures by kind: when a letter is due, and when the next one may be. In this process, or wherever.

What several processes share is in ``db/crud/alert_groups.py``; this knows no database.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

MOST_TIMES = 1000
"""More than that often is told as that often."""


@dataclass(frozen=True, slots=True)
class Due:
    """A letter about ``times`` is due, none when there are none; ``look_at``: when to look again, if ever."""

    times: tuple[float, ...] = ()
    detail: str = ""
    look_at: float | None = None


@dataclass(frozen=True, slots=True)
class Group:
    """What happened of one kind since the last letter, in seconds since 1970."""

    times: tuple[float, ...] = ()
    detail: str = ""
    silent_until: float = 0.0

    def more(self, times: Sequence[float], detail: str, *, now: float, window: float, after: int) -> tuple[Group, Due]:
        """It happened at ``times``. The group as it then is, and the letter that whoever calls is to write.

        One is due when it happened ``after`` times within ``window`` seconds, and not within ``window`` of the last.
        """
        silent = self.silent_until > now
        kept = self.times if silent or not times else tuple(at for at in self.times if at > now - window)
        happened, detail = (*kept, *times)[-MOST_TIMES:], detail or self.detail
        if not silent and len(happened) >= after:
            return Group((), "", now + window), Due(happened, detail)
        look_at = self.silent_until if silent and happened else None
        return Group(happened, detail, self.silent_until), Due(look_at=look_at)

    def again(self, times: Sequence[float], silent_until: float) -> Group:
        """Nobody could be told of ``times``: they are due once more after ``silent_until``."""
        return Group((*times, *self.times)[-MOST_TIMES:], self.detail, silent_until)


class Groups(Protocol):
    """Where groups are kept."""

    def happened(self, kind: str, times: Sequence[float], detail: str, *, now: float, window: float, after: int) -> Due:
        """``kind`` happened at ``times`` (none: is it due by now?); the letter to be written, by this caller only."""
        ...

    def not_told(self, kind: str, times: Sequence[float], *, silent_until: float) -> None:
        """The letter could not be sent."""
        ...


@dataclass(slots=True)
class OwnGroups:
    """Those of one process."""

    _groups: dict[str, Group] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def happened(self, kind: str, times: Sequence[float], detail: str, *, now: float, window: float, after: int) -> Due:
        """See :class:`Groups`."""
        with self._lock:
            known = self._groups.get(kind, Group())
            self._groups[kind], due = known.more(times, detail, now=now, window=window, after=after)
        return due

    def not_told(self, kind: str, times: Sequence[float], *, silent_until: float) -> None:
        """See :class:`Groups`."""
        with self._lock:
            self._groups[kind] = self._groups.get(kind, Group()).again(times, silent_until)
