"""Brings in a person with what that person needs to know: who writes, about what, and what was tried."""

from __future__ import annotations

from dataclasses import dataclass
from textwrap import shorten

from agents.brains.protocol import Brain, Context, Facts, Intent
from agents.escalation_knowledge import VISIT_CHANGE, EscalationKnowledge
from agents.report import Report, Task
from agents.subjects import Subjects
from policy.grants import Agent
from policy.roles import Role
from tools.handoff import HandOff, HandoffNote

_SUMMARY = 900
_EXCERPT = 160
_MESSAGE = 300


@dataclass(frozen=True, slots=True)
class EscalationAgent:
    """The specialist that hands over, built with the tools that the principal's role was granted."""

    brain: Brain
    hand_off: HandOff
    subjects: Subjects
    knowledge: EscalationKnowledge
    agent: Agent = Agent.ESCALATION

    async def handle(self, task: Task) -> Report:
        """Hand the conversation over and tell the person that it was done."""
        await task.tell(Facts("progress_person"))
        told = VISIT_CHANGE if task.ask.intent is Intent.TICKET else task.ask.reason
        return await self.hand_over(task.message, task.context, told or self.knowledge.reason(task.message))

    async def hand_over(
        self, message: str, context: Context, reason: str, *, labels: tuple[str, ...] = (), facts: Facts | None = None
    ) -> Report:
        """Hand over for ``reason``; ``facts`` are the reply that says so."""
        note: HandoffNote = await self.hand_off.ainvoke(
            {
                "reason": reason,
                "priority": self.knowledge.priority(reason),
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
        note = self.knowledge.note
        who = principal.name or note["unknown_sender"]
        role = note[f"role_{principal.role.value}"]
        lines = [f"{who} ({role}{f' {principal.subject_id}' if principal.subject_id else ''})"]
        subject = self.subjects.of(message, context)
        if subject.machines and principal.role is Role.CLIENT:
            owned = "; ".join(f"{m.sku}, {m.location}, {m.city}" for m in subject.machines[:3])
            lines.append(note["equipment"].format(equipment=owned))
        elif subject.skus:
            lines.append(note["equipment"].format(equipment=", ".join(subject.skus[:3])))
        lines.append(note["asks"].format(message=message[:_MESSAGE]))
        tried = [f"«{_excerpt(said.message)}» → {_excerpt(said.reply)}" for said in context.history[-2:]]
        if tried:
            lines.append(note["before"].format(exchanges=" | ".join(tried)))
        return "\n".join(lines)[:_SUMMARY]


def _excerpt(text: str) -> str:
    return shorten(text, _EXCERPT, placeholder="…")
