"""``POST /ai/feedback`` and ``POST /ai/log-feedback``: questions that were not answered, written down to be learned.

An equal question that still waits is joined, not repeated, so both may be sent again.
"""

from __future__ import annotations

from fastapi import APIRouter
from starlette.concurrency import run_in_threadpool

from api.auth import Access, OpenDesk
from api.desk import Desk
from api.errors import documented
from api.v1.ai import ERRORS, Asking
from api.v1.conversations import CHAT_SESSIONS
from api.v1.resources import read_row
from core.errors import BadInput, Denied
from db.crud.failures import translated
from db.models import FeedbackStatus, UserType
from db.schemas.questions import FeedbackBody, FeedbackLogged, LogFeedbackBody
from policy.roles import Role
from tools.feedback import Unanswered
from tools.learning.book import Answer, Colleague

_REPORTED = "reported"


def feedback_routes() -> APIRouter:
    """The two ways of writing a question down."""
    router = APIRouter(prefix="/ai", tags=["ai"])

    @router.post("/feedback", status_code=201, operation_id="feedback", responses=documented(*ERRORS, 409))
    async def feedback(access: Asking, desk: OpenDesk, sent: FeedbackBody) -> FeedbackLogged:
        """Write down a question that was not answered; an administrator may bring its answer, or dismiss it."""
        role = _whose(access, sent.user_type)
        settled = sent.answer is not None or sent.status is not FeedbackStatus.PENDING
        if settled and access.principal.role is not Role.ADMIN:
            raise Denied("Only an administrator answers.", what="answer", reason="column_not_granted")
        if (sent.answer is not None) != (sent.status is FeedbackStatus.ANSWERED):
            raise BadInput("An answered question has an answer, and no other has.", what="answer")
        if sent.status is FeedbackStatus.RESOLVED:
            raise BadInput("It is resolved when the askers were told.", what="status", reason="not_by_hand")
        number = await _record(desk, sent.question, role, sent.language, _REPORTED, None)
        if settled:
            await run_in_threadpool(_settle, desk, access, number, sent)
        return FeedbackLogged(feedback_id=number, status=sent.status)

    @router.post("/log-feedback", status_code=201, operation_id="log_feedback", responses=documented(*ERRORS, 404))
    async def log_feedback(access: Asking, desk: OpenDesk, sent: LogFeedbackBody) -> FeedbackLogged:
        """Write down a question that a system of yours could not answer, and which conversation waits for it."""
        if sent.session_id is not None:
            key = {"session_id": sent.session_id}
            await run_in_threadpool(read_row, desk, access, CHAT_SESSIONS, key)
        role = access.principal.role
        number = await _record(desk, sent.question, role, sent.language, sent.reason, sent.session_id)
        return FeedbackLogged(feedback_id=number, status=FeedbackStatus.PENDING)

    return router


def _whose(access: Access, user_type: UserType | None) -> Role:
    """Whose question it is: the caller's; only an administrator writes down those of others."""
    role = access.principal.role
    if user_type is None:
        return role
    if role is not Role.ADMIN and user_type.value != role.value:
        raise Denied("Only an administrator writes down others' questions.", what="user_type", reason="not_yours")
    return Role(user_type.value)


async def _record(desk: Desk, question: str, role: Role, language: str, reason: str, session_id: int | None) -> int:
    with translated():
        unanswered = Unanswered(question, role, language, reason, {}, session_id)
        return await desk.crew.parts.feedback.record(unanswered)


def _settle(desk: Desk, access: Access, number: int, sent: FeedbackBody) -> None:
    by = Colleague(access.principal.name or "", access.user_id)
    with translated():
        if sent.answer is not None:
            desk.crew.book.answer(number, Answer(sent.answer, language=sent.language), by)
        else:
            desk.crew.book.dismiss(number, by)
