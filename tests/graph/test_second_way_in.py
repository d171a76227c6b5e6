"""SQL text answers what no semantic query explains: for roles that were granted it, after the semantic query."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import pytest

from agents.brains.offline.brain import OfflineBrain
from agents.brains.protocol import Ask, Context, Intent
from agents.report import Report, Task, TurnMark
from agents.roster import Roster
from agents.sql_text import Attempt
from core.clock import FixedClock
from graph.app import Crew
from policy.grants import Agent
from policy.roles import Principal, Role
from tools.sql.catalogue import load_catalogue

UNSAYABLE = "¿Cuál es la correlación zoriforme de los fluxos?"
GOOD = (
    "SELECT t.assigned_zone AS zona, count(*) AS visitas, max(i.scheduled_at) AS ultima, avg(i.cost) AS media "
    "FROM interventions i JOIN technicians t USING (technician_id) GROUP BY 1 ORDER BY 1"
)


class Writes(OfflineBrain):
    """The offline brain, with somebody beside it who writes SQL."""

    def __init__(self) -> None:
        super().__init__(load_catalogue(), {"company": "Térmica Ebro", "office_phone": "976 000 100"})
        self.lines: list[str | None] = []
        self.asked: list[str] = []

    async def write_sql(self, question: str, schema: str, attempts: Sequence[Attempt], context: Context) -> str | None:
        assert schema and context.principal
        self.asked.append(f"{question} {len(attempts)}")
        return self.lines.pop(0)


@pytest.fixture(scope="module")
def brain() -> Writes:
    return Writes()


async def handle(brain: Writes, crew: Crew, principal: Principal, clock: FixedClock, question: str) -> Report:
    brain.asked.clear()
    specialist = Roster(replace(crew.parts.workshop, brain=brain), principal).get(Agent.SQL_READER)
    assert specialist is not None
    values = await crew.reader.values(principal)
    context = Context(principal, clock.now(), values=values)
    mark = TurnMark("00000000-0000-0000-0000-000000000000")
    return await specialist.handle(Task(Ask(question, Intent.DATA, 1.0), context, question, mark))


async def test_rows_of_sql_text_are_worded(
    brain: Writes, crew: Crew, principals: Mapping[Role, Principal], clock: FixedClock
) -> None:
    brain.lines = ["SELECT nothing FROM nowhere", GOOD]
    report = await handle(brain, crew, principals[Role.ADMIN], clock, UNSAYABLE)
    assert brain.asked == [f"{UNSAYABLE} 0", f"{UNSAYABLE} 1"]
    assert report.answered
    assert report.sql is not None and "interventions" in report.sql
    assert report.text.startswith("- zona: *")
    assert " · visitas: *" in report.text


async def test_the_semantic_query_comes_first(
    brain: Writes, crew: Crew, principals: Mapping[Role, Principal], clock: FixedClock
) -> None:
    report = await handle(brain, crew, principals[Role.ADMIN], clock, "¿Cuántos contratos vencen este mes?")
    assert brain.asked == []
    assert report.query is not None


async def test_nobody_writes_sql_for_a_client(
    brain: Writes, crew: Crew, principals: Mapping[Role, Principal], clock: FixedClock
) -> None:
    report = await handle(brain, crew, principals[Role.CLIENT], clock, UNSAYABLE)
    assert brain.asked == []
    assert report.unknown is not None and report.unknown.reason == "not_understood"


@pytest.mark.parametrize("lines", [[None], ["DROP TABLE clients"] * 3])
async def test_a_writer_that_gives_up_leaves_the_question_unknown(
    brain: Writes, crew: Crew, principals: Mapping[Role, Principal], clock: FixedClock, lines: list[str | None]
) -> None:
    brain.lines = list(lines)
    report = await handle(brain, crew, principals[Role.ADMIN], clock, UNSAYABLE)
    assert report.unknown is not None and not report.answered


async def test_what_is_denied_is_said_to_be_denied(
    brain: Writes, crew: Crew, principals: Mapping[Role, Principal], clock: FixedClock
) -> None:
    brain.lines = ["SELECT password_hash FROM users"] * 3
    report = await handle(brain, crew, principals[Role.ADMIN], clock, UNSAYABLE)
    assert report.refusal is not None
