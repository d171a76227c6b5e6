"""Reports as the state keeps them, and which one speaks for each ask."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from agents.brains.protocol import FAULT, Ask, Intent
from agents.report import INTENT_AGENTS, Report
from graph.codec import dump, load
from graph.messages import JsonDict
from policy.grants import Agent
from tools.sql.query import Rows

RECEPTION = "reception"
SECOND_OPINION_CONFIDENCE = 0.85
_SECOND_OPINION: Mapping[Agent, Agent] = {
    Agent.SQL_READER: Agent.RAG_DOCS,
    Agent.RAG_DOCS: Agent.SQL_READER,
    Agent.TICKET_WRITER: Agent.ESCALATION,
}
_HAS_SECOND = frozenset({Intent.DATA, Intent.DOCUMENTS})


@dataclass(frozen=True, slots=True)
class Filed:
    """A report and the position of the ask it is about."""

    job: int
    report: Report


@dataclass(frozen=True, slots=True)
class Job:
    """An ask to give out, and to whom: an agent, or the reception."""

    job: int
    to: str


def write_filed(filed: Filed) -> JsonDict:
    """``filed`` as JSON."""
    data: JsonDict = dump(filed)
    return data


def read_filed(data: Iterable[JsonDict]) -> tuple[Filed, ...]:
    """The reports of the state, in the order they came."""
    return tuple(load(Filed, item) for item in data)


def read_asks(data: Iterable[JsonDict]) -> tuple[Ask, ...]:
    """The asks of the state."""
    return tuple(load(Ask, item) for item in data)


def about(job: int, filed: Iterable[Filed]) -> tuple[Report, ...]:
    """Reports on one ask, first opinion first."""
    return tuple(item.report for item in filed if item.job == job)


def speaks(reports: tuple[Report, ...]) -> Report:
    """The report that answers: the first opinion, unless it does not know and the second one is sure."""
    first, *others = reports
    if first.answered:
        return first
    sure = [
        other
        for other in others
        if other.answered
        and (other.asked is None or other.agent == Agent.TICKET_WRITER)
        and other.refusal is None
        and other.confidence >= SECOND_OPINION_CONFIDENCE
        and not (other.rows is not None and _empty(other.rows))
    ]
    return sure[0] if sure else first


def _empty(rows: Rows) -> bool:
    """Is there nothing in ``rows``: none, or one that counts or sums nothing?"""
    return len(rows.rows) < 2 and not any(cell for row in rows.rows for cell in row)


def jobs_left(asks: tuple[Ask, ...], filed: tuple[Filed, ...], granted: frozenset[Agent]) -> tuple[Job, ...]:
    """What can be given out now: asks whose needs are met, and second opinions on what nobody knew."""
    jobs: list[Job] = []
    for position, ask in enumerate(asks):
        reports = about(position, filed)
        if not reports:
            if ask.needs is None or not 0 <= ask.needs < len(asks) or ask.needs == position or about(ask.needs, filed):
                jobs.append(Job(position, _first(ask, granted)))
        elif len(reports) == 1 and not reports[0].answered and _has_second(ask, reports[0]):
            second = _second(ask, reports[0])
            if second is not None and second in granted:
                jobs.append(Job(position, second))
    return tuple(jobs)


def _second(ask: Ask, report: Report) -> Agent | None:
    """Who else may know. A fault that no document helps with is for a visit."""
    if report.agent == Agent.RAG_DOCS and ask.reason == FAULT:
        return Agent.TICKET_WRITER
    return _SECOND_OPINION.get(Agent(report.agent)) if report.agent in set(Agent) else None


def _has_second(ask: Ask, report: Report) -> bool:
    """May another specialist try? What a role may not write itself, a person of the office does."""
    return ask.intent in _HAS_SECOND or (ask.intent is Intent.TICKET and report.refusal is not None)


def _first(ask: Ask, granted: frozenset[Agent]) -> str:
    agent = INTENT_AGENTS.get(ask.intent)
    return agent.value if agent is not None and agent in granted else RECEPTION
