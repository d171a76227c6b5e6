"""Rules of periods that come again each week: "los lunes", "cada martes y jueves", "los fines de semana"."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from agents.brains.offline.planning.calendar import Span
from agents.brains.offline.planning.period_grammar import PeriodGrammar, Reading, Step
from agents.brains.offline.planning.period_words import WEEKEND, Language, write_weekdays


def recurring(g: PeriodGrammar, words: Sequence[str], at: int, today: date, language: Language) -> Step | None:
    """Days of the week, each time they come: all of those that were, or those to come."""
    found: list[int] = []
    first = _one(g, words, at, False) or _one(g, words, g.has("of", words, at), False)
    end, step = at, first
    while step is not None:
        end = step[0]
        found += step[1]
        step = _one(g, words, end, True)
    if not found:
        return None
    days = tuple(sorted(set(found)))
    label = write_weekdays(days, g.words, language)
    return end, Reading(Span(None, None, "weekday", days), Span(today, None, "weekday", days), label)


def _one(g: PeriodGrammar, words: Sequence[str], at: int, more: bool) -> tuple[int, tuple[int, ...]] | None:
    """One of the days from ``at``; ``more``: after another one ("los lunes y miércoles")."""
    joined = g.has("of", words, g.has("and", words, at)) if more else at
    each = g.has("each", words, joined)
    for names, plural in (("weekends", True), ("weekend", each > joined)):
        end = g.has(names, words, each)
        if plural and end > each:
            return end, WEEKEND
    if each >= len(words):
        return None
    several = g.words.weekdays_each.get(words[each])
    number = several if several is not None else g.words.weekdays.get(words[each])
    if number is None or (several is None and each == joined and not more):
        return None
    return each + 1, (number + 1,)
