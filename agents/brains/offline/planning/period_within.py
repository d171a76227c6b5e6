"""The rule of a period whose year is said first: "el año pasado en marzo", "en 2025, de marzo a junio"."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from agents.brains.offline.planning.period_dates import between, full_date
from agents.brains.offline.planning.period_grammar import PeriodGrammar, Rule, Step
from agents.brains.offline.planning.period_units import month, parts, relative_unit, week_of_month, year
from agents.brains.offline.planning.period_words import Language

_YEARS: tuple[Rule, ...] = (relative_unit, year)
_INSIDE: tuple[Rule, ...] = (month, parts, week_of_month, full_date, between)


def within_year(g: PeriodGrammar, words: Sequence[str], at: int, today: date, language: Language) -> Step | None:
    """What follows a year is read as if that year stood behind it, where it says none of its own."""
    whole = g.longest(_YEARS, words, at, today, language)
    if whole is None or whole[1].past.grain != "year" or whole[1].past.start is None:
        return None
    inside = g.longest(_INSIDE, words, whole[0], today, language)
    if inside is None:
        return None
    told = [*words[whole[0] : inside[0]], str(whole[1].past.start.year)]
    read = g.longest(_INSIDE, told, 0, today, language)
    return (inside[0], read[1]) if read is not None and read[0] == len(told) else None
