"""The emergency lane: safety instructions and an urgent hand-off at once, with no model and no question first."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from langgraph.runtime import Runtime

from graph.desk import open_desk, timed
from graph.filing import Filed, write_filed
from graph.parts import Parts
from graph.state import TurnScope, TurnState


class EmergencyNode:
    """Answers a message in which somebody may be in danger."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    def detects(self, state: TurnState) -> bool:
        """Does the message tell of an emergency?"""
        return self._parts.lane.detect(state.get("message", "")) is not None

    async def __call__(self, state: TurnState, runtime: Runtime[TurnScope]) -> dict[str, Any]:
        """File the safety reply and the hand-off."""
        timings: dict[str, float] = {}
        message = state.get("message", "")
        with timed(timings, "emergency"):
            desk = await open_desk(self._parts, state, runtime)
            emergency = self._parts.lane.detect(message)
            kind = emergency.kind if emergency is not None else "default"
            route = await self._parts.words.route(message, desk.context)
            context = replace(desk.context, language=route.language)
            escalation = replace(self._parts.roster(desk.principal).escalation(), brain=self._parts.words)
            report = await escalation.alarm(message, context, str(kind))
        return {
            "language": route.language,
            "filed": [write_filed(Filed(0, report))],
            "timings": timings,
        }
