"""Periods in a question: "febrero del año pasado", "los últimos 90 días", "from March to June"."""

from __future__ import annotations

from agents.brains.offline.planning.numbers import NumberWords, load_number_words
from agents.brains.offline.planning.period_dates import between, full_date, open_ended, weekday
from agents.brains.offline.planning.period_grammar import FoundPeriod, PeriodGrammar, Rule
from agents.brains.offline.planning.period_recurring import recurring
from agents.brains.offline.planning.period_units import (
    ago,
    edges,
    fixed_day,
    month,
    parts,
    relative_unit,
    rolling_unit,
    so_far,
    week_of_month,
    year,
)
from agents.brains.offline.planning.period_within import within_year
from agents.brains.offline.planning.period_words import PeriodWords, load_period_words

__all__ = ["FoundPeriod", "PeriodGrammar", "load_periods"]

RULES: tuple[Rule, ...] = (
    recurring,
    fixed_day,
    relative_unit,
    rolling_unit,
    ago,
    month,
    parts,
    year,
    within_year,
    edges,
    week_of_month,
    so_far,
    full_date,
    weekday,
    between,
    open_ended,
)


def load_periods(words: PeriodWords | None = None, numbers: NumberWords | None = None) -> PeriodGrammar:
    """The grammar over the words of ``periods.yaml``."""
    return PeriodGrammar(words or load_period_words(), numbers or load_number_words(), RULES, relative_unit)
