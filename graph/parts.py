"""What the graph is built from, and the context that brains are given."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from sqlalchemy.orm import Session, sessionmaker

from agents.brains.offline.emergency import EmergencyLane
from agents.brains.protocol import Brain, Context, Machine
from agents.choosing import Choosing
from agents.roster import Roster, Workshop
from core.clock import Clock
from core.settings import Settings
from graph.memory import Memory
from policy.roles import Principal
from tools.feedback import FeedbackLog
from tools.learning.known import LearnedAnswers

Values = Mapping[tuple[str, str], tuple[str, ...]]

_MACHINES_FRESH_SECONDS = 30.0
_MACHINES_KEPT = 2000


class ReadsValues(Protocol):
    """Gives the linked values a principal may read; see :class:`tools.sql.reader.SqlReader`."""

    async def values(self, principal: Principal) -> Values:
        """(entity, dimension) -> values."""
        ...


class ReadsMachines(Protocol):
    """Gives the machines that a principal owns."""

    async def machines(self, principal: Principal) -> tuple[Machine, ...]:
        """Machines in service, oldest first; none for who owns none."""
        ...


@dataclass(frozen=True, slots=True)
class Parts:
    """Everything the nodes use; built once by :mod:`graph.app`."""

    settings: Settings
    clock: Clock
    brain: Brain
    words: Brain
    """Words fixed replies without any model: the emergency lane and failures use it."""
    lane: EmergencyLane
    choosing: Choosing
    workshop: Workshop
    values: ReadsValues
    owned: ReadsMachines
    sessions: sessionmaker[Session]
    feedback: FeedbackLog
    learned: LearnedAnswers

    def roster(self, principal: Principal) -> Roster:
        """The specialists granted to ``principal``."""
        return Roster(self.workshop, principal)

    async def context(self, principal: Principal, memory: Memory) -> Context:
        """What a brain may know in this turn."""
        return Context(
            principal=principal,
            now=self.clock.now(),
            language=memory.language,
            history=memory.history,
            values=await self.values.values(principal),
            machines=await self.owned.machines(principal),
            focus=memory.focus,
            last_query=memory.last_query,
            last_rows=memory.last_rows,
            last_question=memory.last_question,
            options=memory.asked.options if memory.asked else (),
            insisted=memory.pending is not None or (memory.asked is not None and memory.asked.waits == "ticket"),
            pending=memory.pending.draft if memory.pending else None,
            library=self.workshop.retriever.names(principal),
        )


@dataclass(slots=True)
class MachinesCache:
    """Keeps the machines of recent principals for a moment: one turn asks for them several times."""

    source: ReadsMachines
    _kept: dict[Principal, tuple[float, tuple[Machine, ...]]] = field(default_factory=dict)

    async def machines(self, principal: Principal) -> tuple[Machine, ...]:
        """As the source, at most a few seconds old."""
        now = time.monotonic()
        kept = self._kept.get(principal)
        if kept is not None and now - kept[0] < _MACHINES_FRESH_SECONDS:
            return kept[1]
        machines = await self.source.machines(principal)
        if len(self._kept) >= _MACHINES_KEPT:
            self._kept.clear()
        self._kept[principal] = (now, machines)
        return machines
