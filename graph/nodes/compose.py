"""One reply out of several reports, what the conversation remembers, and the unknown written down."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from langgraph.runtime import Runtime
from langgraph.types import Overwrite

from agents.brains.protocol import Ask, Exchange, Facts, Intent
from graph.desk import Desk, as_language, open_desk, timed
from graph.filing import about, read_asks, read_filed, speaks
from graph.inert import hosts
from graph.memory import Memory, write_memory
from graph.nodes.supervise import MOST_HOPS
from graph.parts import Parts
from graph.remember import Spoken, lost, remember
from graph.result import build_result
from graph.state import TurnScope, TurnState
from tools.feedback import Unanswered

_SMALL_TALK = frozenset({Intent.GREETING, Intent.THANKS})
_UNCLEAR_LIMIT = 2
EMERGENCY = "emergency"


class Compose:
    """Ends the turn."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    async def __call__(self, state: TurnState, runtime: Runtime[TurnScope]) -> dict[str, Any]:
        """Set the result and the memory; empty what only this turn needed."""
        timings: dict[str, float] = {}
        with timed(timings, "compose"):
            desk = await open_desk(self._parts, state, runtime)
            language = as_language(state.get("language", "es"))
            desk = replace(desk, context=replace(desk.context, language=language))
            asks = read_asks(state["asks"])
            spoken = await self._or_a_person(_spoken(asks, state), desk, state)
            feedback_id = await self._write_down(spoken, desk)
            memory = remember(desk.memory, spoken, language, desk.turn.turn_id, desk.context.now)
            waits = memory.pending is not None or (memory.asked is not None and memory.asked.waits == "ticket")
            memory = replace(memory, queued=tuple(state.get("queued", ())) if waits else ())
            reply = await self._reply(spoken, desk, memory, bool(state.get("cut_short")))
            exchange = Exchange(state.get("message", ""), reply, tuple(ask.intent for ask in asks))
            memory = memory.with_exchange(exchange)
        intents = tuple(dict.fromkeys(ask.intent.value for ask in asks)) or (EMERGENCY,)
        reports = tuple(item.report for item in spoken)
        own = hosts(self._parts.settings.own_hosts)
        result = build_result(desk, reply, intents, reports, memory, feedback_id, own)
        return {
            "result": result.model_dump(mode="json"),
            "memory": write_memory(memory),
            "asks": [],
            "chosen": [],
            "queued": [],
            "filed": Overwrite([]),
            "timings": timings,
        }

    async def _reply(self, spoken: Sequence[Spoken], desk: Desk, memory: Memory, cut_short: bool) -> str:
        texts = [item.report.text for item in spoken if item.report.text]
        if cut_short:
            texts.append(await self._parts.brain.phrase(Facts("too_many_parts"), desk.context))
        if len(memory.queued) > len(desk.memory.queued):
            texts.append(await self._parts.brain.phrase(Facts("queued"), desk.context))
        drafted = any(item.report.draft is not None for item in spoken)
        in_danger = any(item.ask is None for item in spoken)
        if memory.pending is not None and memory.pending.ignored == 1 and not drafted and not in_danger:
            facts = Facts("ambiguous_confirmation", {"summary": memory.pending.draft.summary})
            texts.append(await self._parts.brain.phrase(facts, desk.context))
        return "\n\n".join(dict.fromkeys(texts))

    async def _or_a_person(self, spoken: Sequence[Spoken], desk: Desk, state: TurnState) -> Sequence[Spoken]:
        """A person, when the hops ran out, or the same person was not understood once more."""
        tired = state.get("hops", 0) > MOST_HOPS
        again = lost(spoken) and desk.memory.unclear + 1 >= _UNCLEAR_LIMIT
        if not tired and not again:
            return spoken
        escalation = self._parts.roster(desk.principal).escalation()
        report = await escalation.hand_over(state.get("message", ""), desk.context, "unknown", facts=Facts("hop_limit"))
        unknown = next((item.report.unknown for item in spoken if item.report.unknown), None)
        person = Spoken(spoken[0].ask if spoken else None, replace(report, unknown=unknown))
        return [person] if again else [*spoken, person]

    async def _write_down(self, spoken: Sequence[Spoken], desk: Desk) -> int | None:
        """Record every question that stayed unanswered; the number of the first."""
        numbers = [
            await self._parts.feedback.record(
                Unanswered(
                    question=item.ask.text,
                    role=desk.principal.role,
                    language=desk.context.language,
                    reason=item.report.unknown.reason,
                    searched=dict(item.report.unknown.searched),
                    session_id=desk.turn.session_id,
                )
            )
            for item in spoken
            if item.ask is not None and item.report.unknown is not None
        ]
        return numbers[0] if numbers else None


def _spoken(asks: tuple[Ask, ...], state: TurnState) -> list[Spoken]:
    filed = read_filed(state["filed"])
    if not asks:
        return [Spoken(None, item.report) for item in filed]
    spoken = [Spoken(ask, speaks(reports)) for at, ask in enumerate(asks) if (reports := about(at, filed))]
    serious = [item for item in spoken if item.ask is not None and item.ask.intent not in _SMALL_TALK]
    return serious or spoken
