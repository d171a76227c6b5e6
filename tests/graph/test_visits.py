"""Visits that people point at in their own words, and changes that only the office makes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import text

from graph.app import Crew
from policy.roles import Role


def under_way(crew: Crew) -> tuple[int, str]:
    """The technician's visit in progress, and its client."""
    asked = (
        "SELECT i.intervention_id, c.name FROM interventions i JOIN clients c USING (client_id) "
        "WHERE i.technician_id = 1 AND i.status = 'in_progress' ORDER BY 1 LIMIT 1"
    )
    with crew.sessions() as session:
        row = session.execute(text(asked)).one()
    return int(row[0]), str(row[1])


async def test_a_visit_is_named_by_its_client(talk: Callable[..., Any], crew: Crew) -> None:
    number, client = under_way(crew)
    proposed = await talk(Role.TECHNICIAN)(f"lo de {client} ya está, era el condensador")
    assert proposed.pending_confirmation is not None
    summary = proposed.pending_confirmation.summary
    assert str(number) in summary and client in summary and "era el condensador" in summary
    assert proposed.written == []


@pytest.mark.parametrize(
    "message", ["anula la visita", "quita la cita que tengo", "ya no hace falta que vengáis el lunes"]
)
async def test_the_office_moves_a_client_s_visit(talk: Callable[..., Any], message: str) -> None:
    result = await talk(Role.CLIENT)(message)
    assert result.handoff is not None and result.handoff.reason == "visit_change"
    assert result.denied is None and result.pending_confirmation is None and result.written == []


async def test_technicians_do_not_give_their_visits_away(talk: Callable[..., Any], crew: Crew) -> None:
    number, _ = under_way(crew)
    result = await talk(Role.TECHNICIAN)(f"asigna la {number} a Raquel Bernal")
    assert result.denied is not None and result.denied.what == "assign_technician"
    assert result.pending_confirmation is None
