"""What is counted for Prometheus in one process. Built once for a process; nothing is registered at import."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from prometheus_client import CollectorRegistry, Counter, Histogram, ProcessCollector, generate_latest
from prometheus_client.registry import Collector

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
_SECONDS = (0.05, 0.1, 0.25, 0.5, 1, 2, 3, 5, 8, 13, 20, 30)
_NOBODY = "unknown"


@dataclass(frozen=True, slots=True)
class TurnFacts:
    """What is counted of one turn. ``outcome`` is one of a few words; see :func:`graph.outcome.facts_of`."""

    role: str
    outcome: str
    seconds: float
    specialists: Sequence[str] = ()
    model_calls: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    denied: bool = False
    handoff: str | None = None


class Metrics:
    """Counters and histograms of this process, and whatever collectors are added to them."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        self._turns = self._counter("turns", "Turns answered", "role", "outcome")
        self._specialists = self._counter(
            "specialist_turns", "Turns that a specialist spoke in", "role", "specialist", "outcome"
        )
        self._seconds = Histogram(
            "cuadrilla_turn_seconds", "From message to result", ("role",), buckets=_SECONDS, registry=self.registry
        )
        self._calls = self._counter("model_calls", "Calls of a language model")
        self._tokens = self._counter("model_tokens", "Tokens read and written by a language model", "direction")
        self._denials = self._counter("denials", "Turns that were told that they may not", "role")
        self._handoffs = self._counter("handoffs", "Turns handed to a person", "reason")
        self._events = self._counter("webhook_events", "Events that a channel delivered", "kind")
        self._alerts = self._counter("alerts", "Alerts raised", "kind")

    def _counter(self, name: str, meaning: str, *labels: str) -> Counter:
        return Counter(f"cuadrilla_{name}", meaning, labels, registry=self.registry)

    def turn(self, facts: TurnFacts) -> None:
        """Count one turn."""
        role = facts.role or _NOBODY
        self._turns.labels(role, facts.outcome).inc()
        for specialist in facts.specialists:
            self._specialists.labels(role, specialist, facts.outcome).inc()
        self._seconds.labels(role).observe(facts.seconds)
        self._calls.inc(facts.model_calls)
        self._tokens.labels("in").inc(facts.input_tokens)
        self._tokens.labels("out").inc(facts.output_tokens)
        if facts.denied:
            self._denials.labels(role).inc()
        if facts.handoff:
            self._handoffs.labels(facts.handoff).inc()

    def event(self, kind: str) -> None:
        """Count an event of a channel: what it meant, or ``known``, ``refused``, ``lost``."""
        self._events.labels(kind).inc()

    def alert(self, kind: str) -> None:
        """Count an alert."""
        self._alerts.labels(kind).inc()

    def add(self, collector: Collector) -> None:
        """Have ``collector`` asked at every scrape."""
        self.registry.register(collector)

    def text(self) -> bytes:
        """Everything, as Prometheus reads it. May ask the database: not for the event loop."""
        return generate_latest(self.registry)
