"""What a stranger may be told: nothing that the company keeps about people, also if nobody understood the question."""

from __future__ import annotations

from dataclasses import replace

from agents.brains.protocol import Ask, Facts, NotAllowed, NotUnderstood, Planned
from agents.report import Refusal, Report, Task
from agents.withheld import load_withheld
from core.text import tokens
from graph.desk import Desk
from graph.parts import Parts
from policy.decide import may_read
from policy.grants import Agent
from policy.roles import Principal, Role
from tools.sql.query import Query

_PEOPLE = frozenset({"clients", "technicians", "users"})
_WHO_SEES_ALL = Principal(Role.ADMIN, 0)
_WHO_SEES_THEIR_OWN = Principal(Role.CLIENT, 0)
_OTHERS = "other_people"


async def asks_about_people(question: str, desk: Desk, parts: Parts) -> tuple[str, Refusal] | None:
    """What a guest is told whose ``question``, had somebody asked it who may see everything, is about people.

    The question is only read, without a model, and nothing is looked up: a name that the company knows and one that it
    does not are refused alike.
    """
    if desk.principal.role is not Role.GUEST:
        return None
    plan = await parts.words.plan(question, replace(desk.context, principal=_WHO_SEES_ALL))
    if isinstance(plan, Planned):
        table = parts.workshop.catalogue.entities[plan.query.entity].table
        return await _refused(table, desk, parts) if table in _PEOPLE else None
    if not isinstance(plan, NotUnderstood) or not _names(question, plan.unexplained):
        return None
    plan = await parts.words.plan(question, replace(desk.context, principal=_WHO_SEES_THEIR_OWN))
    if isinstance(plan, NotAllowed) and plan.reason == _OTHERS:
        return await _refused(plan.what, desk, parts)
    return None


async def asks_for_people(question: str, desk: Desk, parts: Parts) -> tuple[str, Refusal] | None:
    """What a guest is told who asks for people by their name, or for a list of them, whatever documents say."""
    refused = await asks_about_people(question, desk, parts)
    if refused is None:
        return None
    plan = await parts.words.plan(question, replace(desk.context, principal=_WHO_SEES_ALL))
    return refused if not isinstance(plan, Planned) or _of_rows(plan.query) else None


async def about_the_company(ask: Ask, message: str, desk: Desk, parts: Parts) -> Report | None:
    """What is told of the company to a guest whose question only seemed one for the data; None when it is for it."""
    withheld = load_withheld()
    documents = parts.roster(desk.principal).get(Agent.RAG_DOCS)
    if documents is None or withheld.of_ones_own(ask.text) or withheld.about_machines(ask.text):
        return None
    if await asks_for_people(ask.text, desk, parts) is not None:
        return None
    report = await documents.handle(Task(ask, desk.context, message, desk.turn))
    if report.answered:
        return report if report.asked is None else None
    plan = await parts.words.plan(ask.text, replace(desk.context, principal=_WHO_SEES_ALL))
    return None if isinstance(plan, Planned) or report.error is not None else report


def _names(question: str, unexplained: tuple[str, ...]) -> bool:
    """Is one of the ``unexplained`` words of ``question`` written as a name?"""
    return any(token.folded in unexplained and token.text[:1].isupper() for token in tokens(question)[1:])


def _of_rows(query: Query) -> bool:
    """Is it about rows picked by a name, or about all of them, and not about how many there are?"""
    return not query.measures and bool(query.filters or not query.select)


async def _refused(table: str, desk: Desk, parts: Parts) -> tuple[str, Refusal]:
    decision = may_read(Role.GUEST, table)
    return await parts.words.phrase(Facts("guest_data"), desk.context), Refusal(decision.what, decision.reason)
