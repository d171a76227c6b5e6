"""What a conversation remembers of a turn."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from agents.brains.protocol import FOREIGN, Ask, Intent, Language
from agents.report import Report
from graph.memory import Memory, Pending

_ANSWERS = frozenset({Intent.CONFIRM, Intent.REJECT})


@dataclass(frozen=True, slots=True)
class Spoken:
    """The report that speaks for one ask; ``ask`` is None in the emergency lane."""

    ask: Ask | None
    report: Report

    @property
    def foreign(self) -> bool:
        """Was it said in a language that nobody answers in?"""
        return self.ask is not None and self.ask.reason == FOREIGN

    @property
    def not_understood(self) -> bool:
        """Was the person not understood at all?"""
        unclear = self.ask is not None and self.ask.intent is Intent.UNCLEAR and not self.ask.reason
        if unclear and self.report.citations:
            return False  # a person had answered that very question
        return unclear or (self.report.unknown is not None and self.report.unknown.reason == "not_understood")


def lost(spoken: Sequence[Spoken]) -> bool:
    """Was nothing in the message understood?"""
    return bool(spoken) and all(item.not_understood for item in spoken)


def remember(memory: Memory, spoken: Sequence[Spoken], language: Language, turn_id: str, now: datetime) -> Memory:
    """``memory`` after a turn in which ``spoken`` was said."""
    offered = any(item.report.refusal is not None or item.not_understood or item.foreign for item in spoken)
    before = memory.pending
    memory = replace(
        memory,
        language=language,
        asked=None,
        offered_person=offered,
        refused=next((item.report.refusal.reason for item in spoken if item.report.refusal is not None), ""),
        unclear=memory.unclear + 1 if lost(spoken) else 0,
    )
    for item in spoken:
        memory = _after(memory, item, turn_id, now)
    intents = {item.ask.intent for item in spoken if item.ask is not None}
    answered = bool(intents & _ANSWERS) and memory.pending is before
    if answered or (memory.pending is not None and memory.pending.expired(now)):
        return replace(memory, pending=None)
    if memory.pending is not None and memory.pending is before:
        return replace(memory, pending=replace(before, ignored=before.ignored + 1))
    return memory


def _after(memory: Memory, item: Spoken, turn_id: str, now: datetime) -> Memory:
    report = item.report
    if report.query is not None and report.rows is not None:
        memory = memory.with_rows(report.query, report.rows)
    if report.question is not None:
        memory = replace(memory, last_question=report.question)
    if report.asked is not None:
        memory = replace(memory, asked=report.asked)
    if report.draft is not None and item.ask is not None:
        before = memory.pending
        again = before is not None and before.draft == report.draft
        request = before.request if before is not None and again else item.ask.text
        memory = replace(memory, pending=Pending(turn_id, now, report.draft, request))
    return memory.with_focus(report.focus)
