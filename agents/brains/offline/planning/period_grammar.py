"""The frame of the grammar of periods: readings, the pieces rules share, and the search for the longest reading.

Every rule reads words from a position and returns where it stops and what it means, or None. A period that may lie
behind or ahead ("febrero", "el lunes") carries both; the verb of the question chooses.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date

from agents.brains.offline.planning.calendar import Span
from agents.brains.offline.planning.numbers import NumberWords, digits
from agents.brains.offline.planning.period_words import Language, PeriodWords, write_span
from tools.sql.query import Period


@dataclass(frozen=True, slots=True)
class Reading:
    """What some words mean: looking back and looking ahead (equal when there is no doubt)."""

    past: Span
    future: Span
    label: str = ""

    @property
    def valid(self) -> bool:
        return self.past.valid and self.future.valid


@dataclass(frozen=True, slots=True)
class FoundPeriod:
    """A period in words ``start`` to ``end`` (excluded). ``bare``: only a number that could be a year."""

    start: int
    end: int
    past: Period
    future: Period
    grain: str
    bare: bool = False


Step = tuple[int, Reading]
Rule = Callable[["PeriodGrammar", Sequence[str], int, date, Language], Step | None]


def same(span: Span, label: str = "") -> Reading:
    """A reading that is the same behind and ahead."""
    return Reading(span, span, label)


class PeriodGrammar:
    """Finds periods in folded words."""

    def __init__(self, words: PeriodWords, numbers: NumberWords, rules: Sequence[Rule], relative: Rule) -> None:
        self.words = words
        self.numbers = numbers
        self.rules = rules
        self.relative = relative

    def find(self, words: Sequence[str], today: date, language: Language = "es") -> tuple[FoundPeriod, ...]:
        """Every period in ``words``, left to right, longest first, never overlapping."""
        found: list[FoundPeriod] = []
        at = 0
        while at < len(words):
            read = self._read(words, at, today, language)
            if read is None:
                at += 1
                continue
            end, reading = read
            bare = end == at + 1 and words[at].isdigit()
            past, future = (
                self._period(reading, reading.past, language),
                self._period(reading, reading.future, language),
            )
            found.append(FoundPeriod(at, end, past, future, reading.past.grain, bare))
            at = end
        return tuple(found)

    def _read(self, words: Sequence[str], at: int, today: date, language: Language) -> Step | None:
        read = self.longest(self.rules, words, at, today, language)
        start = self.articles(words, at)
        if read is None and start > at:
            inner = self.longest(self.rules, words, start, today, language)
            read = inner
        return read

    def _period(self, reading: Reading, span: Span, language: Language) -> Period:
        label = reading.label or write_span(span, self.words, language)
        return Period(span.start, span.end, label, weekdays=span.weekdays)

    def longest(
        self, rules: Sequence[Rule], words: Sequence[str], at: int, today: date, language: Language
    ) -> Step | None:
        """The longest valid reading at ``at`` that any of ``rules`` gives."""
        steps = (rule(self, words, at, today, language) for rule in rules)
        valid = [s for s in steps if s is not None and s[1].valid]
        return max(valid, key=lambda s: s[0], default=None)

    # -- pieces that rules share

    def articles(self, words: Sequence[str], at: int) -> int:
        """Skip articles and prepositions."""
        while at < len(words) and self.has("articles", words, at) > at:
            at = self.has("articles", words, at)
        return at

    def has(self, name: str, words: Sequence[str], at: int) -> int:
        """Where the phrase of that set ends, or ``at``."""
        return self.words.phrase(name, words, at)

    def unit(self, words: Sequence[str], at: int) -> tuple[int, str] | None:
        """A calendar unit ("meses", "fin de semana")."""
        weekend = self.has("weekend", words, at)
        if weekend > at:
            return weekend, "weekend"
        unit = self.words.units.get(words[at]) if at < len(words) else None
        return None if unit is None else (at + 1, unit)

    def count(self, words: Sequence[str], at: int) -> tuple[int, int] | None:
        """A small whole number, in digits or words."""
        if at >= len(words):
            return None
        value = digits(words[at])
        if value is None and words[at] in self.numbers.units:
            value = digits(str(self.numbers.units[words[at]]))
        if value is None or value != int(value) or not 0 < value < 10_000:
            return None
        return at + 1, int(value)

    def year(self, words: Sequence[str], at: int, today: date) -> tuple[int, int] | None:
        """A year: "2025", "de 2025", "del año pasado", "este año", "last year"."""
        at = self.articles(words, at)
        if at >= len(words):
            return None
        if words[at].isdigit() and len(words[at]) == 4 and 1990 <= int(words[at]) < 2100:
            return at + 1, int(words[at])
        relative = self.relative(self, words, at, today, "es")
        if relative is not None and relative[1].past.grain == "year" and relative[1].past.start is not None:
            return relative[0], relative[1].past.start.year
        inner = self.unit(words, at)
        if inner is not None and inner[1] == "year":
            return self.year(words, inner[0], today)
        return None

    def direction(self, words: Sequence[str], at: int) -> tuple[int, int] | None:
        """A word that looks one unit back or ahead after a noun ("pasado", "que viene")."""
        for name, offset in (
            ("coming", 1),
            ("this_after", 0),
            ("before_last", -2),
            ("last_after", -1),
            ("next_after", 1),
        ):
            end = self.has(name, words, at)
            if end > at:
                return end, offset
        return None
