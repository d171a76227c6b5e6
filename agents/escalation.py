"""Brings in a person with what that person needs to know: who writes, about what, and what was tried."""

from __future__ import annotations

from dataclasses import dataclass

from agents.brains.protocol import Brain, Context, Facts
from agents.report import Report, Task
from agents.subjects import Subjects
from policy.grants import Agent
from policy.roles import Role
from tools.handoff import HandOff, HandoffNote, Priority

_SUMMARY = 900
_MESSAGE = 300
_PRIORITIES: dict[str, Priority] = {
    "complaint": "high",
    "cancellation": "high",
    "billing": "medium",
    "emergency": "urgent",
    "asked_for_person": "medium",
}


@dataclass(frozen=True, slots=True)
class EscalationAgent:
    """The specialist that hands over, built with the tools that the principal's role was granted."""

    brain: Brain
    hand_off: HandOff
    subjects: Subjects
    agent: Agent = Agent.ESCALATION

    async def handle(self, task: Task) -> Report:
        """Hand the conversation over and tell the person that it was done."""
        return await self.hand_over(task.message, task.context, "asked_for_person")

    async def hand_over(
        self, message: str, context: Context, reason: str, *, labels: tuple[str, ...] = (), facts: Facts | None = None
    ) -> Report:
        """Hand over for ``reason``; ``facts`` are the reply that says so."""
        note: HandoffNote = await self.hand_off.ainvoke(
            {
                "reason": reason,
                "priority": _PRIORITIES.get(reason, "medium"),
                "labels": (reason, f"role:{context.principal.role.value}", *labels),
                "summary": self.summary(message, context),
            }
        )
        text = await self.brain.phrase(facts or Facts("handoff", {"reason": reason}), context)
        return Report(self.agent, text, handoff=note)

    async def alarm(self, message: str, context: Context, kind: str) -> Report:
        """Hand an emergency of ``kind`` over, urgently, with the safety instructions as the reply."""
        facts = Facts("emergency", {"kind": kind})
        return await self.hand_over(message, context, "emergency", labels=(f"emergency:{kind}",), facts=facts)

    def summary(self, message: str, context: Context) -> str:
        """What the person who takes over should know, for the office, in Spanish."""
        principal = context.principal
        who = principal.name or "Remitente sin identificar"
        lines = [f"{who} ({principal.role.value}{f' {principal.subject_id}' if principal.subject_id else ''})"]
        subject = self.subjects.of(message, context)
        if subject.machines and principal.role is Role.CLIENT:
            lines.append("Equipo: " + "; ".join(f"{m.sku}, {m.location}, {m.city}" for m in subject.machines[:3]))
        elif subject.skus:
            lines.append("Equipo: " + ", ".join(subject.skus[:3]))
        lines.append(f"Pide: {message[:_MESSAGE]}")
        tried = [f"«{exchange.message[:120]}» → {exchange.reply[:160]}" for exchange in context.history[-2:]]
        if tried:
            lines.append("Antes: " + " | ".join(tried))
        return "\n".join(lines)[:_SUMMARY]
