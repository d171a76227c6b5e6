"""Who asks what the law says is answered from the law first."""

from __future__ import annotations

import pytest

from ingest.law import LAW, asks_for_law, laws_in, less_law, questions_law, titled_as_law
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


@pytest.mark.parametrize(
    ("text", "laws"),
    [
        ("según el RIPCI, ¿quién los mantiene?", {"ripci"}),
        ("Real Decreto 513/2017, de 22 de mayo, por el que se aprueba el Reglamento de instalaciones", {"ripci"}),
        ("el Reglamento de Instalaciones Térmicas en los Edificios", {"rite"}),
        ("qué dice el real decreto 4/2031", {"4/2031"}),
        ("la factura 12/2026", set()),
        ("el ritesio", set()),
    ],
)
def test_laws_are_known_by_their_names_and_numbers(text: str, laws: set[str]) -> None:
    assert laws_in(text) == laws


def test_a_law_that_is_named_is_the_only_one_that_answers() -> None:
    rite = DocumentFacts(1, "public", NOTHING, NOTHING, NOTHING, LAW, laws=frozenset({"rite"}))
    other = DocumentFacts(2, "public", NOTHING, NOTHING, NOTHING, LAW, laws=frozenset({"ripci"}))
    asked = Scope.of((), (), {}, law=True, laws=frozenset({"rite"}))
    assert asked.bonus(rite) == BY_LAW and asked.bonus(other) is None


@pytest.mark.parametrize(
    "text",
    [
        "según la normativa quién puede recargar el gas",
        "¿a qué altura van los extintores según el RIPCI?",
        "es obligatorio por ley revisarlo",
        "podemos ceder certificados según la normativa?",
    ],
)
def test_a_question_about_the_law_is_known(text: str) -> None:
    assert questions_law(text)


@pytest.mark.parametrize(
    "text", ["mandad a un técnico, que toca por ley", "cada cuánto venís", "pedidme la revisión legal"]
)
def test_an_order_that_mentions_the_law_is_no_question_about_it(text: str) -> None:
    assert not questions_law(text)
