"""Where no turn service holds the account of a turn (Studio runs the graph by itself), the graph's nodes hold it.

What was spent and thought of is kept by thread, from one node to the next, until the thread's next turn begins.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

from langchain_core.runnables import RunnableConfig
from langgraph.runtime import Runtime

from agents.brains.thinking import OUTSIDE, Thinking, thinking
from graph.state import TurnScope

_MOST = 256
Node = Callable[[Any, Runtime[TurnScope]], Awaitable[dict[str, Any]]]


@dataclass(slots=True)
class Accounts:
    """The accounts of the turns under way; ``seconds`` are what all model calls of one may take."""

    seconds: float
    _of: OrderedDict[str, Thinking] = field(default_factory=OrderedDict)

    def of(self, config: RunnableConfig, *, begins: bool) -> Thinking:
        """The account of the thread of ``config``; a new one when its turn ``begins``."""
        thread = str(config.get("configurable", {}).get("thread_id") or OUTSIDE)
        if begins or thread not in self._of:
            self._of[thread] = Thinking(thread, self.seconds)
        self._of.move_to_end(thread)
        while len(self._of) > _MOST:
            self._of.popitem(last=False)
        return self._of[thread]


@dataclass(frozen=True, slots=True)
class Accounted:
    """A node that thinks on its thread's account; the first one of a turn ``begins`` it."""

    node: Node
    accounts: Accounts
    begins: bool

    async def __call__(self, state: Any, config: RunnableConfig, runtime: Runtime[TurnScope]) -> dict[str, Any]:
        """What the node puts out."""
        with thinking(self.accounts.of(config, begins=self.begins)):
            return await self.node(state, runtime)
