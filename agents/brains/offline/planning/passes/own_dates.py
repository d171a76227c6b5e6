"""Two periods, each of a date of its own: "firmados en 2025 que vencen en marzo"."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from agents.brains.offline.planning.meanings import DimensionRef, SegmentRef
from agents.brains.offline.planning.period_grammar import FoundPeriod
from agents.brains.offline.planning.state import State
from tools.sql.query import Filter, Op, Period, TimeWindow

_DATES = frozenset({"date", "datetime"})


@dataclass(frozen=True, slots=True)
class _Dated:
    """A period at ``at``; ``word`` is the mention before it that says which ``field`` it bounds."""

    at: int
    found: FoundPeriod
    word: int | None
    field: str
    ahead: bool

    @property
    def period(self) -> Period:
        return self.found.future if self.ahead else self.found.past


def own_dates(state: State, found: Sequence[tuple[int, FoundPeriod]]) -> bool:
    """Bound two dates of each row, when the question says two periods of different dates; was it so?"""
    if len(found) != 2 or state.entity.default_time is None or any(state.scope_at(at) for at, _ in found):
        return False
    first = _dated(state, *found[0], after=-1)
    second = _dated(state, *found[1], after=first.at)
    if second.word is None or first.field == second.field or second.period.weekdays:
        return False
    between = state.mentions[first.at + 1 : second.at]
    if first.word is None and any(m.is_cue("conj") or m.is_cue("versus") for m in between):
        return False
    state.window = TimeWindow(first.period, first.field)
    state.time_field = first.field
    edges = ((Op.GE, second.period.start), (Op.LT, second.period.end))
    state.filters += [Filter(second.field, op, (day,)) for op, day in edges if day is not None]
    for at in (first.at, second.at, first.word, second.word):
        if at is not None:
            state.claim(at)
    return True


def _dated(state: State, at: int, found: FoundPeriod, after: int) -> _Dated:
    """The period at ``at``, with the word between ``after`` and it that says its date."""
    for word in range(at - 1, after, -1):
        for reading in state.mentions[word].readings:
            if isinstance(reading, SegmentRef) and reading.entity == state.target:
                time = state.entity.segments[reading.segment].time
                if time is not None:
                    ahead = f"{state.target}.{reading.segment}" in state.world.lexicon.ahead or time == "ends_on"
                    return _Dated(at, found, word, time, ahead)
            if not isinstance(reading, DimensionRef) or reading.entity != state.target:
                continue
            if state.entity.dimensions[reading.dimension].kind in _DATES:
                return _Dated(at, found, word, reading.dimension, reading.dimension == "ends_on")
    return _Dated(at, found, None, state.entity.default_time or "", False)
