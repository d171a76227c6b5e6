"""Words written by ear, abbreviated or said of a place find what they stand for."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rapidfuzz.distance import OSA

from core.text import fold
from ingest.lexical import LexicalIndex
from ingest.lexicon import default_lexicon, search_lexicon
from ingest.matching import Matching
from ingest.question import QuestionReader
from ingest.sounds import sound
from ingest.spelling import Spelling
from ingest.terms import pieces, terms

TEXTS = (
    "El motor del extractor giratorio de Gandhi",
    "La válvula del vaso se llena",
    "El presidente costarricense visitó la feria",
    "El fabricante estadounidense ya no existe",
)


@pytest.fixture(scope="module")
def index() -> LexicalIndex:
    return LexicalIndex([Counter(terms(text)) for text in TEXTS])


@pytest.fixture(scope="module")
def reader(index: LexicalIndex) -> QuestionReader:
    return QuestionReader(index, Spelling(fold(p) for text in TEXTS for p in pieces(text)), search_lexicon())


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("baldula", "valdula"),
        ("ghandi", "gandhi"),
        ("jiratorio", "giratorio"),
        ("kaldera", "caldera"),
        ("yave", "llave"),
    ],
)
def test_words_that_sound_alike_sound_alike(written: str, meant: str) -> None:
    assert sound(written) == sound(meant)


@pytest.mark.parametrize(
    ("one", "other"), [("gas", "jas"), ("chapa", "capa"), ("perro", "pero x"), ("cinta", "quinta")]
)
def test_words_that_do_not_stay_apart(one: str, other: str) -> None:
    assert sound(one) != sound(other)


@given(st.text(max_size=40))
def test_any_text_has_a_sound(text: str) -> None:
    assert sound(sound(text)) == sound(sound(sound(text)))


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("ghandi", 0),
        ("jirratorio", 0),
        ("balbula", 1),
        ("el presidente de Costa Rica", 2),
        ("de EE. UU.", 3),
        ("EEUU", 3),
    ],
)
def test_people_find_what_they_heard(question: str, expected: int, index: LexicalIndex, reader: QuestionReader) -> None:
    scores = Matching(index, reader.concepts(question)).scores(np.arange(len(TEXTS), dtype=np.int32))
    assert int(np.argmax(scores)) == expected and scores[expected] > 0


def test_plural_abbreviations_are_one_word_and_others_stay() -> None:
    assert list(pieces("de EE. UU. y FF.CC.")) == ["de", "eeuu", "y", "ffcc"]
    assert list(pieces("pilas AA de la LL3")) == ["pilas", "aa", "de", "la", "ll3"]


def test_only_search_knows_what_belongs_to_a_place() -> None:
    assert search_lexicon().words > default_lexicon().words
    assert "costarricense" not in default_lexicon().words


@given(st.lists(st.text("abcdeñz", min_size=5, max_size=9), max_size=30), st.text("abcdeñz", min_size=5, max_size=9))
def test_few_are_compared_and_none_that_is_near_is_left_out(words: list[str], word: str) -> None:
    near = Spelling(words).near(word, 2, 2)
    assert len(near) == len(set(near)) and set(near) <= set(words)
    assert {other for other in words if OSA.distance(word, other) <= 2} <= set(near)
