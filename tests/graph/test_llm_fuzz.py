"""Whatever query a model writes, the specialist of data reports: it never falls over, nor says an error's text."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from agents.brains.llm.outputs import QueryOut
from agents.brains.llm.planning import Invalid, PlanChecker
from agents.brains.llm.queries import QueryReader, write_query
from agents.brains.offline.planning.period_words import load_period_words
from agents.brains.protocol import Ask, Context, Intent, NotUnderstood, Plan
from agents.report import Task, TurnMark
from agents.roster import Roster
from core.clock import FixedClock
from graph.app import Crew
from policy.grants import Agent
from policy.roles import Principal, Role
from tests.agents.llm.any_query import queries, sensible
from tools.sql.query import Query

_OURS = re.compile(r"\w(Error|Exception)\b|Traceback|psycopg|sqlalchemy")
"""What only a program says; a conversation may be about the "Error E4"."""


@dataclass(frozen=True, slots=True)
class Plans:
    """A brain whose plan is given; it words things as ``words`` does."""

    words: Any
    plan_given: Plan

    async def plan(self, question: str, context: Context) -> Plan:
        assert question and context
        return self.plan_given

    def __getattr__(self, name: str) -> Any:
        return getattr(self.words, name)


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    query=queries() | sensible(), role=st.sampled_from([Role.CLIENT, Role.TECHNICIAN, Role.ADMIN]), chart=st.booleans()
)
async def test_any_query_that_compiles_is_answered(
    crew: Crew, principals: Mapping[Role, Principal], clock: FixedClock, query: Query, role: Role, chart: bool
) -> None:
    context = Context(principals[role], clock.now(), values=await crew.reader.values(principals[role]))
    checker = PlanChecker(crew.catalogue, QueryReader(crew.catalogue, load_period_words()))
    checked = checker.check(QueryOut.model_validate(write_query(query)), chart, context)
    plan = NotUnderstood() if isinstance(checked, Invalid) else checked
    brain = Plans(crew.parts.words, plan)
    specialist = Roster(replace(crew.parts.workshop, brain=brain), context.principal).get(Agent.SQL_READER)
    assert specialist is not None
    task = Task(Ask("¿Qué hay?", Intent.DATA, 1.0), context, "¿Qué hay?", TurnMark("0" * 32))
    report = await specialist.handle(task)
    assert report.text and not _OURS.search(report.text), report.text
