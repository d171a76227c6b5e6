"""Asks the crew the golden questions, each in a fresh conversation, and has every reply judged."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass
from uuid import uuid4

from evals.cases import Case, Turn
from evals.facts import Facts, Params
from evals.judges import Verdict, judge
from evals.values import Reply, Words
from graph.messages import IncomingAttachment, TurnRequest, TurnResult

SENDERS = {"client": "+34600000001", "technician": "+34600000002", "admin": "+34600000003", "guest": "+34611223344"}

Answer = Callable[[TurnRequest], Awaitable[TurnResult]]


@dataclass(frozen=True, slots=True)
class Asked:
    """One message that was asked: the reply, how long it took and what was judged of it."""

    message: str
    result: TurnResult
    milliseconds: float
    verdicts: tuple[Verdict, ...]


@dataclass(frozen=True, slots=True)
class Outcome:
    """One case, asked. It holds when everything that was expected of every turn holds."""

    case: Case
    turns: tuple[Asked, ...]

    @property
    def ok(self) -> bool:
        return all(verdict.ok for verdict in self.verdicts)

    @property
    def verdicts(self) -> tuple[Verdict, ...]:
        return tuple(verdict for turn in self.turns for verdict in turn.verdicts)


@dataclass(frozen=True, slots=True)
class Examiner:
    """Puts cases to ``answer`` (the crew's one way in) and judges the replies against ``facts``."""

    answer: Answer
    facts: Facts
    words: Words

    async def ask(self, cases: Sequence[Case]) -> AsyncIterator[Outcome]:
        """Each case in its own conversation, one after another: gold is read from the database that turns write."""
        for case in cases:
            params, conversation = self.facts.params(case), f"eval-{case.id}-{uuid4().hex[:8]}"
            turns = [await self._turn(case, turn, conversation, params) for turn in case.turns]
            yield Outcome(case, tuple(turns))

    async def _turn(self, case: Case, turn: Turn, conversation: str, params: Params) -> Asked:
        message = (turn.ask.format_map(params) if case.let else turn.ask) * turn.repeat
        request = TurnRequest(
            message=message,
            sender=SENDERS[case.role],
            conversation_id=conversation,
            attachments=[IncomingAttachment(name=a.name, media_type=a.media_type) for a in turn.attachments],
        )
        started = time.perf_counter()
        result = await self.answer(request)
        took = (time.perf_counter() - started) * 1000
        return Asked(message, result, took, self._judge(turn, result, params))

    def _judge(self, turn: Turn, result: TurnResult, params: Params) -> tuple[Verdict, ...]:
        broken = (Verdict("manners", False, f"no error ({result.error})"),) if our_fault(result.error) else ()
        if turn.expect is None:
            return broken
        reply = Reply(result.reply, self.words, self.facts.zone)
        return (*broken, *judge(turn.expect, reply, result, self.facts.evidence(turn.expect, params)))


def our_fault(error: str | None) -> bool:
    """Is ``error`` one that a person must never meet?"""
    return error in _OUR_FAULT or (error or "").startswith(_MODEL)


_MODEL = "model_"
_OUR_FAULT = frozenset(
    {
        "error",
        "query_failed",
        "query_invalid",
        "query_rejected",
        "misconfigured",
        "unavailable",
        "internal",
        "budget_exceeded",
        "hop_limit",
    }
)
