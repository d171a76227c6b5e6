"""The sixteen rows of DESIGN section 1, end to end: real brain, real database, real documents."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from policy.roles import Role


@dataclass(frozen=True)
class Row:
    """What somebody asks and what must hold of the answer."""

    role: Role
    asks: str
    specialists: list[str]
    says: tuple[str, ...] = ()
    cites: str | None = None
    handoff: str | None = None
    pending: str | None = None
    attaches: str | None = None


ROWS = [
    Row(Role.CLIENT, "¿Cómo mantengo mi aire acondicionado?", ["rag_docs"], ("filtros",), cites=""),
    Row(Role.CLIENT, "¿Cuándo vence mi garantía?", ["sql_reader"], ("garantía", "XP400", "2028")),
    Row(
        Role.CLIENT,
        "¿Qué mantenimiento necesita mi equipo instalado en febrero del año pasado?",
        ["sql_reader", "rag_docs"],
        ("XP400", "febrero de 2025"),
        cites="",
    ),
    Row(Role.CLIENT, "Mi caldera pierde agua, ¿podéis venir?", ["ticket_writer"], ("CB24",), pending="request_visit"),
    Row(Role.CLIENT, "Quiero hablar con una persona", ["escalation"], handoff="medium"),
    Row(Role.CLIENT, "Estoy encerrado en el ascensor", ["escalation"], ("112",), handoff="urgent"),
    Row(Role.TECHNICIAN, "¿Qué intervenciones hice este mes?", ["sql_reader"], ("este mes",)),
    Row(
        Role.TECHNICIAN,
        "¿Dónde está instalado el modelo XP400 que instalamos en Zaragoza?",
        ["sql_reader"],
        ("XP400", "Zaragoza"),
    ),
    Row(Role.TECHNICIAN, "¿Qué significa el error E4 del XP400?", ["rag_docs"], ("descarga",), cites="XP400"),
    Row(
        Role.TECHNICIAN,
        "Cierra la intervención 1043: cambiado el compresor, probado y funcionando",
        ["ticket_writer"],
        ("1043", "cambiado el compresor"),
        pending="update_intervention",
    ),
    Row(Role.ADMIN, "¿Cuántos contratos están por vencer este mes?", ["sql_reader"], ("contratos",)),
    Row(
        Role.ADMIN,
        "¿Qué técnicos tienen más intervenciones abiertas?",
        ["sql_reader"],
        ("1. ",),
        attaches="image/png",
    ),
    Row(Role.ADMIN, "¿Cuántos aires acondicionados XP400 tenemos en Madrid?", ["sql_reader"], ("Madrid",)),
    Row(Role.ADMIN, "¿Qué conversaciones tuvimos con el cliente Pérez sobre su equipo?", ["sql_reader"], ("Pérez",)),
    Row(Role.ADMIN, "¿Qué preguntas no supimos responder esta semana?", ["sql_reader"], ("esta semana",)),
    Row(Role.CLIENT, "when does my warranty expire?", ["sql_reader"], ("XP400", "2028")),
    Row(Role.TECHNICIAN, "que intervencione tengo mañana??", ["sql_reader"]),
]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row.role}: {row.asks[:50]}")
async def test_the_main_job(talk: Callable[..., Any], row: Row) -> None:
    result = await talk(row.role)(row.asks)
    assert result.error is None
    assert result.role == row.role.value
    assert result.specialists == row.specialists, result.reply
    for words in row.says:
        assert words.casefold() in result.reply.casefold()
    if row.cites is not None:
        assert any(row.cites in citation.document for citation in result.citations), result.citations
    assert (result.handoff.priority if result.handoff else None) == row.handoff
    assert (result.pending_confirmation.action if result.pending_confirmation else None) == row.pending
    if row.attaches:
        assert row.attaches in {attachment.media_type for attachment in result.attachments}
    assert (result.sql is not None) == (row.role is Role.ADMIN)


async def test_several_things_at_once_get_one_reply(talk: Callable[..., Any]) -> None:
    result = await talk(Role.TECHNICIAN)(
        "¿Cuántas intervenciones tengo abiertas? ¿Y qué significa el error E4 del XP250?"
    )
    assert result.specialists == ["sql_reader", "rag_docs"]
    assert "ventilador" in result.reply.casefold()
    assert result.citations


async def test_english_is_answered_in_english(talk: Callable[..., Any]) -> None:
    result = await talk(Role.CLIENT)("I want to talk to a person, please")
    assert result.language == "en"
    assert result.handoff is not None
    assert "person" in result.reply
