"""The files that customers sent, kept with their conversation and with the visit that came of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from psycopg import AsyncConnection

from graph.messages import IncomingAttachment, Written

_VISITS = "interventions"
_KEEP = """
INSERT INTO received_files (turn_key, position, account_id, conversation_id, name, media_type, url)
VALUES (%s, %s, %s, %s, %s, %s, %s) ON CONFLICT (turn_key, position) DO NOTHING
"""
_JOIN = """
UPDATE received_files SET intervention_id = %s
WHERE account_id = %s AND conversation_id = %s AND intervention_id IS NULL AND received_at > now() - interval '24 hours'
"""
"""A photo comes before the yes that writes the visit down, and a yes is good for a day."""


async def keep_files(
    connection: AsyncConnection[Any],
    turn_key: UUID,
    conversation: tuple[int, int],
    attachments: Sequence[IncomingAttachment],
    written: Sequence[Written],
) -> None:
    """Keep ``attachments`` of ``conversation`` (account, number), and give its recent files to the visit ``written``.

    Part of the transaction of ``connection``; the same turn keeps them once.
    """
    for position, file in enumerate(attachments):
        await connection.execute(_KEEP, (turn_key, position, *conversation, file.name, file.media_type, file.url))
    visit = next((row.id for row in written if row.table == _VISITS and row.id.isdigit()), None)
    if visit is not None:
        await connection.execute(_JOIN, (int(visit), *conversation))
