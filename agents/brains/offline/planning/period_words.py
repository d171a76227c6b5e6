"""The words of periods, read from ``periods.yaml``, and periods written back in words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any, Literal

import yaml

from agents.brains.offline.planning.calendar import Span, month_span, shift, start_of
from core.text import fold

Phrases = tuple[tuple[str, ...], ...]
Language = Literal["es", "en"]

_SETS = [
    "each",
    "weekends",
    "this",
    "this_after",
    "last",
    "before_last",
    "recent",
    "next",
    "coming",
    "ago",
    "ago_after",
    "since_ago",
    "within",
    "from",
    "after",
    "until",
    "from_now",
    "before",
    "between",
    "to",
    "own_unit",
    "own_not",
    "last_after",
    "next_after",
    "and",
    "start_of",
    "middle_of",
    "end_of",
    "first_half",
    "second_half",
    "so_far",
    "weekend",
    "more",
    "less",
    "articles",
    "of",
]

WEEKEND = (6, 7)
DEFAULT_PATH = Path(__file__).with_name("periods.yaml")


@dataclass(frozen=True, slots=True)
class PeriodWords:
    """Every word the grammar knows, folded; phrases are kept by their first word, longest first."""

    units: Mapping[str, str]
    months: Mapping[str, int]
    weekdays: Mapping[str, int]
    weekdays_each: Mapping[str, int]
    """Plurals that say by themselves that the day comes again each week."""
    seasons: Mapping[str, int]
    days: tuple[tuple[tuple[str, ...], int], ...]
    feasts: tuple[tuple[tuple[str, ...], tuple[int, int]], ...]
    """Days with a name: (words, (month, day)), longest first."""
    sets: Mapping[str, Mapping[str, Phrases]]
    labels: Mapping[str, Mapping[str, Any]]

    def vocabulary(self) -> frozenset[str]:
        """Every single word, for spelling."""
        phrases = [p for group in self.sets.values() for some in group.values() for p in some]
        phrases += [p for p, _ in self.days] + [p for p, _ in self.feasts]
        maps: tuple[Mapping[str, Any], ...] = (
            self.units,
            self.months,
            self.weekdays,
            self.weekdays_each,
            self.seasons,
        )
        return frozenset(w for p in phrases for w in p) | frozenset(w for m in maps for w in m)

    def phrase(self, name: str, words: Sequence[str], at: int) -> int:
        """Where the phrase of set ``name`` that starts at ``at`` ends; ``at`` itself when there is none."""
        if at >= len(words):
            return at
        for phrase in self.sets[name].get(words[at], ()):
            if len(phrase) == 1 or tuple(words[at : at + len(phrase)]) == phrase:
                return at + len(phrase)
        return at


def _inverted(groups: Mapping[Any, Sequence[str]]) -> dict[str, Any]:
    return {fold(word): key for key, words in groups.items() for word in words}


def _phrases(entries: Sequence[str]) -> dict[str, Phrases]:
    found: dict[str, Phrases] = {}
    for phrase in sorted((tuple(fold(e).split()) for e in entries), key=len, reverse=True):
        found[phrase[0]] = (*found.get(phrase[0], ()), phrase)
    return found


def load_period_words(path: Path = DEFAULT_PATH) -> PeriodWords:
    """Read ``periods.yaml``."""
    raw = yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
    days = [(tuple(fold(p).split()), int(offset)) for offset, phrases in raw["days"].items() for p in phrases]
    feasts = [
        (tuple(fold(p).split()), (int(day.split("-")[0]), int(day.split("-")[1])))
        for day, phrases in raw["feasts"].items()
        for p in phrases
    ]
    return PeriodWords(
        feasts=tuple(sorted(feasts, key=lambda f: len(f[0]), reverse=True)),
        units=_inverted(raw["units"]),
        months=_inverted(raw["months"]),
        weekdays=_inverted(raw["weekdays"]),
        weekdays_each=_inverted(raw["weekdays_each"]),
        seasons=_inverted(raw["seasons"]),
        days=tuple(sorted(days, key=lambda d: len(d[0]), reverse=True)),
        sets={name: _phrases(raw[name]) for name in _SETS},
        labels=raw["labels"],
    )


def write_date(day: date, labels: Mapping[str, Any]) -> str:
    """``day`` in words: "12 de marzo de 2025"."""
    return str(labels["date"]).format(day=day.day, month=labels["months"][day.month - 1], year=day.year)


def write_span(span: Span, words: PeriodWords, language: Language) -> str:
    """``span`` in words that the grammar reads back to the same days."""
    labels = words.labels[language]
    start, end = span.start, span.end
    if start is None or end is None:
        known = start if start is not None else (end - timedelta(days=1) if end is not None else None)
        which = "since" if start is not None else "until"
        return str(labels[which]).format(date=write_date(known, labels)) if known else ""
    last = end - timedelta(days=1)
    if start == last:
        return str(labels["single"]).format(date=write_date(start, labels))
    for unit, size, names in (
        ("year", 12, None),
        ("half", 6, "halves"),
        ("quarter", 3, "quarters"),
        ("month", 1, None),
    ):
        if start == start_of(unit, start) and end == month_span(start.year, start.month, size).end:
            if unit == "year":
                return str(start.year)
            if names:
                return f"{labels[names][(start.month - 1) // size]} {start.year}"
            return str(labels["month"]).format(month=labels["months"][start.month - 1], year=start.year)
    return str(labels["span"]).format(start=write_date(start, labels), end=write_date(last, labels))


def write_weekdays(days: Sequence[int], words: PeriodWords, language: Language) -> str:
    """``days`` of each week, from 1, Monday, in words: "los lunes y jueves"."""
    labels = words.labels[language]
    if tuple(days) == WEEKEND:
        return str(labels["weekends"])
    names = [labels["weekdays"][day - 1] for day in days]
    last = f" {labels['and']} ".join(names[-2:])
    return str(labels["each"]).format(days=", ".join([*names[:-2], last]))


def write_rolling(unit: str, count: int, ahead: bool, words: PeriodWords, language: Language) -> str:
    """The last (or next) ``count`` units in words."""
    labels = words.labels[language]
    one, many = labels["units"][unit]
    feminine = unit in labels["feminine"]
    templates = labels["coming" if ahead else "recent"]
    template = templates[(0 if count == 1 else 2) + (1 if feminine else 0)]
    return str(template).format(n=count, unit=one if count == 1 else many)


def rolling(today: date, unit: str, count: int, ahead: bool) -> Span:
    """The last ``count`` units up to today included, or the next ones from today."""
    if ahead:
        return Span(today, shift(today, unit, count) + timedelta(days=1), unit)
    return Span(shift(today, unit, -count), today + timedelta(days=1), unit)
