"""Write down a question that could not be answered, so that a person answers it and everybody who asked is told."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session, sessionmaker

from core.clock import Clock
from db.crud import learning
from db.models import KnowledgeFeedback, UserType
from db.session import session_scope
from policy.roles import Role
from tools.learning.duplicates import alike
from tools.learning.reading import Reading, read


@dataclass(frozen=True, slots=True)
class Unanswered:
    """A question that nobody could answer yet, why, and what was looked up."""

    question: str
    role: Role
    language: str
    reason: str
    searched: dict[str, Any]
    session_id: int | None


class FeedbackLog:
    """Keeps one row per unknown question and role, with everybody who asked it."""

    def __init__(self, sessions: sessionmaker[Session], clock: Clock) -> None:
        self._sessions = sessions
        self._clock = clock

    async def record(self, unanswered: Unanswered) -> int:
        """Write down ``unanswered`` and return its number; an open question that is the same is joined."""
        return await asyncio.to_thread(self._record, unanswered)

    def _record(self, unanswered: Unanswered) -> int:
        reading = read(unanswered.question, unanswered.language)
        role = UserType(unanswered.role.value)
        with session_scope(self._sessions) as session:
            learning.lock_question(session, role, unanswered.language, reading.exact)
            known = learning.candidates(session, reading.exact, unanswered.language, role, learning.OPEN)
            feedback_id = alike(reading, known, unanswered.language) or self._new(session, unanswered, reading)
            if unanswered.session_id is not None:
                learning.add_asker(
                    session,
                    feedback_id,
                    unanswered.session_id,
                    unanswered.question,
                    reading.exact,
                    unanswered.language,
                    self._clock.now(),
                )
            return feedback_id

    def _new(self, session: Session, unanswered: Unanswered, reading: Reading) -> int:
        row = KnowledgeFeedback(
            question=unanswered.question,
            normalized=reading.folded,
            exact=reading.exact,
            user_type=UserType(unanswered.role.value),
            language=unanswered.language,
            reason=unanswered.reason,
            searched=unanswered.searched,
            asked_at=self._clock.now(),
        )
        return learning.add_question(session, row)
