"""A question that names a law is answered from it or from what cites it, and refused when the library holds neither."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from policy.roles import Role

Talk = Callable[..., Any]


async def test_who_may_is_not_answered_by_a_cover(talk: Talk) -> None:
    told = await talk(Role.ADMIN)("según el RIPCI, ¿quién puede mantener los extintores?")
    assert "Titular o empresa" in told.reply and "Para el titular del edificio" not in told.reply


async def test_a_law_that_nobody_holds_nor_cites_answers_nothing(talk: Talk) -> None:
    told = await talk(Role.CLIENT)("según la ley de propiedad horizontal, ¿cada cuánto se revisa el ascensor?")
    assert told.citations == []


async def test_a_question_about_the_law_asks_for_no_visit(talk: Talk) -> None:
    told = await talk(Role.CLIENT)("según la normativa quién puede recargar el gas del aire acondicionado")
    assert told.pending_confirmation is None and told.specialists == ["rag_docs"]


async def test_a_law_named_before_the_question_makes_it_one_about_the_law(talk: Talk) -> None:
    told = await talk(Role.ADMIN)("según la ITC de ascensores, a quién se le da la copia del certificado")
    assert told.handoff is None and told.specialists == ["rag_docs"]
