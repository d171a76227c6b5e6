"""Conditions agree with the noun that the rows go by; days in a row are told as such."""

from __future__ import annotations

from datetime import date, datetime
from zoneinfo import ZoneInfo

import pytest

from agents.brains.offline.presenting.presenter import Presenter
from agents.brains.protocol import Context
from policy.roles import Principal, Role
from tools.sql.catalogue import load_catalogue
from tools.sql.query import Aggregate, Column, Filter, Measure, Op, Query, Related, Rows, Segment

_CONTEXT = Context(Principal(Role.ADMIN, 3, "Marta"), datetime(2026, 11, 22, tzinfo=ZoneInfo("Europe/Madrid")))
_MARCH, _APRIL = date(2027, 3, 1), date(2027, 4, 1)
_COUNT = (Measure(Aggregate.COUNT),)
_REPAIR, _SERVICE = (Filter("kind", Op.EQ, (kind,)) for kind in ("repair", "maintenance"))


@pytest.mark.parametrize(
    ("query", "said"),
    [
        (Query("contract", segments=(Segment("expired"),)), "contratos* (vencidos)"),
        (Query("contract", segments=(Segment("warranty"), Segment("expired"))), "garantías* (vencidas)"),
        (Query("contract", segments=(Segment("ending"),)), "contratos* (que vencen)"),
        (
            Query("contract", filters=(Filter("ends_on", Op.GE, (_MARCH,)), Filter("ends_on", Op.LT, (_APRIL,)))),
            "contratos* (vencimiento: del 1 de marzo de 2027 al 31 de marzo de 2027)",
        ),
        (Query("intervention", filters=(_REPAIR,), segments=(Segment("open"),)), "averías* (abiertas)"),
        (Query("intervention", filters=(_SERVICE,), segments=(Segment("open"),)), "mantenimientos* (abiertos)"),
        (
            Query(
                "client", related=(Related("contract", "client", False, (), (Segment("warranty"), Segment("expired"))),)
            ),
            "clientes* (con garantías vencidas)",
        ),
        (
            Query("client", related=(Related("intervention", "client", False, (_SERVICE,), (Segment("open"),)),)),
            "clientes* (con mantenimientos abiertos)",
        ),
    ],
)
def test_a_condition_has_the_gender_of_its_noun(query: Query, said: str) -> None:
    counted = Query(
        query.entity, measures=_COUNT, filters=query.filters, segments=query.segments, related=query.related
    )
    rows = Rows((Column("count", "integer", {"es": "número"}),), ((3,),), "")
    assert said in Presenter(load_catalogue()).present(counted, rows, _CONTEXT)
