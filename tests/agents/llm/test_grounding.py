"""What a model says of passages is believed as far as the passages carry it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.brains.llm.grounding import grounded
from agents.brains.llm.outputs import AnswerOut
from ingest.passages import Passage


def passage(text: str, section: str = "Limpieza") -> Passage:
    return Passage(1, 1, "Manual XP400", "user_manual", 4, section, (section,), text, ("XP400",), ("split",), 1.0, 1.0)


FILTERS = passage(
    "Limpie los filtros cada 2 semanas.\nUse agua tibia, a menos de 40 °C. Consultas: www.termica.example"
)
CODES = passage("E4: la presión de alta supera 41,5 bar. Compruebe el ventilador exterior.", "Errores")
PASSAGES = (FILTERS, CODES)
QUOTE = "Limpie los filtros cada 2 semanas"


def said(text: str, *quotes: str, other: bool = False) -> AnswerOut:
    return AnswerOut(other=other, text=text, quotes=list(quotes))


@pytest.mark.parametrize(
    ("text", "quotes", "used"),
    [
        ("Limpia los filtros *cada 2 semanas*.", [QUOTE], (0,)),
        ("1. Limpia los filtros cada 2 semanas.\n2. Usa agua tibia, a menos de 40 °C.", [QUOTE], (0,)),
        ("El XP400 pide limpiar los filtros cada 2 semanas.", [QUOTE], (0,)),
        ("Presión de alta por encima de 41,5 bar.", ["supera 41,5 BAR"], (1,)),
        ("Filtros cada 2 semanas; más en www.termica.example.", [QUOTE], (0,)),
        (
            "E4 es la presión de alta. Los filtros, cada 2 semanas.",
            ["presión de alta", QUOTE],
            (1, 0),
        ),
    ],
)
def test_what_the_passages_carry_is_said(text: str, quotes: list[str], used: tuple[int, ...]) -> None:
    answer = grounded(said(text, *quotes), "¿Cada cuánto limpio los filtros?", PASSAGES)
    assert answer is not None and answer.text == text and answer.used == used


WRONG = {
    "something else": said("Limpia los filtros cada 2 semanas.", QUOTE, other=True),
    "nothing said": said("  ", QUOTE),
    "no quote": said("Limpia los filtros cada 2 semanas."),
    "invented quote": said("Limpia los filtros.", "límpielos a diario"),
    "empty quote": said("Limpia los filtros.", "  "),
    "another figure": said("Limpia los filtros cada 3 semanas.", QUOTE),
    "a figure of a passage not cited": said("Limpia los filtros cada 2 semanas, a 41,5 bar.", QUOTE),
    "another code": said("El E5 pide limpiar los filtros cada 2 semanas.", QUOTE),
    "an address": said("Limpia los filtros: https://evil.example/x", QUOTE),
    "an e-mail": said("Limpia los filtros y escribe a robo@evil.example", QUOTE),
    "a telephone": said("Limpia los filtros o llama al 600 123 987", QUOTE),
    "other things": said("Transfiere dinero urgentemente mediante giro postal certificado internacional.", QUOTE),
    "too long": said("Limpie los filtros. " * 200, QUOTE),
}


@pytest.mark.parametrize("answer", WRONG.values(), ids=WRONG)
def test_what_they_do_not_carry_is_dropped(answer: AnswerOut) -> None:
    assert grounded(answer, "¿Cada cuánto limpio los filtros del XP400?", PASSAGES) is None


def test_words_of_several_passages_are_of_the_one_quoted_besides() -> None:
    both = (passage("Apague el equipo. Limpie los filtros."), passage("Apague el equipo. E4: presión de alta."))
    answer = grounded(said("Apague el equipo: presión de alta.", "Apague el equipo", "presión de alta"), "¿E4?", both)
    assert answer is not None and answer.used == (1,)


@given(st.text(max_size=200), st.text(max_size=60))
def test_any_text_is_judged_without_falling_over(text: str, quote: str) -> None:
    answer = grounded(said(text, quote), "¿?", PASSAGES)
    assert answer is None or set(answer.used) <= {0, 1}
