"""Periods: a table of phrases, and properties that hold for any text and any days."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agents.brains.offline.planning.calendar import Span
from agents.brains.offline.planning.period_words import load_period_words, write_span
from agents.brains.offline.planning.periods import load_periods
from agents.brains.offline.planning.words import split

WORDS = load_period_words()
GRAMMAR = load_periods(WORDS)
TODAY = date(2026, 11, 22)
DAYS = st.dates(date(1995, 1, 1), date(2090, 12, 31))


def read(text: str) -> list[tuple[str, str, str, str]]:
    found = GRAMMAR.find([w.folded for w in split(text, {})], TODAY)
    return [(str(f.past.start), str(f.past.end), str(f.future.start), str(f.future.end)) for f in found]


SURE = {
    "hoy": "2026-11-22 2026-11-23",
    "ayer": "2026-11-21 2026-11-22",
    "anteayer": "2026-11-20 2026-11-21",
    "mañana": "2026-11-23 2026-11-24",
    "pasado mañana": "2026-11-24 2026-11-25",
    "esta semana": "2026-11-16 2026-11-23",
    "la semana pasada": "2026-11-09 2026-11-16",
    "la próxima semana": "2026-11-23 2026-11-30",
    "el mes que viene": "2026-12-01 2027-01-01",
    "este trimestre": "2026-10-01 2027-01-01",
    "el semestre pasado": "2026-01-01 2026-07-01",
    "el año pasado": "2025-01-01 2026-01-01",
    "del año": "2026-01-01 2027-01-01",
    "en febrero del año pasado": "2025-02-01 2025-03-01",
    "febrero de 2025": "2025-02-01 2025-03-01",
    "marzo pasado": "2026-03-01 2026-04-01",
    "los últimos 90 días": "2026-08-24 2026-11-23",
    "últimos seis meses": "2026-05-22 2026-11-23",
    "hace dos semanas": "2026-11-02 2026-11-09",
    "hace más de un año": "None 2025-11-22",
    "desde hace tres meses": "2026-08-22 2026-11-23",
    "del 1 al 15 de mayo de 2025": "2025-05-01 2025-05-16",
    "12/03/2025": "2025-03-12 2025-03-13",
    "2025-03-12": "2025-03-12 2025-03-13",
    "el lunes pasado": "2026-11-16 2026-11-17",
    "el martes de la semana que viene": "2026-11-24 2026-11-25",
    "en lo que va de año": "2026-01-01 2026-11-23",
    "primer trimestre de 2025": "2025-01-01 2025-04-01",
    "Q3 2025": "2025-07-01 2025-10-01",
    "en 2024": "2024-01-01 2025-01-01",
    "próximos 30 días": "2026-11-22 2026-12-23",
    "en 15 días": "2026-11-22 2026-12-08",
    "la primera semana de diciembre de 2025": "2025-12-01 2025-12-08",
    "la última semana de octubre de 2026": "2026-10-25 2026-11-01",
    "a finales de mes": "2026-11-21 2026-12-01",
    "verano de 2025": "2025-06-01 2025-09-01",
    "el fin de semana pasado": "2026-11-14 2026-11-16",
    "el año pasado en marzo": "2025-03-01 2025-04-01",
    "este año en el primer trimestre": "2026-01-01 2026-04-01",
    "en 2025, de marzo a junio": "2025-03-01 2025-07-01",
    "el año que viene, el 3 de mayo": "2027-05-03 2027-05-04",
    "last year in February": "2025-02-01 2025-03-01",
    "this year in May": "2026-05-01 2026-06-01",
    "today": "2026-11-22 2026-11-23",
    "last month": "2026-10-01 2026-11-01",
    "last 30 days": "2026-10-23 2026-11-23",
    "next week": "2026-11-23 2026-11-30",
    "three days ago": "2026-11-19 2026-11-20",
    "March 12th 2025": "2025-03-12 2025-03-13",
    "so far this year": "2026-01-01 2026-11-23",
    "from January to March 2025": "2025-01-01 2025-04-01",
}
EITHER = {
    "en febrero": "2026-02-01 2026-03-01 2027-02-01 2027-03-01",
    "el lunes": "2026-11-16 2026-11-17 2026-11-23 2026-11-24",
    "el 12 de marzo": "2026-03-12 2026-03-13 2027-03-12 2027-03-13",
    "entre el 3 y el 15 de octubre": "2026-10-03 2026-10-16 2027-10-03 2027-10-16",
    "antes de fin de mes": "None 2026-12-01 2026-11-22 2026-12-01",
    "desde enero": "2026-01-01 None 2027-01-01 None",
}


@pytest.mark.parametrize("text", SURE)
def test_period_without_doubt(text: str) -> None:
    start, end = SURE[text].split()
    assert read(text) == [(start, end, start, end)]


@pytest.mark.parametrize("text", EITHER)
def test_period_behind_or_ahead(text: str) -> None:
    assert read(text) == [tuple(EITHER[text].split())]


@pytest.mark.parametrize("text", ["por la mañana", "marzol", "número 31/31", "la última visita"])
def test_no_period(text: str) -> None:
    assert read(text) == []


PIECES = [*sorted(WORDS.vocabulary()), "3", "15", "2025", "31", "el", "la", "de", "y", "01/02", "0", "99999"]


@settings(max_examples=300, deadline=None)
@given(st.lists(st.sampled_from(PIECES), max_size=8), DAYS)
def test_any_words_give_ordered_days(words: list[str], today: date) -> None:
    for found in GRAMMAR.find(words, today):
        for period in (found.past, found.future):
            assert period.start is not None or period.end is not None or period.weekdays
            assert period.start is None or period.end is None or period.start < period.end
        assert 0 <= found.start < found.end <= len(words)


@settings(max_examples=300, deadline=None)
@given(DAYS, st.integers(1, 900), st.sampled_from(["es", "en"]))
def test_what_is_written_is_read_back(start: date, days: int, language: str) -> None:
    span = Span(start, start + timedelta(days=days))
    text = write_span(span, WORDS, language)
    found = GRAMMAR.find([w.folded for w in split(text, {})], TODAY)
    assert [(f.past.start, f.past.end) for f in found] == [(span.start, span.end)], text


@settings(max_examples=100, deadline=None)
@given(st.dates(date(1995, 1, 1), date(2085, 1, 1)), st.sampled_from([1, 3, 6, 12]), st.sampled_from(["es", "en"]))
def test_whole_units_are_read_back(day: date, size: int, language: str) -> None:
    start = date(day.year, (day.month - 1) // size * size + 1, 1)
    month = start.month + size
    end = date(start.year + (month > 12), month - 12 if month > 12 else month, 1)
    text = write_span(Span(start, end), WORDS, language)
    found = GRAMMAR.find([w.folded for w in split(text, {})], TODAY)
    assert [(f.past.start, f.past.end) for f in found] == [(start, end)], text


@pytest.mark.parametrize(
    ("text", "days"),
    [
        ("los lunes", (1,)),
        ("de los lunes", (1,)),
        ("cada martes y jueves", (2, 4)),
        ("los lunes, miércoles y viernes", (1, 3, 5)),
        ("en sábado", (6,)),
        ("los fines de semana", (6, 7)),
        ("on Mondays", (1,)),
        ("el lunes", ()),
        ("este fin de semana", ()),
        ("on Monday", ()),
    ],
)
def test_days_that_come_again_each_week(text: str, days: tuple[int, ...]) -> None:
    (found,) = GRAMMAR.find([w.folded for w in split(text, {})], TODAY)
    assert found.past.weekdays == found.future.weekdays == days
    assert (found.past.start is None) is bool(days)
