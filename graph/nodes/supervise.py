"""The supervisor: gives work out until nothing is left, and never more often than the hop limit."""

from __future__ import annotations

from typing import Any

from langgraph.types import Send

from agents.report import Report
from graph.codec import load
from graph.filing import Filed, about, jobs_left, read_asks, read_filed, speaks, write_filed
from graph.parts import Parts
from graph.state import TurnState
from policy.roles import Principal

MOST_HOPS = 6
COMPOSE = "compose"
UNDERSTAND = "understand"


class Supervise:
    """Counts the hops, and settles asks whose need was not met."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    async def __call__(self, state: TurnState) -> dict[str, Any]:
        """One more hop; an ask that depends on rows that were not found is filed as settled, silently."""
        settled = [write_filed(item) for item in _cannot_start(state)]
        return {"hops": state.get("hops", 0) + 1, "filed": settled}

    async def give_out(self, state: TurnState) -> list[Send] | str:
        """Who is next: specialists in parallel, or the composer when all is done or the hops are spent.

        A message that was misread is understood anew.
        """
        if state.get("hops", 0) > MOST_HOPS:
            return COMPOSE
        if state.get("misread"):
            return UNDERSTAND
        principal = load(Principal, state["principal"])
        jobs = jobs_left(read_asks(state["asks"]), read_filed(state["filed"]), self._parts.roster(principal).agents)
        return [Send(job.to, {**state, "job": job.job}) for job in jobs] or COMPOSE


def _cannot_start(state: TurnState) -> list[Filed]:
    asks, filed = read_asks(state["asks"]), read_filed(state["filed"])
    settled: list[Filed] = []
    for position, ask in enumerate(asks):
        needed = about(ask.needs, filed) if ask.needs is not None and not about(position, filed) else ()
        if needed and _came_to_nothing(speaks(needed)):
            settled.append(Filed(position, Report(needed[0].agent, "")))
    return settled


def _came_to_nothing(report: Report) -> bool:
    return report.asked is not None or report.refusal is not None or (report.rows is not None and not report.rows.rows)
