"""Words that exist are read as they are; what is no word is respelled; the words load fast enough for a start."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest

from agents.brains.offline.planning import Planner
from agents.brains.protocol import Context
from core.dictionary import load_dictionary


@pytest.mark.parametrize("word", ["descuento", "averias", "presion", "tarde", "discount", "leaking"])
def test_words_of_both_languages_are_known_without_accents(word: str) -> None:
    assert word in load_dictionary()


@pytest.mark.parametrize("word", ["intervencoin", "contrtos", "kaldera"])
def test_misspellings_are_no_words(word: str) -> None:
    assert word not in load_dictionary()


def test_a_word_that_exists_is_never_taken_for_another(planner: Planner, context_of: Callable[[str], Context]) -> None:
    texts = [mention.text for mention in planner.read("tengo descuento en las baterías", context_of("client"))]
    assert "descuento" in texts and "baterias" in texts


@pytest.mark.parametrize("word", ["techo", "codo", "guia", "policia", "fila"])
def test_a_spanish_word_is_no_form_of_an_english_one(
    planner: Planner, context_of: Callable[[str], Context], word: str
) -> None:
    """techo and techs, policía and policies would meet without their endings."""
    mentions = planner.read(f"las averías de {word}", context_of("admin"))
    meant = [type(r).__name__ for m in mentions if m.text == word for r in m.readings]
    assert set(meant) <= {"ValueRef"}


def test_what_is_no_word_is_respelled(planner: Planner, context_of: Callable[[str], Context]) -> None:
    texts = [mention.text for mention in planner.read("mis contrtos", context_of("client"))]
    assert "contratos" in texts


def test_reading_the_words_takes_less_than_a_moment() -> None:
    started = time.process_time()
    load_dictionary()
    assert time.process_time() - started < 0.5
