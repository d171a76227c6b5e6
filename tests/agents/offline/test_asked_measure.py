"""A measure is asked for, or it is the circumstance in which something else is."""

from __future__ import annotations

import pytest

from agents.brains.offline.answering.question import QuestionReader


@pytest.fixture(scope="module")
def reader() -> QuestionReader:
    return QuestionReader()


@pytest.mark.parametrize(
    ("question", "unit", "asked"),
    [
        ("¿qué CO2 debe dar la caldera a máxima potencia?", "kw", False),
        ("what CO2 at full power?", "kw", False),
        ("¿qué potencia tiene la caldera?", "kw", True),
        ("¿a qué temperatura la pongo?", "°c", True),
        ("at what pressure do I test it?", "bar", True),
        ("¿con qué presión se prueba?", "bar", True),
        ("¿arranca con poca presión?", "bar", False),
    ],
)
def test_what_is_measured(reader: QuestionReader, question: str, unit: str, asked: bool) -> None:
    assert (unit in reader.read(question, frozenset()).units) is asked
