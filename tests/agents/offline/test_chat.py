"""What is typed in a hurry is read as it would be written, and names, codes and English are left alone."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.brains.offline.data import HERE, load_data
from agents.brains.offline.routing.chat import ChatSpelling
from agents.brains.offline.routing.cues import Cues
from agents.brains.offline.routing.features import Features
from agents.brains.offline.words import Lexicon
from agents.brains.protocol import Context
from core.dictionary import load_written
from core.text import fold
from policy.roles import Principal, Role
from tools.sql.catalogue import load_catalogue

Speaking = Callable[..., Context]


@pytest.fixture(scope="module")
def chat() -> ChatSpelling:
    return ChatSpelling(Features(load_catalogue(), Lexicon(), Cues()).trade)


@pytest.mark.parametrize(
    ("typed", "written"),
    [
        ("ola kiero saver cuando biene el tecnico", "hola quiero saber cuando viene el tecnico"),
        ("xq me aveis kobrado dos beces", "porque me habéis cobrado dos veces"),
        ("tb kiero la factura d enero", "también quiero la factura de enero"),
        ("kuantos kontratos benzen este mes", "cuantos contratos vencen este mes"),
        ("m ha llegao una fatura q no entiendo", "me ha llegado una factura que no entiendo"),
        ("aver si podeis benir q la caldera no ba", "a ver si podeis venir que la caldera no va"),
        ("q averias tengo oy", "que averias tengo hoy"),
        ("nesesito abrir un abiso", "necesito abrir un aviso"),
    ],
)
def test_typed_in_a_hurry(chat: ChatSpelling, speaking: Speaking, typed: str, written: str) -> None:
    assert chat.spelled(typed, speaking("client")) == written


@pytest.mark.parametrize(
    "message",
    [
        "¿Cuándo vence mi garantía?",
        "qué significa el error dF del XP400",
        "cierra la 1043: cambiada la placa NV4-S050",
        "what does error E4 mean, im in a hury",
        "lo de Kubero está hecho",
        "querría saber cómo rearmo la caldera",
        "mandad a alguien, pasaos cuando podáis",
        "el d de la zona x",
    ],
)
def test_what_is_well_written_stays(chat: ChatSpelling, speaking: Speaking, message: str) -> None:
    assert chat.spelled(message, speaking("client")) == message


def test_a_name_of_the_company_s_people_stays(chat: ChatSpelling, speaking: Speaking) -> None:
    values = {("client", "name"): ("Bisita Kerido",)}
    assert chat.spelled("la averia de bisita kerido", speaking("admin", values=values)) == "la averia de bisita kerido"
    assert chat.spelled("una bisita", speaking("admin")) == "una visita"


SHORT = frozenset(map(fold, load_data("chat.yaml", HERE / "routing")["abbreviations"]))
COMMON = sorted(w for w, rarity in load_written().items() if rarity < 4.5 and len(w) > 3 and fold(w) not in SHORT)


@pytest.fixture(scope="module")
def plain() -> ChatSpelling:
    return ChatSpelling(())


@given(words=st.lists(st.sampled_from(COMMON), min_size=1, max_size=6))
def test_words_that_exist_are_never_other_words(plain: ChatSpelling, words: list[str]) -> None:
    assert fold(plain.spelled(" ".join(words), _nobody())) == fold(" ".join(words))


@given(text=st.text(max_size=60))
def test_any_text_is_read(plain: ChatSpelling, text: str) -> None:
    assert isinstance(plain.spelled(text, _nobody()), str)


def _nobody() -> Context:
    return Context(Principal(Role.GUEST, None), datetime(2026, 11, 28, tzinfo=UTC))
