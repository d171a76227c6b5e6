"""Of a table, the row and the column that are asked for, of the thing that is named."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from agents.brains.offline.brain import OfflineBrain
from agents.brains.protocol import Context
from ingest.naming import Names, names_in
from ingest.passages import Passage

Speaking = Callable[..., Context]

TITLE = "Grupos electrógenos Voltera GE22 y GE33"
LIBRARY = Names([names_in([TITLE], (), ())])
TORQUES = (
    "Elemento: Culata, 1.ª pasada | Rosca: M10 | GE22: 40 N·m | GE33: 50 N·m\n"
    "Elemento: Culata, 2.ª pasada | Rosca: M10 | GE22: 65 N·m | GE33: 85 N·m\n"
    "Elemento: Bielas | Rosca: M8 | GE22: 28 N·m | GE33: 35 N·m"
)
CALENDAR = (
    "Operación: Cambio de aceite y filtro | Cada 250 h: ●\n"
    "Operación: Correa: tensión | Cada 250 h: X\n"
    "Operación: Correa: cambio | Cada 1000 h: ●\n"
    "Operación: Aceitar las bisagras | Semestre: X\n"
    "Operación: Engrasar la bisagra del cuadro | Ene: X | Sep: X\n"
    "Operación: Filtro de gasóleo | Año: cambiar | Cada 5 años: revisar"
)
CURRENTS = (
    "Parámetro: P11 Corriente del motor | 4 paradas: 14,5 A | 8 paradas: 21 A\n"
    "Parámetro: P15 Retardo de freno | 4 paradas: 0,3 s | 8 paradas: 0,5 s"
)
SETTINGS = (
    "Equipo: Isla I30 | Parámetro: Consigna | Valor: -19,5 °C\n"
    "Equipo: Isla I30 | Parámetro: Duración del desescarche | Valor: 35 min\n"
    "Equipo: Vitrina V12 | Parámetro: Consigna | Valor: 3,0 °C"
)


def _passage(number: int, section: str, content: str) -> Passage:
    return Passage(number, 1, TITLE, "service_manual", 1, section, (section,), content, (), (), 2.0 - number / 10, 0.9)


PASSAGES = (
    _passage(1, "Pares de apriete del motor", TORQUES),
    _passage(2, "Mantenimiento", CALENDAR),
    _passage(3, "Variador", CURRENTS),
    _passage(4, "Ajustes", SETTINGS),
)


@pytest.mark.parametrize(
    ("question", "says", "not_says"),
    [
        ("el par de la culata del GE33", ["50 N·m", "85 N·m"], ["GE22", "40 N·m", "Bielas"]),
        ("par de bielas del voltera GE22", ["28 N·m"], ["GE33", "Culata"]),
        ("¿cada cuánto se cambia el aceite?", ["Cambio de aceite y filtro*: Cada 250 h"], ["●", "1000"]),
        ("cada cuanto hay que aceitar las bisagras", ["cada semestre"], ["X", "250"]),
        ("cada cuánto se cambia el filtro de gasóleo", ["año: cambiar"], ["aceite"]),
        ("qué mantenimiento hay que hacer cada 250 horas al voltera", ["aceite", "tensión"], ["1000", "bisagras"]),
        ("en qué meses se engrasa la bisagra del cuadro", ["enero · septiembre"], ["Ene", "250"]),
        ("corriente del motor P11 con 8 paradas", ["21 A"], ["14,5", "P15"]),
        ("consigna de la isla I30", ["-19,5 °C"], ["35 min", "3,0"]),
    ],
)
async def test_the_row_and_the_column_that_are_asked_for(
    brain: OfflineBrain, speaking: Speaking, question: str, says: list[str], not_says: list[str]
) -> None:
    context = replace(speaking("technician"), library=LIBRARY)
    answer = await brain.answer(question, PASSAGES, context)
    assert answer is not None
    assert all(text in answer.text for text in says), answer.text
    assert not any(text in answer.text for text in not_says), answer.text


async def test_signs_of_what_is_quoted_stay(brain: OfflineBrain, speaking: Speaking) -> None:
    settings = _passage(1, "Teclado", "Para armar marque *21# y para la sonda abierta (>140 bar) **no** toque nada.")
    answer = await brain.answer("¿qué marco en el teclado para armar?", (settings,), speaking("technician"))
    assert answer is not None
    assert "*21# y para la sonda abierta (>140 bar) no toque" in answer.text


async def test_a_bare_figure_is_said_with_its_unit_as_it_is_written(brain: OfflineBrain, speaking: Speaking) -> None:
    volumes = _passage(1, "Volumen del timbre", "Nivel: Bajo | dB: 55\nNivel: Alto | dB: 78")
    torques = _passage(1, "Pares de la brida", "Tornillo: M8 | N·m: 22\nTornillo: M10 | N·m: 48")
    loud = await brain.answer("qué volumen tiene el nivel alto del timbre", (volumes,), speaking("technician"))
    tight = await brain.answer("par del tornillo M10 de la brida", (torques,), speaking("technician"))
    assert loud is not None
    assert "dB: 78" in loud.text
    assert tight is not None
    assert "N·m: 48" in tight.text
