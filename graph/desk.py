"""What every node needs from the state: the principal, the memory and the brain's context."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace

from langgraph.runtime import Runtime

from agents.brains.protocol import Context, Language
from agents.report import TurnMark
from graph.codec import load
from graph.memory import Memory, read_memory
from graph.parts import Parts
from graph.state import TurnScope, TurnState, scope_of
from policy.roles import Principal


@dataclass(frozen=True, slots=True)
class Desk:
    """One node's view of the turn."""

    principal: Principal
    memory: Memory
    context: Context
    turn: TurnMark


async def open_desk(parts: Parts, state: TurnState, runtime: Runtime[TurnScope]) -> Desk:
    """Read the state; the context is in the language of this turn once it is known."""
    principal = load(Principal, state["principal"])
    memory = read_memory(state.get("memory"), state["owner"])
    context = await parts.context(principal, memory)
    language = state.get("language")
    if language and state.get("asks"):
        context = replace(context, language=as_language(language))
    scope = scope_of(runtime)
    turn = TurnMark(state["turn_id"], scope.session_id if scope is not None else None)
    return Desk(principal, memory, context, turn)


def as_language(text: str) -> Language:
    """``text`` as one of the languages we answer in."""
    return "en" if text == "en" else "es"


@contextmanager
def timed(timings: dict[str, float], name: str) -> Iterator[None]:
    """Add the milliseconds that the block took to ``timings`` under ``name``."""
    started = time.perf_counter()
    try:
        yield
    finally:
        timings[name] = timings.get(name, 0.0) + (time.perf_counter() - started) * 1000
