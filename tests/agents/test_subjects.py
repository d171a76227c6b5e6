"""What a question is about: the model its number names, the machine in the place it names, the others owned."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from agents.brains.protocol import Context, Machine
from agents.subjects import Subject, Subjects
from policy.roles import GUEST
from tools.product_index import Model, ProductIndex

MODELS = [
    Model("XP250", "Split", "split"),
    Model("XP400", "Split", "split"),
    Model("CB24", "Caldera", "boiler"),
    Model("FP800", "Central", "fire_panel"),
    Model("VR800", "VRF", "vrf"),
]
SUBJECTS = Subjects(ProductIndex(MODELS, {"split": ["aire"], "boiler": ["caldera"], "vrf": ["vrf"]}))
MACHINES = (
    Machine(1, "XP400", "Split", "split", "salón", "2025-02-17"),
    Machine(2, "XP250", "Split", "split", "dormitorio", "2024-05-01"),
    Machine(3, "CB24", "Caldera", "boiler", "cocina", "2023-10-09"),
)


def speaking(focus: tuple[str, ...] = ()) -> Context:
    return Context(GUEST, datetime(2026, 11, 18, tzinfo=UTC), machines=MACHINES, focus=focus)


@pytest.mark.parametrize(
    ("text", "spelled"),
    [
        ("par de apriete del 250", "par de apriete del XP250"),
        ("nitrógeno en el 400, ¿cuánto?", "nitrógeno en el XP400, ¿cuánto?"),
        ("la VRF es el 800", "la VRF es el VR800"),
        ("error del 800", "error del 800"),
        ("espera 250 segundos", "espera 250 segundos"),
        ("la intervención 1043", "la intervención 1043"),
    ],
)
def test_the_number_of_a_model_after_an_article_is_the_model_when_only_one_has_it(text: str, spelled: str) -> None:
    assert SUBJECTS.spelled_out(text) == spelled


@pytest.mark.parametrize(
    ("text", "skus"),
    [
        ("sale dF en el aparato del salón", ("XP400",)),
        ("el aire del dormitorio gotea", ("XP250",)),
        ("el aire gotea", ("XP400", "XP250")),
        ("pone E1 en la pantalla del CB24", ("CB24",)),
        ("par de las bornas del 800", ("FP800", "VR800")),
    ],
)
def test_a_place_tells_which_machine_is_meant(text: str, skus: tuple[str, ...]) -> None:
    assert SUBJECTS.of(text, speaking()).skus == skus


def test_the_machine_talked_about_is_only_assumed_and_the_others_are_known() -> None:
    subject = SUBJECTS.of("me sale F3", speaking(focus=("XP400",)))
    assert subject == Subject(("XP400",), ("split",), MACHINES[:1], assumed=True)
    assert SUBJECTS.others(subject, speaking()) == ("XP250", "CB24")
