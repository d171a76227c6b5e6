"""Drafting: who may write what, what is understood, what is asked when it is missing."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from agents.brains.offline.brain import OfflineBrain
from agents.brains.protocol import FOR_THE_OFFICE, Clarify, Context, Draft, NotAllowed
from policy.grants import Write
from tools.tickets import OpenVisit

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
    assert refused == NotAllowed("update_intervention", FOR_THE_OFFICE)
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
        ("technician", "cierra la 77, cambiada la sonda", {"intervention_id": 77, "status": "completed"}),
        ("technician", "empiezo la 1043", {"intervention_id": 1043, "status": "in_progress"}),
        ("technician", "cancela la 1043, el cliente no estaba", {"status": "cancelled"}),
        ("technician", "pasa la 1043 al jueves a las 10", {"scheduled_at": "2026-11-26T10:00:00+01:00"}),
        ("technician", "anota en la 1043: pendiente de repuesto", {"result": "pendiente de repuesto", "status": None}),
        ("technician", "apunta dos horas y media en la 1043", {"result": "dos horas y media", "status": None}),
        ("technician", "anota cambio de sonda en la 1043", {"result": "cambio de sonda", "status": None}),
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


VISITS = (
    OpenVisit(1154, "Restaurante Ruzafa, S.L.", "maintenance", "scheduled", datetime(2026, 11, 23, 9, tzinfo=UTC)),
    OpenVisit(1326, "Restaurante Ruzafa, S.L.", "repair", "scheduled", datetime(2026, 11, 26, 15, tzinfo=UTC)),
    OpenVisit(1184, "Manola González Folch", "maintenance", "scheduled", datetime(2026, 11, 22, 16, tzinfo=UTC)),
    OpenVisit(1043, "Hotel Aurora", "repair", "in_progress", datetime(2026, 11, 22, 8, tzinfo=UTC)),
)


@pytest.mark.parametrize(
    ("request_text", "fields"),
    [
        (
            "lo de Manola ya está, era el filtro que estaba atascado",
            {"intervention_id": 1184, "status": "completed", "result": "era el filtro que estaba atascado"},
        ),
        ("ya he acabado", {"intervention_id": 1043, "status": "completed"}),
        (
            "estoy llegando a casa de Manola González",
            {"intervention_id": 1184, "status": "in_progress", "result": None},
        ),
        ("la de las 17 ya está hecha", {"intervention_id": 1184, "status": "completed"}),
        ("anula la visita de mañana de Ruzafa", {"intervention_id": 1154, "status": "cancelled", "result": None}),
        ("pasa lo de Manola al lunes 30 a las 12:30", {"scheduled_at": "2026-11-30T12:30:00+01:00", "result": None}),
        ("pon la 1043 en curso", {"status": "in_progress", "result": None}),
        ("la 1043 ya la he rematado, junta cambiada", {"status": "completed", "result": "junta cambiada"}),
        ("1043 finiquitada. Cambio de sonda y prueba ok", {"status": "completed", "scheduled_at": None}),
        ("no la he podido terminar la 1043, falta la válvula", {"status": None, "intervention_id": 1043}),
        ("en la 1043 no me han abierto la puerta", {"status": None, "result": "no me han abierto la puerta"}),
        (
            "he cambiado la sonda en la 1043 y queda funcionando",
            {"status": "completed", "result": "he cambiado la sonda, queda funcionando"},
        ),
        ("apunto: 1043 hecha, sellada la junta", {"status": "completed", "result": "sellada la junta"}),
    ],
)
async def test_technicians_tell_of_their_visits_as_they_please(
    brain: OfflineBrain, speaking: Speaking, request_text: str, fields: dict[str, Any]
) -> None:
    draft = await brain.draft(request_text, speaking("technician", visits=VISITS))
    assert isinstance(draft, Draft), draft
    assert {key: draft.fields.get(key) for key in fields} == fields


@pytest.mark.parametrize(
    "request_text", ["no puedo con la de las 17, pásala al martes a las 9", "pasa la de las 17 al martes a las 9"]
)
async def test_of_two_hours_the_second_is_the_new_one(
    brain: OfflineBrain, speaking: Speaking, request_text: str
) -> None:
    draft = await brain.draft(request_text, speaking("technician", visits=VISITS))
    assert isinstance(draft, Draft)
    assert draft.fields == {"intervention_id": 1184, "scheduled_at": "2026-11-24T09:00:00+01:00"}


async def test_the_hour_that_says_which_visit_is_no_new_one(brain: OfflineBrain, speaking: Speaking) -> None:
    asked = await brain.draft("hoy no puedo ir a la de las 17", speaking("technician", visits=VISITS))
    assert isinstance(asked, Clarify) and "1184" in asked.question


async def test_which_of_a_client_s_visits_is_asked(brain: OfflineBrain, speaking: Speaking) -> None:
    context = speaking("technician", visits=VISITS)
    asked = await brain.draft("ya está lo de Ruzafa, cambiada la placa", context)
    assert isinstance(asked, Clarify) and asked.keys == ("1154", "1326")
    assert "26 nov" in asked.options[1] and "16:00" in asked.options[1]
    chosen = await brain.draft("1326 ya está lo de Ruzafa, cambiada la placa", context)
    assert isinstance(chosen, Draft)
    assert chosen.fields == {"intervention_id": 1326, "status": "completed", "result": "cambiada la placa"}
    several = await brain.draft("cierra todas las intervenciones de ayer", context)
    assert isinstance(several, Clarify) and not several.options


@pytest.mark.parametrize(
    ("request_text", "fields"),
    [
        ("la 1050 que la lleve Laura y para el jueves a las 12", {"technician": "Laura Gil", "status": None}),
        ("pásale la 1050 a Carlos Sanz", {"technician": "Carlos Sanz"}),
        ("la 1050 ya la hizo Laura, ciérrala", {"status": "completed", "technician": None}),
        ("abre parte a Hotel Aurora, no les va el ascensor", {"description": "no les va el ascensor"}),
        ("nuevo aviso, Hotel Miramar, no enfría", {"client": "Hotel Miramar"}),
    ],
)
async def test_the_office_orders_as_it_pleases(
    brain: OfflineBrain, speaking: Speaking, request_text: str, fields: dict[str, Any]
) -> None:
    draft = await brain.draft(request_text, speaking("admin", visits=VISITS))
    assert isinstance(draft, Draft), draft
    assert {key: draft.fields.get(key) for key in fields} == fields


@pytest.mark.parametrize(
    ("request_text", "fields"),
    [
        ("llevamos desde el lunes sin agua caliente", {"equipment_id": 2, "priority": "high"}),
        ("Mi caldera pierde agua, ¿podéis venir? es el split del salón, no la caldera", {"equipment_id": 1}),
        ("el split del salón gotea, ¿venís?", {"description": "el split del salón gotea"}),
        ("el split del salón no enfría y mañana tengo invitados, ¿podéis venir hoy?", {"preferred": "hoy"}),
    ],
)
async def test_what_a_client_means(
    brain: OfflineBrain, speaking: Speaking, request_text: str, fields: dict[str, Any]
) -> None:
    draft = await brain.draft(request_text, speaking("client"))
    assert isinstance(draft, Draft), draft
    assert {key: draft.fields.get(key) for key in fields} == fields
