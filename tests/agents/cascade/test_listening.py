"""An answer is told sentence by sentence, and only what the passages carry."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.brains.llm.listening import Listener
from ingest.passages import Passage

CONTENT = "Limpie los filtros de aire cada dos semanas con agua templada. Déjelos secar a la sombra antes de montarlos."
QUOTE = "Limpie los filtros de aire cada dos semanas"
PASSAGE = Passage(1, 1, "Manual", "user_manual", 3, "Filtros", (), CONTENT, (), (), 1.0)


def heard(answer: Any, size: int = 5) -> list[str]:
    """What is said of ``answer`` when it comes in pieces of ``size`` characters."""
    said: list[str] = []
    listener = Listener("¿Cada cuánto limpio los filtros?", (PASSAGE,), said.append)
    text = answer if isinstance(answer, str) else json.dumps(answer, ensure_ascii=False)
    for at in range(0, len(text), size):
        listener(text[at : at + size])
    return said


@pytest.mark.parametrize("size", [1, 3, 7, 1000])
def test_sentences_are_told_as_they_end(size: int) -> None:
    text = "Limpie los filtros cada dos semanas. Use agua templada. Déjelos secar a la sombra"
    said = heard({"quotes": [QUOTE], "text": text}, size)
    assert text.startswith("".join(said))
    assert size == 1000 or said[0] == "Limpie los filtros cada dos semanas."


def test_nothing_is_told_before_its_quotes(size: int = 3) -> None:
    text = "Limpie los filtros cada dos semanas. Use agua templada. "
    assert heard({"text": text, "quotes": [QUOTE]}, size) == []


@pytest.mark.parametrize(
    "answer",
    [
        {"other": True, "quotes": [QUOTE], "text": "Limpie los filtros cada dos semanas. Ya."},
        {"quotes": [], "text": "Limpie los filtros cada dos semanas. Ya."},
        {"quotes": ["nada de esto"], "text": "Limpie los filtros. Ya."},
        {"quotes": [QUOTE], "text": "Límpielos cada 3 meses. Ya."},
        {"quotes": "x", "text": "Limpie los filtros cada dos semanas. Ya."},
        ["quotes", "text"],
        "Limpie los filtros cada dos semanas. Ya.",
    ],
    ids=[
        "something else",
        "no quotes",
        "false quote",
        "invented figure",
        "wrong shape",
        "a list",
        "no JSON",
    ],
)
def test_what_nothing_carries_is_not_told(answer: Any) -> None:
    assert heard(answer) == []


def test_after_a_sentence_that_does_not_stand_no_more_is_told() -> None:
    text = "Limpie los filtros cada dos semanas. Cuesta 99 euros. Use agua templada. Ya."
    assert heard({"quotes": [QUOTE], "text": text}) == ["Limpie los filtros cada dos semanas."]


@given(st.lists(st.text(max_size=20)))
def test_strange_pieces_never_raise(pieces: list[str]) -> None:
    said: list[str] = []
    listener = Listener("?", (PASSAGE,), said.append)
    for piece in pieces:
        listener(piece)
    assert said == []
