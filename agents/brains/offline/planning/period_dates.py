"""Rules of periods said by date: days, weekdays, ranges, open ends."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date, timedelta

from agents.brains.offline.planning.calendar import Span, one_day, safe_date, shift, start_of
from agents.brains.offline.planning.numbers import ordinal
from agents.brains.offline.planning.period_grammar import PeriodGrammar, Reading, Rule, Step, same
from agents.brains.offline.planning.period_units import (
    edges,
    fixed_day,
    month,
    parts,
    relative_unit,
    rolling_unit,
    year,
)
from agents.brains.offline.planning.period_words import Language

_NUMERIC = re.compile(r"(\d{1,2})[/.-](\d{1,2})(?:[/.-](\d{4}|\d{2}))?")
_ISO = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})")


def _near(today: date, month_number: int, day: int) -> Reading | None:
    """The latest such day up to today, and the first one from today."""
    past = [d for y in range(9) if (d := safe_date(today.year - y, month_number, day)) and d <= today]
    ahead = [d for y in range(9) if (d := safe_date(today.year + y, month_number, day)) and d >= today]
    return Reading(one_day(past[0]), one_day(ahead[0])) if past and ahead else None


def _day_number(g: PeriodGrammar, words: Sequence[str], at: int) -> int | None:
    if at >= len(words):
        return None
    word = words[at]
    number = int(word) if word.isdecimal() and len(word) <= 2 else ordinal(word, g.numbers) or g.numbers.units.get(word)
    return number if number is not None and 1 <= number <= 31 else None


def full_date(g: PeriodGrammar, words: Sequence[str], at: int, today: date, _language: Language) -> Step | None:
    """12 de marzo, el 12 de marzo de 2025, 12/03/2025, 2025-03-12, March 12th 2025, día 12."""
    start = g.articles(words, at)
    if start >= len(words):
        return None
    numeric = _numeric(words[start], today)
    if numeric is not None:
        return start + 1, numeric
    for phrase, (named_month, named_day) in g.words.feasts:
        if words[start] == phrase[0] and tuple(words[start : start + len(phrase)]) == phrase:
            return _with_year(g, words, start + len(phrase), today, named_month, named_day)
    spoken_day = g.words.units.get(words[start]) == "day"
    start = start + 1 if spoken_day else start
    number = _day_number(g, words, start)
    if number is not None:
        named = g.articles(words, start + 1)
        month_number = g.words.months.get(words[named]) if named < len(words) else None
        if month_number is not None:
            return _with_year(g, words, named + 1, today, month_number, number)
        if spoken_day:
            return start + 1, _day_of_month(today, number)
    english = g.words.months.get(words[start]) if start < len(words) else None
    number = _day_number(g, words, start + 1)
    if english is not None and number is not None:
        return _with_year(g, words, start + 2, today, english, number)
    return None


def _numeric(word: str, today: date) -> Reading | None:
    iso = _ISO.fullmatch(word)
    found = _NUMERIC.fullmatch(word)
    if iso:
        day = safe_date(int(iso[1]), int(iso[2]), int(iso[3]))
        return same(one_day(day)) if day else None
    if not found or ("." in word and not found[3]):
        return None
    if found[3]:
        year_number = int(found[3]) + (2000 if len(found[3]) == 2 else 0)
        day = safe_date(year_number, int(found[2]), int(found[1]))
        return same(one_day(day)) if day else None
    if not 1 <= int(found[2]) <= 12 or "-" in word:
        return None
    return _near(today, int(found[2]), int(found[1]))


def _with_year(
    g: PeriodGrammar, words: Sequence[str], at: int, today: date, month_number: int, number: int
) -> Step | None:
    said = g.year(words, at, today)
    if said is not None:
        day = safe_date(said[1], month_number, number)
        return (said[0], same(one_day(day))) if day else None
    near = _near(today, month_number, number)
    if near is None:
        return None
    after = g.direction(words, at)
    if after is not None and after[1] != 0:
        return after[0], same(near.past if after[1] < 0 else near.future)
    return at, near


def _day_of_month(today: date, number: int) -> Reading:
    past = next(d for m in range(4) if (d := _in_month(today, -m, number)) and d <= today)
    ahead = next(d for m in range(4) if (d := _in_month(today, m, number)) and d >= today)
    return Reading(one_day(past), one_day(ahead))


def _in_month(today: date, months: int, number: int) -> date | None:
    first = shift(start_of("month", today), "month", months)
    return safe_date(first.year, first.month, number)


def weekday(g: PeriodGrammar, words: Sequence[str], at: int, today: date, language: Language) -> Step | None:
    """el lunes, el lunes pasado, este viernes, next monday, el martes que viene, el lunes de la semana pasada."""
    start = g.articles(words, at)
    leading = next((o for n, o in (("this", 0), ("last", -1), ("next", 1)) if g.has(n, words, start) > start), None)
    name = start + 1 if leading is not None else start
    number = g.words.weekdays.get(words[name]) if name < len(words) else None
    if number is None:
        return None
    week = relative_unit(g, words, name + 1, today, language)
    if week is not None and week[1].past.grain == "week" and week[1].past.start is not None:
        return week[0], same(one_day(week[1].past.start + timedelta(days=number)))
    after = g.direction(words, name + 1)
    offset = leading if leading is not None else after[1] if after else None
    end = after[0] if after and leading is None else name + 1
    back = today - timedelta(days=(today.weekday() - number) % 7)
    ahead = today + timedelta(days=(number - today.weekday()) % 7)
    if offset is None:
        return end, Reading(one_day(back), one_day(ahead))
    if offset == 0:
        return end, same(one_day(start_of("week", today) + timedelta(days=number)))
    strict = back if back < today else back - timedelta(days=7)
    later = ahead if ahead > today else ahead + timedelta(days=7)
    return end, same(one_day(strict if offset < 0 else later))


POINTS: tuple[Rule, ...] = (full_date, weekday, fixed_day, edges, relative_unit, month, parts, year)


def between(g: PeriodGrammar, words: Sequence[str], at: int, today: date, language: Language) -> Step | None:
    """entre el 3 y el 15 de octubre, del 1 al 15 de mayo, de enero a marzo, desde marzo hasta junio, from X to Y."""
    start = max(g.has(name, words, at) for name in ("between", "from", "of"))
    if start == at:
        return None
    joiner = "and" if g.has("between", words, at) > at else "to"
    first = g.longest(POINTS, words, start, today, language)
    day_at = g.articles(words, start)
    bare_day = _day_number(g, words, day_at)
    options: list[tuple[int, Reading | None, int | None]] = []
    if first is not None:
        options.append((first[0], first[1], None))
    if bare_day is not None:
        options.append((day_at + 1, None, bare_day))
    for end, reading, day in options:
        joined = g.has(joiner, words, end)
        second = g.longest(POINTS, words, joined, today, language) if joined > end else None
        if second is None:
            continue
        if joiner == "and" and reading is not None and (swapped := _told_backwards(reading, second[1])) is not None:
            return second[0], swapped
        behind = _join(None if reading is None else reading.past, day, second[1].past)
        ahead = _join(None if reading is None else reading.future, day, second[1].future)
        if behind is not None and ahead is not None:
            return second[0], Reading(behind, ahead)
    return None


def _told_backwards(first: Reading, last: Reading) -> Reading | None:
    """entre octubre y septiembre: two months in a row, the later one said first."""
    if first.past.grain != "month" or last.past.grain != "month":
        return None
    spans = [Span(b.start, a.end, "month") for a, b in ((first.past, last.past), (first.future, last.future))]
    adjoining = last.past.end == first.past.start and last.future.end == first.future.start
    return Reading(spans[0], spans[1]) if adjoining else None


def _join(first: Span | None, bare_day: int | None, last: Span) -> Span | None:
    if last.start is None or last.end is None:
        return None
    if bare_day is not None:
        begin = safe_date(last.start.year, last.start.month, bare_day)
    else:
        begin = first.start if first is not None else None
        while begin is not None and begin > last.start:
            begin = shift(begin, "year", -1)
        if begin is not None and first is not None and (last.start - begin).days > 366 and first.grain == "month":
            begin = begin.replace(year=last.start.year)
    grain = first.grain if first is not None and first.grain == last.grain else "day"
    return Span(begin, last.end, grain) if begin is not None and begin < last.end else None


def open_ended(g: PeriodGrammar, words: Sequence[str], at: int, today: date, language: Language) -> Step | None:
    """desde enero, a partir del lunes, hasta marzo, antes de fin de mes, después del verano, de aquí al domingo."""
    now = g.has("from_now", words, at)
    until = g.longest(POINTS, words, now, today, language) if now > at else None
    if until is not None:
        return until[0], same(Span(today, until[1].future.end))
    for name in ("after", "from", "until", "before"):
        end = g.has(name, words, at)
        whole = g.longest((*POINTS, rolling_unit), words, end, today, language) if end > at else None
        if whole is None:
            continue
        past, future = whole[1].past, whole[1].future
        if name in {"after", "from"}:
            begins = (past.end, future.end) if name == "after" else (past.start, future.start)
            return whole[0], Reading(Span(begins[0], None), Span(begins[1], None))
        edge = g.has("end_of", words, g.articles(words, end)) > g.articles(words, end)
        last = (past.start, future.start) if name == "before" and not edge else (past.end, future.end)
        ahead = Span(today if last[1] is not None and last[1] > today else None, last[1])
        return whole[0], Reading(Span(None, last[0]), ahead)
    return None
