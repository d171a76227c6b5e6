"""How people pick one of the options they were shown, and amend what was proposed."""

from __future__ import annotations

import pytest

from agents.choosing import load_choosing

OPTIONS = ("Split mural XP400 (salón)", "Caldera CB24 (cocina)", "Split mural XP250 (dormitorio)")


@pytest.mark.parametrize(
    ("answer", "picked"),
    [
        ("2", (1,)),
        ("el segundo", (1,)),
        ("la segunda, por favor", (1,)),
        ("el último", (2,)),
        ("el de la cocina", (1,)),
        ("XP400", (0,)),
        ("el xp-250", (2,)),
        ("la caldera", (1,)),
        ("el del dormitorío", (2,)),
        ("the first one", (0,)),
        ("todos", (0, 1, 2)),
        ("el split", (0, 2)),
        ("7", ()),
        ("¿cuándo vence mi garantía?", ()),
        ("no lo sé", ()),
        ("", ()),
    ],
)
def test_choose(answer: str, picked: tuple[int, ...]) -> None:
    assert load_choosing().choose(answer, OPTIONS) == picked


@pytest.mark.parametrize(
    ("answer", "rest"),
    [
        ("sí, pero mejor por la tarde", "por la tarde"),
        ("no, el martes", "el martes"),
        ("no enciende", "no enciende"),
        ("sí, no calienta", "no calienta"),
        ("vale pero urgente", "urgente"),
        ("sí", "sí"),
    ],
)
def test_amendment(answer: str, rest: str) -> None:
    assert load_choosing().amendment(answer) == rest
