"""What needs no specialist: greetings, help, a yes or a no, and saying what a role cannot be helped with."""

from __future__ import annotations

from typing import Any

from langgraph.runtime import Runtime

from agents.brains.protocol import COMPANY, FOREIGN, Ask, Facts, Intent
from agents.report import INTENT_AGENTS, Refusal, Report
from graph.desk import Desk, open_desk
from graph.filing import RECEPTION, Filed, read_asks, write_filed
from graph.memory import IGNORED_TO_ASK_AGAIN
from graph.nodes.understand import NOT_YET, WHY
from graph.parts import Parts
from graph.state import JobState, TurnScope
from graph.strangers import about_the_company, asks_about_people
from graph.unanswered import as_learned
from policy.decide import may_use
from policy.roles import Role

_KINDS = {
    Intent.GREETING: "greeting",
    Intent.THANKS: "thanks",
    Intent.HELP: "help",
    Intent.IDENTIFY: "identify",
    Intent.OUT_OF_SCOPE: "out_of_scope",
    Intent.UNCLEAR: "unclear",
}
_NOBODY_KNEW = frozenset({Intent.OUT_OF_SCOPE, Intent.UNCLEAR})
_GUEST_KINDS = {Intent.DATA: "guest_data", Intent.TICKET: "guest_ticket"}


class Reception:
    """Answers what no specialist is for."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    async def __call__(self, state: JobState, runtime: Runtime[TurnScope]) -> dict[str, Any]:
        """File a report on the ask that was sent here."""
        desk = await open_desk(self._parts, state, runtime)
        ask = read_asks(state["asks"])[state["job"]]
        report = await self._answer(ask, state.get("message", ""), desk)
        return {"filed": [write_filed(Filed(state["job"], report))]}

    async def _answer(self, ask: Ask, message: str, desk: Desk) -> Report:
        if ask.intent is Intent.CONFIRM:
            return await self._confirm(desk)
        if ask.intent is Intent.REJECT:
            declines = desk.memory.pending is not None or desk.memory.asked is not None
            return await self._say("cancelled" if declines else "nothing_pending", desk)
        if ask.intent is Intent.UNCLEAR and ask.reason:
            return await self._say("attachment", desk, media=ask.reason)
        if ask.intent is Intent.HELP and ask.reason == NOT_YET:
            return await self._say("not_yet_arranged", desk)
        if ask.intent is Intent.HELP and ask.reason == FOREIGN:
            return await self._say("foreign", desk)
        if ask.intent is Intent.HELP and ask.reason.startswith(WHY):
            return await self._say("why_denied", desk, reason=ask.reason.removeprefix(WHY))
        if ask.intent is Intent.HELP and ask.reason.startswith(COMPANY):
            return await self._say("company_fact", desk, fact=ask.reason.removeprefix(COMPANY))
        if ask.intent in _NOBODY_KNEW:
            learned = await as_learned(Report(RECEPTION, ""), ask.text, desk, self._parts)
            if learned is not None:
                return learned
            refused = await asks_about_people(ask.text, desk, self._parts)
            if refused is not None:
                text, refusal = refused
                return Report(RECEPTION, text, refusal=refusal)
        kind = "listening" if ask.intent is Intent.GREETING and ask.reason else _KINDS.get(ask.intent)
        if kind is not None:
            return await self._say(kind, desk, **({"reason": ask.reason} if ask.reason else {}))
        if ask.intent is Intent.DATA and desk.principal.role is Role.GUEST:
            told = await about_the_company(ask, message, desk, self._parts)
            if told is not None:
                return told
        return await self._not_granted(ask, desk)

    async def _confirm(self, desk: Desk) -> Report:
        pending = desk.memory.pending
        if pending is None:
            told = desk.memory.history[-1].intents if desk.memory.history else ()
            return await self._say("thanks" if Intent.HUMAN in told else "nothing_pending", desk)
        if pending.expired(desk.context.now):
            return await self._say("expired_confirmation", desk)
        if pending.ignored > IGNORED_TO_ASK_AGAIN:
            facts = Facts("ambiguous_confirmation", {"summary": pending.draft.summary})
            return Report(RECEPTION, await self._parts.brain.phrase(facts, desk.context), draft=pending.draft)
        writer = self._parts.roster(desk.principal).ticket_writer()
        return await writer.confirm(pending.draft, pending.id, desk.context)

    async def _not_granted(self, ask: Ask, desk: Desk) -> Report:
        agent = INTENT_AGENTS[ask.intent]
        decision = may_use(desk.principal.role, agent)
        refusal = Refusal(decision.what or agent.value, decision.reason or "agent_not_granted")
        kind = _GUEST_KINDS.get(ask.intent) if desk.principal.role is Role.GUEST else None
        if kind is not None:
            text = await self._parts.brain.phrase(Facts(kind), desk.context)
        else:
            facts = Facts("denied", {"what": refusal.what, "reason": refusal.reason})
            text = await self._parts.brain.phrase(facts, desk.context)
        return Report(RECEPTION, text, refusal=refusal)

    async def _say(self, kind: str, desk: Desk, **values: str) -> Report:
        return Report(RECEPTION, await self._parts.brain.phrase(Facts(kind, values), desk.context))
