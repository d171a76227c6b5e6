"""How often and how much are answered by what says it, rows by their names; a part of a procedure keeps no numbers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from agents.brains.offline.answering.cognates import Cognates
from agents.brains.offline.answering.recurring import Recurrence
from agents.brains.offline.brain import OfflineBrain
from agents.brains.protocol import Context
from ingest.naming import Name, Names
from ingest.passages import Passage
from ingest.terms import term

Speaking = Callable[..., Context]

RECURRENCE = Recurrence(
    {
        "asks": {"often": ["cada cuanto", "how often"]},
        "frequency_words": ["anual", "mensualmente"],
        "each": ["cada"],
        "turns": ["mes", "meses", "anos"],
        "calendar": {"mes": "cada mes", "semestre": "cada semestre"},
    }
)


def _passage(number: int, section: str, content: str, title: str = "Manual") -> Passage:
    return Passage(number, number, title, "procedure", 1, section, (section,), content, (), (), 2.0 - number / 10, 0.8)


@pytest.mark.parametrize(
    "text", ["Cada mes", "revisión anual", "cada dos meses", "Se limpia mensualmente", "Tarea: Aceitar | Semestre: X"]
)
def test_a_turn_says_how_often(text: str) -> None:
    assert RECURRENCE.said(text)


@pytest.mark.parametrize("text", ["cada vez más", "a los dos meses", "periódicamente", ""])
def test_what_names_no_turn_does_not(text: str) -> None:
    assert not RECURRENCE.said(text)


EXTINGUISHERS = (
    _passage(1, "4. Extintores", "Los extintores se revisarán periódicamente por una empresa habilitada."),
    _passage(2, "1. Resumen", "Equipo: Extintores | Revisión: Cada 3 meses\nEquipo: BIE | Revisión: Cada año"),
)
PLANS = (
    _passage(
        1,
        "Diferencia entre los planes Básico, Plus e Integral",
        "Plan: Básico | Revisiones: Incluidas | Piezas: Tarifa\nPlan: Plus | Revisiones: Incluidas | Piezas: 10 %",
    ),
)
PANEL = (
    _passage(1, "8. Detectores por zona", "Trabajo: Un pulsador o detector por zona | Trimestral: Sí | Anual: -"),
    _passage(2, "2. Datos", "Magnitud: Detectores por zona | Valor: 32 como máximo\nMagnitud: Zonas | Valor: 8"),
)
WARRANTY = (
    _passage(
        1,
        "5. Cómo usar la garantía de una reparación",
        "1. Llame o escriba.\n2. Diga el modelo y el número de serie.\n3. La reparación se hace antes de 15 días.",
    ),
)
SERVICE = (
    _passage(
        1,
        "6. Criterios para dejar fuera de servicio",
        "- Cerradura con contacto defectuoso.\n- Agua en el foso.\nPrecinte y avise al titular.",
    ),
)
MORNING = (
    _passage(1, "2. Arranque de la mañana", "1. Cierre el desagüe.\n2. Pulse ENCENDER y baje la capota."),
    _passage(2, "4. Limpieza", "1. Apague.\n2. Lave los filtros."),
)
COLD = (
    _passage(1, "4. Mantenimiento", "Tarea: Mirar el pH | Frecuencia: Cada semana"),
    _passage(2, "5.1 No calienta lo suficiente", "Compruebe que la manta está puesta."),
)
HOURS = (
    _passage(1, "¿Cuál es el horario?", "Fuera de ese horario responde el servicio de guardia."),
    _passage(1, "¿Cuál es el horario?", "Día: Lunes a viernes | Oficina: 8:00 a 14:00"),
)
RESCUE = (_passage(1, "5. Rescate automático", "Si se va la luz, en unos 15 segundos va a la planta más cercana."),)


@pytest.mark.parametrize(
    ("question", "passages", "says", "not_says"),
    [
        ("¿cada cuánto se revisan los extintores?", EXTINGUISHERS, ["Cada 3 meses"], ["periódicamente", "BIE"]),
        ("cuantos detectores por zona admite la central", PANEL, ["32"], ["pulsador"]),
        ("que incluye el plan plus", PLANS, ["Plus", "10 %"], ["*Básico*"]),
        ("cuando hay que dejarlo fuera de servicio", SERVICE, ["Agua en el foso", "Precinte"], []),
        ("¿cuánto tarda la reparación en garantía?", WARRANTY, ["- La reparación", "15 días"], ["1. ", "Llame"]),
        ("no calienta bien, que miro", COLD, ["la manta"], ["pH"]),
        ("¿qué horario tenéis?", HOURS, ["8:00 a 14:00"], ["guardia"]),
        ("how long does the automatic rescue take?", RESCUE, ["15 segundos"], []),
    ],
)
async def test_the_point_of_the_question_is_said(
    brain: OfflineBrain,
    speaking: Speaking,
    question: str,
    passages: tuple[Passage, ...],
    says: list[str],
    not_says: list[str],
) -> None:
    answer = await brain.answer(question, passages, speaking("client"))
    assert answer is not None
    assert all(text in answer.text for text in says), answer.text
    assert not any(text in answer.text for text in not_says), answer.text


@pytest.mark.parametrize(
    ("question", "content"),
    [
        ("¿cada cuánto se revisan los extintores?", "Los extintores se revisarán periódicamente."),
        ("¿cuánto dura la batería?", "La batería es de 12 V y la cambia el técnico."),
        ("¿a qué temperatura se lava?", "Se lava con agua templada y jabón neutro."),
    ],
)
async def test_what_shares_the_words_and_not_the_point_is_no_answer(
    brain: OfflineBrain, speaking: Speaking, question: str, content: str
) -> None:
    assert await brain.answer(question, (_passage(1, "Uso", content),), speaking("client")) is None


async def test_of_what_is_named_no_other_machine_answers(brain: OfflineBrain, speaking: Speaking) -> None:
    other = replace(
        _passage(1, "5. Automático", "El automático es de 16 A."), products=("EL630",), categories=("lift",)
    )
    own = _passage(2, "1. Datos", "Característica: Automático | Valor: C20", "Bomba Solmar PX12")
    context = speaking("technician")
    library = Names([frozenset({Name("solmar", frozenset({"px12"}))})])
    answer = await brain.answer("que automatico lleva la Solmar", (other, own), replace(context, library=library))
    assert answer is not None and "C20" in answer.text and "16 A" not in answer.text


@pytest.mark.parametrize(("english", "spanish"), [("automatic", "automático"), ("inspections", "inspección")])
def test_a_cognate_is_its_spanish_word(english: str, spanish: str) -> None:
    cognates = Cognates({"ic": ["ico"], "tion": ["ción"]})
    assert term(spanish) in cognates.of(english)
    assert not cognates.of("door")
