"""How often one caller may call: counted in this process, so a deployment of N servers lets through N times as much."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass

from limits import RateLimitItem, parse
from limits.storage import MemoryStorage
from limits.strategies import SlidingWindowCounterRateLimiter

from core.errors import Misconfigured, TooManyRequests
from core.settings import Settings


@dataclass(frozen=True, slots=True)
class Limits:
    """One counter for each caller and kind of call."""

    counter: SlidingWindowCounterRateLimiter
    calls: RateLimitItem
    questions: RateLimitItem
    sign_ins: RateLimitItem

    @classmethod
    def of(cls, settings: Settings) -> Limits:
        """The limits of ``settings``; raises :class:`Misconfigured` when one of them cannot be read."""
        try:
            items = [parse(text) for text in (settings.rate_calls, settings.rate_questions, settings.rate_sign_ins)]
        except ValueError as error:
            raise Misconfigured("A rate limit is written like 600/minute.") from error
        return cls(SlidingWindowCounterRateLimiter(MemoryStorage()), *items)

    def take(self, limit: RateLimitItem, caller: str) -> None:
        """Count a call of ``caller``; raises :class:`TooManyRequests` with ``retry_after`` in seconds."""
        if not self.counter.hit(limit, caller):
            # The library counts by the machine's clock, not by the company's.
            left = self.counter.get_window_stats(limit, caller).reset_time - time.time()
            raise TooManyRequests(retry_after=max(1, math.ceil(left)))
