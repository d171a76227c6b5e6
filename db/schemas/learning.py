"""What REST says of questions that nobody could answer, their answers, and those who asked."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from db.models import AskerState, Audience, FeedbackStatus, Owes, UserType
from db.schemas.words import Day, Flag, Line, Number

AnswerText = Annotated[str, StringConstraints(min_length=1, max_length=4000, pattern=r"^([^\x00]*[^\x00\s][^\x00]*)$")]
"""Text that says something."""
_TELL_AGAIN = "Tell those who were told an earlier answer that it no longer holds; left out: as the settings say"


class _Sent(BaseModel):
    model_config = ConfigDict(extra="forbid")


class AnswerBody(_Sent):
    """A new version of the answer to a question."""

    text: AnswerText = Field(examples=["Sí, con el módulo wifi NV-Link, desde la app de Norvento."])
    audience: Audience | None = Field(default=None, description="Least privileged reader; left out: who asked")
    language: Literal["es", "en"] | None = Field(default=None, description="Left out: the question's")
    valid_from: Day | None = Field(default=None, description="First day it holds")
    valid_until: Day | None = Field(default=None, description="Last day it holds")
    approve: Flag = Field(default=False, description="Serve it at once and tell those who asked")
    tell_again: Flag | None = Field(default=None, description=_TELL_AGAIN)


class ApprovalBody(_Sent):
    """Which version is approved."""

    version: Number | None = Field(default=None, description="Left out: the newest")
    tell_again: Flag | None = Field(default=None, description=_TELL_AGAIN)


class RevocationBody(_Sent):
    """How an answer is withdrawn."""

    tell_again: Flag | None = Field(default=None, description=_TELL_AGAIN)


class DismissalBody(_Sent):
    """Why nobody is going to answer."""

    reason: Line | None = Field(default=None, examples=["No es cosa nuestra"])


class MergeBody(_Sent):
    """Which question it is the same as."""

    into: Number = Field(examples=[12])


class AnswerVersion(BaseModel):
    """One version of an answer: what was written never changes."""

    version: int
    text: str
    language: str
    audience: Audience
    author: str
    source: str = Field(description="rest, chatwoot, csv, sheets")
    valid_from: date | None
    valid_until: date | None
    created_at: datetime
    approved_at: datetime | None
    approved_by: str | None
    revoked_at: datetime | None = Field(description="Withdrawn, or replaced by a newer version")
    revoked_by: str | None


class QuestionAsker(BaseModel):
    """Somebody who asked, and how far the answer got with them."""

    asker_id: int
    name: str
    user_type: UserType
    question: str = Field(description="As they put it")
    language: str
    state: AskerState = Field(
        description="waiting; queued to be posted; told; with_colleague: given to who has the conversation; withheld: "
        "not for their role; undeliverable"
    )
    owes: Owes = Field(
        description="What they are told next: the answer; a retraction of what they were told (or its correction, if "
        "there is one); a correction, of which they know that it comes"
    )
    reachable: bool = Field(description="A message can be sent; else they are told when they next write")
    asked_at: datetime
    notified_at: datetime | None


class OpenQuestion(BaseModel):
    """A question in the list of those to be answered."""

    feedback_id: int
    question: str
    user_type: UserType
    language: str
    status: FeedbackStatus
    reason: str
    askers: int = Field(description="How many asked")
    last_asked: datetime


class SimilarQuestion(BaseModel):
    """A question that may be the same: for a person to decide."""

    feedback_id: int
    question: str
    likeness: float = Field(ge=0, le=1)


class LearnedQuestion(BaseModel):
    """A question with everything about it."""

    feedback_id: int
    question: str
    user_type: UserType
    language: str
    status: FeedbackStatus
    reason: str
    answer: str | None
    asked_at: datetime
    answered_at: datetime | None
    resolved_at: datetime | None
    merged_into: int | None
    versions: list[AnswerVersion]
    askers: list[QuestionAsker]
    similar: list[SimilarQuestion] = Field(description="Open questions that look alike")


class QuestionPage(BaseModel):
    """Questions, the most asked first."""

    items: list[OpenQuestion]


class TableRow(BaseModel):
    """What became of one row of a table; the heading is row 1."""

    row: int
    outcome: Literal["created", "added", "approved", "unchanged", "skipped", "refused"]
    feedback_id: int | None
    version: int | None
    reason: str = Field(description="Why it was refused, as a code")


class TableReport(BaseModel):
    """What became of a table."""

    rows: list[TableRow]
