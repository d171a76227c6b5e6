"""The supervisor graph: identify -> emergency or understand -> supervisor <-> specialists -> composer."""

from __future__ import annotations

import inspect
from typing import Any, get_type_hints

from langgraph.graph import END, START, StateGraph
from langgraph.graph.state import CompiledStateGraph
from langgraph.types import Checkpointer

from graph.accounts import Accounted, Accounts
from graph.filing import RECEPTION
from graph.nodes.compose import Compose
from graph.nodes.emergency import EmergencyNode
from graph.nodes.identify import Identify
from graph.nodes.reception import Reception
from graph.nodes.specialist import SpecialistNode
from graph.nodes.supervise import COMPOSE, UNDERSTAND, Supervise
from graph.nodes.understand import Understand
from graph.parts import Parts
from graph.state import TurnInput, TurnOutput, TurnScope, TurnState
from policy.grants import Agent

RECURSION_LIMIT = 24
_IDENTIFY = "identify"
_EMERGENCY = "emergency"

CompiledGraph = CompiledStateGraph[TurnState, TurnScope, TurnInput, TurnOutput]


def build_graph(parts: Parts, checkpointer: Checkpointer = None, *, transparent: bool = False) -> CompiledGraph:
    """The compiled graph; Studio brings its own ``checkpointer``.

    ``transparent``: what a node changed is put out whole, for whoever debugs, and nodes hold the account of the turn
    themselves; doors are told the result only, and theirs is the turn service's.
    """
    accounts = Accounts(parts.settings.llm_seconds_a_turn) if transparent else None
    emergency, supervise = EmergencyNode(parts), Supervise(parts)
    graph: StateGraph[TurnState, TurnScope, TurnInput, TurnOutput] = StateGraph(
        TurnState, input_schema=TurnInput, output_schema=TurnState if transparent else TurnOutput
    )

    def add(name: str, node: Any) -> None:
        does = {"does": inspect.getdoc(type(node)) or ""}
        takes = get_type_hints(type(node).__call__)
        if accounts is None or "runtime" not in takes:
            graph.add_node(name, node, metadata=does)
            return
        accounted: Any = Accounted(node, accounts, name == _IDENTIFY)
        graph.add_node(name, accounted, metadata=does, input_schema=takes["state"])

    add(_IDENTIFY, Identify(parts))
    add(_EMERGENCY, emergency)
    add(UNDERSTAND, Understand(parts))
    add("supervise", supervise)
    add(RECEPTION, Reception(parts))
    for agent in Agent:
        add(agent.value, SpecialistNode(parts, agent))
        graph.add_edge(agent.value, "supervise")
    add(COMPOSE, Compose(parts))

    async def lane(state: TurnState) -> str:
        return _EMERGENCY if emergency.detects(state) else UNDERSTAND

    graph.add_edge(START, _IDENTIFY)
    graph.add_conditional_edges(_IDENTIFY, lane, [_EMERGENCY, UNDERSTAND])
    graph.add_edge(_EMERGENCY, COMPOSE)
    graph.add_edge(UNDERSTAND, "supervise")
    graph.add_edge(RECEPTION, "supervise")
    targets: list[Any] = [RECEPTION, COMPOSE, UNDERSTAND, *(agent.value for agent in Agent)]
    graph.add_conditional_edges("supervise", supervise.give_out, targets)
    graph.add_edge(COMPOSE, END)
    return graph.compile(checkpointer=checkpointer, name="cuadrilla")
