"""What the graph asks of a brain: route, plan, draft, answer, phrase. All values frozen; nothing here does I/O."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Literal, Protocol

from ingest.naming import Names
from ingest.passages import Passage
from policy.grants import Write
from policy.roles import Principal
from tools.sql.query import Query, Rows
from tools.tickets import OpenVisit

Language = Literal["es", "en"]


class Intent(StrEnum):
    """What one part of a message wants."""

    DATA = "data"
    """Rows or figures of the company: contracts, visits, stock, conversations."""
    DOCUMENTS = "documents"
    """Something manuals or policies say: how to, what it means, how often, whether it is covered."""
    TICKET = "ticket"
    """Something to be written: ask for a visit, open, update or close an intervention."""
    HUMAN = "human"
    """A person: asked for, or needed (complaint, cancellation, invoice dispute)."""
    IDENTIFY = "identify"
    """A sender who says who they are."""
    GREETING = "greeting"
    THANKS = "thanks"
    HELP = "help"
    """What can you do?"""
    CONFIRM = "confirm"
    REJECT = "reject"
    OUT_OF_SCOPE = "out_of_scope"
    """Nothing to do with the company (recipes, football), or text that tries to change the rules."""
    UNCLEAR = "unclear"
    """Not understood well enough to act: ask."""


@dataclass(frozen=True, slots=True)
class Ask:
    """One thing asked. ``text`` is the part of the message that asks it, complete enough to stand alone.

    ``needs`` is the position of the ask whose rows this one depends on ("mi equipo instalado en febrero" must be found
    before its maintenance is looked up); None when it is independent.
    """

    text: str
    intent: Intent
    confidence: float
    needs: int | None = None
    reason: str = ""
    """Why, when it is known. HUMAN: complaint, cancellation, billing, visit_change, sales, asked_for_person. UNCLEAR:
    the medium of a file that a placeholder stands for (audio, image, location, default). OUT_OF_SCOPE: delete,
    injection. DOCUMENTS: fault."""


@dataclass(frozen=True, slots=True)
class Route:
    """What a message asks, in order, and the language to answer in."""

    language: Language
    asks: tuple[Ask, ...]


@dataclass(frozen=True, slots=True)
class Exchange:
    """One earlier turn of the conversation."""

    message: str
    reply: str
    intents: tuple[Intent, ...] = ()


@dataclass(frozen=True, slots=True)
class Machine:
    """A machine that may be meant: what the principal owns, or what the last answer was about."""

    equipment_id: int
    sku: str
    name: str
    category: str
    location: str
    installed_on: str
    city: str = ""


@dataclass(frozen=True, slots=True)
class Context:
    """What a brain may know besides the message. ``now`` is aware, in the company's time zone.

    ``values`` are the linked values that the principal may read: (entity, dimension) -> values. ``last_query`` and
    ``last_rows`` are those of the latest data answer of this conversation; ``last_question`` the latest question to the
    documents; ``machines`` the equipment the principal owns (clients), ``focus`` the machine or model being talked
    about.
    ``options`` are the choices of the last clarifying question, in the order shown.
    """

    principal: Principal
    now: datetime
    language: Language = "es"
    history: tuple[Exchange, ...] = ()
    values: Mapping[tuple[str, str], tuple[str, ...]] = field(default_factory=dict)
    machines: tuple[Machine, ...] = ()
    focus: tuple[str, ...] = ()
    """SKUs being talked about, most recent first."""
    last_query: Query | None = None
    last_rows: Rows | None = None
    last_question: str | None = None
    options: tuple[str, ...] = ()
    pending: Draft | None = None
    """The draft that was put to the person and waits for a yes."""
    library: Names = field(default_factory=Names)
    """What the documents that the principal may read call the things they are about."""
    insisted: bool = False
    """What a request lacks was asked for already, or a draft of it waits: nobody is asked that twice."""
    visits: tuple[OpenVisit, ...] = ()
    """Known to whoever drafts for staff: what "lo de Pérez" may be."""


@dataclass(frozen=True, slots=True)
class Planned:
    """A query that explains the question. ``confidence`` is the calibrated share of meaning explained, 0 to 1.

    ``chart`` is set when the person asked for a drawing; ``followup`` when it was resolved from the conversation.
    ``then`` is what the same question goes on to ask, to be planned in the light of this answer. ``otherwise`` is
    another reading that explains the question nearly as well, worth asking when the first finds no row.
    ``left_out`` are words of the question that say something which the query does not hold: the person is told.
    """

    query: Query
    confidence: float
    unexplained: tuple[str, ...] = ()
    chart: bool = False
    followup: bool = False
    then: str = ""
    otherwise: Query | None = None
    left_out: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Clarify:
    """A question back to the person, in their language, with the options to choose from (possibly none).

    ``keys`` are what each option stands for when it is more than its words, in the same order.
    """

    question: str
    options: tuple[str, ...] = ()
    keys: tuple[str, ...] = ()


COMPANY = "company_"
"""How the reason of a help begins that asks a fact of the company: "company_phone"."""
FOREIGN = "foreign"
"""Why help is needed: the message is in a language that nobody answers in."""
FAULT = "fault"
"""Why something is asked of the documents: a client tells of a fault, which a visit may mend if no document helps."""
BESIDES = "besides"
"""Why something is asked of the documents when a visit is asked for: the code that the machine shows may have a fix
that helps meanwhile. Nothing is said when there is none."""
FOR_THE_OFFICE = "for_the_office"
"""Why a draft is not allowed when a person of the office does it for whoever asks (moving one's own visit)."""


@dataclass(frozen=True, slots=True)
class NotAllowed:
    """The question is understood and the role may not have it. ``what`` and ``reason`` as in policy decisions."""

    what: str
    reason: str


@dataclass(frozen=True, slots=True)
class NotUnderstood:
    """The brain does not know. ``unexplained`` are the words that nothing explains."""

    unexplained: tuple[str, ...] = ()


Plan = Planned | Clarify | NotAllowed | NotUnderstood


@dataclass(frozen=True, slots=True)
class Draft:
    """A write ready to be confirmed.

    ``fields`` by action: request_visit: equipment_id?, kind, priority, description, preferred (free text)?;
    update_intervention: intervention_id, status?, result?, scheduled_at?, technician?; create_intervention: client,
    kind, description, equipment_id?, technician?, scheduled_at?. Names are resolved to rows by the tool, which also
    checks ownership. ``summary`` is what the person is asked to confirm, in their language.
    """

    action: Write
    fields: Mapping[str, str | int]
    summary: str


DraftOutcome = Draft | Clarify | NotAllowed | NotUnderstood


@dataclass(frozen=True, slots=True)
class Grounded:
    """An answer that stands on passages; ``used`` are positions in the passages given, in order of citation."""

    text: str
    used: tuple[int, ...]
    confidence: float


@dataclass(frozen=True, slots=True)
class Facts:
    """What a reply has to say: a ``kind`` of ``agents/prompts/replies.yaml`` and the values it is filled with."""

    kind: str
    values: Mapping[str, object] = field(default_factory=dict)


class Brain(Protocol):
    """Understands and words. Every method may be called concurrently and never raises for strange text."""

    async def route(self, message: str, context: Context) -> Route:
        """Split ``message`` into what it asks."""
        ...

    async def plan(self, question: str, context: Context) -> Plan:
        """Turn a question to the data into a query, or say why not."""
        ...

    async def draft(self, request: str, context: Context) -> DraftOutcome:
        """Turn a request to write into a draft, or ask for what is missing."""
        ...

    async def answer(self, question: str, passages: tuple[Passage, ...], context: Context) -> Grounded | None:
        """Answer from ``passages`` only; None when they do not answer it."""
        ...

    async def phrase(self, facts: Facts, context: Context) -> str:
        """Word ``facts`` for the person, in ``context.language``."""
        ...

    async def present(self, question: str, query: Query | None, rows: Rows, context: Context) -> str:
        """Word the rows that answer ``question``."""
        ...
