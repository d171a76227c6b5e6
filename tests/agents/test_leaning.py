"""A question that says nothing by itself is completed with the one before; any other is left alone."""

from __future__ import annotations

import pytest

from agents.leaning import load_leaning
from agents.subjects import Subjects
from tools.product_index import Model, ProductIndex

SUBJECTS = Subjects(ProductIndex([Model("XP400", "Split", "split"), Model("XP250", "Split", "split")], {}))
BEFORE = "¿Qué significa el error E4 del XP400?"


@pytest.mark.parametrize("text", ["¿y en el XP250?", "¿cómo se arregla?", "y cada cuánto?", "how do I fix it?"])
def test_what_leans_is_completed(text: str) -> None:
    complete = load_leaning().complete(text, BEFORE, SUBJECTS)
    assert complete.startswith(text.strip(" .")) and "E4" in complete
    assert ("XP400" in complete) is ("XP250" not in text)


@pytest.mark.parametrize("text", ["¿qué pilas lleva el mando?", "F4 en la caldera", "", "how do I clean the filters?"])
def test_what_stands_alone_is_left_alone(text: str) -> None:
    assert load_leaning().complete(text, BEFORE, SUBJECTS) == text


def test_without_a_question_before_there_is_nothing_to_lean_on() -> None:
    assert load_leaning().complete("¿cómo se arregla?", None, SUBJECTS) == "¿cómo se arregla?"
