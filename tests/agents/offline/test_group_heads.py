"""How many groups meet a condition is told before they are; steps of time go by their own name."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from agents.brains.offline.presenting.presenter import Presenter
from agents.brains.protocol import Context
from policy.roles import Principal, Role
from tools.sql.catalogue import load_catalogue
from tools.sql.query import Aggregate, Column, Grain, Grouping, Having, Measure, Op, Query, Rows

_COUNT = Measure(Aggregate.COUNT)
_CONTEXT = Context(Principal(Role.ADMIN, 3, "Marta"), datetime(2026, 11, 22, tzinfo=ZoneInfo("Europe/Madrid")))


@pytest.fixture(scope="module")
def presenter() -> Presenter:
    return Presenter(load_catalogue())


def test_groups_that_meet_a_condition_are_counted(presenter: Presenter) -> None:
    query = Query(
        "equipment",
        measures=(_COUNT,),
        group_by=(Grouping("client.name"),),
        having=(Having(0, Op.GT, Decimal(1)),),
    )
    columns = (Column("client.name", "text", {"es": "cliente"}), Column("count", "integer", {"es": "equipos"}))
    rows = Rows(columns, (("Hotel Sobrarbe, S.L.", 4), ("Yago Poza Puig", 2)), "", total=2)
    assert presenter.present(query, rows, _CONTEXT).startswith("*2 clientes* con más de 1 equipo:")


def test_steps_of_time_go_by_their_name(presenter: Presenter) -> None:
    query = Query("intervention", measures=(_COUNT,), group_by=(Grouping("scheduled_at", Grain.MONTH),))
    columns = (Column("scheduled_at", "month", {"es": "fecha"}), Column("count", "integer", {"es": "intervenciones"}))
    rows = Rows(columns, ((date(2026, 10, 1), 12), (date(2026, 11, 1), 9)), "")
    assert presenter.present(query, rows, _CONTEXT).startswith("*Intervenciones por mes*:")
