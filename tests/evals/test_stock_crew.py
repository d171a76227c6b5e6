"""The other side of the bench does what a supervisor with two agents does: hands over, calls the tool, reports."""

from __future__ import annotations

from typing import Any

from langchain_core.messages import BaseMessage
from langgraph.checkpoint.memory import InMemorySaver

from bench.stock import ScriptedModel, StockTools, build_stock_crew
from ingest.naming import Names
from ingest.passages import Passage
from policy.roles import Principal, Role

PASSAGE = Passage(
    1, 1, "Manual de servicio", "service_manual", 3, "6.4", (), "E4: temperatura de descarga", ("XP400",), (), 1.0
)


class OnePassage:
    def names(self, _principal: Principal) -> Names:
        return Names()

    async def search(self, _question: str, _principal: Principal, **_about: Any) -> tuple[Passage, ...]:
        return (PASSAGE,)


async def two_rows(_question: str) -> list[tuple[int]]:
    return [(7,), (8,)]


async def ask(*questions: str) -> list[BaseMessage]:
    tools = StockTools(two_rows, OnePassage(), Principal(Role.TECHNICIAN, 1))
    model = ScriptedModel(route=lambda question: "docs_agent" if "E4" in question else "sql_agent")
    crew = build_stock_crew(tools.workers(), model, InMemorySaver())
    state: dict[str, list[BaseMessage]] = {}
    for question in questions:
        state = await crew.ainvoke({"messages": [("user", question)]}, {"configurable": {"thread_id": "one"}})
    return state["messages"]


async def test_each_question_reaches_its_agent_and_comes_back_worded() -> None:
    documents = await ask("¿Qué es el E4?")
    assert "temperatura de descarga" in str(documents[-1].content)
    data = await ask("¿Cuántos quedan?")
    assert str(data[-1].content) == "[(7,), (8,)]"


async def test_a_second_question_in_the_conversation_is_answered_afresh() -> None:
    messages = await ask("¿Cuántos quedan?", "¿Qué es el E4?")
    assert "temperatura de descarga" in str(messages[-1].content)
    called = [call["name"] for message in messages for call in getattr(message, "tool_calls", [])]
    assert called.count("transfer_to_sql_agent") == called.count("transfer_to_docs_agent") == 1
