"""Gives one ask to one specialist, built for the principal, and files its report."""

from __future__ import annotations

import asyncio
import time
from dataclasses import replace
from typing import Any

import structlog
from langgraph.runtime import Runtime

from agents.brains.protocol import FAULT, Ask, Facts
from agents.brains.thinking import Reading, current
from agents.report import Question, Report, Specialist, Task
from core.errors import CuadrillaError, QueryFailed, Unavailable
from graph.desk import Desk, open_desk, timed
from graph.filing import Filed, about, read_asks, read_filed, speaks, write_filed
from graph.parts import Parts
from graph.state import JobState, TurnScope
from graph.telling import Progress
from graph.unanswered import or_else
from policy.decide import may_use
from policy.grants import Agent

MODEL_DOWN = "model_down"
"""Why a person takes over, and the reply that says so."""
FAILED = "failed"
"""Why a person takes over when the database did not give what it was asked."""
PAUSES = (0.3, 1.0, 2.0)
"""Seconds before a specialist that only reads tries again: a server that restarts, or a machine that is starved."""
PATIENCE_SECONDS = 6.0
_ONLY_READS = frozenset({Agent.SQL_READER, Agent.RAG_DOCS})
NOT_GIVEN = (Unavailable, QueryFailed)
"""What passes when the database has time again."""
_NOT_GIVEN = frozenset(error.code for error in NOT_GIVEN)
_MODELS = "model_"
_log = structlog.get_logger(__name__)


class SpecialistNode:
    """The node of one agent. For a principal that was not granted it there is nobody behind the desk."""

    def __init__(self, parts: Parts, agent: Agent) -> None:
        self._parts = parts
        self._agent = agent

    async def __call__(self, state: JobState, runtime: Runtime[TurnScope]) -> dict[str, Any]:
        """File the specialist's report on the ask that was sent here, or have the message read anew."""
        timings: dict[str, float] = {}
        with timed(timings, self._agent.value):
            desk = await open_desk(self._parts, state, runtime)
            report = await self._handle(state, desk, runtime)
        if report is None:
            return {"misread": True, "timings": timings}
        return {"filed": [write_filed(Filed(state["job"], report))], "timings": timings}

    async def _handle(self, state: JobState, desk: Desk, runtime: Runtime[TurnScope]) -> Report | None:
        asks = read_asks(state["asks"])
        ask = asks[state["job"]]
        current().alone = len(asks) == 1
        specialist = self._parts.roster(desk.principal).get(self._agent)
        if specialist is None:
            decision = may_use(desk.principal.role, self._agent)
            _log.warning("specialist_not_granted", agent=self._agent.value, role=desk.principal.role.value)
            text = await self._say("denied", desk, what=decision.what, reason=decision.reason or "agent_not_granted")
            return Report(self._agent, text)
        started = time.monotonic()
        earlier: tuple[Report, ...] = ()
        if ask.needs is not None:
            reports = about(ask.needs, read_filed(state["filed"]))
            earlier = (speaks(reports),) if reports else ()

        async def tell(facts: Facts) -> None:
            runtime.stream_writer(Progress(await self._parts.words.phrase(facts, desk.context)))

        chosen = tuple(state.get("chosen", ()))
        task = Task(ask, desk.context, state.get("message", ""), desk.turn, earlier, chosen, tell)
        report = await self._tried(specialist, task, desk)
        for pause in PAUSES if self._agent in _ONLY_READS else ():
            if report.error not in _NOT_GIVEN or time.monotonic() - started > PATIENCE_SECONDS:
                break
            await asyncio.sleep(pause)
            report = await self._tried(specialist, task, desk)
        if report.error in _NOT_GIVEN or (report.error or "").startswith(_MODELS):
            return await self._hand_over(report.error or "", state, desk)
        return None if _misread(report) else await self._of_unknown_code(report, state, desk)

    async def _of_unknown_code(self, report: Report, state: JobState, desk: Desk) -> Report:
        """``report``; a visit drafted because no document names the code of a fault says that first."""
        if report.agent != Agent.TICKET_WRITER.value or report.draft is None:
            return report
        before = about(state["job"], read_filed(state["filed"]))
        codes = [code for earlier in before if earlier.unknown for code in earlier.unknown.codes]
        if not codes:
            return report
        said = await self._say("code_unknown", desk, codes=", ".join(codes))
        return replace(report, text=f"{said}\n\n{report.text}")

    async def _tried(self, specialist: Specialist, task: Task, desk: Desk) -> Report:
        """What the specialist reports; what fails is a report with its ``error``."""
        try:
            report = await specialist.handle(task)
            if current().reading is Reading.MISREAD:
                return report
            report = await or_else(report, task.ask.text, desk, self._parts)
            return await self._with_offer(report, task.ask, desk)
        except CuadrillaError as error:
            _log.error("specialist_failed", agent=self._agent.value, code=error.code, message=error.message)
            return Report(self._agent, await self._say("failed", desk), confidence=0.0, error=error.code)

    async def _with_offer(self, report: Report, ask: Ask, desk: Desk) -> Report:
        """``report``; a client who tells of a fault that the documents speak of is offered a visit besides."""
        documented = report.agent == Agent.RAG_DOCS.value and bool(report.citations)
        if ask.reason != FAULT or not documented or report.asked is not None or report.error is not None:
            return report
        offer = await self._say("visit_offer", desk)
        return replace(report, text=f"{report.text}\n\n{offer}", asked=Question("offer", ask.text))

    async def _hand_over(self, code: str, state: JobState, desk: Desk) -> Report:
        """A person answers what the model or the database was needed for and did not give."""
        _log.warning("specialist_left_it_to_a_person", agent=self._agent.value, code=code)
        reason = MODEL_DOWN if code.startswith(_MODELS) else FAILED
        escalation = self._parts.roster(desk.principal).escalation()
        report = await escalation.hand_over(state.get("message", ""), desk.context, reason, facts=Facts(MODEL_DOWN))
        return replace(report, error=code)

    async def _say(self, kind: str, desk: Desk, **values: object) -> str:
        return await self._parts.brain.phrase(Facts(kind, values), desk.context)


def _misread(report: Report) -> bool:
    """Was the message only guessed to be a question to the documents, and they had nothing to say?"""
    turn = current()
    if report.answered or turn.reading is Reading.READ:
        return False
    turn.reading = Reading.MISREAD
    return True
