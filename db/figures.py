"""How the house stands, as the database tells: what waits, what was given up, what nobody could answer.

Read by metrics, alerts and the office's panel: one statement, no personal data.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from prometheus_client import Metric
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector
from sqlalchemy import Engine, text
from sqlalchemy.exc import SQLAlchemyError

_FIGURES = text("""
SELECT
  (SELECT count(*) FROM queue.procrastinate_jobs WHERE status = 'todo' AND queue_name = 'channels') AS queue_depth,
  (SELECT count(*) FROM queue.procrastinate_jobs WHERE status = 'doing' AND queue_name = 'channels') AS queue_running,
  (SELECT coalesce(greatest(extract(epoch FROM now() - min(scheduled_at)), 0), 0)
   FROM queue.procrastinate_jobs WHERE status = 'todo' AND queue_name = 'channels') AS queue_oldest_seconds,
  (SELECT count(*) FROM channel_events WHERE state IN ('waiting', 'taken')) AS inbox_waiting,
  (SELECT count(*) FROM channel_outbox WHERE state IN ('waiting', 'posting')) AS outbox_waiting,
  (SELECT count(*) FROM channel_outbox WHERE state = 'dead') AS dead_letters,
  (SELECT count(*) FROM knowledge_feedback WHERE status = 'pending') AS unanswered_questions,
  (SELECT count(*) FROM pages WHERE acknowledged_at IS NULL) AS pages_open,
  (SELECT count(*) FROM document_chunks c JOIN documents d USING (document_id) WHERE d.retired_at IS NULL)
   AS index_passages
""")
_SPENT = text("""
SELECT coalesce(sum(cost), 0) FROM model_spending WHERE month = date_trunc('month', now())::date
""")
_HAS_SPENDING = text("SELECT to_regclass('public.model_spending') IS NOT NULL")
MEANINGS: Mapping[str, str] = {
    "queue_depth": "Conversations waiting to be looked at",
    "queue_running": "Conversations being looked at",
    "queue_oldest_seconds": "How long the oldest of those is overdue",
    "inbox_waiting": "Messages not answered yet",
    "outbox_waiting": "Replies not posted yet",
    "dead_letters": "Replies that were given up",
    "unanswered_questions": "Questions that wait for a colleague's answer",
    "pages_open": "Emergencies that nobody has answered for",
    "index_passages": "Passages that may be found",
    "model_cost_month": "What the model cost this month",
}


@dataclass(frozen=True, slots=True)
class Figures:
    """Reads the figures through ``engine``, the application's own login."""

    engine: Engine

    def read(self) -> dict[str, float]:
        """The figures by name; see :data:`MEANINGS`. Raises SQLAlchemy's errors."""
        with self.engine.connect() as connection:
            row = connection.execute(_FIGURES).mappings().one()
            spent = connection.scalar(_SPENT) if connection.scalar(_HAS_SPENDING) else 0
        return {**{name: float(value) for name, value in row.items()}, "model_cost_month": float(spent or 0)}


class FiguresCollector(Collector):
    """The figures as gauges. The same whoever is asked: of several processes, only servers show them."""

    def __init__(self, figures: Figures) -> None:
        self._figures = figures

    def describe(self) -> list[Metric]:
        """Names only: nothing is read when it is registered."""
        return [GaugeMetricFamily(f"cuadrilla_{name}", meaning) for name, meaning in MEANINGS.items()]

    def collect(self) -> Iterator[Metric]:
        """Read them; without a database only ``cuadrilla_database_up`` is told."""
        try:
            found = self._figures.read()
        except SQLAlchemyError:
            found = {}
        yield GaugeMetricFamily("cuadrilla_database_up", "The database answers", value=float(bool(found)))
        for name, value in found.items():
            yield GaugeMetricFamily(f"cuadrilla_{name}", MEANINGS[name], value=value)
