"""What nobody knew, answered by the office: write, approve, withdraw, set aside, merge; tables in and out.

For administrators. Who asked is told by the door they asked at, in the worker, after an answer is approved.
"""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Form, Query, Response, UploadFile
from pydantic import BaseModel, ConfigDict, Field

from api.auth import Access, Caller, OpenDesk
from api.desk import Desk
from api.errors import documented
from api.idempotency import IdempotencyKey
from api.v1.resources import BASE
from core.errors import Conflict, Denied, Misconfigured
from db.crud.failures import translated
from db.models import FeedbackStatus, KnowledgeAnswer
from db.schemas.learning import (
    AnswerBody,
    AnswerVersion,
    ApprovalBody,
    DismissalBody,
    LearnedQuestion,
    MergeBody,
    OpenQuestion,
    QuestionAsker,
    QuestionPage,
    RevocationBody,
    SimilarQuestion,
    TableReport,
    TableRow,
)
from db.schemas.words import Id
from policy.decide import may_update
from policy.scopes import READ, WRITE
from tools.learning.book import Answer, Colleague, Standing
from tools.learning.csv_table import MOST_BYTES
from tools.learning.duplicates import likeness
from tools.learning.exchange import export_csv, import_csv, sync_sheet
from tools.learning.spreadsheet import Spreadsheet
from tools.learning.table import RowReport

TABLE_PATH = f"{BASE}/learning/table"
TABLE_BYTES = MOST_BYTES
_TABLE = "knowledge_feedback"
_READ_ERRORS = (401, 403, 404, 422, 429, 503)
_WRITE_ERRORS = (400, 401, 403, 404, 409, 413, 422, 429, 503)
_AS_THE_SETTINGS_SAY = RevocationBody()
_ALIKE, _MOST_ALIKE, _COMPARED = 0.7, 5, 500


class WhichQuestions(BaseModel):
    """Which questions are listed."""

    model_config = ConfigDict(extra="forbid")

    status: list[FeedbackStatus] | None = Field(default=None, description="Left out: pending", max_length=5)
    limit: int = Field(default=50, ge=1, le=200)
    offset: int = Field(default=0, ge=0, le=1_000_000)


class WhichRows(BaseModel):
    """Which questions are exported."""

    model_config = ConfigDict(extra="forbid")

    everything: bool = Field(default=False, description="Those that were answered, too")


class TableForm(BaseModel):
    """A CSV table of questions and answers."""

    model_config = ConfigDict(extra="forbid")

    file: UploadFile = Field(description="As `GET /learning/table` gives it; at least columns of questions and answers")
    approve: bool = Field(default=False, description="Approve every answer, not only those whose row says so")


def learning_routes() -> APIRouter:
    """Everything under ``/learning``."""
    router = APIRouter(prefix="/learning", tags=["learning"])
    _add_questions(router)
    _add_changes(router)
    _add_tables(router)
    return router


def _add_questions(router: APIRouter) -> None:
    @router.get("/questions", operation_id="list_learning_questions", responses=documented(*_READ_ERRORS))
    def questions(access: Caller, desk: OpenDesk, asked: Annotated[WhichQuestions, Query()]) -> QuestionPage:
        """Questions that nobody could answer, the most asked first."""
        _allow(access, READ)
        with translated():
            statuses = asked.status or [FeedbackStatus.PENDING]
            found = desk.crew.book.ranked(statuses, asked.limit, asked.offset)
        return QuestionPage(
            items=[
                OpenQuestion.model_validate(
                    {**_columns(one.question), "askers": one.askers, "last_asked": one.last_asked}
                )
                for one in found
            ]
        )

    @router.get("/questions/{feedback_id}", operation_id="get_learning_question", responses=documented(*_READ_ERRORS))
    def question(access: Caller, desk: OpenDesk, feedback_id: Id) -> LearnedQuestion:
        """One question: every version of its answer, who asked, how far the answer got, and what looks alike."""
        _allow(access, READ)
        with translated():
            return _whole(desk, desk.crew.book.standing(feedback_id))


