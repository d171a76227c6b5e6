"""What a conversation remembers between turns: small, JSON in the checkpoint, and of one person only."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from pydantic import ValidationError

from agents.brains.protocol import Draft, Exchange, Language
from agents.report import Question
from graph.codec import dump, load
from graph.messages import JsonDict
from tools.sql.query import Query, Rows

HISTORY = 6
ROWS_KEPT = 20
FOCUS_KEPT = 4
MESSAGE_KEPT = 500
REPLY_KEPT = 700
CONFIRMATION_LASTS = timedelta(hours=24)
IGNORED_TO_ASK_AGAIN = 1
"""A yes after more than this many turns about something else may be a yes to something else."""


@dataclass(frozen=True, slots=True)
class Pending:
    """A draft that waits for a yes. ``request`` is what was asked, to draft again when the answer amends it.

    ``ignored`` counts the turns since it was last put to the person in which something else was talked about.
    """

    id: str
    created_at: datetime
    draft: Draft
    request: str
    ignored: int = 0

    def expired(self, now: datetime) -> bool:
        """Was it asked too long ago to be taken at its word?"""
        return now - self.created_at > CONFIRMATION_LASTS


@dataclass(frozen=True, slots=True)
class Memory:
    """The conversation so far. ``owner`` is whose it is: a memory of somebody else is never read.

    ``queued`` are requests that wait until the draft, or the question about it, has been answered.
    """

    owner: str
    language: Language = "es"
    history: tuple[Exchange, ...] = ()
    last_query: Query | None = None
    last_rows: Rows | None = None
    last_question: str | None = None
    focus: tuple[str, ...] = ()
    asked: Question | None = None
    pending: Pending | None = None
    queued: tuple[str, ...] = ()
    offered_person: bool = False
    refused: str = ""
    """Why the last turn was refused something, as the code of the policy; empty when it was not."""
    unclear: int = 0

    def with_exchange(self, exchange: Exchange) -> Memory:
        """One more turn, the oldest forgotten."""
        kept = Exchange(exchange.message[:MESSAGE_KEPT], exchange.reply[:REPLY_KEPT], exchange.intents)
        return replace(self, history=(*self.history, kept)[-HISTORY:])

    def with_rows(self, query: Query, rows: Rows) -> Memory:
        """The latest data answer, capped; rows asked for are the conversation's subject from now on."""
        total = rows.total if rows.total is not None else len(rows.rows)
        capped = replace(rows, rows=rows.rows[:ROWS_KEPT], sql="", total=total)
        return replace(self, last_query=query, last_rows=capped)

    def with_focus(self, skus: tuple[str, ...]) -> Memory:
        """Models just talked about come first."""
        return replace(self, focus=tuple(dict.fromkeys((*skus, *self.focus)))[:FOCUS_KEPT]) if skus else self


def read_memory(data: JsonDict | None, owner: str) -> Memory:
    """The memory in a checkpoint; empty when there is none, it is of another owner, or of a shape no longer known."""
    if not data or data.get("owner") != owner:
        return Memory(owner)
    try:
        return load(Memory, data)
    except ValidationError:
        return Memory(owner)


def begin(data: JsonDict | None, owner: str, language: Language) -> JsonDict:
    """The memory to start a turn with: ``data`` when it is ``owner``'s, else an empty one in ``language``."""
    if data and data.get("owner") == owner and data.get("history"):
        return data
    return write_memory(Memory(owner, language))


def write_memory(memory: Memory) -> JsonDict:
    """``memory`` as JSON."""
    data: JsonDict = dump(memory)
    return data
