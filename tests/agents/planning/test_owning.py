"""The price of a contract: of one's own machine it is in the data, of another machine it is not."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from agents.brains.offline.planning import Planner
from agents.brains.protocol import Context, Machine, NotUnderstood, Planned

MACHINE = Machine(1, "XP400", "Split mural XP400", "split", "salón", "2025-02-17", "Zaragoza")


@pytest.mark.parametrize(
    ("question", "kind"),
    [
        ("cuánto cuesta el contrato integral de un XP600", NotUnderstood),
        ("cuánto vale el mantenimiento preventivo de un ascensor", NotUnderstood),
        ("cuánto cuesta el contrato integral del XP400", Planned),
        ("cuánto pago por mi contrato integral", Planned),
    ],
)
def test_only_what_is_owned_has_a_price(
    planner: Planner, context_of: Callable[[str], Context], question: str, kind: type
) -> None:
    context = context_of("client")
    values = {**context.values, ("product", "sku"): ("XP400", "XP600")}
    assert isinstance(planner.plan(question, replace(context, machines=(MACHINE,), values=values)), kind)
