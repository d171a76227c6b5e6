"""The other sides of the bench of costs take the steps that their patterns take, and none is wasted."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from langchain_core.tools import tool
from langchain_openai import ChatOpenAI
from pydantic import SecretStr

from bench.llm_peers import Peer, sql_agent, sql_tools, supervisor
from evals.model_standin.app import KEY, Standin
from tests.serving import served

QUESTION = "¿Cuántos clientes hay?"
MANUAL = "¿Qué es el E4?"


@tool
def search_documents(question: str) -> str:
    """Find passages of the manuals."""
    return f"E4: presión de alta ({question})"


@pytest.fixture
def model() -> Standin:
    return Standin(rules=[Peer({QUESTION: "SELECT count(*) FROM clients"})])


@pytest_asyncio.fixture
async def chat(model: Standin) -> AsyncIterator[ChatOpenAI]:
    async with served(model.app()) as address:
        yield ChatOpenAI(model="standin", base_url=f"{address}/v1", api_key=SecretStr(KEY), max_retries=0)


@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::sqlalchemy.exc.SAWarning")
async def test_the_toolkit_looks_before_it_asks(model: Standin, chat: ChatOpenAI, database_url: str) -> None:
    with sql_tools(database_url, chat) as tools:
        state = await sql_agent(tools, chat).ainvoke({"messages": [("user", QUESTION)]})
    called = [call["name"] for m in state["messages"] for call in getattr(m, "tool_calls", [])]
    assert called == ["sql_db_list_tables", "sql_db_schema", "sql_db_query_checker", "sql_db_query"]
    assert state["messages"][-1].content.startswith("[(") and len(model.calls) == 6


@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::sqlalchemy.exc.SAWarning")
async def test_the_supervisor_hands_over_and_repeats(model: Standin, chat: ChatOpenAI, database_url: str) -> None:
    with sql_tools(database_url, chat) as tools:
        state = await supervisor(tools, search_documents, chat).ainvoke({"messages": [("user", MANUAL)]})
    assert "presión de alta" in state["messages"][-1].content and len(model.calls) == 4
