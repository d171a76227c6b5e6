"""What a model is shown of passages: less, in their own words, and what answers."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.brains.llm.excerpts import LEFT_OUT, LONGEST, MOST, excerpts
from agents.brains.llm.grounding import grounded
from agents.brains.llm.outputs import AnswerOut
from ingest.passages import Passage

PASSAGE = Passage(1, 1, "Manual XP400", "service_manual", 3, None, (), "", ("XP400",), ("split",), 1.0)
FILLER = "Esta frase trata de otra cosa y no dice nada que importe aquí. " * 8
STEPS = "Para limpiar los filtros:\n1. Apague el equipo.\n2. Levante la tapa.\n3. Aspire el polvo."
TABLE = "Código: E4 | Causa: presión de alta\nCódigo: E5 | Causa: sonda abierta"


def passages(*texts: str) -> list[Passage]:
    return [replace(PASSAGE, chunk_id=at, content=text) for at, text in enumerate(texts)]


def test_what_is_short_is_shown_whole() -> None:
    assert excerpts("¿E4?", passages("uno", "dos")) == ["uno", "dos"]


def test_a_list_is_shown_whole_when_what_introduces_it_is_asked() -> None:
    (shown, other) = excerpts("¿Cómo limpio los filtros?", passages(f"{FILLER}\n{STEPS}\n{FILLER}", FILLER * 3))
    assert all(line in shown for line in STEPS.splitlines())
    assert len(shown) + len(other) <= MOST + len(LEFT_OUT) * 4


def test_of_a_table_the_rows_that_are_asked_come_first() -> None:
    (shown, _) = excerpts("¿Qué es el error E4?", passages(f"{FILLER}\n{TABLE}\n{FILLER}", FILLER * 2))
    assert "presión de alta" in shown


def test_what_was_told_is_always_shown() -> None:
    told = "La garantía cubre el compresor durante cinco años."
    (_, shown) = excerpts("¿cuánto dura?", passages(FILLER * 3, f"{FILLER}\n{told}\n{FILLER}"), told)
    assert told in shown


def test_all_that_was_told_is_shown_however_long() -> None:
    warning, more = "ADVERTENCIA: no use el equipo sin filtros.", "Después haga otra cosa con los filtros. " * 12
    told = f"{warning}\n{STEPS}\n{more}"
    (shown, _) = excerpts("¿Cómo limpio los filtros?", passages(f"{STEPS}\n{more}\n\n{warning}", FILLER * 2), told)
    assert warning in shown and all(line in shown for line in STEPS.splitlines())


def test_a_paragraph_stays_one() -> None:
    said = "Levante el panel frontal y pulse AUTO. Púlselo de nuevo para apagar."
    (shown, _) = excerpts("¿Para qué es AUTO?", passages(f"{said}\n\n1. Otra cosa.\n2. Y otra.", FILLER * 3), said)
    assert said in shown


def test_where_nothing_is_found_nothing_is_cut_but_the_end() -> None:
    assert excerpts("qwerty", passages("a " * LONGEST, FILLER * 3)) == [
        ("a " * LONGEST)[:LONGEST],
        (FILLER * 3)[:LONGEST],
    ]


LINES = st.lists(
    st.sampled_from([*STEPS.splitlines(), *TABLE.splitlines(), FILLER, "Nota: el filtro.", ""]), max_size=12
)


@given(LINES, st.sampled_from(["¿Cómo limpio los filtros?", "¿Qué es E4?", "¿Qué pasa?"]))
def test_every_uncut_stretch_can_be_quoted(lines: list[str], question: str) -> None:
    given_ = passages("\n".join(lines), FILLER * 3)
    for shown in excerpts(question, given_):
        for piece in shown.split(LEFT_OUT):
            if len(piece.strip()) > 3:
                out = AnswerOut(quotes=[piece], text="Sí")
                assert grounded(out, question, given_) is not None


@pytest.mark.parametrize("most", [200, 600, 1000])
def test_there_is_a_bound(most: int) -> None:
    shown = excerpts("¿Cómo limpio los filtros?", passages(*(f"El filtro {n}. {FILLER}" for n in range(6))), most=most)
    assert sum(map(len, shown)) <= most + 700
