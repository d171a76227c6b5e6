"""Names that only titles know are read from them, found in questions, and decide which documents answer."""

from __future__ import annotations

import pytest

from ingest.naming import Name, Names, names_in
from ingest.scoping import EXACT, GENERAL, DocumentFacts, Scope

COMMON = frozenset({"usuario", "manual", "decreto", "reglamento", "incendios", "aire"})


def _said(title: str) -> dict[str, set[str]]:
    return {name.word: set(name.numbers) for name in names_in([title], COMMON, {"norvento"})}


@pytest.mark.parametrize(
    ("title", "names"),
    [
        ("Termavia Lumbre 28 K. Manual de usuario", {"termavia": set(), "lumbre": {"28"}}),
        ("FICHA TÉCNICA SERIE LUMBRE 24/28", {"lumbre": {"24", "28"}}),
        ("Lumbre28 usuario", {"lumbre": {"28"}}),
        ("User Manual Vaillant ecoTEC plus", {"vaillant": set(), "ecotec": set()}),
        ("Instrucciones del GX-300", {"gx300": set()}),
        ("Normas para pisos de alquiler", {}),
        ("Real Decreto 513/2017, por el que se aprueba el Reglamento contra incendios", {}),
        ("Norvento. Aire acondicionado", {}),
        ("Puerta Portalux S60. Manual", {"portalux": {"s60"}}),
        ("Inversor Heliox HX5 y HX8. Manual", {"heliox": {"hx5", "hx8"}}),
    ],
)
def test_titles_give_names(title: str, names: dict[str, set[str]]) -> None:
    assert _said(title) == names


def _library(*titles: str) -> Names:
    return Names(names_in([title], COMMON, ()) for title in titles)


LIBRARY = _library(
    "Termavia Lumbre 28 K. Manual", "Ficha técnica serie Lumbre", "Termavia Brasal. Manual", "Guía GX-300"
)


@pytest.mark.parametrize(
    ("question", "words"),
    [
        ("¿cuánto pesa la lumbre?", ["lumbre"]),
        ("¿Cuánto pesa la LUMVRE 28?", ["lumbre"]),
        ("la Lumbre de Termavia", ["lumbre"]),
        ("¿qué garantía da Termavia?", ["termavia"]),
        ("compara la Brasal y la Lumbre", ["brasal", "lumbre"]),
        ("error del gx 300", ["gx300"]),
        ("¿cómo limpio el filtro de la cumbre?", []),
    ],
)
def test_questions_name_things(question: str, words: list[str]) -> None:
    assert [name.word for name in LIBRARY.asked(question)] == words


def test_a_word_of_the_language_is_a_name_beside_its_number_or_another_name() -> None:
    library = Names([names_in(["Brisalia Norte 12. Guía"], (), (), {"norte"})])
    assert not library.asked("¿qué viento sopla en el norte?")
    assert [name.word for name in library.asked("¿cuánto pesa la norte 12?")] == ["norte"]
    assert [name.word for name in library.asked("¿cuánto pesa la Brisalia Norte?")] == ["norte"]


def test_several_things_are_told_apart() -> None:
    assert LIBRARY.apart(LIBRARY.asked("compara la Brasal y la Lumbre"))
    assert not LIBRARY.apart(LIBRARY.asked("la Lumbre de Termavia"))


def _facts(kind: str, *titles: str, products: frozenset[str] = frozenset()) -> DocumentFacts:
    return DocumentFacts(1, "client", products, frozenset(), frozenset(), kind, names_in(titles, COMMON, ()))


def test_a_name_admits_its_documents_and_general_ones_only() -> None:
    asked = LIBRARY.asked("presión de la Lumbre 28")
    scope = Scope.of((), (), {}, asked, LIBRARY.akin(asked))
    assert scope.bonus(_facts("user_manual", "Termavia Lumbre 28 K. Manual")) == EXACT
    assert scope.bonus(_facts("data_sheet", "Ficha técnica serie Lumbre")) == EXACT
    assert scope.bonus(_facts("user_manual", "Termavia Lumbre 35. Manual")) is None
    assert scope.bonus(_facts("user_manual", "Termavia Brasal. Manual")) is None
    assert scope.bonus(_facts("warranty", "Condiciones de Termavia")) == GENERAL
    assert scope.bonus(_facts("procedure", "Guardias")) == GENERAL
    assert scope.bonus(_facts("user_manual", "CB24", products=frozenset({"CB24"}))) is None


def test_a_number_of_its_own_tells_models_apart() -> None:
    assert not Name("lumbre", frozenset({"28"})).meant_by(Name("lumbre", frozenset({"35"})))
    assert Name("lumbre").meant_by(Name("lumbre", frozenset({"35"})))


def test_numbers_with_a_bar_or_decimals_and_titles_in_capitals() -> None:
    (pump,) = names_in(["Bombas de piscina Delfín 50 / 75 / 100"], COMMON, {"100"})
    assert pump.numbers == {"50", "75", "100"}
    (collector,) = names_in(["CAPTADOR SOLAR HELIOTER 2.0 Y 2.5 – INSTRUCCIONES"], {"captadores"}, ())
    assert collector.word == "helioter"
    assert collector.numbers == {"2.0", "2.5"}
    assert Names([frozenset({collector})]).asked("peso del helioter 2.5")[0].numbers == {"2.5"}


def test_a_version_alone_names_its_thing_and_an_error_code_does_not() -> None:
    library = _library("Inversor Heliox HX5 y HX8. Manual", "Puerta Portalux S60. Manual")
    assert [name.word for name in library.asked("compara el peso del HX5 y el HX8")] == ["heliox"]
    (name,) = library.asked("¿qué es el E34 del Heliox HX5?")
    assert (name.word, name.numbers) == ("heliox", frozenset({"hx5"}))
    assert library.pieces("¿qué es el E34 del Heliox HX5?") == {"heliox", "hx5"}
    assert not library.asked("me sale E34")
