"""A stranger who wants something installed, or asks what the company does, is for sales; other questions are not."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from agents.brains.offline.brain import OfflineBrain
from agents.brains.protocol import Context, Intent

Speaking = Callable[..., Context]


@pytest.mark.parametrize(
    "message",
    [
        "vendéis calderas?",
        "cuánto me costaría montar dos splits en un ático?",
        "sois mantenedores autorizados?",
        "¿lleváis el mantenimiento de ascensores de fincas pequeñas?",
        "necesito un presupuesto, tengo un bar",
        "quiero hacerme cliente",
        "quiero comprar un aire, el mío está ya muy viejo",
        "do you install boilers in flats?",
    ],
)
async def test_who_may_become_a_customer_is_for_sales(brain: OfflineBrain, speaking: Speaking, message: str) -> None:
    (ask,) = (await brain.route(message, speaking("guest"))).asks
    assert (ask.intent, ask.reason) == (Intent.HUMAN, "sales")


@pytest.mark.parametrize(
    "message",
    [
        "trabajáis en Teruel?",
        "cuánto cuesta una visita?",
        "se puede pagar la instalación a plazos?",
        "qué garantía tiene una caldera nueva?",
        "cómo se instala el termostato?",
        "qué significa el error E4 del XP400?",
    ],
)
async def test_what_documents_tell_anybody_is_not(brain: OfflineBrain, speaking: Speaking, message: str) -> None:
    asks = (await brain.route(message, speaking("guest"))).asks
    assert "sales" not in {ask.reason for ask in asks}


async def test_a_client_s_price_is_in_the_price_list(brain: OfflineBrain, speaking: Speaking) -> None:
    (ask,) = (await brain.route("cuánto cuesta instalar un split?", speaking("client"))).asks
    assert ask.intent is Intent.DOCUMENTS
