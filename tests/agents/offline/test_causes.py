"""A visit needs a cause, and a change of a visit something that changes: the rest are questions, or talk."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from agents.brains.offline.brain import OfflineBrain
from agents.brains.protocol import FAULT, Context, Draft, Intent

Speaking = Callable[..., Context]


@pytest.mark.parametrize(
    ("role", "message"),
    [
        ("client", "¿mi caldera vale también para climatizar la bodega?"),
        ("client", "se puede pintar la rejilla del split?"),
        ("client", "mi cuñado dice que la caldera es una reliquia jeje"),
        ("client", "qué bonito queda el split en el salón"),
        ("client", "¿está bien que la caldera marque 2,8 bar?"),
        ("client", "¿es normal que el split haga ruido al arrancar?"),
        ("technician", "tlf de Ana Pérez"),
        ("technician", "pásame la ruta del jueves"),
        ("technician", "dame el correo de Talleres Ríos"),
        ("technician", "enséñame los datos de Hotel Aurora"),
        ("admin", "teléfono de Marta López"),
    ],
)
async def test_nothing_to_write_is_no_request(brain: OfflineBrain, speaking: Speaking, role: str, message: str) -> None:
    asks = (await brain.route(message, speaking(role))).asks
    assert Intent.TICKET not in {ask.intent for ask in asks}


@pytest.mark.parametrize(
    ("role", "message"),
    [
        ("client", "hay un charco debajo del split"),
        ("client", "el aire no enfría nada desde anoche"),
        ("client", "necesito una revisión de la caldera"),
        ("client", "oye, que la caldera está echando agua por abajo"),
        ("technician", "pásame la 1043 al lunes a las 10"),
        ("technician", "la de Ana Pérez está terminada, cambiado el filtro"),
        ("technician", "voy con lo de Hotel Aurora"),
        ("admin", "asigna la 1043 a Laura Gil"),
    ],
)
async def test_a_cause_is_enough(brain: OfflineBrain, speaking: Speaking, role: str, message: str) -> None:
    asks = (await brain.route(message, speaking(role))).asks
    assert {ask.intent for ask in asks} == {Intent.TICKET}


@pytest.mark.parametrize("message", ["el mando no responde", "no sale agua caliente", "gotea por un lado"])
async def test_what_ails_no_named_machine_is_looked_up_first(
    brain: OfflineBrain, speaking: Speaking, message: str
) -> None:
    (ask,) = (await brain.route(message, speaking("client"))).asks
    assert (ask.intent, ask.reason) == (Intent.DOCUMENTS, FAULT)


async def test_a_visit_is_for_the_machine_just_spoken_of(brain: OfflineBrain, speaking: Speaking) -> None:
    spoken = replace(speaking("client"), focus=("XP250",))
    outcome = await brain.draft("vale, pues mandadme a alguien", spoken)
    assert isinstance(outcome, Draft)
    assert outcome.fields["equipment_id"] == 3
