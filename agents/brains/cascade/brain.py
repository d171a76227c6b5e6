"""The cascade: what the offline brain is certain of costs no call; the rest is the model's, while it answers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from agents.brains.cascade.certainty import Certainty
from agents.brains.cascade.governor import Governor
from agents.brains.cascade.signals import SURE, Decision, Signals
from agents.brains.protocol import (
    Brain,
    Context,
    DraftOutcome,
    Facts,
    Grounded,
    Intent,
    NotUnderstood,
    Plan,
    Planned,
    Route,
)
from agents.brains.thinking import Reading, current, is_one_question
from agents.sql_text import Attempt, SqlWriter
from ingest.passages import Passage
from tools.sql.query import Query, Rows

Watch = Callable[[Sequence[Decision]], None]


def _unwatched(_decisions: Sequence[Decision]) -> None:
    """Nobody looks."""


@dataclass(frozen=True, slots=True)
class CascadeBrain:
    """Implements :class:`agents.brains.protocol.Brain`, and :class:`agents.sql_text.SqlWriter` where the model does.

    Words are the offline brain's: replies come from templates whoever understood the message. ``watch`` is shown every
    decision that the offline brain took.
    """

    offline: Brain
    model: Brain
    certainty: Certainty
    signals: Signals
    governor: Governor
    watch: Watch = _unwatched

    async def route(self, message: str, context: Context) -> Route:
        """Split ``message`` into what it asks.

        What may be one question to the documents is looked up first: the model reads it together with what was found.
        """
        route = await self.offline.route(message, context)
        plans = {
            ask.text: await self.offline.plan(ask.text, context) for ask in route.asks if ask.intent is Intent.DATA
        }
        decisions = self.signals.of_route(message, route, plans, context)
        self.watch(decisions)
        if self.certainty.enough(*decisions):
            return route
        turn = current()
        if is_one_question(route, context) and turn.reading is not Reading.MISREAD:
            turn.reading, turn.by_model = Reading.GUESSED, True
            return route
        read = await self.governor.ask("route", lambda: self.model.route(message, context), None)
        turn.by_model = read is not None
        return read or route

    async def plan(self, question: str, context: Context) -> Plan:
        """Turn a question to the data into a query, or say why not.

        What the model routed, it plans. A second opinion on a question to the documents is worth a call when offline
        sees a query in it.
        """
        plan = await self.offline.plan(question, context)
        if question in current().to_documents and not isinstance(plan, Planned):
            return plan
        decision = self.signals.of_plan(question, plan, context, SURE)
        if not current().by_model and self.certainty.enough(decision):
            return plan
        return await self.governor.ask("plan", lambda: self.model.plan(question, context), plan)

    async def draft(self, request: str, context: Context) -> DraftOutcome:
        """Turn a request to write into a draft, or ask for what is missing."""
        outcome = await self.offline.draft(request, context)
        if not current().by_model and not isinstance(outcome, NotUnderstood):
            return outcome
        return await self.governor.ask("draft", lambda: self.model.draft(request, context), outcome)

    async def answer(self, question: str, passages: tuple[Passage, ...], context: Context) -> Grounded | None:
        """Answer from ``passages`` only; None when they do not answer it.

        What the message asks is the model's to say where it was only guessed.
        """
        grounded = await self.offline.answer(question, passages, context)
        decision = self.signals.of_answer(question, passages, grounded)
        self.watch([decision])
        if current().reading is Reading.READ and self.certainty.enough(decision):
            return grounded
        return await self.governor.ask("answer", lambda: self.model.answer(question, passages, context), grounded)

    async def phrase(self, facts: Facts, context: Context) -> str:
        """Word ``facts`` for the person, in ``context.language``."""
        return await self.offline.phrase(facts, context)

    async def present(self, question: str, query: Query | None, rows: Rows, context: Context) -> str:
        """Word the rows that answer ``question``."""
        return await self.offline.present(question, query, rows, context)

    async def write_sql(self, question: str, schema: str, attempts: Sequence[Attempt], context: Context) -> str | None:
        """One SELECT that answers ``question``; None when it cannot be said, or the model may not be asked."""
        writer = self.model
        if not isinstance(writer, SqlWriter):
            return None
        return await self.governor.ask("write_sql", lambda: writer.write_sql(question, schema, attempts, context), None)
