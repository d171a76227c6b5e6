"""Answers stand on the passages, keep what matters, and are refused when the passages do not answer."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from agents.brains.offline.brain import OfflineBrain
from agents.brains.protocol import Context
from ingest.passages import Passage

Speaking = Callable[..., Context]

FILTERS = (
    "1. Apague el equipo.\n2. Levante el panel.\n3. Lave las mallas con agua a menos de 40 °C.\n"
    "4. Deje secar a la sombra.\n"
    "ADVERTENCIA: no haga funcionar el equipo sin filtros."
)
OFTEN = (
    "Tabla 3. Calendario\nTarea: Limpiar los filtros | Cada cuánto: Cada 2 semanas\n"
    "Tarea: Cambiar las pilas del mando | Cada cuánto: Cada 9 meses"
)
CODES = (
    "Tabla 1. Códigos\nCódigo: E3 | XP250: Comunicación | XP400: Ventilador interior\n"
    "Código: E4 | XP250: Ventilador exterior | XP400: Temperatura de descarga del compresor"
)


def passage(number: int, section: str, content: str, products: tuple[str, ...] = ("XP400",)) -> Passage:
    return Passage(
        number, 1, "Manual XP400", "user_manual", 3, section, (section,), content, products, ("split",), 1.0, 0.9
    )


PASSAGES = (
    passage(1, "7.2 Cómo limpiar los filtros de aire", FILTERS),
    passage(2, "7.1 Calendario de mantenimiento", OFTEN),
    passage(3, "2. Códigos de error", CODES, ("XP250", "XP400")),
    passage(4, "5. Mando", "El mando lleva dos pilas AA de 1,5 V. Duran unos 9 meses."),
)


@pytest.mark.parametrize(
    ("question", "says", "not_says", "used"),
    [
        ("¿Cómo limpio los filtros?", ["1. Apague", "4. Deje secar", "40 °C", "⚠️"], ["Cada 2 semanas"], 0),
        ("¿cada cuánto se limpian los filtros?", ["Cada 2 semanas"], ["pilas"], 1),
        ("¿Qué significa el error E4 del XP400?", ["E4", "descarga"], ["E3", "Ventilador exterior"], 2),
        ("¿qué pilas lleva el mando?", ["AA de 1,5 V"], ["E4"], 3),
        ("how do I clean the filters?", ["Apague"], [], 0),
    ],
)
async def test_what_answers_is_quoted(
    brain: OfflineBrain, speaking: Speaking, question: str, says: list[str], not_says: list[str], used: int
) -> None:
    answer = await brain.answer(question, PASSAGES, speaking("client", language="en" if "how" in question else "es"))
    assert answer is not None
    assert all(text in answer.text for text in says), answer.text
    assert not any(text in answer.text for text in not_says), answer.text
    assert used in answer.used and len(answer.text) <= 950


@pytest.mark.parametrize(
    "question",
    ["¿puedo conectarlo a Alexa?", "¿qué significa E7?", "receta de paella", "par de apriete del XP600", "", "¿?"],
)
async def test_what_does_not_answer_is_not_quoted(brain: OfflineBrain, speaking: Speaking, question: str) -> None:
    assert await brain.answer(question, PASSAGES, speaking("client")) is None


async def test_without_passages_there_is_no_answer(brain: OfflineBrain, speaking: Speaking) -> None:
    assert await brain.answer("¿cómo limpio los filtros?", (), speaking("client")) is None


WARRANTY = passage(
    5, "4. Qué no cubre la garantía", "- Golpes, rayos y sobretensiones.\n- Pilas y filtros.\n- Limpieza.", ()
)
PLANS = replace(
    passage(
        6,
        "5. Precio anual de los contratos",
        "Equipo: Split XP250 | Básico: 89 | Plus: 139\nEquipo: Split XP400 | Básico: 99 | Plus: 149",
        (),
    ),
    kind="price_list",
)
SENSOR = passage(
    7,
    "4.2 Sonda de descarga",
    "Tabla 7. Resistencia de la sonda de descarga TD\n"
    "Temperatura (°C): 20 | Resistencia (kΩ): 62,7\nTemperatura (°C): 25 | Resistencia (kΩ): 50,0",
)
SYMPTOMS = (
    passage(8, "8.3 El equipo huele mal", "Un olor a humedad indica suciedad. Limpie los filtros."),
    passage(9, "8.4 El equipo hace ruido", "Un siseo es el refrigerante. Un roce continuo: apague y llame."),
)
RANGES = passage(10, "9. Códigos", "Código: E1, E2 | Qué hacer: Reinicie\nCódigo: E5 a E8 | Qué hacer: Apague y llame")


@pytest.mark.parametrize(
    ("question", "passages", "says", "not_says"),
    [
        ("¿la garantía cubre un rayo?", (WARRANTY,), ["rayos"], ["Limpieza"]),
        ("precio del plan plus del XP400", (PLANS,), ["149"], ["139", "89", "99"]),
        ("valor de la sonda de descarga a 25 grados", (SENSOR,), ["sonda de descarga TD", "50,0", "kΩ"], ["62,7"]),
        ("hace un ruido raro y huele mal, ¿qué hago?", SYMPTOMS, ["Limpie los filtros", "apague y llame"], []),
        ("me sale E7", (RANGES,), ["E5 a E8", "Apague"], ["Reinicie"]),
        ("q significa el eror E4 dl XP 400", PASSAGES, ["descarga"], ["Ventilador"]),
        ("¿cómo mantengo mi aire acondicionado?", PASSAGES, ["Cada 2 semanas", "Cada 9 meses", "1. Apague"], []),
    ],
)
async def test_only_what_is_asked_is_quoted(
    brain: OfflineBrain,
    speaking: Speaking,
    question: str,
    passages: tuple[Passage, ...],
    says: list[str],
    not_says: list[str],
) -> None:
    answer = await brain.answer(question, passages, speaking("client", focus=("XP400",)))
    assert answer is not None
    assert all(text in answer.text for text in says), answer.text
    assert not any(text in answer.text for text in not_says), answer.text
    assert len(answer.text) <= 950


async def test_a_price_is_not_answered_without_a_price(brain: OfflineBrain, speaking: Speaking) -> None:
    spare = passage(11, "7.3 Filtro de carbón", "El filtro de carbón (recambio NV4-F220) se cambia cada 6 meses.")
    assert await brain.answer("¿cuánto cuesta el filtro de carbón?", (spare,), speaking("client")) is None


async def test_the_model_that_is_talked_about_chooses_the_column(brain: OfflineBrain, speaking: Speaking) -> None:
    answer = await brain.answer("¿qué significa E4?", PASSAGES, speaking("client", focus=("XP250",)))
    assert answer is not None and "Ventilador exterior" in answer.text and "descarga" not in answer.text


async def test_one_column_of_several_is_named(brain: OfflineBrain, speaking: Speaking) -> None:
    plans = (
        "Plan: Básico | Revisiones al año: 1 | Descuento en piezas: 0 %\n"
        "Plan: Plus | Revisiones al año: 1 | Descuento en piezas: 10 %"
    )
    prices = "Oficio: Técnico de calderas | Euros por hora: 46,00 €\nOficio: Ayudante | Euros por hora: 30,00 €"
    section, hour = passage(15, "8. Planes de contrato", plans, ()), passage(16, "2. Hora", prices, ())
    told = await brain.answer("¿el contrato incluye piezas?", (section,), speaking("client"))
    priced = await brain.answer("¿cuánto cuesta la hora de un ayudante?", (hour,), speaking("client"))
    assert told is not None and "*Plus*: descuento en piezas: 10 %" in told.text, told.text
    assert priced is not None and "*Ayudante*: 30,00 €" in priced.text


async def test_rows_of_other_models_stay_out(brain: OfflineBrain, speaking: Speaking) -> None:
    prices = "Equipo: Split XP400 | Básico: 99 € | Plus: 149 €\nEquipo: Caldera CB24 | Básico: 79 € | Plus: 119 €"
    section = passage(17, "5. Precio anual de los contratos", prices, ("XP400", "CB24"))
    told = await brain.answer("¿cuánto cuesta el contrato plus del XP400?", (section,), speaking("client"))
    assert told is not None and told.text.endswith("*Split XP400*: plus: 149 €"), told.text


COVERED = passage(12, "3. Qué cubre la garantía", "- Defectos de fabricación.\n- Mano de obra y piezas.", ())
BRAKE = passage(
    13,
    "7.1 A6: freno sin confirmación, procedimiento",
    "1. No rearme sin entrar en el hueco.\n2. Mida la bobina.\n3. Prueba de frenado y rearme con clave.",
)
SIZES = passage(
    14,
    "1. Qué modelo elegir según la superficie",
    "Modelo: XP250 | Superficie orientativa: 12 a 20 m²\nModelo: XP400 | Superficie orientativa: 25 a 35 m²",
    (),
)
CELLS = passage(
    15,
    "6.1 Qué pila lleva cada elemento y cuándo se cambia",
    "Tabla 3. Pilas\nElemento: Detector de movimiento | Pila: CR123A 3 V | Duración: 3 años\n"
    "Elemento: Teclado | Pila: 4 AAA | Duración: 18 meses",
)


@pytest.mark.parametrize(
    ("question", "passages", "says", "not_says"),
    [
        ("¿qué cubre la garantía?", (COVERED, WARRANTY), ["Defectos"], ["Golpes"]),
        ("what isn't covered by the warranty?", (COVERED, WARRANTY), ["Golpes"], ["Defectos"]),
        ("A6, ¿qué compruebo?", (BRAKE,), ["1. No rearme", "2. Mida", "3. Prueba"], []),
        ("qué modelo pongo en un salón de 30 metros cuadrados", (SIZES,), ["XP400"], ["XP250"]),
        ("cuánto dura la pila del detector de movimiento", (CELLS,), ["3 años"], ["18 meses"]),
    ],
)
async def test_negations_codes_ranges_and_measures_choose_what_is_quoted(
    brain: OfflineBrain,
    speaking: Speaking,
    question: str,
    passages: tuple[Passage, ...],
    says: list[str],
    not_says: list[str],
) -> None:
    answer = await brain.answer(question, passages, speaking("guest"))
    assert answer is not None
    assert all(text in answer.text for text in says), answer.text
    assert not any(text in answer.text for text in not_says), answer.text


async def test_a_code_copied_from_a_display_must_be_in_what_is_quoted(brain: OfflineBrain, speaking: Speaking) -> None:
    assert await brain.answer("la pantalla pone FC", PASSAGES, speaking("client")) is None


COMBUSTION = (
    "Tabla 5. Valores de combustión\nGas: G20 | CO2 a potencia máxima: 9,2 %\nGas: G31 | CO2 a potencia máxima: 10,3 %"
)
ZONES = "En Aragón y la Comunidad de Madrid. En otras zonas solo atendemos a comunidades."
WIFI = "1. Instale la aplicación.\n2. Elija su red de 2,4 GHz (no funciona con 5 GHz).\n3. Espere a que se conecte."
LINE = "Tabla 2. Datos\nMagnitud: Resistencia de final de línea | Valor: 4,7 kΩ\nMagnitud: Consumo | Valor: 90 mA"
STATES = "Tabla 4. Zona\nEstado: Reposo | Resistencia medida: 4,7 kΩ\nEstado: Alarma | Resistencia medida: 390 a 680 Ω"


@pytest.mark.parametrize(
    ("question", "passages", "says"),
    [
        ("a que CO2 ajusto la XP400 en propano", (passage(1, "3.3 Combustión", COMBUSTION),), ["10,3 %"]),
        ("do you work in Barcelona?", (passage(1, "¿En qué zonas trabajáis?", ZONES, ()),), ["Aragón"]),
        (
            "no consigo conectarlo al wifi, mi router es de 5ghz",
            (passage(1, "6. Conectar al Wi-Fi", WIFI),),
            ["2,4 GHz"],
        ),
        (
            "resistencia de final de linea y cuanto mide en alarma",
            (passage(1, "2. Datos técnicos", LINE), passage(2, "4.1 Resistencia de zona", STATES)),
            ["4,7 kΩ", "390 a 680"],
        ),
    ],
)
async def test_words_of_the_trade_are_understood(
    brain: OfflineBrain, speaking: Speaking, question: str, passages: tuple[Passage, ...], says: list[str]
) -> None:
    answer = await brain.answer(question, passages, speaking("technician", focus=("XP400",)))
    assert answer is not None
    assert all(text in answer.text for text in says), answer.text
