"""What is asked of the company itself is told from what asks of records; and keys hit at random from words."""

from __future__ import annotations

import pytest

from agents.brains.offline.routing.company import CONTACT, CompanyFacts
from agents.brains.offline.routing.noise import Noise


@pytest.fixture(scope="module")
def facts() -> CompanyFacts:
    return CompanyFacts()


@pytest.mark.parametrize(
    ("text", "fact"),
    [
        ("vuestro CIF", "tax_id"),
        ("dime el e-mail de la empresa", "email"),
        ("¿a qué correo os puedo escribir?", "email"),
        ("Do you have an emergency number?", "phone"),
        ("¿tenéis teléfono de urgencias?", "phone"),
        ("what's your company's phone number?", "phone"),
        ("¿Dónde estáis?", "address"),
        ("where are you based?", "address"),
        ("cómo se llama la empresa", "name"),
        ("¿qué hacéis?", "name"),
        ("Hola, buenas tardes, ¿a qué os dedicáis?", "name"),
        ("What services do you offer?", "name"),
        ("dame el teléfono y el correo de la oficina", CONTACT),
    ],
)
def test_facts_of_the_company(facts: CompanyFacts, text: str, fact: str) -> None:
    assert facts.asked(text) == fact


@pytest.mark.parametrize(
    "text",
    [
        "teléfono de la empresa Talleres Ríos",
        "mi teléfono y mi correo",
        "¿tenéis tienda en Huesca?",
        "el correo del cliente Pérez",
        "vuestro técnico no ha venido",
        "",
        "¿dónde está mi pedido?",
        "¿qué hacéis con mis datos?",
    ],
)
def test_other_questions(facts: CompanyFacts, text: str) -> None:
    assert facts.asked(text) is None


@pytest.mark.parametrize(("text", "noise"), [("asdkjh qwrt", True), ("kjhgkjh", True)])
def test_keys_hit_at_random(text: str, noise: bool) -> None:
    assert Noise().is_noise(text) is noise


@pytest.mark.parametrize("text", ["cierra 1043", "XP400", "kiero una visita", "vale", "", "12345", "E4"])
def test_words_codes_and_figures_are_no_noise(text: str) -> None:
    assert not Noise().is_noise(text)
