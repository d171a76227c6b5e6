"""Times of day: "la visita de las 10", "a partir de las cuatro", "por la tarde"."""

from __future__ import annotations

import re
from dataclasses import replace

from agents.brains.offline.planning.calendar import Span, shift
from agents.brains.offline.planning.meanings import Mention, NumberRef, PeriodRef
from agents.brains.offline.planning.state import State, first_of
from tools.sql.query import Period, TimeWindow

_CLOCK = re.compile(r"(\d{1,2})(?:[:.](\d{2}))?")
_OPENING, _NOON, _MIDNIGHT = 8, 12, 24
"""Before the opening hour, "las 4" is the afternoon's."""
_AFTERNOON = frozenset({"13-21", "12-18", "20-24"})
_FROM = frozenset({"partir", "desde", "despues", "after", "from"})
_UNTIL = frozenset({"antes", "hasta", "before", "until"})
_TOLD = frozenset({"las", "la", "at"})


def clock(state: State) -> None:
    """Explain "a las 10" and its like, of rows that have a time."""
    if not _has_time(state, state.entity.default_time):
        return
    for at, mention in enumerate(state.mentions):
        hour = _hour(mention) if at and state.mentions[at - 1].text.split()[-1] in _TOLD else None
        unit = at + 1 < len(state.mentions) and state.mentions[at + 1].cue("unit") is not None
        if hour is None or unit or not state.free(at) or not _introduced(state, at):
            continue
        parts = {cue.value for m in state.mentions for cue in m.cues.get("hours", ())}
        afternoon, morning = bool(parts & _AFTERNOON), bool(parts - _AFTERNOON)
        hour += _NOON if hour < _NOON and (afternoon or (hour < _OPENING and not morning)) else 0
        before = {word for m in state.mentions[max(0, at - 4) : at] for word in m.text.split()}
        first, last = hour, min(hour + 1, _MIDNIGHT)
        if before & _FROM:
            last = _MIDNIGHT
        elif before & _UNTIL:
            first, last = 0, hour
        state.hours = (first, last)
        state.hours_said = " ".join(m.text for m in state.mentions[at - 1 : at + 1])
        state.claim(at)
        for beside in range(max(0, at - 4), at):
            compared = state.mentions[beside]
            if not {*compared.text.split()}.isdisjoint(_FROM | _UNTIL) and state.free(beside):
                state.claim(beside)
        return


def _introduced(state: State, at: int) -> bool:
    """a las 10, de las 10, sobre las 10; not "las 10 últimas"."""
    article = state.mentions[at - 1].text.split()
    if article[-1] == "at":
        return True
    before = state.mentions[at - 2] if at > 1 else None
    lead = before is not None and (before.is_cue("of") or before.is_cue("compare") or before.is_cue("filler"))
    followed = state.mentions[at + 1] if at + 1 < len(state.mentions) else None
    counts = followed is not None and any(followed.is_cue(k) for k in ("last", "first", "more", "less", "next"))
    named = followed is not None and bool(state.names(at + 1))
    return (len(article) > 1 or lead) and not counts and not named


def _hour(mention: Mention) -> int | None:
    written = _CLOCK.fullmatch(mention.text)
    number = first_of(mention, NumberRef)
    if written is not None:
        value = int(written[1])
    elif number is not None and number.number.words and number.number.value == int(number.number.value):
        value = int(number.number.value)
    else:
        return None
    return value if 0 < value < _MIDNIGHT and first_of(mention, PeriodRef) is None else None


def bounded(state: State, windows: list[tuple[int, TimeWindow]]) -> list[tuple[int, TimeWindow]]:
    """``windows`` kept to the hours said (mañana por la tarde: of that day, those hours), or today's."""
    if _said(state) is None:
        return windows
    if not windows and not state.scopes and "upcoming" in state.entity.segments and not state.compare:
        today = Span(state.world.today, shift(state.world.today, "day", 1))
        day = Period(today.start, today.end, state.world.label(today))
        windows = [(0, TimeWindow(day, state.entity.default_time))]
    if not windows or not _has_time(state, windows[-1][1].field):
        return windows
    return [(position, replace(window, period=within(state, window.period))) for position, window in windows]


def within(state: State, period: Period) -> Period:
    """``period`` kept to the hours that the question says, which are explained so."""
    found = _said(state)
    if found is None:
        return period
    for at in state.cues("hours"):
        state.claim(at)
    hours, words = found
    return replace(period, label=f"{period.label} {words}".strip(), hours=hours)


def _said(state: State) -> tuple[tuple[int, int], str] | None:
    """The hours that are said, by the clock or as a part of the day, and in which words."""
    if state.hours is not None:
        return state.hours, state.hours_said
    cue = next((c for m in state.mentions for c in m.cues.get("hours", ())), None)
    if cue is None:
        return None
    first, _, last = cue.value.partition("-")
    return (int(first), int(last)), state.world.hours[cue.value]


def _has_time(state: State, path: str | None) -> bool:
    return path is not None and state.world.joins.dimension(state.target, path).kind == "datetime"
