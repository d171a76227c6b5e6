"""A circuit breaker: who failed too often is left alone for a while, then tried by one caller at a time.

Small because of what libraries for it do not: they let every caller through once the pause is over, or know nothing of
a server that says itself how long to stay away.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field


@dataclass(slots=True)
class Breaker:
    """Closed while all is well; open for ``pause`` seconds after failures; then one trial decides.

    It opens when, of the calls of the last ``window`` seconds, at least ``least`` failed and at least half. Not safe
    to share between threads: one event loop uses it.
    """

    least: int = 5
    window: float = 60.0
    pause: float = 30.0
    now: Callable[[], float] = time.monotonic
    _seen: deque[tuple[float, bool]] = field(default_factory=deque)
    _until: float | None = None
    _trying: bool = False

    @property
    def is_open(self) -> bool:
        """Is whoever stands behind it left alone?"""
        return self._until is not None

    def enter(self) -> Trial | None:
        """A trial whose end must be told, as a context manager; None when nothing may be asked now."""
        if self._until is None:
            return Trial(self)
        if self._trying or self.now() < self._until:
            return None
        self._trying = True
        return Trial(self, decides=True)

    def end(self, trial: Trial) -> None:
        """Take in how ``trial`` went."""
        if trial.decides:
            self._trying = False
        if trial.failed is None:
            return
        at = self.now()
        if trial.failed:
            self._seen.append((at, True))
            if trial.decides or trial.stay_away or self._too_often(at):
                self._until = max(self._until or at, at + max(self.pause, trial.stay_away))
        elif trial.decides:
            self._until = None
            self._seen.clear()
        else:
            self._seen.append((at, False))

    def _too_often(self, at: float) -> bool:
        while self._seen and self._seen[0][0] < at - self.window:
            self._seen.popleft()
        failures = sum(failed for _, failed in self._seen)
        return failures >= self.least and 2 * failures >= len(self._seen)


@dataclass(slots=True)
class Trial:
    """One call through a breaker. Left untold (the caller was cancelled), it says nothing of whoever was called."""

    breaker: Breaker
    decides: bool = False
    failed: bool | None = None
    stay_away: float = 0.0

    def succeeded(self) -> None:
        """Whoever was called answered."""
        self.failed = False

    def failing(self, stay_away: float = 0.0) -> None:
        """Whoever was called did not; ``stay_away`` are the seconds they asked for."""
        self.failed, self.stay_away = True, stay_away

    def __enter__(self) -> Trial:
        return self

    def __exit__(self, *_: object) -> None:
        self.breaker.end(self)
