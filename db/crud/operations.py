"""What the office watches: turns by day, role and outcome; contracts that end; open visits; dead letters."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Row, text
from sqlalchemy.orm import Session

TURNS = text("""
SELECT date_trunc('day', created_at AT TIME ZONE :zone)::date AS day, result ->> 'role' AS role,
  CASE
    WHEN result -> 'error' <> 'null' THEN 'failed'
    WHEN result -> 'denied' <> 'null' THEN 'denied'
    WHEN result -> 'handoff' <> 'null' THEN 'handed_over'
    WHEN result -> 'pending_confirmation' <> 'null' OR result -> 'choices' <> 'null' THEN 'asked'
    WHEN jsonb_array_length(result -> 'written') > 0 THEN 'written'
    WHEN result -> 'feedback_id' <> 'null' THEN 'unanswered'
    ELSE 'answered'
  END AS outcome,
  count(*) AS turns, round(avg((result #>> '{timings_ms,total}')::numeric)) AS mean_ms
FROM turns WHERE result IS NOT NULL AND created_at > now() - make_interval(days => :days)
GROUP BY 1, 2, 3 ORDER BY 1, 2, 3
""")
"""The outcomes are those of :func:`graph.outcome.outcome_of`."""
CONTRACTS = text("""
SELECT c.contract_id, cl.name AS client, c.service_type::text, c.ends_on, c.auto_renew, c.annual_price
FROM contracts c JOIN clients cl USING (client_id)
WHERE c.cancelled_on IS NULL AND c.ends_on BETWEEN :today AND :today + CAST(:ahead AS int)
ORDER BY c.ends_on, c.contract_id LIMIT 200
""")
VISITS = text("""
SELECT coalesce(t.name, '') AS technician, count(*) AS open,
  count(*) FILTER (WHERE i.priority IN ('high', 'urgent')) AS pressing, min(i.scheduled_at) AS next_at
FROM interventions i LEFT JOIN technicians t USING (technician_id)
WHERE i.status IN ('requested', 'scheduled', 'in_progress') GROUP BY 1 ORDER BY 2 DESC, 1
""")
LETTERS = text("""
SELECT outbox_id, account_id, conversation_id, payload ->> 'kind' AS kind, attempts, error, created_at
FROM channel_outbox WHERE state = 'dead' ORDER BY outbox_id DESC LIMIT 100
""")


def rows(session: Session, statement: Any, given: Mapping[str, Any] | None = None) -> list[Row[Any]]:
    """The rows of one of the statements above."""
    return list(session.execute(statement, dict(given or {})).all())