def _add_changes(router: APIRouter) -> None:
    @router.post(
        "/questions/{feedback_id}/answers",
        status_code=201,
        operation_id="answer_question",
        responses=documented(*_WRITE_ERRORS),
    )
    def answer(
        access: Caller, desk: OpenDesk, feedback_id: Id, sent: AnswerBody, again: IdempotencyKey = None
    ) -> LearnedQuestion:
        """Write a new version of the answer. It is served, and those who asked are told, once it is approved."""
        by = _allow(access, WRITE)
        origin = f"rest:{access.caller}:{again}" if again is not None else None
        given = Answer(**sent.model_dump(exclude={"approve", "tell_again"}), source="rest", origin=origin)
        with translated():
            standing = desk.crew.book.answer(feedback_id, given, by)
            if sent.approve and standing.answer is not None and standing.answer.revoked_at is None:
                version = standing.answer.version
                standing = desk.crew.book.approve(feedback_id, by, version, tell_again=sent.tell_again)
            return _whole(desk, standing)

    @router.post(
        "/questions/{feedback_id}/approval", operation_id="approve_answer", responses=documented(*_WRITE_ERRORS)
    )
    def approve(access: Caller, desk: OpenDesk, feedback_id: Id, sent: ApprovalBody) -> LearnedQuestion:
        """Serve a version of the answer from now on and tell those who asked. Doing it again changes nothing."""
        by = _allow(access, WRITE)
        with translated():
            return _whole(desk, desk.crew.book.approve(feedback_id, by, sent.version, tell_again=sent.tell_again))

    @router.post(
        "/questions/{feedback_id}/revocation", operation_id="revoke_answer", responses=documented(*_WRITE_ERRORS)
    )
    def revoke(
        access: Caller, desk: OpenDesk, feedback_id: Id, sent: RevocationBody = _AS_THE_SETTINGS_SAY
    ) -> LearnedQuestion:
        """Withdraw the answer that is served: nobody gets it any more, and the question is pending again.

        Those who were told it are told that it no longer holds.
        """
        by = _allow(access, WRITE)
        with translated():
            return _whole(desk, desk.crew.book.revoke(feedback_id, by, tell_again=sent.tell_again))

    @router.post(
        "/questions/{feedback_id}/dismissal", operation_id="dismiss_question", responses=documented(*_WRITE_ERRORS)
    )
    def dismiss(access: Caller, desk: OpenDesk, feedback_id: Id, sent: DismissalBody) -> LearnedQuestion:
        """Nobody is going to answer this."""
        by = _allow(access, WRITE)
        with translated():
            return _whole(desk, desk.crew.book.dismiss(feedback_id, by, sent.reason or ""))

    @router.post("/questions/{feedback_id}/merge", operation_id="merge_question", responses=documented(*_WRITE_ERRORS))
    def merge(access: Caller, desk: OpenDesk, feedback_id: Id, sent: MergeBody) -> LearnedQuestion:
        """The question is the same as another: those who asked it wait for that answer, or are told it."""
        by = _allow(access, WRITE)
        with translated():
            return _whole(desk, desk.crew.book.merge(feedback_id, sent.into, by))


def _add_tables(router: APIRouter) -> None:
    @router.get(
        "/table",
        operation_id="export_learning_table",
        response_class=Response,
        responses={200: {"content": {"text/csv": {}}, "description": "CSV"}, **documented(*_READ_ERRORS)},
    )
    def export(access: Caller, desk: OpenDesk, asked: Annotated[WhichRows, Query()]) -> Response:
        """The questions to be answered, or all of them, as CSV that a Spanish spreadsheet opens."""
        _allow(access, READ)
        with translated():
            data = export_csv(desk.crew.book, asked.everything)
        headers = {"Content-Disposition": 'attachment; filename="preguntas.csv"'}
        return Response(data, headers=headers, media_type="text/csv; charset=utf-8")

    @router.post("/table", operation_id="import_learning_table", responses=documented(*_WRITE_ERRORS))
    def read_table(access: Caller, desk: OpenDesk, sent: Annotated[TableForm, Form()]) -> TableReport:
        """Learn the answers of a CSV table. The same table again changes nothing."""
        by = _allow(access, WRITE)
        with translated():
            return _report(import_csv(desk.crew.book, sent.file.file.read(), by, sent.approve))

    @router.post("/sheet", operation_id="sync_learning_sheet", responses=documented(*_WRITE_ERRORS))
    def sheet(access: Caller, desk: OpenDesk) -> TableReport:
        """Learn the answers of the company's Google spreadsheet, and show the questions there."""
        by = _allow(access, WRITE)
        try:
            spreadsheet = _spreadsheet(desk)
        except Misconfigured as error:
            raise Conflict(error.message) from error
        with translated():
            return _report(sync_sheet(desk.crew.book, spreadsheet, by))


def _spreadsheet(desk: Desk) -> Spreadsheet:
    settings = desk.settings
    if settings.learning_sheet is None:
        raise Misconfigured("No spreadsheet is configured: CUADRILLA_LEARNING_SHEET.")
    return Spreadsheet.open(settings.learning_sheet, settings.drive_key)


def _allow(access: Access, scope: str) -> Colleague:
    """Who of the office is calling; raises :class:`Denied` for everybody else."""
    access.need(scope, _TABLE)
    decision = may_update(access.principal.role, _TABLE)
    if not decision.allowed:
        raise Denied(what=decision.what, reason=decision.reason)
    return Colleague(access.principal.name or "", access.user_id)


def _whole(desk: Desk, standing: Standing) -> LearnedQuestion:
    number = standing.question.feedback_id
    similar = [
        SimilarQuestion(feedback_id=one.question.feedback_id, question=one.question.question, likeness=round(alike, 3))
        for one in desk.crew.book.ranked((FeedbackStatus.PENDING, FeedbackStatus.ANSWERED), _COMPARED)
        if one.question.feedback_id != number
        and (alike := likeness(one.question.question, standing.question.question)) >= _ALIKE
    ]
    return LearnedQuestion(
        **_columns(standing.question),
        answer=standing.question.answer,
        asked_at=standing.question.asked_at,
        answered_at=standing.question.answered_at,
        resolved_at=standing.question.resolved_at,
        merged_into=standing.question.merged_into,
        versions=[_version(one) for one in desk.crew.book.versions(number)],
        askers=[QuestionAsker.model_validate(one, from_attributes=True) for one in standing.askers],
        similar=sorted(similar, key=lambda one: -one.likeness)[:_MOST_ALIKE],
    )


def _columns(question: object) -> dict[str, Any]:
    names = ("feedback_id", "question", "user_type", "language", "status", "reason")
    return {name: getattr(question, name) for name in names}


def _version(answer: KnowledgeAnswer) -> AnswerVersion:
    return AnswerVersion.model_validate(answer, from_attributes=True)


def _report(reports: list[RowReport]) -> TableReport:
    return TableReport(rows=[TableRow.model_validate(one, from_attributes=True) for one in reports])
