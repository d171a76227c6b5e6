"""The questions of the eval set, and what the peers of the comparison of costs would ask the database for each.

Each question is the first message of a golden conversation. What kind it is, says the offline crew: to the data, or to
the documents; the rest (visits, people, greetings) no peer has a tool for. The SQL of a peer names the tables that
the question needs and returns one small row, which is the least that it can cost.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from agents.brains.llm.needed import entities_of
from agents.brains.protocol import Intent, Planned
from evals.asking import SENDERS
from evals.cases import load_cases
from graph.app import Crew
from graph.memory import Memory
from policy.roles import Principal, Role

Kind = Literal["data", "documents"]
SUBJECTS = {Role.CLIENT: 1, Role.TECHNICIAN: 1, Role.ADMIN: 1}


@dataclass(frozen=True, slots=True)
class Question:
    """A message, who sends it, its kind, and the SQL that a peer would write for it."""

    message: str
    sender: str
    kind: Kind
    sql: str = ""


async def eval_questions(crew: Crew, most: int) -> list[Question]:
    """``most`` questions of one thing each, by chance but always the same, in the shares of the eval set."""
    found: dict[str, Question] = {}
    for role, message in _first_messages():
        if len(found) == most:
            break
        question = await _read(crew, role, message)
        if question is not None:
            found.setdefault(message, question)
    return list(found.values())


def _first_messages() -> Iterator[tuple[Role, str]]:
    cases = [case for case in load_cases() if not case.let and case.turns[0].repeat == 1]
    random.Random(11).shuffle(cases)
    for case in cases:
        role = Role(case.role)
        if role in SUBJECTS and any(map(str.isalpha, case.turns[0].ask)):
            yield role, case.turns[0].ask


async def _read(crew: Crew, role: Role, message: str) -> Question | None:
    context = await crew.parts.context(Principal(role, SUBJECTS[role]), Memory("mix"))
    route = await crew.parts.words.route(message, context)
    if len(route.asks) != 1 or crew.parts.lane.detect(message) is not None:
        return None
    ask, sender = route.asks[0], SENDERS[role.value]
    if ask.intent is Intent.DOCUMENTS:
        return Question(message, sender, "documents")
    plan = await crew.parts.words.plan(ask.text, context) if ask.intent is Intent.DATA else None
    if not isinstance(plan, Planned) or plan.then:
        return None
    tables = dict.fromkeys(crew.catalogue.entities[name].table for name in entities_of(plan.query, crew.catalogue))
    joined = "".join(f" LEFT JOIN {table} ON false" for table in tables)
    return Question(message, sender, "data", f"SELECT 1 FROM (SELECT 1) AS one{joined}")
