"""The text of a law is taken apart as laws are written, and quoted short with its article."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from agents.brains.offline.answering.articles import articles
from agents.brains.offline.answering.blocks import Kind
from agents.brains.offline.answering.defining import defined
from agents.brains.offline.brain import OfflineBrain
from agents.brains.protocol import Context
from ingest.passages import Passage

Speaking = Callable[..., Context]

TITLE = "Real Decreto 900/2030, de 3 de mayo, por el que se aprueba el Reglamento de toldos"


def _law(number: int, section: str, content: str) -> Passage:
    return Passage(number, 1, TITLE, "regulation", None, section, ("CAPÍTULO I", section), content, (), (), 2.0, 0.8)


def test_a_numbered_paragraph_is_prose_and_its_number_stays() -> None:
    first, second = articles("1. El titular conservará las actas. Son cinco años.\n2. Las actas se firman.")
    assert first.kind is second.kind is Kind.TEXT
    assert [unit.text for unit in first.units] == ["1. El titular conservará las actas.", "Son cinco años."]


def test_items_are_a_list_under_the_title_of_their_paragraph_and_what_introduces_them() -> None:
    (block,) = articles(
        "4. Inspecciones periódicas.\nSe realizarán en los plazos siguientes:\n"
        "a) Toldos de locales abiertos al público.\nCon los bares: cada dos años.\nb) Los demás: cada seis años."
    )
    assert block.kind is Kind.BULLETS and len(block.units) == 2
    assert block.lead == "4. Inspecciones periódicas. Se realizarán en los plazos siguientes:"
    assert block.units[0].text.endswith("cada dos años.")


def test_what_only_announces_is_nothing_to_quote() -> None:
    assert [block.kind for block in articles("Se atenderá a lo siguiente:\n1. El toldo se recoge con viento.")] == [
        Kind.TEXT
    ]


def test_the_title_of_a_table_that_is_missing_is_nothing() -> None:
    assert articles("Tabla 2.4.5.1 Eficiencia de la recuperación") == ()


@pytest.mark.parametrize(
    ("line", "name"),
    [
        ("b) «Avería»: Cualquier suceso que interrumpa el servicio.", "Avería"),
        ("Aire interior (IDA): aire tratado en el local o en la zona.", "Aire interior"),
        ("1. El titular que no lo haga, sin otra razón que la suya: será sancionado.", None),
    ],
)
def test_definitions_are_known(line: str, name: str | None) -> None:
    found = defined(line)
    assert (found[0] if found else None) == name


ARTICLES = (
    _law(
        1,
        "Artículo 5. Régimen.",
        "1. Los toldos se mantendrán conforme a la norma UNE 12345, según el Real Decreto 709/2015, de 24 de julio.\n"
        "2. Las revisiones de los toldos se harán, al menos, cada dos años.\n"
        "3. El mantenimiento de los toldos lo realizará una empresa mantenedora habilitada.",
    ),
    _law(2, "Artículo 2. Definiciones.", "a) «Toldo»: Pieza de lona.\nb) «Faldón»: Parte del toldo que cuelga libre."),
    _law(
        3,
        "Artículo 7. Puesta en servicio.",
        "Para la puesta en servicio de un toldo, el titular presentará ante su ayuntamiento esta documentación:\n"
        "a) El certificado de la lona.\nb) La copia del contrato.",
    ),
)


@pytest.mark.parametrize(
    ("question", "says", "not_says"),
    [
        ("¿cada cuánto se revisan los toldos?", ["cada dos años", "Artículo 5", "Real Decreto 900/2030"], ["UNE"]),
        ("¿quién realizará el mantenimiento de los toldos?", ["empresa mantenedora"], ["UNE", "cada dos años"]),
        ("¿qué es un faldón?", ["que cuelga libre"], ["lona"]),
        ("¿qué documentación se presenta para la puesta en servicio de un toldo?", ["certificado", "contrato"], []),
    ],
)
async def test_the_paragraph_that_answers_is_quoted_with_its_article(
    brain: OfflineBrain, speaking: Speaking, question: str, says: list[str], not_says: list[str]
) -> None:
    answer = await brain.answer(question, ARTICLES, speaking("client"))
    assert answer is not None
    assert all(text in answer.text for text in says), answer.text
    assert not any(text in answer.text for text in not_says), answer.text


async def test_the_date_of_a_law_that_is_cited_says_not_how_often(brain: OfflineBrain, speaking: Speaking) -> None:
    cited = _law(
        1,
        "Artículo 5. Toldos.",
        "1. Los toldos se revisarán conforme al Real Decreto 709/2015, de 24 de julio, de toldos.",
    )
    assert await brain.answer("¿cada cuánto se revisan los toldos?", (cited,), speaking("client")) is None


async def test_the_cover_of_a_document_says_not_who(brain: OfflineBrain, speaking: Speaking) -> None:
    cover = Passage(
        1, 7, "Plan de toldos", "maintenance_plan", 1, None, (),
        "Para el titular del edificio. Equipos: toldos, lonas y faldones. Según el Reglamento de toldos.",
        (), (), 2.0, 1.0,
    )  # fmt: skip
    rest = Passage(
        2, 7, "Plan de toldos", "maintenance_plan", 1, "1. Lonas", ("1. Lonas",), "Las lonas se lavan.", (), (), 1.0
    )
    assert await brain.answer("¿quién puede mantener los toldos?", (cover, rest), speaking("client")) is None


PERIODS = Passage(
    1, 9, "Manual del propietario", "procedure", 1, "4. Inspección", ("4. Inspección",),
    "Edificio: Locales públicos | Cada cuánto: 2 años\nEdificio: Más de 20 viviendas | Cada cuánto: 4 años\n"
    "Edificio: Los demás edificios | Cada cuánto: 6 años",
    (), (), 2.0, 1.0,
)  # fmt: skip


async def test_what_is_left_over_is_told_with_the_rest(brain: OfflineBrain, speaking: Speaking) -> None:
    answer = await brain.answer("¿cada cuánto pasan la inspección los edificios?", (PERIODS,), speaking("client"))
    assert answer is not None and "Más de 20 viviendas" in answer.text and "6 años" in answer.text


def test_a_part_of_a_part_keeps_both_titles() -> None:
    (block,) = articles("1. Certificado de manipulación:\n1.1 Actividades habilitadas:\na) Montar.\nb) Desmontar.")
    assert block.lead == "1. Certificado de manipulación: 1.1 Actividades habilitadas:"


async def test_norms_and_prepositions_are_told_apart(brain: OfflineBrain, speaking: Speaking) -> None:
    times = _law(1, "Artículo 3. Visitas.", "La empresa acudirá a reparar los toldos en 24 horas desde el aviso.")
    answer = await brain.answer("¿en cuánto tiempo acudirá la empresa?", (times,), speaking("client"))
    assert answer is not None and "24 horas" in answer.text


async def test_the_list_of_what_is_asked_for_is_told_whole(brain: OfflineBrain, speaking: Speaking) -> None:
    owner = _law(
        1,
        "Artículo 8. Titulares.",
        "El titular de un toldo conservará los documentos siguientes:\na) El certificado de la lona.\n"
        "b) El contrato de mantenimiento del toldo.\nc) Las actas.",
    )
    answer = await brain.answer("¿qué documentos conservará el titular de un toldo?", (owner,), speaking("client"))
    assert answer is not None and "a) El certificado" in answer.text and "c) Las actas" in answer.text


async def test_every_so_many_metres_is_a_distance(brain: OfflineBrain, speaking: Speaking) -> None:
    apart = _law(
        1,
        "Artículo 9. Anclajes.",
        "Habrá un anclaje de toldo cada 4 metros de fachada.\nLos anclajes de toldo se prueban cada año con una carga.",
    )
    answer = await brain.answer(
        "¿cada cuántos metros de fachada hay un anclaje de toldo?", (apart,), speaking("client")
    )
    assert answer is not None and "4 metros" in answer.text


async def test_items_at_the_top_of_a_passage_keep_what_introduces_them(brain: OfflineBrain, speaking: Speaking) -> None:
    section = "Artículo 12. Inspección."
    parts = (
        _law(1, section, "1. Los toldos pasarán inspección.\n2. Se exceptúan los toldos de los locales siguientes:"),
        _law(2, section, "a) Uso docente de menos de 2.000 m2.\nb) Uso comercial de menos de 500 m2."),
    )
    answer = await brain.answer("¿qué toldos de uso docente pasan inspección?", parts, speaking("client"))
    assert answer is not None and "Se exceptúan" in answer.text and "docente" in answer.text


async def test_once_something_is_done_is_no_turn(brain: OfflineBrain, speaking: Speaking) -> None:
    once = _law(1, "Artículo 5. Toldos.", "Los toldos se revisarán, una vez entre en vigor el marcado de los toldos.")
    assert await brain.answer("¿cada cuánto se revisan los toldos?", (once,), speaking("client")) is None
