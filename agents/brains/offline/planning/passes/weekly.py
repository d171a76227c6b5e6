"""Days that come again each week: "los lunes de este año" keeps the Mondays of the year."""

from __future__ import annotations

from dataclasses import replace

from agents.brains.offline.planning.state import State
from tools.sql.query import Period, TimeWindow

Told = list[tuple[int, TimeWindow]]
_OR = frozenset({"o", "u", "or", "que", "than"})


def each_week(windows: Told) -> Told:
    """``windows`` with the days of the week kept in the others, or taken together when there are no others."""
    weekly = [(at, w) for at, w in windows if w.period.weekdays]
    others = [(at, w) for at, w in windows if not w.period.weekdays]
    if not weekly or len(windows) == 1:
        return windows
    first = weekly[0][1].period
    days = tuple(sorted({day for _, w in weekly for day in w.period.weekdays}))
    label = ", ".join(dict.fromkeys(w.period.label for _, w in weekly))
    kept = replace(first, weekdays=days, label=label)
    if not others:
        return [(weekly[0][0], replace(weekly[0][1], period=kept))]
    return [(at, replace(w, period=within_week(w.period, kept))) for at, w in others]


def either_day(state: State, windows: Told) -> Told:
    """más averías los lunes o los viernes: the days of the week side by side, each within what else is said."""
    weekly = [(at, w) for at, w in windows if w.period.weekdays]
    others = [w for _, w in windows if not w.period.weekdays]
    weighed = any(state.has(kind) for kind in ("more", "less", "versus"))
    if len(weekly) < 2 or len(others) > 1 or not weighed or state.groups:
        return []
    if any(at < weekly[0][0] for at in state.cues("ask", "which", "who")):
        return []
    between = state.mentions[weekly[0][0] + 1 : weekly[-1][0]]
    if not any(m.text in _OR or m.is_cue("versus") for m in between) and not state.has("versus"):
        return []
    if not others:
        return weekly
    return [(at, replace(w, period=within_week(others[0].period, w.period))) for at, w in weekly]


def within_week(period: Period, weekly: Period) -> Period:
    """``period`` kept to the days of the week of ``weekly``."""
    if period.weekdays:
        return period
    # What was asked of the year is asked of its Mondays: the last words of a label are those said first.
    label = ", ".join(part for part in (weekly.label.split(",")[0], period.label) if part)
    return replace(period, weekdays=weekly.weekdays, label=label)
