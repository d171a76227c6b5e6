"""Does a stranger ask for what the company keeps about people? Then that is refused, also if nobody understood it."""

from __future__ import annotations

from dataclasses import replace

from agents.brains.protocol import Facts, Planned
from agents.report import Refusal
from graph.desk import Desk
from graph.parts import Parts
from policy.decide import may_read
from policy.roles import Principal, Role

_PEOPLE = frozenset({"clients", "technicians", "users"})
_WHO_SEES_ALL = Principal(Role.ADMIN, 0)


async def asks_about_people(question: str, desk: Desk, parts: Parts) -> tuple[str, Refusal] | None:
    """What a guest is told whose ``question``, had somebody asked it who may see everything, is about people.

    The question is only read, without a model, and nothing is looked up: a name that the company knows and one that it
    does not are refused alike.
    """
    if desk.principal.role is not Role.GUEST:
        return None
    plan = await parts.words.plan(question, replace(desk.context, principal=_WHO_SEES_ALL))
    if not isinstance(plan, Planned):
        return None
    table = parts.workshop.catalogue.entities[plan.query.entity].table
    if table not in _PEOPLE:
        return None
    decision = may_read(Role.GUEST, table)
    return await parts.words.phrase(Facts("guest_data"), desk.context), Refusal(decision.what, decision.reason)
