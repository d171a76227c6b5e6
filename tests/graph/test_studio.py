"""What somebody who debugs sees: nodes that say what they do, the whole state, and a stop before any of them."""

from __future__ import annotations

import json
from pathlib import Path
from uuid import uuid4

from langchain_core.runnables import RunnableConfig
from langgraph.checkpoint.memory import InMemorySaver

from evals.model_standin.app import Standin
from graph.app import Crew
from graph.build import build_graph
from policy.roles import Role
from tests.conftest import PHONES

ROOT = Path(__file__).resolve().parents[2]
LEAK = {"message": "Mi caldera pierde agua, ¿podéis venir?", "sender": PHONES[Role.CLIENT]}


def test_studio_is_told_where_the_graph_is() -> None:
    path, _, name = json.loads((ROOT / "langgraph.json").read_text())["graphs"]["cuadrilla"].partition(":")
    assert f"async def {name}(" in (ROOT / path).read_text()


def test_nodes_say_what_they_do(crew: Crew) -> None:
    nodes = build_graph(crew.parts).get_graph().nodes
    ours = {name: node for name, node in nodes.items() if not name.startswith("__")}
    assert set(ours) >= {"identify", "emergency", "understand", "supervise", "sql_reader", "rag_docs", "compose"}
    assert all((node.metadata or {}).get("does") for node in ours.values())


async def test_every_node_shows_what_it_changed(crew: Crew) -> None:
    graph = build_graph(crew.parts, transparent=True)
    seen = {
        name: changed async for step in graph.astream(LEAK, stream_mode="updates") for name, changed in step.items()
    }
    assert seen["identify"]["principal"]["role"] == "client"
    assert seen["understand"]["asks"][0]["intent"] == "ticket"
    assert seen["ticket_writer"]["filed"][0]["report"]["draft"]["action"] == "request_visit"
    assert seen["compose"]["memory"]["pending"]


async def test_a_run_stops_before_a_node_and_goes_on(crew: Crew) -> None:
    graph = build_graph(crew.parts, InMemorySaver(), transparent=True)
    config: RunnableConfig = {"configurable": {"thread_id": str(uuid4())}}
    await graph.ainvoke(LEAK, config, interrupt_before=["ticket_writer"])
    assert (await graph.aget_state(config)).next == ("ticket_writer",)
    done = await graph.ainvoke(None, config)
    assert done["result"]["pending_confirmation"]["action"] == "request_visit"


async def test_doors_are_told_the_result_only(crew: Crew) -> None:
    assert set(await build_graph(crew.parts).ainvoke(LEAK)) == {"result", "timings"}


async def test_a_turn_is_thought_of_once(llm_crew: Crew, standin: tuple[Standin, str]) -> None:
    """What one node had the model plan, the next one finds; the next turn of the thread begins anew."""
    graph = build_graph(llm_crew.parts, InMemorySaver(), transparent=True)
    config: RunnableConfig = {"configurable": {"thread_id": str(uuid4())}}
    for times in (1, 2):
        standin[0].forget()
        asked = {"message": f"¿Qué contratos tengo?{' ' * times}", "sender": PHONES[Role.CLIENT]}
        done = await graph.ainvoke(asked, config)
        assert done["result"]["reply"]
        assert [call.shape for call, _, _ in standin[0].calls] == ["understood"]
