"""The state of the graph: JSON values only, so that any checkpointer, Studio or a person can read it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any

from langgraph.runtime import Runtime
from typing_extensions import TypedDict

from agents.brains.protocol import Language
from graph.messages import JsonDict
from policy.roles import Principal


def _collect(old: list[JsonDict], new: list[JsonDict]) -> list[JsonDict]:
    return [*old, *new]


def _merge(old: dict[str, float], new: dict[str, float]) -> dict[str, float]:
    return {**old, **{key: old.get(key, 0.0) + value for key, value in new.items()}}


class TurnInput(TypedDict, total=False):
    """What a door puts in: a TurnRequest, flat."""

    message: str
    sender: Any
    conversation_id: str
    message_id: str | None
    attachments: list[JsonDict]
    locale: str | None


class TurnOutput(TypedDict, total=False):
    """What a door takes out: a TurnResult."""

    result: JsonDict
    timings: Annotated[dict[str, float], _merge]


class TurnState(TurnInput, TurnOutput, total=False):
    """Input, what the nodes of one turn tell each other, and the memory that outlives the turn.

    ``asks`` are Ask dumps; ``filed`` the reports so far (Filed dumps); ``chosen`` the keys picked from a clarifying
    question; ``misread`` that what was asked was guessed wrong, and the message is to be read anew; ``cut_short`` that
    more was asked than one turn answers; ``queued`` requests to draft once the first is answered; ``hops`` how many
    times work was given out.
    """

    turn_id: str
    principal: JsonDict
    owner: str
    memory: JsonDict
    language: str
    asks: list[JsonDict]
    chosen: list[str]
    misread: bool
    cut_short: bool
    queued: list[str]
    filed: Annotated[list[JsonDict], _collect]
    hops: int


class JobState(TurnState, total=False):
    """What one specialist is sent: the state and which ask is its own."""

    job: int


@dataclass(frozen=True, slots=True)
class TurnScope:
    """Run-scoped facts that travel beside the state and are never checkpointed or sent by a client.

    Without a scope (Studio) the graph identifies the sender itself and keeps no log.
    """

    principal: Principal
    owner: str
    turn_id: str
    session_id: int | None = None
    language: Language = "es"
    """To begin a conversation in; from then on it is the person's."""


def scope_of(runtime: Runtime[TurnScope]) -> TurnScope | None:
    """The scope of this run. No schema is declared for it, so what a Studio client sends as context is no scope."""
    scope = runtime.context
    return scope if isinstance(scope, TurnScope) else None
