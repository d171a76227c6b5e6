"""The public interface of a turn: what every door sends and returns."""

from __future__ import annotations

from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

Identifier = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]


class Sender(BaseModel):
    """A channel identity: never what the message claims."""

    model_config = ConfigDict(extra="forbid")

    channel: Identifier = Field(description="phone, chatwoot, whatsapp", examples=["phone"])
    external_id: Identifier = Field(examples=["+34600000001"])


class IncomingAttachment(BaseModel):
    """A file that came with the message."""

    model_config = ConfigDict(extra="ignore")

    name: str = Field(default="", max_length=300)
    media_type: str = Field(default="application/octet-stream", max_length=200)
    url: str | None = Field(default=None, max_length=2000)


class TurnRequest(BaseModel):
    """One message of one person."""

    message: str = Field(default="", description="What the person wrote", examples=["¿Cuándo vence mi garantía?"])
    sender: Identifier | Sender = Field(description="A phone number, or a channel identity", examples=["+34600000001"])
    conversation_id: Identifier = Field(default="demo", description="Conversation at the door")
    message_id: Identifier | None = Field(default=None, description="The door's id of the message, for idempotency")
    attachments: list[IncomingAttachment] = Field(default_factory=list, max_length=20)
    locale: Annotated[str, StringConstraints(max_length=35)] | None = Field(default=None, examples=["es-ES"])


class Citation(BaseModel):
    """Where an answer comes from."""

    document: str
    page: int | None = None
    section: str | None = None
    quote: str = ""


class OutgoingAttachment(BaseModel):
    """A file that goes with the reply; ``data`` is base64."""

    name: str
    media_type: str
    url: str | None = None
    data: str | None = None


class Handoff(BaseModel):
    """The door must bring in a person."""

    reason: str
    priority: Literal["low", "medium", "high", "urgent"] = "medium"
    labels: list[str] = Field(default_factory=list)
    summary: str = ""


class Denial(BaseModel):
    """What was refused and why, as codes."""

    what: str
    reason: str


class PendingConfirmation(BaseModel):
    """A write that waits for a yes."""

    action: str
    summary: str


class Choices(BaseModel):
    """Answers that the reply waits for: a channel may show them as buttons."""

    kind: Literal["confirmation", "options"]
    options: list[str] = Field(default_factory=list, description="What may be picked, in the order of the reply")


class Written(BaseModel):
    """A row that this turn wrote."""

    table: str
    id: str
    action: str


class Usage(BaseModel):
    """Model calls and tokens spent."""

    model_calls: int = 0
    input_tokens: int = 0
    output_tokens: int = 0


class TurnResult(BaseModel):
    """What every door returns."""

    turn_id: UUID
    reply: str
    language: str = "es"
    role: str = "guest"
    intents: list[str] = Field(default_factory=list)
    specialists: list[str] = Field(default_factory=list)
    citations: list[Citation] = Field(default_factory=list)
    attachments: list[OutgoingAttachment] = Field(default_factory=list)
    handoff: Handoff | None = None
    denied: Denial | None = None
    pending_confirmation: PendingConfirmation | None = None
    choices: Choices | None = None
    written: list[Written] = Field(default_factory=list)
    sql: str | list[str] | None = Field(default=None, description="Administrators only")
    feedback_id: int | None = None
    told: list[int] = Field(
        default_factory=list, description="Those who had asked what this reply tells besides (knowledge_askers)"
    )
    withdrawn: list[int] = Field(
        default_factory=list, description="Those whom it tells that what they were told before does not hold"
    )
    usage: Usage = Field(default_factory=Usage)
    timings_ms: dict[str, float] = Field(default_factory=dict)
    error: str | None = Field(default=None, description="Code of what went wrong, if something did")


JsonDict = dict[str, Any]
