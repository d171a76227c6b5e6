"""Requests that may come twice: the first one's answer is kept in its own transaction, and given to the others."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from core.errors import Conflict, KeyReused
from db.models import IdempotentRequest


@dataclass(frozen=True, slots=True)
class Claim:
    """A request with a key. ``owner`` is whose key it is, ``digest`` what was asked."""

    owner: str
    key: str
    digest: bytes


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer as it was sent."""

    status: int
    headers: dict[str, str]
    body: str


def claim(session: Session, wanted: Claim, now: datetime, expires_at: datetime) -> Answer | None:
    """None for the first request with its key; else the answer that was kept. A second one waits for the first.

    Raises :class:`KeyReused` when the key came with another request, :class:`Conflict` while that has no answer.
    """
    row = (IdempotentRequest.owner == wanted.owner, IdempotentRequest.key == wanted.key)
    session.execute(delete(IdempotentRequest).where(*row, IdempotentRequest.expires_at <= now))
    values = {"owner": wanted.owner, "key": wanted.key, "digest": wanted.digest}
    statement = insert(IdempotentRequest).values(**values, created_at=now, expires_at=expires_at)
    if session.scalar(statement.on_conflict_do_nothing().returning(IdempotentRequest.key)) is not None:
        return None
    kept = session.scalars(select(IdempotentRequest).where(*row)).one()
    if bytes(kept.digest) != wanted.digest:
        raise KeyReused(what="Idempotency-Key", reason="key_reused")
    if kept.status is None:
        raise Conflict("The first request with this key is still at work.", reason="in_progress")
    return Answer(kept.status, dict(kept.headers), kept.body or "")


def keep_answer(session: Session, wanted: Claim, answer: Answer) -> None:
    """Keep ``answer`` for whoever brings the same key again."""
    session.execute(
        update(IdempotentRequest)
        .where(IdempotentRequest.owner == wanted.owner, IdempotentRequest.key == wanted.key)
        .values(status=answer.status, headers=answer.headers, body=answer.body)
    )


def sweep_requests(session: Session, now: datetime) -> None:
    """Forget the answers whose time is over."""
    session.execute(delete(IdempotentRequest).where(IdempotentRequest.expires_at <= now))
