"""The one way in: a TurnRequest becomes a TurnResult, whatever door it came through.

Guarantees: the sender is identified by the channel, never by the message; one turn at a time in each conversation; the
same message id gets the same result; every message and reply is kept; nobody is left without a reply.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from typing import Any
from uuid import uuid4

import psycopg
import sqlalchemy.exc
import structlog
from langgraph.errors import GraphRecursionError

from agents.brains.protocol import Context, Facts
from agents.brains.thinking import Thinking, thinking
from core.errors import BadInput, CuadrillaError, ModelFailed, Unavailable
from core.metrics import Metrics
from core.tracing import current_trace
from graph.build import RECURSION_LIMIT, CompiledGraph
from graph.desk import as_language, timed
from graph.inert import hosts
from graph.intake import REPLY_KINDS, OnlyFiles, clean_request, read_message
from graph.learned import LearnedReplies
from graph.ledger import Caller, Ledger, OpenTurn
from graph.locks import ConversationLocks
from graph.messages import Handoff, TurnRequest, TurnResult, Usage
from graph.nodes.specialist import MODEL_DOWN
from graph.outcome import facts_of
from graph.parts import Parts
from graph.retention import Retention
from graph.state import TurnOutput, TurnScope
from graph.telling import Hear, Teller, TurnEvent, nobody
from policy.roles import GUEST, Principal
from tools.handoff import HandoffNote
from tools.identity import PHONE, ChannelIdentity, normalise

INTERNAL = "internal"
_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class TurnService:
    """Answers turns with the graph."""

    parts: Parts
    graph: CompiledGraph
    ledger: Ledger
    locks: ConversationLocks
    retention: Retention
    learned: LearnedReplies
    metrics: Metrics
    _running: set[asyncio.Task[TurnResult]] = field(default_factory=set)
    """Turns under way: a task that nobody refers to could be collected before it ends."""

    async def answer(self, request: TurnRequest, hear: Hear = nobody) -> TurnResult:
        """Answer one message; failures come back as a polite result with an ``error`` code.

        ``hear`` is told what is being done, and the reply in pieces before it is returned. The turn goes on to its end,
        and is kept, when whoever asked stops waiting.
        """
        request = clean_request(request)
        teller = Teller(hear, hosts(self.parts.settings.own_hosts))
        turn = asyncio.create_task(self._turn(request, teller))
        self._running.add(turn)
        turn.add_done_callback(self._running.discard)
        await asyncio.wait({turn})
        error = turn.exception()
        result = turn.result() if error is None else await self._apologise(request, error)
        teller.finish(result.reply)
        self.metrics.turn(facts_of(result))
        return result

    def stream(self, request: TurnRequest) -> AsyncIterator[TurnEvent | TurnResult]:
        """What :meth:`answer` tells as it is told, and the result at the end. The turn begins at once."""
        told: asyncio.Queue[TurnEvent | None] = asyncio.Queue()
        answering = asyncio.create_task(self.answer(request, told.put_nowait))
        answering.add_done_callback(lambda _: told.put_nowait(None))

        async def tell() -> AsyncIterator[TurnEvent | TurnResult]:
            while (event := await told.get()) is not None:
                yield event
            yield answering.result()

        return tell()

    async def who(self, sender: str) -> Principal:
        """Whom a phone number belongs to; a guest when nobody is known by it."""
        identity = normalise(PHONE, sender, self.parts.settings.phone_region)
        return (await self.ledger.identify(identity, "")).principal

    async def _turn(self, request: TurnRequest, teller: Teller) -> TurnResult:
        timings: dict[str, float] = {}
        limit = self.parts.settings.max_message_chars
        try:
            message: str | OnlyFiles | BadInput = read_message(request, limit)
        except BadInput as error:
            message = error
        started = time.perf_counter()
        with timed(timings, "open"):
            caller = await self.ledger.identify(self._identity(request), request.conversation_id)
        async with self.locks.hold(caller.thread):
            with timed(timings, "open"):
                turn = await self.ledger.open(caller, request, _as_kept(message, request, limit))
            if turn.done is not None:
                return turn.done
            role = turn.caller.principal.role.value
            with structlog.contextvars.bound_contextvars(turn_id=str(turn.turn_id), role=role):
                with thinking(self._account(caller, teller)) as thought:
                    if isinstance(message, str):
                        result = await self._informed(turn, await self._run(turn, message, request, teller))
                    else:
                        result = await self._polite(turn, message, request)
                result.usage = _usage(thought)
                timings["total"] = (time.perf_counter() - started) * 1000
                result.timings_ms = {key: round(ms, 2) for key, ms in {**result.timings_ms, **timings}.items()}
                await self.ledger.close(turn, result)
                _log.info(
                    "turn",
                    intents=result.intents,
                    specialists=result.specialists,
                    error=result.error,
                    model_calls=result.usage.model_calls,
                    ms=result.timings_ms["total"],
                )
        self.retention.after_turn(caller.thread)
        return result

    def _account(self, caller: Caller, teller: Teller) -> Thinking:
        say = None if teller.hear is nobody else teller.say
        return Thinking(caller.thread, self.parts.settings.llm_seconds_a_turn, say)

    def _identity(self, request: TurnRequest) -> ChannelIdentity:
        sender, region = request.sender, self.parts.settings.phone_region
        if isinstance(sender, str):
            return normalise(PHONE, sender, region)
        return normalise(sender.channel, sender.external_id, region)

    async def _run(self, turn: OpenTurn, message: str, request: TurnRequest, teller: Teller) -> TurnResult:
        caller, language = turn.caller, as_language((request.locale or "es")[:2])
        scope = TurnScope(caller.principal, caller.owner, str(turn.turn_id), turn.session_id, language)
        try:
            async with asyncio.timeout(self.parts.settings.turn_budget_seconds):
                output = await self._through_the_graph(message, caller, scope, teller.hear)
        except TimeoutError:
            _log.warning("turn_budget_exceeded", seconds=self.parts.settings.turn_budget_seconds)
            return await self._give_up(turn, message, request, "budget_exceeded")
        except GraphRecursionError:
            _log.warning("turn_hop_limit")
            return await self._give_up(turn, message, request, "hop_limit")
        except ModelFailed as error:
            _log.warning("turn_without_model", code=error.code)
            return await self._give_up(turn, message, request, MODEL_DOWN, error.code)
        result = TurnResult.model_validate(output["result"])
        result.timings_ms = dict(output.get("timings", {}))
        return result

    async def _informed(self, turn: OpenTurn, result: TurnResult) -> TurnResult:
        """``result``, with the answers to what they had asked before and nobody knew; not while a person is needed."""
        if not turn.owed or result.handoff is not None or result.error is not None:
            return result
        texts: list[str] = []
        told: list[int] = []
        withdrawn: list[int] = []
        for owed in await self.ledger.owed(turn):
            reply = await self.learned.reply(owed)
            if reply is not None:
                (withdrawn if reply.withdrawn else told).append(owed.asker_id)
                said = any(citation.document == reply.title for citation in result.citations)
                texts += [] if said else [reply.text]
        reply_text = "\n\n".join([result.reply, *texts])
        return result.model_copy(update={"reply": reply_text, "told": told, "withdrawn": withdrawn})

    async def _through_the_graph(self, message: str, caller: Caller, scope: TurnScope, hear: Hear) -> dict[str, Any]:
        """What the graph puts out for ``message``; what its nodes tell meanwhile is heard."""
        output: dict[str, Any] = {}
        heard: AsyncIterator[Any] = self.graph.astream(
            {"message": message},
            {
                "configurable": {"thread_id": caller.thread},
                "recursion_limit": RECURSION_LIMIT,
                "metadata": {"turn_id": scope.turn_id, "trace_id": current_trace()},
            },
            context=scope,
            stream_mode=["custom", "values"],
            output_keys=list(TurnOutput.__annotations__),
            durability="exit",
        )
        async for mode, chunk in heard:
            if mode == "custom":
                hear(chunk)
            else:
                output = chunk
        return output

    async def _give_up(
        self, turn: OpenTurn, message: str, request: TurnRequest, kind: str, code: str = ""
    ) -> TurnResult:
        """A person takes over; nothing that was asked is lost."""
        context = self._bare_context(turn.caller, request)
        escalation = replace(self.parts.roster(turn.caller.principal).escalation(), brain=self.parts.words)
        report = await escalation.hand_over(message, context, kind, facts=Facts(kind))
        return TurnResult(
            turn_id=turn.turn_id,
            reply=report.text,
            language=context.language,
            role=turn.caller.principal.role.value,
            specialists=[str(report.agent)],
            handoff=_as_handoff(report.handoff),
            error=code or kind,
        )

    async def _polite(self, turn: OpenTurn, message: OnlyFiles | BadInput, request: TurnRequest) -> TurnResult:
        context = self._bare_context(turn.caller, request)
        if isinstance(message, OnlyFiles):
            facts, error = Facts("attachment", {"media": message.media}), None
        else:
            facts, error = Facts(REPLY_KINDS[type(message)], message.details), message.code
        return TurnResult(
            turn_id=turn.turn_id,
            reply=await self.parts.words.phrase(facts, context),
            language=context.language,
            role=turn.caller.principal.role.value,
            error=error,
        )

    async def _apologise(self, request: TurnRequest, error: BaseException) -> TurnResult:
        """Nothing could be kept or looked up. In an emergency the safety instructions are given all the same."""
        _log.error("turn_failed", exc_info=error)
        context = Context(GUEST, self.parts.clock.now(), as_language((request.locale or "es")[:2]))
        emergency = self.parts.lane.detect(request.message[: self.parts.settings.max_message_chars])
        facts = Facts("emergency", {"kind": str(emergency.kind)}) if emergency is not None else Facts("failed")
        handoff = Handoff(reason="emergency", priority="urgent", labels=["emergency"]) if emergency else None
        return TurnResult(
            turn_id=uuid4(),
            reply=await self.parts.words.phrase(facts, context),
            language=context.language,
            handoff=handoff,
            error=_code(error),
        )

    def _bare_context(self, caller: Caller, request: TurnRequest) -> Context:
        return Context(caller.principal, self.parts.clock.now(), as_language((request.locale or "es")[:2]))


def _usage(thought: Thinking) -> Usage:
    return Usage(model_calls=thought.calls, input_tokens=thought.input_tokens, output_tokens=thought.output_tokens)


def _as_kept(message: str | OnlyFiles | BadInput, request: TurnRequest, limit: int) -> str:
    if isinstance(message, str):
        return message
    if isinstance(message, OnlyFiles):
        return " ".join(f"[{item.media_type} {item.name}]" for item in request.attachments)
    return request.message[:limit]


def _as_handoff(note: HandoffNote | None) -> Handoff | None:
    if note is None:
        return None
    return Handoff(reason=note.reason, priority=note.priority, labels=list(note.labels), summary=note.summary)


def _code(error: BaseException) -> str:
    if isinstance(error, CuadrillaError):
        return error.code
    if isinstance(error, psycopg.Error | sqlalchemy.exc.SQLAlchemyError):
        return Unavailable.code
    return INTERNAL
