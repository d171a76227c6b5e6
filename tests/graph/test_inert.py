"""What was stored is quoted as data: nothing in it loads, links or runs."""

from __future__ import annotations

import pytest

from graph.inert import hosts, inert


@pytest.mark.parametrize(
    ("stored", "said"),
    [
        ("Fuga ![estado](https://evil.example/x?c=1) en bomba", "Fuga estado en bomba"),
        ("Mira [aquí](https://evil.example) ya", "Mira aquí ya"),
        ("ver https://evil.example/d?u=[x]&i=[y]", "ver …"),
        ("javascript:alert(1)", "…)"),
        ("<script>alert(1)</script>", "‹script>alert(1)‹/script>"),
        ("<img src='http://evil.example/x'>", "‹img src='…'>"),
        ("![x][1] y [1]: http://evil.example", "[x][1] y [1]: …"),
        (
            "*28 intervenciones*: < 5 bar, a@b.es, nota: hecho (1)",
            "*28 intervenciones*: < 5 bar, a@b.es, nota: hecho (1)",
        ),
    ],
)
def test_words_stay_and_the_rest_goes(stored: str, said: str) -> None:
    assert inert(stored) == said


OWN = hosts("termicaebro.example, citas.example.org")


@pytest.mark.parametrize(
    ("stored", "said"),
    [
        ("Pide hora en https://termicaebro.example/citas.", "Pide hora en https://termicaebro.example/citas."),
        ("[aquí](https://www.termicaebro.example/a?b=1)", "aquí: https://www.termicaebro.example/a?b=1"),
        ("https://termicaebro.example@evil.example/x", "…"),
        ("https://termicaebro.example.evil.example/x", "…"),
        ("https://evil.example/https://termicaebro.example", "…"),
        ("https://evil.example\\@termicaebro.example", "…"),
        ("https://eviltermicaebro.example", "…"),
        ("ftp://termicaebro.example/x", "…"),
        ("![x](https://termicaebro.example/pixel.png)", "x"),
    ],
)
def test_only_addresses_of_the_company_stay(stored: str, said: str) -> None:
    assert inert(stored, OWN) == said
