"""Who asks what the law says is answered from the law first."""

from __future__ import annotations

import pytest

from ingest.law import LAW, asks_for_law, less_law, titled_as_law
from ingest.scoping import BY_LAW, GENERAL, DocumentFacts, Scope

NOTHING: frozenset[str] = frozenset()


@pytest.mark.parametrize(
    ("question", "less"),
    [
        ("según normativa, ¿cada cuánto se revisan los extintores?", "¿cada cuánto se revisan los extintores?"),
        ("¿Cada cuánto hay que retimbrar los extintores por ley?", "¿Cada cuánto hay que retimbrar los extintores?"),
        ("¿Qué dice el RIPCI de las bocas?", "¿ de las bocas?"),
    ],
)
def test_what_the_law_says_is_asked(question: str, less: str) -> None:
    assert asks_for_law(question)
    assert less_law(question) == less


@pytest.mark.parametrize("question", ["¿cada cuánto se revisan los extintores?", "¿quién se lo leyó?", "el leyenda 3"])
def test_the_law_is_not_asked(question: str) -> None:
    assert not asks_for_law(question)
    assert less_law(question) == question


def test_law_is_known_by_its_title() -> None:
    assert titled_as_law("Real Decreto 513/2017, de 22 de mayo, por el que se aprueba el Reglamento")
    assert not titled_as_law("Manual de usuario Caldea CB24")


def test_law_comes_before_what_the_asker_owns() -> None:
    law = DocumentFacts(1, "public", NOTHING, NOTHING, NOTHING, LAW)
    manual = DocumentFacts(2, "client", frozenset({"CB24"}), NOTHING, frozenset({"boiler"}), "user_manual")
    asked = Scope.of(("CB24",), (), {"CB24": "boiler"}, law=True)
    assert asked.bonus(law) == BY_LAW > (asked.bonus(manual) or 0)
    assert Scope.of(("CB24",), (), {"CB24": "boiler"}).bonus(law) == GENERAL
