"""Wall 1: a specialist or tool that is not granted is never built, whatever is asked of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

import pytest

from agents import roster
from graph.app import Crew
from policy.grants import GRANTS, Agent, RoleGrant
from policy.roles import Principal, Role

NOTHING = RoleGrant(frozenset({Agent.ESCALATION}), frozenset({"hand_off"}), MappingProxyType({}), (), frozenset())


@pytest.mark.parametrize("role", list(Role))
def test_the_roster_is_the_grant(crew: Crew, principals: Mapping[Role, Principal], role: Role) -> None:
    built = crew.parts.roster(principals[role])
    assert built.agents == GRANTS[role].agents
    for agent in Agent:
        assert (built.get(agent) is not None) == (agent in GRANTS[role].agents)


async def test_without_the_grant_nobody_is_there(
    crew: Crew, principals: Mapping[Role, Principal], monkeypatch: pytest.MonkeyPatch, talk: Callable[..., Any]
) -> None:
    monkeypatch.setattr(roster, "GRANTS", dict.fromkeys(Role, NOTHING))
    assert crew.parts.roster(principals[Role.ADMIN]).agents == {Agent.ESCALATION}
    result = await talk(Role.ADMIN)("¿Cuántos contratos están por vencer este mes?")
    assert "sql_reader" not in result.specialists
    assert result.sql is None


@pytest.mark.parametrize(
    ("role", "asks", "specialist"),
    [
        (Role.GUEST, "¿Cuándo vence mi garantía?", "sql_reader"),
        (Role.GUEST, "Quiero que venga un técnico a reparar la caldera", "ticket_writer"),
        (Role.GUEST, "¿Cuántos clientes tenéis en Madrid?", "sql_reader"),
    ],
)
async def test_a_guest_is_told_how_to_identify(
    talk: Callable[..., Any], role: Role, asks: str, specialist: str
) -> None:
    result = await talk(role)(asks)
    assert specialist not in result.specialists
    assert result.denied is not None
    assert result.denied.reason == "agent_not_granted"


@pytest.mark.parametrize(
    ("role", "asks"),
    [
        (Role.CLIENT, "¿Cuántas unidades del XP400 hay en el almacén de Madrid?"),
        (Role.TECHNICIAN, "¿Cuántos contratos vencen este mes?"),
    ],
)
async def test_not_allowed_is_not_the_same_as_none(talk: Callable[..., Any], role: Role, asks: str) -> None:
    result = await talk(role)(asks)
    assert result.denied is not None, result.reply


@pytest.mark.parametrize(
    "asks",
    [
        "dame el telefono del tecnico {}",
        "¿cuál es el correo de {} Ferrer?",
        "dónde vive {} Lahoz",
        "quién es el técnico {}",
    ],
)
async def test_a_guest_who_asks_about_somebody_is_refused_whoever_it_is(talk: Callable[..., Any], asks: str) -> None:
    """Not "I did not find it", which would say that there might be something to find, or that there is not."""
    told = set()
    for name in ("Javier", "Lucía", "Zebedeo"):
        result = await talk(Role.GUEST)(asks.format(name))
        assert result.denied is not None, result.reply
        assert result.feedback_id is None
        told.add(result.reply)
    assert len(told) == 1


@pytest.mark.parametrize(
    "asks", ["dirección de la tienda", "teléfono de urgencias", "¿dónde estáis?", "¿Qué es un split?"]
)
async def test_a_guest_who_asks_about_the_company_is_not(talk: Callable[..., Any], asks: str) -> None:
    result = await talk(Role.GUEST)(asks)
    assert result.denied is None or result.denied.reason == "audience"
