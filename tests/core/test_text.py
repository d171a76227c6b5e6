"""Folding and splitting."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from core.text import fold, tokens


def test_folding_drops_accents_and_case() -> None:
    assert fold("¿Cuándo vence mi GARANTÍA, señora Ibáñez?") == "¿cuando vence mi garantia, senora ibanez?"


def test_codes_and_numbers_stay_whole() -> None:
    assert [t.text for t in tokens("El XP-400 cuesta 1.234,50 € y/o E4")] == [
        "El",
        "XP-400",
        "cuesta",
        "1.234,50",
        "y/o",
        "E4",
    ]


@given(st.text())
def test_folding_twice_changes_nothing(text: str) -> None:
    assert fold(fold(text)) == fold(text)


@given(st.text())
def test_tokens_stand_where_they_say(text: str) -> None:
    assert all(text[t.start : t.end] == t.text for t in tokens(text))
