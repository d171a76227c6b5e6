"""Numbers, spelling and values of the database."""

from __future__ import annotations

from decimal import Decimal

import pytest

from agents.brains.offline.planning.linking import build_index
from agents.brains.offline.planning.numbers import digits, find_numbers, load_number_words
from agents.brains.offline.planning.spelling import build_speller
from agents.brains.offline.planning.words import light, singular, sound, split

NUMBERS = load_number_words()
INDEX = build_index(
    {
        ("client", "name"): ("María Pérez López", "Talleres Pérez, S.L.", "Juan García Ruiz"),
        ("technician", "name"): ("Pedro García Sanz",),
        ("product", "sku"): ("XP400", "CB2-B015"),
        ("client", "city"): ("Zaragoza", "Madrid"),
        ("product", "name"): ("Placa electrónica XP400",),
    }
)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1.000", "1000"),
        ("1.234,50", "1234.50"),
        ("1,234.50", "1234.50"),
        ("3,5", "3.5"),
        ("1k", "1000"),
        ("0.500", "0.500"),
    ],
)
def test_digits(text: str, value: str) -> None:
    assert digits(text) == Decimal(value)


@pytest.mark.parametrize("text", ["", "abc", "1.2.3,4,5", "12/03", "9" * 40])
def test_not_digits(text: str) -> None:
    assert digits(text) is None


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("más de mil euros", [("1000", True)]),
        ("1.000 €", [("1000", True)]),
        ("una docena", [("12", False)]),
        ("treinta y cinco", [("35", False)]),
        ("doscientos cincuenta mil", [("250000", False)]),
        ("un contrato", []),
        ("twenty five", [("25", False)]),
        ("los 3 clientes", [("3", False)]),
    ],
)
def test_numbers_in_words(text: str, values: list[tuple[str, bool]]) -> None:
    found = find_numbers(split(text, {}), NUMBERS)
    assert [(str(n.value), n.money) for n in found] == values


@pytest.mark.parametrize(
    ("text", "field", "values", "whole"),
    [
        ("xp 400", ("product", "sku"), ("XP400",), True),
        ("XP-400", ("product", "sku"), ("XP400",), True),
        ("cb2 b015", ("product", "sku"), ("CB2-B015",), True),
        ("zaragoza", ("client", "city"), ("Zaragoza",), True),
        ("perez", ("client", "name"), ("María Pérez López", "Talleres Pérez, S.L."), False),
        ("maria perez", ("client", "name"), ("María Pérez López",), False),
        ("placas electronicas", ("product", "name"), ("Placa electrónica XP400",), False),
    ],
)
def test_links(text: str, field: tuple[str, str], values: tuple[str, ...], whole: bool) -> None:
    end, readings = INDEX.at(split(text, {}), 0)[0]
    assert end == len(text.replace("-", " ").split()) or whole
    reading = next(r for r in readings if (r.entity, r.dimension) == field)
    assert (reading.values, reading.whole) == (values, whole)


def test_a_surname_may_be_of_a_client_and_of_a_technician() -> None:
    _, readings = INDEX.at(split("garcía", {}), 0)[0]
    assert {r.entity for r in readings} == {"client", "technician"}


def test_misspelled_values_are_found() -> None:
    assert INDEX.near("zaragosa", person=False) == "zaragoza"
    assert INDEX.near("peres", person=True) == "perez"


@pytest.mark.parametrize(("wrong", "right"), [("keda", "queda"), ("bencen", "vencen"), ("contrtos", "contratos")])
def test_spelling(wrong: str, right: str) -> None:
    assert build_speller(["queda", "vencen", "contratos", "clientes"]).correct(wrong) == right


def test_short_and_strange_words_are_left_alone() -> None:
    speller = build_speller(["queda", "vencen", "contratos"])
    assert speller.correct("xyz") is None
    assert speller.correct("paralelepipedo") is None


def test_keys() -> None:
    assert light("tecnicas") == light("tecnico")
    assert singular("policies") == singular("policy")
    assert singular("address") == singular("addresses") and singular("switches") == singular("switch")
    assert sound("keda") == sound("queda")
