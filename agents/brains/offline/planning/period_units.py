"""Rules of periods said by their unit: days from today, weeks, months, quarters, years, rolling spans, edges."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

from agents.brains.offline.planning.calendar import Span, bucket, month_span, one_day, shift, start_of
from agents.brains.offline.planning.numbers import ordinal
from agents.brains.offline.planning.period_grammar import PeriodGrammar, Reading, Rule, Step, same
from agents.brains.offline.planning.period_words import Language, rolling, write_rolling

_WEEKS = 5
"""Weeks that a month has at most."""


def fixed_day(g: PeriodGrammar, words: Sequence[str], at: int, today: date, language: Language) -> Step | None:
    """hoy, ayer, pasado mañana; not "por la mañana"."""
    if 1 < at < len(words) and tuple(words[at - 2 : at]) in {("por", "la"), ("de", "la")} and words[at] == "manana":
        return None
    for phrase, offset in g.words.days:
        if tuple(words[at : at + len(phrase)]) == phrase:
            label = g.words.labels[language]["day"][str(offset)]
            return at + len(phrase), same(one_day(today + timedelta(days=offset)), label)
    return None


def relative_unit(g: PeriodGrammar, words: Sequence[str], at: int, today: date, language: Language) -> Step | None:
    """esta semana, el mes pasado, el próximo trimestre, mes anterior, this year, last month."""
    start = g.articles(words, at)
    for name, offset in (("this", 0), ("next", 1), ("before_last", -2), ("last", -1)):
        end = g.has(name, words, start)
        unit = g.unit(words, end) if end > start else None
        if unit is not None and unit[1] != "day":
            spanish_rolling = name == "last" and words[start] not in {
                "last",
                "previous",
                "pasado",
                "pasada",
                "anterior",
            }
            after = g.direction(words, unit[0])
            if after is not None and name == "this":
                return after[0], _relative(g, unit[1], after[1], today, language)
            if not spanish_rolling:
                return unit[0], _relative(g, unit[1], offset, today, language)
    unit = g.unit(words, start)
    if unit is None or unit[1] == "day":
        return None
    after = g.direction(words, unit[0])
    weekday = at > 0 and g.words.units.get(words[at - 1]) == "day"
    own = at if weekday else g.has("own_unit", words, at)
    described = g.has("own_not", words, unit[0]) > unit[0]
    if after is None and own > at and unit[1] != "weekend" and g.unit(words, own) == unit and not described:
        return unit[0], _relative(g, unit[1], 0, today, language)
    return None if after is None else (after[0], _relative(g, unit[1], after[1], today, language))


def _relative(g: PeriodGrammar, unit: str, offset: int, today: date, language: Language) -> Reading:
    span = bucket(unit, today, offset)
    name = {0: "this", -1: "last", 1: "next"}.get(offset)
    return same(span, g.words.labels[language][name][unit] if name else "")


def rolling_unit(g: PeriodGrammar, words: Sequence[str], at: int, today: date, language: Language) -> Step | None:
    """los últimos 90 días, últimas semanas, el último mes, los próximos 30 días, next 2 weeks, 30 días próximos."""
    start = g.articles(words, at)
    first = g.count(words, start)
    for names, ahead in ((("recent", "last"), False), (("next", "coming"), True)):
        for name in names:
            said = g.has(name, words, first[0]) if first else 0
            counted = g.unit(words, said) if first and said > first[0] else None
            if first is not None and counted is not None:
                return counted[0], _rolling(g, counted[1], first[1], ahead, today, language)
            end = g.has(name, words, start)
            count = g.count(words, end) if end > start else None
            unit = g.unit(words, count[0] if count else end) if end > start else None
            singular = unit is not None and count is None and (name == "recent" and words[start] != "last")
            if unit is not None and (count is not None or singular) and (count or unit[1] != "weekend"):
                return unit[0], _rolling(g, unit[1], count[1] if count else 1, ahead, today, language)
        count = g.count(words, start)
        unit = g.unit(words, count[0]) if count else None
        for name in names:
            after = g.has(name, words, unit[0]) if unit else 0
            if unit is not None and count is not None and after > unit[0]:
                return after, _rolling(g, unit[1], count[1], ahead, today, language)
    return None


def _rolling(g: PeriodGrammar, unit: str, count: int, ahead: bool, today: date, language: Language) -> Reading:
    return same(rolling(today, unit, count, ahead), write_rolling(unit, count, ahead, g.words, language))


def ago(g: PeriodGrammar, words: Sequence[str], at: int, today: date, language: Language) -> Step | None:
    """hace dos semanas, hace más de 6 meses, desde hace un año, three days ago, dentro de 15 días."""
    since, within = g.has("since_ago", words, at), g.has("within", words, at)
    start = since if since > at else within if within > at else g.has("ago", words, at)
    leading = start > at
    more = g.has("more", words, start)
    less = more if more > start else g.has("less", words, start)
    count = g.count(words, less)
    unit = g.unit(words, count[0]) if count else None
    if unit is None or count is None:
        return None
    end = unit[0] if leading else g.has("ago_after", words, unit[0])
    if end == unit[0] and not leading:
        return None
    if within > at:
        return end, _rolling(g, unit[1], count[1], True, today, language)
    if more > start:
        return end, same(Span(None, shift(today, unit[1], -count[1]), unit[1]))
    if less > start or since > at:
        return end, _rolling(g, unit[1], count[1], False, today, language)
    return end, same(bucket(unit[1], shift(today, unit[1], -count[1])))


def month(g: PeriodGrammar, words: Sequence[str], at: int, today: date, _language: Language) -> Step | None:
    """febrero, febrero de 2025, febrero del año pasado, marzo pasado, el próximo abril, mes de mayo."""
    start = g.articles(words, at)
    unit = g.unit(words, start)
    if unit is not None and unit[1] == "month":
        start = g.articles(words, unit[0])
    leading = next((o for n, o in (("last", -1), ("next", 1), ("this", 0)) if g.has(n, words, start) > start), None)
    at_name = start + 1 if leading is not None else start
    number = g.words.months.get(words[at_name]) if at_name < len(words) else None
    if number is None:
        return None
    end = at_name + 1
    year = g.year(words, end, today)
    if words[at_name] == "may" and at_name == 0 and year is None:
        return None
    if year is not None:
        return year[0], same(month_span(year[1], number))
    after = g.direction(words, end)
    offset = leading if leading is not None else after[1] if after else None
    end = after[0] if after and leading is None else end
    back = month_span(today.year - (number > today.month), number)
    ahead = month_span(today.year + (number < today.month), number)
    if offset is None:
        return end, Reading(back, ahead)
    if offset == 0:
        return end, same(month_span(today.year, number))
    strict = month_span(today.year - (number >= today.month), number)
    return end, same(strict if offset < 0 else month_span(today.year + (number <= today.month), number))


def parts(g: PeriodGrammar, words: Sequence[str], at: int, today: date, _language: Language) -> Step | None:
    """primer trimestre de 2025, segundo semestre, Q1 2025, verano pasado, este invierno."""
    start = g.articles(words, at)
    if start >= len(words):
        return None
    word = words[start]
    place = ordinal(word, g.numbers)
    unit = g.unit(words, start + 1) if place else None
    size = {"quarter": 3, "half": 6}.get(unit[1]) if unit else None
    end = unit[0] if unit else start + 1
    if size is None and len(word) == 2 and word[0] in "qt" and word[1] in "1234":
        place, size = int(word[1]), 3
    if size is None and start + 1 < len(words) and word in {"q", "t", "trimestre", "quarter"}:
        place = int(words[start + 1]) if words[start + 1] in {"1", "2", "3", "4"} else None
        size, end = (3, start + 2) if place else (None, end)
    if size is not None and place is not None and place * size <= 12:
        year = g.year(words, end, today)
        number, grain = (place - 1) * size + 1, "quarter" if size == 3 else "half"
        if year is not None:
            return year[0], same(month_span(year[1], number, size, grain))
        return end, same(month_span(today.year, number, size, grain))
    return _season(g, words, start, today)


def _season(g: PeriodGrammar, words: Sequence[str], at: int, today: date) -> Step | None:
    leading = next((o for n, o in (("this", 0), ("last", -1), ("next", 1)) if g.has(n, words, at) > at), None)
    name = at + 1 if leading is not None else at
    first = g.words.seasons.get(words[name]) if name < len(words) else None
    if first is None:
        return None
    year = g.year(words, name + 1, today)
    if year is not None:
        return year[0], same(month_span(year[1], first, 3, "quarter"))
    after = g.direction(words, name + 1)
    offset = leading if leading is not None else after[1] if after else None
    end = after[0] if after and leading is None else name + 1
    current = month_span(today.year, first, 3, "quarter")
    started = current.start is not None and current.start <= today
    over = current.end is not None and current.end <= today
    back = current if started else month_span(today.year - 1, first, 3, "quarter")
    ahead = month_span(today.year + 1, first, 3, "quarter") if over else current
    strict_back = back if not started or over else month_span(today.year - 1, first, 3, "quarter")
    if offset is None or offset == 0:
        return end, Reading(back, ahead)
    return end, same(strict_back if offset < 0 else ahead)


def year(g: PeriodGrammar, words: Sequence[str], at: int, _today: date, _language: Language) -> Step | None:
    """2024, en 2024, el año 2024."""
    start = g.articles(words, at)
    unit = g.unit(words, start)
    if unit is not None and unit[1] == "year":
        start = g.articles(words, unit[0])
    if start < len(words) and words[start].isdigit() and len(words[start]) == 4 and 1990 <= int(words[start]) < 2100:
        return start + 1, same(bucket("year", date(int(words[start]), 1, 1)))
    return None


def edges(g: PeriodGrammar, words: Sequence[str], at: int, today: date, language: Language) -> Step | None:
    """a principios de mes, mediados de marzo, a finales de año, fin de mes."""
    start = g.articles(words, at)
    start = start + 1 if start < len(words) and words[start] in {"a", "para"} else start
    for name in ("start_of", "middle_of", "end_of", "first_half", "second_half"):
        end = g.has(name, words, start)
        if end == start:
            continue
        inner = g.unit(words, g.articles(words, end))
        whole = g.longest(EDGED, words, end, today, language)
        if whole is None and inner is not None and inner[1] in {"month", "year", "week", "quarter"}:
            whole = inner[0], same(bucket(inner[1], today))
        if whole is not None:
            return whole[0], Reading(_edge(whole[1].past, name), _edge(whole[1].future, name))
    return None


def week_of_month(g: PeriodGrammar, words: Sequence[str], at: int, today: date, language: Language) -> Step | None:
    """la primera semana de diciembre, la última semana del mes pasado: seven days of that month."""
    start = g.articles(words, at)
    unit = g.unit(words, start + 1) if start < len(words) else None
    if unit is None or unit[1] != "week":
        return None
    place = ordinal(words[start], g.numbers)
    final = g.has("recent", words, start) > start
    whole = g.longest(EDGED, words, unit[0], today, language)
    if whole is None and g.has("of", words, unit[0]) > unit[0]:
        inner = g.unit(words, g.articles(words, unit[0]))
        whole = (inner[0], same(bucket("month", today))) if inner is not None and inner[1] == "month" else None
    if whole is None or whole[1].past.grain != "month" or not (final or (place is not None and place <= _WEEKS)):
        return None
    return whole[0], Reading(_week(whole[1].past, place, final), _week(whole[1].future, place, final))


def _week(month: Span, place: int | None, final: bool) -> Span:
    if month.start is None or month.end is None:
        return month
    start = month.end - timedelta(days=7) if final else month.start + timedelta(days=7 * ((place or 1) - 1))
    return Span(start, min(start + timedelta(days=7), month.end), "week")


def _edge(span: Span, name: str) -> Span:
    if span.start is None or span.end is None:
        return span
    days = (span.end - span.start).days
    if name in {"first_half", "second_half"}:
        middle = span.start + timedelta(days=15 if span.grain == "month" else days // 2)
        if name == "first_half":
            return Span(span.start, middle, span.grain)
        return Span(middle, span.end, span.grain)
    third = max(days // 3, 1)
    if name == "start_of":
        return Span(span.start, span.start + timedelta(days=third), span.grain)
    if name == "end_of":
        return Span(span.end - timedelta(days=third), span.end, span.grain)
    return Span(span.start + timedelta(days=third), span.end - timedelta(days=third), span.grain)


def so_far(g: PeriodGrammar, words: Sequence[str], at: int, today: date, language: Language) -> Step | None:
    """en lo que va de año, lo que llevamos de mes, so far this year, this year to date."""
    start = g.articles(words, at)
    end = g.has("so_far", words, start)
    if end > start:
        inner = g.unit(words, g.articles(words, end))
        whole = relative_unit(g, words, end, today, language)
        unit = whole[1].past.grain if whole else inner[1] if inner else None
        if unit is not None:
            stop = whole[0] if whole else inner[0] if inner else end
            return stop, same(Span(start_of(unit, today), today + timedelta(days=1), unit))
    whole = relative_unit(g, words, at, today, language)
    after = g.has("so_far", words, whole[0]) if whole else 0
    if whole is not None and after > whole[0]:
        return after, same(Span(whole[1].past.start, today + timedelta(days=1), whole[1].past.grain))
    return None


EDGED: tuple[Rule, ...] = (relative_unit, month, parts, year)
