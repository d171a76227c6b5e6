"""Days that come again each week: "los lunes de este año" keeps the Mondays of the year."""

from __future__ import annotations

from dataclasses import replace

from tools.sql.query import Period, TimeWindow

Told = list[tuple[int, TimeWindow]]


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


def within_week(period: Period, weekly: Period) -> Period:
    """``period`` kept to the days of the week of ``weekly``."""
    if period.weekdays:
        return period
    # What was asked of the year is asked of its Mondays: the last words of a label are those said first.
    label = ", ".join(part for part in (weekly.label.split(",")[0], period.label) if part)
    return replace(period, weekdays=weekly.weekdays, label=label)
