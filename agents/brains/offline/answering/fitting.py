"""What an answer cannot do without: a turn when asked how often, a number when how many, else a figure in its unit."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from agents.brains.offline.answering.candidates import Candidate, joined
from agents.brains.offline.answering.measuring import figured, measured, words_of
from agents.brains.offline.answering.question import Question
from agents.brains.offline.answering.recurring import Recurrence

_PRICES = "price_list"
_MONEY = "€"
_COUNT = "count"
_AMOUNTS = frozenset({"amount", _COUNT})


class Fitting:
    """Passes over what shares the words of a question and not its point. Reads ``answering.yaml``."""

    def __init__(self, data: Mapping[str, Any], recurrence: Recurrence) -> None:
        self._recurrence = recurrence
        self._spans = frozenset(map(str, data["turns"]))
        self._dates = frozenset(map(str, data["date_words"]))

    def fits(self, candidate: Candidate, question: Question) -> bool:
        """May ``candidate`` be an answer to ``question``? One that asks several things is not judged by one of them."""
        if question.besides:
            return True
        text = f"{joined(candidate.units)} {candidate.block.lead} {candidate.passage.section or ''}"
        if any(self._recurrence.asked(c.word) for c in question.concepts):
            return (
                self._recurrence.said(text) or measured(text, self._spans) or not self._dates.isdisjoint(words_of(text))
            )
        if _COUNT in question.wants and not figured(joined(candidate.units)):
            return False
        if question.units and _AMOUNTS & question.wants:
            return measured(text, question.units) or (candidate.passage.kind == _PRICES and _MONEY in question.units)
        return True
