"""What was spent on the model, on psycopg 3: each call is one statement."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from psycopg import AsyncConnection
from psycopg.rows import args_row

_SPENT = """
SELECT coalesce(sum(cost), 0), coalesce(sum(cost) FILTER (WHERE conversation_id = %(conversation)s), 0)
FROM model_spending WHERE month = %(month)s
"""
_ADD = """
INSERT INTO model_spending AS m (month, conversation_id, calls, input_tokens, output_tokens, cost)
VALUES (%(month)s, %(conversation)s, 1, %(input_tokens)s, %(output_tokens)s, %(cost)s)
ON CONFLICT (month, conversation_id) DO UPDATE SET calls = m.calls + 1,
    input_tokens = m.input_tokens + excluded.input_tokens, output_tokens = m.output_tokens + excluded.output_tokens,
    cost = m.cost + excluded.cost
"""
_CLAIM = "INSERT INTO spending_notices (month, ceiling) VALUES (%s, %s) ON CONFLICT DO NOTHING RETURNING month"
_FORGET = "DELETE FROM spending_notices WHERE month = %s AND ceiling = %s"


@dataclass(frozen=True, slots=True)
class Spent:
    """What a month cost: in all, and by one conversation."""

    month: Decimal
    conversation: Decimal


@dataclass(frozen=True, slots=True)
class Used:
    """What one call used."""

    input_tokens: int
    output_tokens: int
    cost: Decimal


async def spent(connection: AsyncConnection[Any], month: date, conversation: str) -> Spent:
    """What was spent in ``month`` (its first day)."""
    cursor = connection.cursor(row_factory=args_row(Spent))
    await cursor.execute(_SPENT, {"month": month, "conversation": conversation})
    row = await cursor.fetchone()
    if row is None:
        raise RuntimeError("an aggregate returned no row")
    return row


async def add(connection: AsyncConnection[Any], month: date, conversation: str, used: Used) -> None:
    """Add one call to what ``conversation`` cost in ``month``."""
    await connection.execute(
        _ADD,
        {
            "month": month,
            "conversation": conversation,
            "input_tokens": used.input_tokens,
            "output_tokens": used.output_tokens,
            "cost": used.cost,
        },
    )


async def claim_notice(connection: AsyncConnection[Any], month: date, ceiling: str) -> bool:
    """Is it the caller who tells of ``ceiling`` in ``month``? True once."""
    cursor = await connection.execute(_CLAIM, (month, ceiling))
    return await cursor.fetchone() is not None


async def forget_notice(connection: AsyncConnection[Any], month: date, ceiling: str) -> None:
    """It could not be told: whoever comes next may try."""
    await connection.execute(_FORGET, (month, ceiling))
