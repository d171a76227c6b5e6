"""An order for several visits is one for each of them."""

from __future__ import annotations

import pytest

from agents.brains.offline.routing.several_records import SeveralRecords


@pytest.fixture(scope="module")
def records() -> SeveralRecords:
    return SeveralRecords()


@pytest.mark.parametrize(
    ("request_", "each"),
    [
        (
            "cierra la 1291: cambiado el filtro, y la 1279 también",
            ["cierra la 1291: cambiado el filtro", "cierra la 1279: cambiado el filtro"],
        ),
        ("cierra la 1291 revisada y la 1279 también", ["cierra la 1291 revisada", "cierra la 1279 revisada"]),
        ("asigna la 1201 y la 1202 a Laura", ["asigna la 1201 a Laura", "asigna la 1202 a Laura"]),
        ("cierra la 1291 y cancela la 1279", ["cierra la 1291", "cancela la 1279"]),
        ("close 1291 and 1292: filters cleaned", ["close 1291: filters cleaned", "close 1292: filters cleaned"]),
        ("cierra la 1291, 1292 y 1293", ["cierra la 1291", "cierra la 1292", "cierra la 1293"]),
        ("1210 y 1211 hechas", ["1210 hechas", "1211 hechas"]),
    ],
)
def test_each_visit_gets_its_order(records: SeveralRecords, request_: str, each: list[str]) -> None:
    assert list(records.each(request_)) == each


@pytest.mark.parametrize(
    "request_",
    ["cierra la 1291: presión 1250 y 1300 rpm", "cierra la 1291", "abre un parte para Talleres Ríos", "", "1291 1291"],
)
def test_one_order_stays_as_it_is(records: SeveralRecords, request_: str) -> None:
    assert records.each(request_) == (request_,)
