"""Write down a question that could not be answered, so that a person answers it and everybody who asked is told."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session, sessionmaker

from core.clock import Clock
from core.text import tokens
from db.models import FeedbackStatus, KnowledgeAsker, KnowledgeFeedback, UserType
from db.session import session_scope
from policy.roles import Role

_ONE_AT_A_TIME = text("SELECT pg_advisory_xact_lock(hashtextextended(:question, 0))")
"""Two people may ask the same thing at once: the second joins the row of the first."""


@dataclass(frozen=True, slots=True)
class Unanswered:
    """A question that nobody could answer yet, why, and what was looked up."""

    question: str
    role: Role
    language: str
    reason: str
    searched: dict[str, Any]
    session_id: int | None


def normalise(question: str) -> str:
    """The folded words of ``question``: equal for questions that differ in case, accents or punctuation."""
    return " ".join(token.folded for token in tokens(question))


class FeedbackLog:
    """Keeps one row per unknown question and role, with everybody who asked it."""

    def __init__(self, sessions: sessionmaker[Session], clock: Clock) -> None:
        self._sessions = sessions
        self._clock = clock

    async def record(self, unanswered: Unanswered) -> int:
        """Write down ``unanswered`` and return its number; an equal pending question is joined, not repeated."""
        return await asyncio.to_thread(self._record, unanswered)

    def _record(self, unanswered: Unanswered) -> int:
        with session_scope(self._sessions) as session:
            session.execute(_ONE_AT_A_TIME, {"question": f"{unanswered.role.value} {normalise(unanswered.question)}"})
            feedback_id = self._pending(session, unanswered) or self._new(session, unanswered)
            if unanswered.session_id is not None:
                session.execute(
                    insert(KnowledgeAsker)
                    .values(feedback_id=feedback_id, session_id=unanswered.session_id, asked_at=self._clock.now())
                    .on_conflict_do_nothing()
                )
            return feedback_id

    def _pending(self, session: Session, unanswered: Unanswered) -> int | None:
        return session.scalar(
            select(KnowledgeFeedback.feedback_id)
            .where(
                KnowledgeFeedback.normalized == normalise(unanswered.question),
                KnowledgeFeedback.user_type == UserType(unanswered.role.value),
                KnowledgeFeedback.status == FeedbackStatus.PENDING,
            )
            .order_by(KnowledgeFeedback.feedback_id)
            .limit(1)
        )

    def _new(self, session: Session, unanswered: Unanswered) -> int:
        row = KnowledgeFeedback(
            question=unanswered.question,
            normalized=normalise(unanswered.question),
            user_type=UserType(unanswered.role.value),
            language=unanswered.language,
            reason=unanswered.reason,
            searched=unanswered.searched,
            asked_at=self._clock.now(),
        )
        session.add(row)
        session.flush()
        return row.feedback_id
