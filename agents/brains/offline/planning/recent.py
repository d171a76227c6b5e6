"""The latest plans: the router asks how well a question is explained, then the specialist asks for its plan."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

from agents.brains.protocol import Context, Plan


@dataclass(frozen=True, slots=True)
class _Entry:
    question: str
    context: Context
    plan: Plan

    def answers(self, question: str, context: Context) -> bool:
        mine = self.context
        return (
            self.question == question
            and mine.principal == context.principal
            and mine.language == context.language
            and mine.now.date() == context.now.date()
            and mine.last_query == context.last_query
            and (mine.last_rows is context.last_rows or mine.last_rows == context.last_rows)
            and (mine.values is context.values or mine.values == context.values)
        )


class RecentPlans:
    """Plans of the turns under way, by all that a plan depends on. Safe to share between threads."""

    def __init__(self, keep: int = 4) -> None:
        self._kept: deque[_Entry] = deque(maxlen=keep)

    def find(self, question: str, context: Context) -> Plan | None:
        """The plan of that question in that context, when it was made just now."""
        return next((e.plan for e in tuple(self._kept) if e.answers(question, context)), None)

    def keep(self, question: str, context: Context, plan: Plan) -> Plan:
        """``plan``, remembered."""
        self._kept.append(_Entry(question, context, plan))
        return plan
