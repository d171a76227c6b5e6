"""The same graph for LangGraph Studio (``langgraph dev``), which brings its own checkpointer and log.

Here every node shows all that it changed. To stop before a node, ask the run for ``interrupt_before`` with its name; a
draft that waits for a yes stands in ``memory.pending`` until the next message of the thread.
"""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from dataclasses import dataclass

from core.settings import load_settings
from graph.app import Crew, open_crew
from graph.build import CompiledGraph, build_graph


@dataclass(frozen=True, slots=True)
class _Opened:
    """A crew, and what would close it: losing it would close the crew."""

    crew: Crew
    stack: AsyncExitStack


_OPENED: dict[asyncio.AbstractEventLoop, asyncio.Task[_Opened]] = {}
"""Studio asks for the graph again in every run; the crew behind it is opened once for each event loop."""


async def make_graph() -> CompiledGraph:
    """The compiled graph over the database that the settings name."""
    loop = asyncio.get_running_loop()
    opening = _OPENED.get(loop)
    if opening is None or (opening.done() and opening.exception() is not None):
        _OPENED[loop] = asyncio.create_task(_open())
    opened = await asyncio.shield(_OPENED[loop])
    return build_graph(opened.crew.parts, transparent=True)


async def _open() -> _Opened:
    settings = await asyncio.to_thread(load_settings)
    stack = AsyncExitStack()
    return _Opened(await stack.enter_async_context(open_crew(settings)), stack)
