"""What people say besides is taken out of the question; a message that says nothing else stays."""

from __future__ import annotations

import pytest

from agents.courtesy import load_courtesy


@pytest.mark.parametrize(
    ("message", "asked"),
    [
        ("¿Cómo purgo los radiadores? Soy una persona mayor y no entiendo de esto.", "¿Cómo purgo los radiadores?  y"),
        ("hola, por favor, cada cuánto limpio los filtros, gracias", "hola,  cada cuánto limpio los filtros"),
        ("how do I bleed the radiators please", "how do I bleed the radiators"),
        ("muchas gracias", "muchas gracias"),
    ],
)
def test_courtesies_are_no_part_of_what_is_asked(message: str, asked: str) -> None:
    def words(text: str) -> list[str]:
        return text.replace(",", " ").split()

    assert words(load_courtesy().less(message)) == words(asked)
