"""What a model planned or drafted, checked: names that exist, what is granted, what is missing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from agents.brains.llm.drafting import TicketChecker
from agents.brains.llm.linking import linked
from agents.brains.llm.outputs import QueryOut, TicketOut
from agents.brains.llm.planning import Invalid, PlanChecker
from agents.brains.llm.queries import QueryReader
from agents.brains.offline.drafting.words import RequestWords
from agents.brains.offline.planning.period_words import load_period_words
from agents.brains.protocol import Clarify, Context, Draft, NotAllowed, Planned
from tests.agents.offline.conftest import MACHINES, catalogue, speaking
from tools.sql.catalogue import Catalogue
from tools.sql.query import Filter, Op, Query, Related

__all__ = ["catalogue", "speaking"]

Speaking = Callable[..., Context]
VALUES = {
    ("client", "name"): ("Talleres Ríos, S.L.", "Ana Pérez", "Luis Pérez Gil", "Hotel Aurora"),
    ("client", "city"): ("Madrid", "Zaragoza"),
}


@pytest.mark.parametrize(
    ("field", "op", "value", "expected"),
    [
        ("client.name", Op.CONTAINS, "talleres rios", Filter("client.name", Op.IN, ("Talleres Ríos, S.L.",))),
        ("client.name", Op.EQ, "PÉREZ", Filter("client.name", Op.IN, ("Ana Pérez", "Luis Pérez Gil"))),
        ("client.name", Op.CONTAINS, "Hotel Aurroa", Filter("client.name", Op.IN, ("Hotel Aurora",))),
        ("client.city", Op.NE, "madrid", Filter("client.city", Op.NOT_IN, ("Madrid",))),
        ("client.name", Op.CONTAINS, "Nobody Known", Filter("client.name", Op.CONTAINS, ("Nobody Known",))),
        ("client.name", Op.CONTAINS, " ", Filter("client.name", Op.CONTAINS, (" ",))),
        ("client.phone", Op.CONTAINS, "976", Filter("client.phone", Op.CONTAINS, ("976",))),
        ("nothing.here", Op.EQ, "x", Filter("nothing.here", Op.EQ, ("x",))),
    ],
)
def test_names_are_brought_to_those_that_exist(
    catalogue: Catalogue, field: str, op: Op, value: str, expected: Filter
) -> None:
    query = linked(Query("contract", filters=(Filter(field, op, (value,)),)), catalogue, VALUES)
    assert query.filters == (expected,)


def test_names_in_related_rows_too(catalogue: Catalogue) -> None:
    related = Related("contract", "client", filters=(Filter("client.city", Op.EQ, ("zaragoza",)),))
    query = linked(Query("client", related=(related,)), catalogue, VALUES)
    assert query.related[0].filters == (Filter("client.city", Op.IN, ("Zaragoza",)),)


@pytest.mark.parametrize(
    ("role", "query", "kind"),
    [
        ("admin", {"entity": "contract", "measures": [{"agg": "count"}]}, Planned),
        ("client", {"entity": "contract"}, Planned),
        ("client", {"entity": "stock"}, NotAllowed),
        ("client", {"entity": "technician", "select": ["phone"]}, NotAllowed),
        ("guest", {"entity": "client"}, NotAllowed),
        ("admin", {"entity": "payroll"}, Invalid),
        ("admin", {"entity": "contract", "select": ["colour"]}, Invalid),
        ("admin", {"entity": "contract", "segments": ["happy"]}, Invalid),
        ("admin", {"entity": "contract", "group": ["client.name"]}, Invalid),
        ("admin", {"entity": "contract", "limit": 0}, Invalid),
        ("admin", {"entity": "contract", "offset": -1}, Invalid),
        (
            "admin",
            {"entity": "contract", "order": ["#7"], "measures": [{"agg": "count"}], "group": ["status"]},
            Invalid,
        ),
        ("admin", {"entity": "contract", "having": [{"measure": 9, "op": "gt", "value": 1}]}, Invalid),
        ("admin", {"entity": "client", "related": [{"entity": "contract", "via": "moon"}]}, Invalid),
    ],
)
def test_a_query_is_believed_when_it_compiles_for_whoever_asks(
    catalogue: Catalogue, speaking: Speaking, role: str, query: dict[str, Any], kind: type
) -> None:
    checker = PlanChecker(catalogue, QueryReader(catalogue, load_period_words()))
    assert isinstance(checker.check(QueryOut.model_validate(query), False, speaking(role)), kind)


@pytest.fixture
def tickets(catalogue: Catalogue) -> TicketChecker:
    return TicketChecker(catalogue, RequestWords())


VISIT = {"action": "request_visit", "kind": "repair", "description": "Pierde agua", "equipment_id": 2}
UPDATE = {"action": "update_intervention", "intervention_id": 1043}


@pytest.mark.parametrize(
    ("role", "ticket", "fields"),
    [
        ("client", VISIT, {"equipment_id": 2, "priority": "normal", "kind": "repair"}),
        ("client", {**VISIT, "preferred": "el martes"}, {"preferred": "el martes"}),
        ("client", {"action": "request_visit", "kind": "installation", "description": "Otro aire"}, {}),
        ("technician", {**UPDATE, "status": "completed", "result": "Cambiado"}, {"status": "completed"}),
        ("technician", {**UPDATE, "scheduled_at": "2026-12-01T09:00"}, {"scheduled_at": "2026-12-01T09:00:00+01:00"}),
        ("admin", {"action": "create_intervention", "client": "Hotel Aurora", "description": "x"}, {"kind": "repair"}),
    ],
)
def test_a_whole_ticket_is_a_draft(
    tickets: TicketChecker, speaking: Speaking, role: str, ticket: dict[str, Any], fields: dict[str, Any]
) -> None:
    drafted = tickets.check(TicketOut.model_validate(ticket), "", speaking(role))
    assert isinstance(drafted, Draft) and drafted.summary.endswith(".")
    assert {key: drafted.fields.get(key) for key in fields} == fields


@pytest.mark.parametrize(
    ("role", "ticket", "options"),
    [
        ("client", {**VISIT, "equipment_id": None}, len(MACHINES)),
        ("client", {**VISIT, "equipment_id": 77}, len(MACHINES)),
        ("client", {**VISIT, "description": " "}, 0),
        ("technician", {"action": "update_intervention", "status": "completed"}, 0),
        ("technician", UPDATE, 0),
        ("technician", {**UPDATE, "scheduled_at": "mañana"}, 0),
        ("technician", {**UPDATE, "scheduled_at": "2020-01-01T09:00"}, 0),
        ("admin", {"action": "create_intervention", "description": "x"}, 0),
        ("admin", {"action": "create_intervention", "client": "Hotel Aurora"}, 0),
    ],
)
def test_what_is_missing_is_asked(
    tickets: TicketChecker, speaking: Speaking, role: str, ticket: dict[str, Any], options: int
) -> None:
    asked = tickets.check(TicketOut.model_validate(ticket), "", speaking(role))
    assert isinstance(asked, Clarify) and asked.question and len(asked.options) == options


@pytest.mark.parametrize(
    ("role", "ticket"),
    [
        ("client", {**UPDATE, "status": "cancelled"}),
        ("client", {"action": "create_intervention", "client": "Hotel Aurora", "description": "x"}),
        ("technician", VISIT),
        ("guest", VISIT),
    ],
)
def test_what_is_not_granted_is_not_drafted(
    tickets: TicketChecker, speaking: Speaking, role: str, ticket: dict[str, Any]
) -> None:
    assert isinstance(tickets.check(TicketOut.model_validate(ticket), "", speaking(role)), NotAllowed)
