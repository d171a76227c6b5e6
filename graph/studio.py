"""The same graph for LangGraph Studio (``langgraph dev``), which brings its own checkpointer and log."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack

from core.settings import load_settings
from graph.app import Crew, open_crew
from graph.build import CompiledGraph, build_graph

_OPEN: dict[asyncio.AbstractEventLoop, asyncio.Task[Crew]] = {}
"""Studio asks for the graph again in every run; the crew behind it is opened once for each event loop."""


async def make_graph() -> CompiledGraph:
    """The compiled graph over the database that the settings name."""
    loop = asyncio.get_running_loop()
    if loop not in _OPEN:
        _OPEN[loop] = asyncio.create_task(_open())
    crew = await asyncio.shield(_OPEN[loop])
    return build_graph(crew.parts)


async def _open() -> Crew:
    settings = await asyncio.to_thread(load_settings)
    return await AsyncExitStack().enter_async_context(open_crew(settings))
