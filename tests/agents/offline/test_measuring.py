"""Figures of a question against the figures and ranges of a document."""

from __future__ import annotations

import pytest

from agents.brains.offline.answering.measuring import gives_range, measured, ranges, width
from agents.brains.offline.answering.question import Figure

SHARE = Figure("8", 8.0, frozenset({"%"}))
SIZE = Figure("30", 30.0, frozenset({"m", "m2"}))


@pytest.mark.parametrize(
    ("text", "unit", "expected"),
    [
        ("Superficie orientativa: 25 a 35 m²", "m2", (25.0, 35.0)),
        ("Margen exterior en frío: -10 a 46 °C", "°c", (-10.0, 46.0)),
        ("Hasta 10 %", "%", (float("-inf"), 10.0)),
        ("Más de 300 euros", "euros", (300.0, float("inf"))),
        ("cuando la superficie no sea mayor de 100 m2", "m2", (float("-inf"), 100.0)),
        ("superficie construida menor de 2.000 m2", "m2", (float("-inf"), 2000.0)),
        ("que no supere 15 m", "m", (float("-inf"), 15.0)),
    ],
)
def test_a_range_is_read_with_its_unit(text: str, unit: str, expected: tuple[float, float]) -> None:
    assert (*expected, unit) in ranges(text)


def test_the_narrowest_range_holds_a_figure_best() -> None:
    near, far = width(SHARE, "Descuento: Hasta 10 %"), width(SHARE, "Descuento: Hasta 50 %")
    assert near is not None and far is not None and near < far


@pytest.mark.parametrize("text", ["Descuento: Hasta 5 %", "25 a 35 m²", "ocho"])
def test_a_figure_is_not_in_a_range_that_ends_before_it_or_has_another_unit(text: str) -> None:
    assert width(SHARE, text) is None


def test_a_range_in_the_unit_tells_even_when_the_figure_is_outside() -> None:
    assert gives_range(SIZE, "12 a 20 m²") and width(SIZE, "12 a 20 m²") is None
    assert not gives_range(SIZE, "12 a 20 °C")


def test_a_figure_counts_in_the_unit_that_is_asked_for() -> None:
    assert measured("Par (N·m): 17", {"n·m"}) and measured("cierre a 1,3 bar", {"bar"})
    assert not measured("17 bar", {"n·m"}) and not measured("17 bar", ())
