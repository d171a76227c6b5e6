"""``/ai``: the agents over REST, as whoever asks. A turn is the whole crew; the two queries are one specialist each."""

from __future__ import annotations

import asyncio
from typing import Annotated, Any
from uuid import uuid4

from fastapi import APIRouter, Depends
from pydantic import Field

from agents.brains.protocol import Ask, Intent
from agents.report import Report, Task, TurnMark
from api.auth import Access, Caller, OpenDesk
from api.desk import Desk
from api.errors import documented
from core.errors import Denied, Unavailable
from db.crud.accounts import CHANNEL
from db.schemas.questions import CitationRecord, ColumnRecord, DataAnswer, KnowledgeAnswer, QuestionBody
from graph.memory import Memory
from graph.messages import Identifier, Sender, TurnRequest, TurnResult
from policy.decide import may_use
from policy.grants import Agent
from policy.scopes import AGENT, ASK, covers
from tools.feedback import Unanswered

ERRORS = (400, 401, 403, 413, 422, 429, 503)


class TurnBody(TurnRequest):
    """One message. Without a sender it is the caller's own; only keys with the scope ``agent`` speak for others."""

    sender: Identifier | Sender | None = Field(default=None)  # type: ignore[assignment]
    conversation_id: Identifier = Field(default="api", description="Conversation at the caller's")


def asking(access: Caller, desk: OpenDesk) -> Access:
    """A caller who may ask; raises :class:`Denied`, or :class:`TooManyRequests` when they ask too often."""
    access.need(ASK)
    desk.limits.take(desk.limits.questions, access.caller)
    return access


Asking = Annotated[Access, Depends(asking)]


def ai_routes() -> APIRouter:
    """Turns and single questions."""
    router = APIRouter(prefix="/ai", tags=["ai"])

    @router.post("/turn", operation_id="turn", responses=documented(*ERRORS))
    async def turn(access: Asking, desk: OpenDesk, sent: TurnBody) -> TurnResult:
        """Say something to the crew, as in a chat: it remembers the conversation, and asks before it writes.

        The same `message_id` in the same conversation gets the same result.
        """
        own = Sender(channel=CHANNEL, external_id=str(access.user_id))
        if sent.sender not in (None, own) and not covers(access.scopes, AGENT):
            raise Denied("Only a service key with the scope agent speaks for others.", what="sender", reason=AGENT)
        request = TurnRequest.model_validate({**sent.model_dump(), "sender": sent.sender or own})
        return await desk.crew.turns.answer(request)

    @router.post("/sql-query", operation_id="sql_query", responses=documented(*ERRORS))
    async def sql_query(access: Asking, desk: OpenDesk, sent: QuestionBody) -> DataAnswer:
        """Ask the data: rows in words and as values, and the SQL for administrators."""
        report = await _handled(desk, access, sent, Agent.SQL_READER, Intent.DATA)
        answer = DataAnswer(answer=report.text, answered=report.answered, sql=report.sql)
        if report.rows is not None:
            rows = report.rows
            answer.columns = [ColumnRecord(key=column.key, kind=column.kind) for column in rows.columns]
            answer.rows = [list(row) for row in rows.rows]
            answer.total, answer.truncated = rows.total, rows.truncated
        answer.feedback_id = await _written_down(desk, access, sent, report)
        return answer

    @router.post("/knowledge-query", operation_id="knowledge_query", responses=documented(*ERRORS))
    async def knowledge_query(access: Asking, desk: OpenDesk, sent: QuestionBody) -> KnowledgeAnswer:
        """Ask the documents written for the caller's role: an answer with its citations."""
        report = await _handled(desk, access, sent, Agent.RAG_DOCS, Intent.DOCUMENTS)
        cited = [CitationRecord.model_validate(item, from_attributes=True) for item in report.citations]
        feedback_id = await _written_down(desk, access, sent, report)
        return KnowledgeAnswer(answer=report.text, answered=report.answered, citations=cited, feedback_id=feedback_id)

    return router


async def _handled(desk: Desk, access: Access, sent: QuestionBody, agent: Agent, intent: Intent) -> Report:
    """What one specialist of the caller's says; raises :class:`Denied` with policy's reason."""
    principal, parts = access.principal, desk.crew.parts
    decision = may_use(principal.role, agent)
    specialist = parts.roster(principal).get(agent)
    if not decision.allowed or specialist is None:
        raise Denied(what=decision.what, reason=decision.reason)
    memory = Memory(owner=access.caller, language=sent.language)
    ask = Ask(sent.question, intent, confidence=1.0)
    try:
        async with asyncio.timeout(desk.settings.turn_budget_seconds):
            task = Task(ask, await parts.context(principal, memory), sent.question, TurnMark(str(uuid4())))
            report = await specialist.handle(task)
    except TimeoutError as error:
        raise Unavailable("The answer took too long.") from error
    if report.refusal is not None:
        raise Denied(report.text, what=report.refusal.what, reason=report.refusal.reason)
    return report


async def _written_down(desk: Desk, access: Access, sent: QuestionBody, report: Report) -> int | None:
    if report.unknown is None:
        return None
    searched: dict[str, Any] = dict(report.unknown.searched)
    unanswered = Unanswered(
        sent.question, access.principal.role, sent.language, report.unknown.reason, searched, session_id=None
    )
    return await desk.crew.parts.feedback.record(unanswered)
