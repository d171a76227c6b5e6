"""Drafts what a person wants written, asks for a yes, and writes it once, checked and audited."""

from __future__ import annotations

from dataclasses import dataclass, replace

import structlog

from agents.brains.protocol import FOR_THE_OFFICE, Brain, Clarify, Context, Draft, Facts, NotAllowed, NotUnderstood
from agents.report import Question, Refusal, Report, Task, Unknown
from core.errors import BadInput, Conflict, CuadrillaError, Denied, NotFound
from policy.grants import Agent
from tools.ticket_actions import Written
from tools.tickets import WriteTicket

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class TicketWriterAgent:
    """The specialist of tickets, built with the tools that the principal's role was granted."""

    brain: Brain
    write_ticket: WriteTicket
    agent: Agent = Agent.TICKET_WRITER

    async def handle(self, task: Task) -> Report:
        """Draft ``task`` and ask for confirmation, ask for what is missing, or say why it cannot be."""
        await task.tell(Facts("progress_ticket"))
        context = await self.informed(task.context)
        outcome = await self.brain.draft(task.ask.text, context)
        match outcome:
            case Draft():
                return await self._propose(outcome, task)
            case Clarify(question, options, keys):
                text = await self._say("clarify", context, question=question, options=options or None)
                return Report(self.agent, text, asked=Question("ticket", task.ask.text, options, keys or options))
            case NotAllowed(what, reason):
                return await self._refuse(what, reason, context)
            case NotUnderstood(unexplained):
                text = await self._say("unclear", context, words=", ".join(unexplained) or None)
                unknown = Unknown("not_understood", {"intent": task.ask.intent.value})
                return Report(self.agent, text, answered=False, confidence=0.0, unknown=unknown)

    async def informed(self, context: Context) -> Context:
        """``context`` with the visits that the principal may change: what "lo de Pérez" may be."""
        return replace(context, visits=await self.write_ticket.open_visits())

    async def may(self, draft: Draft) -> bool:
        """May the principal have ``draft`` written, as far as can be told before it is?"""
        try:
            await self.write_ticket.check(draft.action, draft.fields)
        except (Denied, NotFound, Conflict, BadInput):
            return False
        return True

    async def _propose(self, draft: Draft, task: Task) -> Report:
        try:
            await self.write_ticket.check(draft.action, draft.fields)
        except Denied as error:
            what, reason = (str(error.details.get(key, "")) for key in ("what", "reason"))
            return await self._refuse(what, reason, task.context)
        except (NotFound, Conflict, BadInput) as error:
            return await self._not_written(error, task.context)
        text = await self._say("confirm", task.context, summary=draft.summary)
        return Report(self.agent, text, draft=draft, focus=_machine_skus(draft, task.context))

    async def confirm(self, draft: Draft, drafted_in: str, context: Context) -> Report:
        """Write the confirmed ``draft``, once however often it is confirmed: ``drafted_in`` is the turn that asked."""
        arguments = {"action": draft.action, "fields": dict(draft.fields), "turn_id": drafted_in}
        try:
            written: Written = await self.write_ticket.ainvoke(arguments)
        except Denied as error:
            what, reason = (str(error.details.get(key, "")) for key in ("what", "reason"))
            report = await self._not_written(error, context)
            return replace(report, refusal=Refusal(what, reason))
        except (NotFound, Conflict, BadInput) as error:
            return await self._not_written(error, context)
        text = await self._say("written", context, action=draft.action.value, id=written.id)
        return Report(self.agent, text, written=(written,))

    async def _not_written(self, error: CuadrillaError, context: Context) -> Report:
        _log.info("ticket_not_written", code=error.code, what=error.details.get("what"))
        reason = str(error.details.get("reason") or error.code)
        reason = {"bad_input": "invalid"}.get(reason, reason)
        text = await self._say("not_written", context, reason=reason, id=error.details.get("id"))
        return Report(self.agent, text, error=error.code)

    async def _refuse(self, what: str, reason: str, context: Context) -> Report:
        text = await self._say("denied", context, what=what, reason=reason)
        return Report(self.agent, text, answered=reason != FOR_THE_OFFICE, refusal=Refusal(what, reason))

    async def _say(self, kind: str, context: Context, **values: object) -> str:
        given = {key: value for key, value in values.items() if value is not None}
        return await self.brain.phrase(Facts(kind, given), context)


def _machine_skus(draft: Draft, context: Context) -> tuple[str, ...]:
    number = draft.fields.get("equipment_id")
    return tuple(machine.sku for machine in context.machines if machine.equipment_id == number)
