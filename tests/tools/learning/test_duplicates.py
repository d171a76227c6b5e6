"""Two askings of the same question are merged whatever their spelling; what tells two questions apart always does."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from core.dictionary import load_dictionary
from core.text import fold
from tools.learning.duplicates import alike, answers_question, likeness, same_question
from tools.learning.reading import read

NOUNS = [
    "caldera",
    "termostato",
    "ascensor",
    "filtro",
    "radiador",
    "compresor",
    "depósito",
    "alarma",
    "batería",
    "válvula",
]
VERBS = ["conectar", "instalar", "limpiar", "cambiar", "vaciar", "programar", "reiniciar", "desconectar"]
OPENINGS = ["", "¿cómo puedo", "quiero saber si se puede", "oye, ¿cuándo hay que", "por favor, ¿dónde puedo"]
PLURALS = {noun: f"{noun}es" if noun[-1] in "rl" else f"{noun}s" for noun in NOUNS}
SMALL = ["el", "la", "mi", "de", "con", "una", "para"]
CODES = [
    "E4",
    "E5",
    "XP400",
    "XP-500",
    "CB24",
    "R32",
    "R410A",
    "+5 °C",
    "-5 °C",
    "5 °C",
    "5 kW",
    "5 bar",
    "1,5 bar",
    "24 h",
    "24 kW",
]
MARKS = ["no", "sin", "nunca", "solo", "antes", "después", "más", "menos"]


def same(first: str, second: str, language: str = "es") -> bool:
    one, other = read(first, language), read(second, language)
    answer = same_question(one, other)
    assert answer == same_question(other, one), "symmetric"
    return answer


@st.composite
def questions(draw: st.DrawFn) -> tuple[str, list[str], list[str]]:
    """An opening, content words, exact parts."""
    words = draw(st.lists(st.sampled_from([*NOUNS, *VERBS]), min_size=2, max_size=5, unique=True))
    codes = draw(st.lists(st.sampled_from(CODES), max_size=2, unique=True))
    return draw(st.sampled_from(OPENINGS)), words, codes


def written(opening: str, words: list[str], codes: list[str]) -> str:
    return " ".join(part for part in (opening, *words, *codes) if part)


def unaccented(text: str) -> str:
    return "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))


def slipped(word: str, at: int, kind: int) -> str:
    """``word`` with two letters swapped, one lost, or one doubled."""
    at = 1 + at % (len(word) - 2)
    if kind == 0:
        return word[:at] + word[at + 1] + word[at] + word[at + 2 :]
    return word[:at] + word[at + 1 :] if kind == 1 else word[:at] + word[at] + word[at:]


@settings(deadline=None)  # the first one reads dictionaries
@given(st.text(max_size=200))
def test_any_text_is_the_same_as_itself(text: str) -> None:
    assert same(text, text)


@settings(deadline=None)  # the first one reads dictionaries
@given(st.text(max_size=80), st.text(max_size=80))
def test_any_two_texts_are_judged_alike_both_ways(first: str, second: str) -> None:
    assert same(first, second) in {True, False}
    assert 0 <= likeness(first, second) <= 1


@settings(deadline=None)  # the first one reads dictionaries
@given(questions(), st.data())
def test_accents_case_signs_order_small_words_and_number_make_no_difference(
    asked: tuple[str, list[str], list[str]], data: st.DataObject
) -> None:
    opening, words, codes = asked
    noisy = [PLURALS.get(word, word) if data.draw(st.booleans()) else word for word in words]
    noisy = data.draw(st.permutations(noisy))
    for _ in range(data.draw(st.integers(0, 3))):
        noisy.insert(data.draw(st.integers(0, len(noisy))), data.draw(st.sampled_from(SMALL)))
    text = written(opening, list(noisy), data.draw(st.permutations(codes)))
    text = unaccented(text) if data.draw(st.booleans()) and not codes else text
    text = text.upper() if data.draw(st.booleans()) and not codes else text
    text += data.draw(st.sampled_from(["", "?", "???", " !", " gracias"]))
    assert same(written(opening, words, codes), text), text


@settings(deadline=None)  # the first one reads dictionaries
@given(questions(), st.integers(0, 30), st.integers(0, 30), st.integers(0, 2))
def test_a_slip_of_the_pen_makes_no_difference(
    asked: tuple[str, list[str], list[str]], which: int, at: int, kind: int
) -> None:
    opening, words, codes = asked
    place = which % len(words)
    slip = slipped(words[place], at, kind)
    assume(fold(slip) not in load_dictionary())
    noisy = [*words[:place], slip, *words[place + 1 :]]
    assert same(written(opening, words, codes), written(opening, noisy, codes)), slip


@settings(deadline=None)  # the first one reads dictionaries
@given(questions(), st.lists(st.sampled_from(CODES), max_size=2, unique=True))
def test_other_codes_numbers_signs_or_units_are_another_question(
    asked: tuple[str, list[str], list[str]], others: list[str]
) -> None:
    opening, words, codes = asked
    assume(set(codes) != set(others))
    assert not same(written(opening, words, codes), written(opening, words, others))


@settings(deadline=None)  # the first one reads dictionaries
@given(questions(), st.sampled_from(MARKS))
def test_a_negation_or_a_comparison_is_another_question(asked: tuple[str, list[str], list[str]], mark: str) -> None:
    opening, words, codes = asked
    assert not same(written(opening, words, codes), written(opening, [mark, *words], codes))


@settings(deadline=None)  # the first one reads dictionaries
@given(questions(), st.sampled_from([*NOUNS, *VERBS]))
def test_another_word_is_another_question(asked: tuple[str, list[str], list[str]], other: str) -> None:
    opening, words, codes = asked
    assume(read(other).words[0].stem not in {word.stem for word in read(written("", words, [])).words})
    assert not same(written(opening, words, codes), written(opening, [other, *words[1:]], codes))
    assert not same(written(opening, words, codes), written(opening, [other, *words], codes))


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("¿Se puede conectar la caldera a Alexa?", "puedo conetcar mi caldera con alexa"),
        ("¿Qué pasa a -5 °C?", "que pasa a 5 grados bajo cero"),
        ("¿Qué significa el error E4 del XP-400?", "error E4 XP 400 qué significa"),
        ("¿Cada cuánto se cambia la pila?", "cada cuanto hay que cambiar las pilas"),
        ("La presión debe ser de 1,5 bar, ¿no?", "la presion debe ser de 1.5 bares no"),
        ("¿Cuesta 1.200 euros?", "cuesta 1200 €"),
    ],
)
def test_the_same_question(first: str, second: str) -> None:
    assert same(first, second)


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("¿Se puede pasar de gas a luz?", "¿Se puede pasar de luz a gas?"),
        ("¿Se puede cambiar el termo por la caldera?", "¿Se puede cambiar la caldera por el termo?"),
        ("¿Cómo limpio el filtro?", "¿Cuándo limpio el filtro?"),
        ("¿Funciona la alarma con wifi?", "¿Funciona la alarma sin wifi?"),
        ("¿Cuánto cuesta el corte?", "¿Cuánto cuesta el coste?"),
        ("¿Sirve el mando de Norvento?", "¿Sirve el mando de Norvente?"),
        ("¿Se puede conectar la caldera?", "¿Se puede desconectar la caldera?"),
        ("Menos de 5 grados", "Más de 5 grados"),
        ("hola", "buenas"),
    ],
)
def test_another_question(first: str, second: str) -> None:
    assert not same(first, second)


def test_english_questions() -> None:
    assert same("Can I connect my boiler to Alexa?", "can i conect boilers to alexa", "en")
    assert not same("Does the alarm work with wifi?", "Does the alarm work without wifi?", "en")
    assert not same("Why does the boiler start?", "Why doesn't the boiler start?", "en")


def test_an_answer_is_also_to_who_calls_the_thing_otherwise() -> None:
    asked, otherwise = read("¿Se puede barnizar la puerta del ascensor?"), read("puedo barnizar la puerta del elevador")
    assert answers_question(asked, otherwise) and not same_question(asked, otherwise)
    assert not answers_question(asked, read("¿Se puede barnizar la puerta de la caldera?"))


def test_the_first_that_is_the_same_is_found() -> None:
    known = [(3, "¿Se puede conectar la caldera a wifi?"), (5, "conectar calderas a Alexa"), (8, "la caldera y Alexa")]
    assert alike(read("¿puedo conectar la caldera con Alexa?"), known, "es") == 5
    assert alike(read("¿puedo pintar la caldera?"), known, "es") is None
