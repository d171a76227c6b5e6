"""What a specialist is given and what it gives back. All values frozen; nothing here does I/O."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

from agents.brains.protocol import Ask, Context, Draft, Facts, Intent
from policy.grants import Agent
from tools.handoff import HandoffNote
from tools.sql.query import Query, Rows
from tools.ticket_actions import Written

Waits = Literal["data", "documents", "ticket", "offer"]
Tell = Callable[[Facts], Awaitable[None]]
"""Says to the person what is being done; see the ``progress_`` kinds of ``agents/prompts/replies.yaml``."""


async def untold(_facts: Facts) -> None:
    """Nobody is told."""


@dataclass(frozen=True, slots=True)
class Cited:
    """A passage that an answer stands on."""

    document: str
    page: int | None
    section: str | None
    quote: str


@dataclass(frozen=True, slots=True)
class File:
    """A file that goes with the reply; ``data`` is base64."""

    name: str
    media_type: str
    data: str


@dataclass(frozen=True, slots=True)
class Refusal:
    """What may not be had and why, as policy codes."""

    what: str
    reason: str


@dataclass(frozen=True, slots=True)
class Question:
    """A clarifying question that waits: for whom, the request it completes, and the choices shown.

    ``offer``: a visit was offered and waits for a yes. ``keys`` are what each of ``options`` stands for (a SKU, an
    equipment number), in the same order.
    """

    waits: Waits
    request: str
    options: tuple[str, ...] = ()
    keys: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Unknown:
    """Why a question was not answered, as a stable code, what was looked up, and codes of it that no document names."""

    reason: str
    searched: Mapping[str, Any] = field(default_factory=dict)
    codes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Report:
    """What one specialist has to say about one ask.

    ``answered`` is False when the specialist does not know, so that another may try; ``confidence`` is of the answer.
    """

    agent: str
    text: str
    answered: bool = True
    confidence: float = 1.0
    citations: tuple[Cited, ...] = ()
    files: tuple[File, ...] = ()
    handoff: HandoffNote | None = None
    refusal: Refusal | None = None
    draft: Draft | None = None
    written: tuple[Written, ...] = ()
    sql: str | None = None
    unknown: Unknown | None = None
    """Set when nobody may know this: it is written down unless another specialist answers."""
    error: str | None = None
    query: Query | None = None
    rows: Rows | None = None
    focus: tuple[str, ...] = ()
    asked: Question | None = None
    question: str | None = None
    """The question put to the documents, for follow-ups."""


@dataclass(frozen=True, slots=True)
class TurnMark:
    """Which turn this is: for audit, idempotency and the log of unknown questions."""

    turn_id: str
    session_id: int | None = None


@dataclass(frozen=True, slots=True)
class Task:
    """One ask for one specialist. ``message`` is the whole message; ``earlier`` the reports this ask depends on."""

    ask: Ask
    context: Context
    message: str
    turn: TurnMark
    earlier: tuple[Report, ...] = ()
    chosen: tuple[str, ...] = field(default=())
    """Keys that the person picked from the options of a clarifying question."""
    tell: Tell = untold


class Specialist(Protocol):
    """Answers one kind of ask for one principal, who was given when it was built."""

    @property
    def agent(self) -> Agent:
        """Which specialist this is."""
        ...

    async def handle(self, task: Task) -> Report:
        """Answer ``task``; expected failures come back as a report, never as an exception."""
        ...


INTENT_AGENTS: dict[Intent, Agent] = {
    Intent.DATA: Agent.SQL_READER,
    Intent.DOCUMENTS: Agent.RAG_DOCS,
    Intent.TICKET: Agent.TICKET_WRITER,
    Intent.HUMAN: Agent.ESCALATION,
}
