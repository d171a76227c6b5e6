"""Charts: what is drawn, what is not, and that what is drawn is an image for a phone."""

from __future__ import annotations

import struct
from datetime import date
from decimal import Decimal

import pytest

from tools.charts import draw_chart
from tools.sql.query import Aggregate, Column, Grain, Grouping, Measure, Order, Period, Query, Rows, TimeWindow

COUNT = Measure(Aggregate.COUNT)
LABELS = {"es": "intervenciones", "en": "visits"}
NUMBER = Column("count", "integer", LABELS)
NARROWEST = 700
"""Pixels: less is not read on a phone."""


def rows(columns: list[Column], *values: tuple[object, ...]) -> Rows:
    return Rows(tuple(columns), values, "SELECT 1")


def size(image: bytes | None) -> tuple[int, int]:
    assert image is not None
    assert image.startswith(b"\x89PNG\r\n\x1a\n")
    width, height = struct.unpack(">II", image[16:24])
    return width, height


RANKING = Query("intervention", measures=(COUNT,), group_by=(Grouping("technician.name"),), order=(Order(measure=0),))
SERIES = Query("intervention", measures=(COUNT,), group_by=(Grouping("scheduled_at", Grain.MONTH),))
NAME = Column("technician.name", "text", {"es": "técnico"})
MONTH = Column("scheduled_at.month", "month", {"es": "fecha"})


@pytest.mark.parametrize("language", ["es", "en"])
def test_ranking(language: str) -> None:
    width, height = size(draw_chart(RANKING, rows([NAME, NUMBER], ("Ana", 7), ("Luis", 3), (None, 1)), language))
    assert NARROWEST <= width <= 1400
    assert height < 2 * width


def test_long_ranking_stays_on_the_screen() -> None:
    many = [(f"Técnico de nombre muy largo número {i}", 100 - i) for i in range(60)]
    width, height = size(draw_chart(RANKING, rows([NAME, NUMBER], *many)))
    assert height < 2 * width


def test_series_with_gaps() -> None:
    found = rows([MONTH, NUMBER], (date(2026, 1, 1), 4), (date(2026, 5, 1), 9), (None, 2))
    assert size(draw_chart(SERIES, found))[0] >= NARROWEST


@pytest.mark.parametrize(
    ("kind", "places"),
    [
        ("date", (date(2026, 2, 27), date(2026, 3, 2))),
        ("week", (date(2025, 12, 29), date(2026, 1, 19))),
        ("month", (date(2025, 11, 1), date(2026, 2, 1))),
        ("quarter", (date(2025, 10, 1), date(2026, 4, 1))),
        ("year", (2023, 2026)),
    ],
)
def test_every_grain(kind: str, places: tuple[object, object]) -> None:
    assert (
        size(draw_chart(SERIES, rows([Column("t", kind, {}), NUMBER], (places[0], 1), (places[1], 2))))[0] >= NARROWEST
    )


def test_several_lines() -> None:
    query = Query("intervention", measures=(COUNT,), group_by=(*SERIES.group_by, Grouping("kind")))
    kind = Column("kind", "enum:intervention_kind", {"es": "tipo"})
    found = [(date(2026, m, 1), k, m) for m in range(1, 7) for k in ("repair", "maintenance", None)]
    assert size(draw_chart(query, rows([MONTH, kind, NUMBER], *found)))[0] >= NARROWEST


def test_shares_and_money() -> None:
    share = Column("share_count", "percent", LABELS)
    category = Column("product.category", "enum:product_category", {"es": "categoría"})
    query = Query(
        "equipment", measures=(Measure(Aggregate.COUNT, share=True),), group_by=(Grouping("product.category"),)
    )
    assert (
        size(draw_chart(query, rows([category, share], ("split", Decimal("0.6")), ("lift", Decimal("0.4")))))[0]
        >= NARROWEST
    )
    money = Column("sum_total", "money", {"es": "importe"})
    assert (
        size(draw_chart(query, rows([category, money], ("split", Decimal("2500000")), ("lift", Decimal("-3")))))[0]
        >= NARROWEST
    )


def test_compared_periods() -> None:
    windows = tuple(TimeWindow(Period(None, None, label)) for label in ("mayo", "junio"))
    query = Query("order", measures=(COUNT,), compare=windows)
    assert (
        size(draw_chart(query, rows([Column("period", "text", {"es": "periodo"}), NUMBER], ("mayo", 3), ("junio", 5))))[
            0
        ]
        >= NARROWEST
    )


@pytest.mark.parametrize(
    "found",
    [
        rows([NUMBER], (3,)),
        rows([NAME, NUMBER], ("Ana", 3)),
        rows([NAME, NUMBER]),
        rows([NAME, Column("max_at", "date", {})], ("Ana", date(2026, 1, 1)), ("Luis", date(2026, 1, 2))),
        rows([NAME, NUMBER], ("Ana", None), ("Luis", None)),
    ],
    ids=["one number", "one bar", "nothing", "no numbers", "only gaps"],
)
def test_nothing_to_draw(found: Rows) -> None:
    assert draw_chart(RANKING, found) is None


def test_dollars_and_markup_are_only_text() -> None:
    assert size(draw_chart(RANKING, rows([NAME, NUMBER], ("$\\frac{$", 7), ("<b>_^{}", 3))))[0] >= NARROWEST
