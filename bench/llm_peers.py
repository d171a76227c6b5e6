"""The other sides of the comparison of costs: LangChain's SQL agent toolkit, and langgraph's supervisor over it.

Both talk to the same stand-in as the crew. It answers them by :class:`Peer`: what a good model would call next, and
never a mistake, so what is counted is the least that each pattern needs.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from langchain.agents import create_agent
from langchain_community.agent_toolkits.sql.prompt import SQL_PREFIX
from langchain_community.agent_toolkits.sql.toolkit import SQLDatabaseToolkit
from langchain_community.utilities import SQLDatabase
from langchain_core.language_models import BaseChatModel
from langchain_core.tools import BaseTool, StructuredTool
from langgraph.graph.state import CompiledStateGraph

from bench.stock import HANDOFF, build_stock_crew
from db.session import make_engine
from evals.model_standin.answers import Answer, Call, Says
from evals.model_standin.asked import Asked
from ingest.passages import Retriever
from policy.roles import Principal

PASSAGES = 4
"""What a LangChain retriever gives when nothing is said."""
_TABLES = re.compile(r"\b(?:FROM|JOIN)\s+(\w+)", re.IGNORECASE)
_CHECKS = "Double check the"
_SAID = 400
_SQL_STEPS = ("sql_db_list_tables", "sql_db_schema", "sql_db_query_checker", "sql_db_query")


@dataclass(frozen=True, slots=True)
class Peer:
    """A rule of the stand-in: the next step of an agent, given the SQL that answers each question to the data."""

    sql: Mapping[str, str]

    def __call__(self, asked: Asked) -> Answer | None:
        """The next call, or the words at the end; None to requests that no peer makes."""
        if _CHECKS in asked.last and not asked.tools:
            return Says(asked.last.partition("\n")[0] or asked.last)
        if not asked.tools:
            return None
        at = max(i for i, message in enumerate(asked.messages) if message["role"] == "user")
        question, later = str(asked.messages[at]["content"]), asked.messages[at + 1 :]
        return self._next(asked, question, later)

    def _next(self, asked: Asked, question: str, later: list[dict[str, Any]]) -> Answer:
        if all(name.startswith(HANDOFF) for name in asked.tools):
            told = [m for m in later if m["role"] == "assistant" and not m.get("tool_calls")]
            if told:
                return Says(str(told[-1]["content"]))
            agent = "sql_agent" if question in self.sql else "docs_agent"
            return Says(calls=[Call(HANDOFF + agent, {})])
        own = [m for m in later if m["role"] == "tool" and not str(m["content"]).startswith("Transferred")]
        if "sql_db_query" not in asked.tools:
            return Says(str(own[-1]["content"])[:_SAID]) if own else Says(calls=[self._search(asked, question)])
        if len(own) == len(_SQL_STEPS):
            return Says(str(own[-1]["content"])[:_SAID])
        return Says(calls=[self._sql_step(len(own), question)])

    def _search(self, asked: Asked, question: str) -> Call:
        return Call(asked.tools[0], {"question": question})

    def _sql_step(self, step: int, question: str) -> Call:
        query = self.sql[question]
        arguments: tuple[dict[str, str], ...] = (
            {"tool_input": ""},
            {"table_names": ", ".join(dict.fromkeys(_TABLES.findall(query)))},
            {"query": query},
            {"query": query},
        )
        return Call(_SQL_STEPS[step], arguments[step])


@contextmanager
def sql_tools(url: str, model: BaseChatModel) -> Iterator[list[BaseTool]]:
    """LangChain's toolkit over the database at ``url``."""
    engine = make_engine(url, pool_size=1)
    try:
        yield SQLDatabaseToolkit(db=SQLDatabase(engine), llm=model).get_tools()
    finally:
        engine.dispose()


def search_tool(retriever: Retriever, principal: Principal) -> BaseTool:
    """Searches the same passages as the crew."""

    async def search_documents(question: str) -> str:
        """Find passages of the manuals."""
        passages = await retriever.search(question, principal, limit=PASSAGES)
        return "\n\n".join(f"[{p.document}, {p.page}] {p.content}" for p in passages)

    return StructuredTool.from_function(coroutine=search_documents)


def sql_agent(tools: list[BaseTool], model: BaseChatModel) -> CompiledStateGraph[Any, Any, Any, Any]:
    """The agent over the toolkit, with the toolkit's own prompt."""
    return create_agent(model, tools=tools, system_prompt=SQL_PREFIX.format(dialect="postgresql", top_k=10))


def supervisor(tools: list[BaseTool], search: BaseTool, model: BaseChatModel) -> CompiledStateGraph[Any, Any, Any, Any]:
    """The supervisor over an agent with the toolkit and an agent that searches."""
    return build_stock_crew({"sql_agent": tools, "docs_agent": [search]}, model)


Asks = Callable[[str], Any]
