"""Drafting: who may write what, what is understood, what is asked when it is missing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from agents.brains.offline.brain import OfflineBrain
from agents.brains.protocol import Clarify, Context, Draft, NotAllowed
from policy.grants import Write

Speaking = Callable[..., Context]


@pytest.mark.parametrize(
    ("request_text", "fields"),
    [
        (
            "Mi caldera pierde agua, ¿podéis venir?",
            {"equipment_id": 2, "kind": "repair", "description": "Mi caldera pierde agua"},
        ),
        (
            "el aire del salón no enfría, venid el martes por la tarde",
            {"equipment_id": 1, "preferred": "el martes por la tarde"},
        ),
        ("quiero una revisión del split del dormitorio", {"equipment_id": 3, "kind": "maintenance"}),
        ("I need my boiler serviced next week", {"equipment_id": 2, "kind": "maintenance", "preferred": "next week"}),
        ("la CB24 no enciende y tengo un bebé, es urgente", {"equipment_id": 2, "priority": "urgent"}),
        ("quiero que instaléis otro split en la oficina", {"kind": "installation"}),
    ],
)
async def test_a_client_asks_for_a_visit(
    brain: OfflineBrain, speaking: Speaking, request_text: str, fields: dict[str, Any]
) -> None:
    draft = await brain.draft(request_text, speaking("client"))
    assert isinstance(draft, Draft) and draft.action is Write.REQUEST_VISIT
    assert {key: draft.fields.get(key) for key in fields} == fields
    assert draft.fields["description"]


async def test_several_machines_fit_so_it_asks(brain: OfflineBrain, speaking: Speaking) -> None:
    asked = await brain.draft("mi split gotea, ¿podéis venir?", speaking("client"))
    assert isinstance(asked, Clarify) and len(asked.options) == 2
    chosen = await brain.draft(f"mi split gotea, ¿podéis venir? {asked.options[1]}", speaking("client"))
    assert isinstance(chosen, Draft) and chosen.fields["equipment_id"] == 3


async def test_nothing_said_about_the_problem_so_it_asks(brain: OfflineBrain, speaking: Speaking) -> None:
    asked = await brain.draft("necesito un técnico para la caldera", speaking("client"))
    assert isinstance(asked, Clarify) and not asked.options


async def test_changing_a_visit_is_for_the_office(brain: OfflineBrain, speaking: Speaking) -> None:
    refused = await brain.draft("anúlame la visita de mañana", speaking("client"))
    assert refused == NotAllowed("update_intervention", "write_not_granted")
    assert await brain.draft("mi caldera gotea", speaking("guest")) == NotAllowed("request_visit", "write_not_granted")


@pytest.mark.parametrize(
    ("role", "request_text", "fields"),
    [
        (
            "technician",
            "Cierra la intervención 1043: cambiado el compresor, probado y funcionando",
            {"intervention_id": 1043, "status": "completed", "result": "cambiado el compresor, probado y funcionando"},
        ),
        ("technician", "1043 terminada, cambiada la placa", {"status": "completed", "result": "cambiada la placa"}),
        ("technician", "empiezo la 1043", {"intervention_id": 1043, "status": "in_progress"}),
        ("technician", "cancela la 1043, el cliente no estaba", {"status": "cancelled"}),
        ("technician", "pasa la 1043 al jueves a las 10", {"scheduled_at": "2026-11-26T10:00:00+01:00"}),
        ("technician", "anota en la 1043: pendiente de repuesto", {"result": "pendiente de repuesto", "status": None}),
        ("admin", "asigna la 1050 a Laura", {"intervention_id": 1050, "technician": "Laura Gil"}),
        ("admin", "reprograma la 1050 para mañana por la tarde", {"scheduled_at": "2026-11-23T16:00:00+01:00"}),
        ("admin", "cancela la 1050", {"status": "cancelled"}),
        ("admin", "assign 1050 to Carlos", {"technician": "Carlos Sanz"}),
        (
            "technician",
            "abre un parte para la caldera de Talleres Ríos: pierde agua",
            {"client": "Talleres Ríos, S.L.", "kind": "repair", "description": "pierde agua"},
        ),
        (
            "admin",
            "programa un mantenimiento en Hotel Aurora el lunes",
            {"client": "Hotel Aurora", "kind": "maintenance"},
        ),
    ],
)
async def test_staff(
    brain: OfflineBrain, speaking: Speaking, role: str, request_text: str, fields: dict[str, Any]
) -> None:
    draft = await brain.draft(request_text, speaking(role))
    assert isinstance(draft, Draft), draft
    assert {key: draft.fields.get(key) for key in fields} == fields
    assert draft.summary


@pytest.mark.parametrize(
    ("request_text", "options"),
    [
        ("cierra la 1043 y la 1044", ("1043", "1044")),
        ("cierra la intervención", ()),
        ("asigna la 1050", ("Laura Gil", "Carlos Sanz", "Javier Ruiz")),
        ("reprograma la 1050", ()),
        ("abre un parte", ()),
    ],
)
async def test_what_is_missing_is_asked(
    brain: OfflineBrain, speaking: Speaking, request_text: str, options: tuple[str, ...]
) -> None:
    asked = await brain.draft(request_text, speaking("admin"))
    assert isinstance(asked, Clarify), asked
    assert asked.options == options


@pytest.mark.parametrize(
    ("request_text", "fields"),
    [
        (
            "Mi caldera pierde agua, ¿podéis venir el lunes?. mejor el martes por la tarde",
            {"preferred": "el martes por la tarde"},
        ),
        (
            "Mi caldera pierde agua, ¿podéis venir el lunes?. es urgente",
            {"priority": "urgent", "preferred": "el lunes"},
        ),
        ("mi split gotea, podéis venir. es el del dormitorio", {"equipment_id": 3}),
    ],
)
async def test_later_words_win_and_the_description_stays_clean(
    brain: OfflineBrain, speaking: Speaking, request_text: str, fields: dict[str, Any]
) -> None:
    draft = await brain.draft(request_text, speaking("client"))
    assert isinstance(draft, Draft)
    assert {key: draft.fields.get(key) for key in fields} == fields
    assert draft.fields["description"] in ("Mi caldera pierde agua", "mi split gotea")


async def test_what_happened_is_not_when_it_would_suit(brain: OfflineBrain, speaking: Speaking) -> None:
    told = "Esta mañana no salía agua caliente de la caldera. ¿Podría pasarse alguien esta semana, por la tarde?"
    draft = await brain.draft(told, speaking("client"))
    assert isinstance(draft, Draft)
    assert draft.fields["preferred"] == "esta semana, por la tarde"


async def test_clients_do_not_close_visits(brain: OfflineBrain, speaking: Speaking) -> None:
    refused = await brain.draft("Cierra la intervención 1043", speaking("client"))
    assert refused == NotAllowed("update_intervention", "write_not_granted")


@pytest.mark.parametrize(
    "request_text",
    [
        "abre un parte de reparacion para el cliente de la 1043: fuga de agua",
        "reabre la 1043",
        "asigna la 1043 a otro técnico",
    ],
)
async def test_staff_are_asked_what_only_they_know(brain: OfflineBrain, speaking: Speaking, request_text: str) -> None:
    assert isinstance(await brain.draft(request_text, speaking("admin")), Clarify)
