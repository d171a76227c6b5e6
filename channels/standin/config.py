"""How a stand-in behaves: the clockwork of Chatwoot, and the faults it commits on demand."""

from __future__ import annotations

import random
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class StandinConfig:
    """Names and the waits of Chatwoot 4.15; tests shorten them. ``locale`` is the language of activity messages."""

    account_id: int = 2
    account_name: str = "Acme"
    inbox_name: str = "WhatsApp"
    bot_name: str = "AI Agent"
    locale: str = "en"
    first_conversation: int = 1
    first_message: int = 10_001
    webhook_timeout: float = 5.0
    webhook_attempts: int = 3
    webhook_wait: float = 3.0
    webhook_workers: int = 10
    messages_per_minute: int = 200
    keep_pending_on_bot_failure: bool = False
    delivery_wait: float = 0.02
    """Seconds between stored, sent, delivered and read."""


@dataclass(slots=True)
class Faults:
    """What goes wrong, as shares of one; all of it may be changed while the stand-in runs."""

    error_rate: float = 0.0
    """Calls answered with one of ``error_statuses`` and not carried out."""
    error_statuses: tuple[int, ...] = (500, 429, 503)
    drop_before_rate: float = 0.0
    """Calls whose connection dies before they are carried out."""
    drop_after_rate: float = 0.0
    """Calls that are carried out and whose connection dies before the answer."""
    latency: tuple[float, float] = (0.0, 0.0)
    duplicate_rate: float = 0.0
    """Webhooks sent twice."""
    webhook_jitter: float = 0.0
    """Webhooks wait up to this many seconds, each for itself: they overtake one another."""
    random: random.Random = field(default_factory=lambda: random.Random(20260617))

    def happens(self, rate: float) -> bool:
        """Throw the dice for a fault of this rate."""
        return rate > 0 and self.random.random() < rate
