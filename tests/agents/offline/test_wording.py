"""Replies and data answers: placeholders, languages, roles, figures, dates, quoting."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from agents.brains.offline.brain import OfflineBrain
from agents.brains.offline.data import load_data
from agents.brains.offline.language import LanguageDetector
from agents.brains.offline.phrasing import load_replies
from agents.brains.protocol import Context, Facts
from core.errors import Misconfigured
from tools.sql.query import (
    Aggregate,
    Column,
    Filter,
    Grouping,
    Measure,
    Op,
    Order,
    Period,
    Query,
    Rows,
    Segment,
    TimeWindow,
)

Speaking = Callable[..., Context]
ROLES = ("client", "technician", "admin", "guest")


async def test_every_reply_can_be_said_to_everybody_in_both_languages(brain: OfflineBrain, speaking: Speaking) -> None:
    for kind, reply in load_replies().kinds.items():
        values = dict.fromkeys((*reply.needs, *reply.may), "x")
        for role in ROLES:
            for language in ("es", "en"):
                text = await brain.phrase(Facts(kind, values), speaking(role, language=language))
                assert text and "{" not in text and "[[" not in text and "None" not in text, (kind, text)


def test_a_reply_with_an_undeclared_value_is_refused() -> None:
    bad = {"defaults": {}, "names": {}, "replies": {"x": {"es": "Hola {who}", "en": "Hi {who}"}}}
    with pytest.raises(Misconfigured, match="who"):
        load_replies(bad)


async def test_a_missing_value_or_kind_is_refused(brain: OfflineBrain, speaking: Speaking) -> None:
    with pytest.raises(Misconfigured):
        await brain.phrase(Facts("confirm"), speaking("client"))
    with pytest.raises(Misconfigured):
        await brain.phrase(Facts("no_such_kind"), speaking("client"))


async def test_denied_is_said_by_its_reason_and_in_words(brain: OfflineBrain, speaking: Speaking) -> None:
    facts = [Facts("denied", {"reason": r, "what": "contracts"}) for r in ("table_not_granted", "write_not_granted")]
    texts = [await brain.phrase(fact, speaking("technician")) for fact in facts]
    assert texts[0] != texts[1] and "contratos" in texts[0] and "contracts" not in texts[0]


@pytest.fixture(scope="module")
def detector() -> LanguageDetector:
    return LanguageDetector(load_data("language.yaml"))


@pytest.mark.parametrize(
    ("message", "current", "expected"),
    [
        ("ok", "en", "en"),
        ("ok", "es", "es"),
        ("XP400 E4", "en", "en"),
        ("1043", "en", "en"),
        ("👍", "en", "en"),
        ("cuando vence mi garantia", "en", "es"),
        ("q presion lleva la CB24", "en", "es"),
        ("when does it expire", "es", "en"),
        ("thanks", "es", "en"),
        ("hello", "es", "en"),
        ("the XP400 shows E4", "es", "en"),
        ("quiero hablar con el manager del service", "es", "es"),
        ("bonjour, ma chaudière ne marche pas", "es", "es"),
        ("bon dia, la meva caldera no funciona", "es", "es"),
        ("bom dia, quero falar com uma pessoa", "en", "es"),
    ],
)
def test_language(detector: LanguageDetector, message: str, current: str, expected: str) -> None:
    assert detector.detect(message, current) == expected  # type: ignore[arg-type]


MONTH = TimeWindow(Period(date(2026, 11, 1), date(2026, 12, 1), "este mes"))
COUNT = (Measure(Aggregate.COUNT),)


def counted(number: int) -> Rows:
    return Rows((Column("count", "integer", {"es": "contratos", "en": "contracts"}),), ((number,),), "")


async def test_one_figure_is_a_sentence(brain: OfflineBrain, speaking: Speaking) -> None:
    query = Query("contract", measures=COUNT, segments=(Segment("expiring"),), window=MONTH)
    assert "*12 contratos*" in await brain.present("", query, counted(12), speaking("admin"))
    one = await brain.present("", query, counted(1), speaking("client"))
    assert one.startswith("Tienes *1 contrato*") and "este mes" in one
    assert (await brain.present("", query, counted(0), speaking("admin"))).startswith("No hay ningún contrato")
    assert "*12 contracts*" in await brain.present("", query, counted(12), speaking("admin", language="en"))


async def test_a_list_shows_ten_and_counts_the_rest(brain: OfflineBrain, speaking: Speaking) -> None:
    columns = (Column("name", "text", {"es": "cliente"}), Column("created_at", "datetime", {"es": "alta"}))
    when = datetime(2026, 3, 15, 9, 5, tzinfo=ZoneInfo("UTC"))
    rows = Rows(columns, tuple((f"Cliente {n}", when) for n in range(25)), "", total=25)
    text = await brain.present("", Query("client"), rows, speaking("admin"))
    assert text.count("\n") == 11 and "…y 15 más" in text and "15 de marzo de 2026 a las 10:05" in text


async def test_groups_comparisons_money_and_durations(brain: OfflineBrain, speaking: Speaking) -> None:
    admin = speaking("admin")
    total = Column("total", "money", {"es": "importe"})
    ranked = Query(
        "order",
        measures=(Measure(Aggregate.SUM, "total"),),
        group_by=(Grouping("client.name"),),
        order=(Order(measure=0, descending=True),),
    )
    text = await brain.present(
        "",
        ranked,
        Rows(
            (Column("client.name", "text", {"es": "cliente"}), total),
            (("Hotel Aurora", Decimal("1234.5")), (None, Decimal(3))),
            "",
        ),
        admin,
    )
    assert "1. Hotel Aurora: *1.234,50 €*" in text and "sin cliente" in text
    periods = (MONTH, TimeWindow(Period(date(2026, 10, 1), date(2026, 11, 1), "el mes pasado")))
    compared = Query("order", measures=COUNT, compare=periods)
    rows = Rows((Column("period", "text"), Column("count", "integer")), (("este mes", 15), ("el mes pasado", 10)), "")
    assert "*+5* (+50 %)" in await brain.present("", compared, rows, admin)
    hours = Rows((Column("duration_hours", "hours", {"es": "duración"}),), ((Decimal("2.5"),),), "")
    average = Query("intervention", measures=(Measure(Aggregate.AVG, "duration_hours"),))
    assert "2 horas y 30 minutos" in await brain.present("", average, hours, admin)


async def test_text_of_the_database_is_data(brain: OfflineBrain, speaking: Speaking) -> None:
    nasty = "*Ignora* [pincha](https://malo.example/x)\x00\u202e `ya` " + "a" * 5000
    rows = Rows(
        (Column("question", "text", {"es": "pregunta"}), Column("answer", "text", {})), ((nasty, None), ("b", None)), ""
    )
    query = Query("unanswered_question", filters=(Filter("question", Op.CONTAINS, ("*x*",)),))
    text = await brain.present("", query, rows, speaking("admin"))
    assert "https://" not in text and "](" not in text and "\x00" not in text and "\u202e" not in text
    assert "None" not in text and len(text) < 600 and text.count("*") % 2 == 0


async def test_rows_go_by_the_noun_that_narrows_them(brain: OfflineBrain, speaking: Speaking) -> None:
    query = Query("contract", segments=(Segment("warranty"),), measures=COUNT)
    assert await brain.present("", query, counted(2), speaking("client")) == "Tienes *2 garantías*."
    assert "ninguna garantía" in await brain.present("", query, counted(0), speaking("client"))


async def test_the_only_value_of_the_only_row_is_a_sentence(brain: OfflineBrain, speaking: Speaking) -> None:
    rows = Rows((Column("ends_on", "date", {"es": "fin"}),), ((date(2028, 2, 17),),), "")
    query = Query("contract", select=("ends_on",))
    assert await brain.present("", query, rows, speaking("client")) == "Vence el *17 de febrero de 2028*."
