"""How often each caller calls, counted by all servers together: one statement a call, and no disk to wait for."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, delete, text
from sqlalchemy.orm import Session

from db.models import CallCount

_COUNT = text(
    """
    WITH span AS (
        SELECT to_timestamp(floor(at / :length) * :length) AS begins_at, at - floor(at / :length) * :length AS gone
        FROM (SELECT extract(epoch FROM clock_timestamp())::float8 AS at) now
    ), before AS (
        SELECT coalesce((SELECT c.calls FROM call_counts c
                         WHERE c.caller = :caller AND c.begins_at = span.begins_at - make_interval(secs => :length)), 0)
               * (1 - gone / :length) AS weight
        FROM span
    ), counted AS (
        INSERT INTO call_counts AS c (caller, begins_at, calls, forget_at)
        SELECT :caller, begins_at, 1, begins_at + make_interval(secs => 2 * :length) FROM span, before
        WHERE weight + 1 <= :most
        ON CONFLICT (caller, begins_at) DO UPDATE SET calls = c.calls + 1
        WHERE c.calls + 1 + (SELECT weight FROM before) <= :most
        RETURNING 1
    )
    SELECT CASE WHEN EXISTS (SELECT FROM counted) THEN NULL ELSE :length - gone END FROM span
    """
)
"""A sliding window: the one before counts for as much of it as still lies in the last ``length`` seconds. By the clock
of the database, which is everybody's. What is refused is not counted, so that who is patient gets in."""


def count_call(connection: Connection, caller: bytes, most: int, seconds: int) -> float | None:
    """Count a call of ``caller``; None when it is let through, else after how many seconds the window ends.

    ``connection`` is in autocommit: the row of a caller is held for no longer than the statement.
    """
    left = connection.scalar(_COUNT, {"caller": caller, "most": most, "length": float(seconds)})
    return None if left is None else float(left)


def sweep_counts(session: Session, now: datetime) -> None:
    """Forget the windows that count for nothing any more."""
    session.execute(delete(CallCount).where(CallCount.forget_at <= now))
