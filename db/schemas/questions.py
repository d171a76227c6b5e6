"""Questions to the agents and what they answer; questions that were not answered."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints

from core.text import fold
from db.models import FeedbackStatus, UserType
from db.schemas.words import Line, Number

_SPANISH = {
    "cliente": UserType.CLIENT,
    "tecnico": UserType.TECHNICIAN,
    "administrador": UserType.ADMIN,
    "invitado": UserType.GUEST,
    "pendiente": FeedbackStatus.PENDING,
    "respondida": FeedbackStatus.ANSWERED,
    "descartada": FeedbackStatus.DISMISSED,
}


def _in_english(value: Any) -> Any:
    return _SPANISH.get(fold(value), value) if isinstance(value, str) else value


Said = Annotated[str, StringConstraints(min_length=1, max_length=4000, pattern=r"^([^\x00]*[^\x00-\x20][^\x00]*)$")]


class QuestionBody(BaseModel):
    """A question that stands alone."""

    model_config = ConfigDict(extra="forbid")

    question: Said = Field(examples=["¿Cuántos contratos vencen este mes?"])
    language: Literal["es", "en"] = Field(default="es", description="Language of the answer")


class ColumnRecord(BaseModel):
    """A column of an answer. ``kind`` says how its values are read: text, integer, money, date, enum:..."""

    key: str
    kind: str


class DataAnswer(BaseModel):
    """An answer from the data."""

    answer: str = Field(description="The answer in words")
    answered: bool = Field(description="False: it was not understood, and has been written down")
    columns: list[ColumnRecord] = Field(default_factory=list[ColumnRecord])
    rows: list[list[Any]] = Field(default_factory=list[list[Any]])
    total: int | None = Field(default=None, description="Rows in all, when known")
    truncated: bool = False
    sql: str | None = Field(default=None, description="What was run; administrators only")
    feedback_id: int | None = Field(default=None, description="Where it was written down, when not answered")


class CitationRecord(BaseModel):
    """Where an answer comes from."""

    document: str
    page: int | None = None
    section: str | None = None
    quote: str = ""


class KnowledgeAnswer(BaseModel):
    """An answer from the documents."""

    answer: str
    answered: bool = Field(description="False: no document says it, and the question has been written down")
    citations: list[CitationRecord] = Field(default_factory=list[CitationRecord])
    feedback_id: int | None = None


class FeedbackBody(BaseModel):
    """A question that was not answered, or with its answer (administrators)."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "example": {
                "question": "¿Cómo se cambia el filtro del equipo X?",
                "answer": None,
                "user_type": "cliente",
                "status": "pending",
            }
        },
    )

    question: Said
    answer: Said | None = None
    user_type: Annotated[UserType, BeforeValidator(_in_english)] | None = Field(
        default=None, description="client, technician, admin, guest; also cliente, técnico, administrador, invitado"
    )
    status: Annotated[FeedbackStatus, BeforeValidator(_in_english)] = Field(
        default=FeedbackStatus.PENDING,
        description="pending, answered, dismissed (pendiente, respondida, descartada)",
    )
    language: Literal["es", "en"] = "es"


class LogFeedbackBody(BaseModel):
    """A question that a system of yours could not answer."""

    model_config = ConfigDict(extra="forbid")

    question: Said = Field(examples=["¿Se puede conectar la caldera a Alexa?"])
    reason: Line = Field(default="reported", description="Why, as a code of yours", examples=["not_in_documents"])
    session_id: Number | None = Field(default=None, description="The conversation to be told when it is answered")
    language: Literal["es", "en"] = "es"


class FeedbackLogged(BaseModel):
    """Where the question stands."""

    feedback_id: int
    status: FeedbackStatus
