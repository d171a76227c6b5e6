"""Models named side by side are answered side by side, and what the documents do not say of one of them is said."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from policy.roles import Role


async def test_both_values_of_a_table_are_given(talk: Callable[..., Any]) -> None:
    result = await talk(Role.TECHNICIAN)("compara el entrehierro de freno del EL320 y el EL630")
    assert "0,30 a 0,45 mm" in result.reply and "0,35 a 0,50 mm" in result.reply


async def test_a_missing_value_is_named(talk: Callable[..., Any]) -> None:
    result = await talk(Role.TECHNICIAN)("compara el par de los soportes de guía del EL320 y el EL630")
    assert "60" in result.reply
    assert "EL630" in result.reply.splitlines()[-1] and "no lo encuentro" in result.reply


async def test_what_is_the_same_for_both_is_said_once(talk: Callable[..., Any]) -> None:
    result = await talk(Role.TECHNICIAN)("¿cuántos años de garantía tienen el EL320 y el EL630?")
    assert result.citations and "no lo encuentro" not in result.reply


async def test_law_that_is_not_there_gives_way_to_the_plan(talk: Callable[..., Any]) -> None:
    result = await talk(Role.TECHNICIAN)("según normativa, ¿cada cuánto se revisan los extintores?")
    assert "Extintores" in result.reply and "3 meses" in result.reply
    assert "Ascensor" not in result.reply


async def test_the_faq_says_that_there_is_somebody_at_any_hour(talk: Callable[..., Any]) -> None:
    result = await talk(Role.GUEST)("¿tenéis servicio 24h?")
    assert "900 000 112" in result.reply and result.citations
