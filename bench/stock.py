"""The other side of the comparison: langgraph's supervisor pattern with two stock agents, on a model without latency.

A supervisor agent with one hand-off tool for each specialist, two agents made by LangChain's ``create_agent`` with one
tool each, and the workers report back to the supervisor, which words the end. The model is scripted: it answers at once
and calls the tools that a real one would, so what is measured is the machinery alone.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any

from langchain.agents import create_agent
from langchain_core.language_models import BaseChatModel, LanguageModelInput
from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, ToolCall, ToolMessage
from langchain_core.outputs import ChatGeneration, ChatResult
from langchain_core.runnables import Runnable
from langchain_core.tools import BaseTool, InjectedToolCallId, StructuredTool, tool
from langgraph.graph import START, MessagesState, StateGraph
from langgraph.graph.state import CompiledStateGraph
from langgraph.prebuilt import InjectedState
from langgraph.types import Checkpointer, Command

from ingest.passages import Retriever
from policy.roles import Principal

HANDOFF = "transfer_to_"


class ScriptedModel(BaseChatModel):
    """Calls the one tool that fits, then words its result; no latency, no network.

    The supervisor hands over to the specialist that ``route`` names for the question and repeats what it reported.
    """

    route: Callable[[str], str]
    tool_names: tuple[str, ...] = ()

    @property
    def _llm_type(self) -> str:
        return "scripted"

    def bind_tools(
        self, tools: Sequence[dict[str, Any] | type | Callable[..., Any] | BaseTool], **_kwargs: Any
    ) -> Runnable[LanguageModelInput, AIMessage]:
        """A model that knows the names of ``tools``."""
        names = tuple(t.name for t in tools if isinstance(t, BaseTool))
        return self.model_copy(update={"tool_names": names})

    def _generate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,  # noqa: ARG002 - the signature is LangChain's
        run_manager: Any = None,  # noqa: ARG002
        **kwargs: Any,  # noqa: ARG002
    ) -> ChatResult:
        return ChatResult(generations=[ChatGeneration(message=self._next(messages))])

    async def _agenerate(
        self, messages: list[BaseMessage], stop: list[str] | None = None, run_manager: Any = None, **kwargs: Any
    ) -> ChatResult:
        return self._generate(messages, stop, run_manager, **kwargs)

    def _next(self, messages: list[BaseMessage]) -> AIMessage:
        since = max(i for i, message in enumerate(messages) if isinstance(message, HumanMessage))
        question, later = str(messages[since].content), messages[since + 1 :]
        supervises = all(name.startswith(HANDOFF) for name in self.tool_names)
        if supervises:
            told = [m for m in later if isinstance(m, AIMessage) and not m.tool_calls]
            if told:
                return AIMessage(content=str(told[-1].content))
            return self._call(HANDOFF + self.route(question), {}, len(messages))
        results = [m for m in later if isinstance(m, ToolMessage) and m.name in self.tool_names]
        if results:
            return AIMessage(content=str(results[-1].content)[:500])
        return self._call(self.tool_names[0], {"question": question}, len(messages))

    @staticmethod
    def _call(name: str, arguments: dict[str, Any], number: int) -> AIMessage:
        call = ToolCall(name=name, args=arguments, id=f"call_{name}_{number}", type="tool_call")
        return AIMessage(content="", tool_calls=[call])


@dataclass(frozen=True, slots=True)
class StockTools:
    """The tools of the two agents: the same rows and the same passages that the crew reads."""

    rows: Callable[[str], Any]
    retriever: Retriever
    principal: Principal

    def workers(self) -> dict[str, list[BaseTool]]:
        """The two agents and their tools."""
        return {"sql_agent": [self.sql()], "docs_agent": [self.documents()]}

    def sql(self) -> BaseTool:
        """Runs the SQL that a model would have written for the question."""

        async def query_database(question: str) -> str:
            """Answer a question from the company's database."""
            return str(await self.rows(question))

        return StructuredTool.from_function(coroutine=query_database)

    def documents(self) -> BaseTool:
        """Searches the manuals."""

        async def search_documents(question: str) -> str:
            """Find passages of the manuals."""
            passages = await self.retriever.search(question, self.principal)
            return "\n\n".join(f"[{p.document}, {p.page}] {p.content}" for p in passages)

        return StructuredTool.from_function(coroutine=search_documents)


def _handoff(agent: str) -> BaseTool:
    @tool(HANDOFF + agent, description=f"Hand the question over to {agent}.")
    def hand_over(
        state: Annotated[dict[str, Any], InjectedState], tool_call_id: Annotated[str, InjectedToolCallId]
    ) -> Command[Any]:
        done = ToolMessage(f"Transferred to {agent}", name=HANDOFF + agent, tool_call_id=tool_call_id)
        return Command(goto=agent, graph=Command.PARENT, update={"messages": [*state["messages"], done]})

    return hand_over


def build_stock_crew(
    workers: Mapping[str, Sequence[BaseTool]], model: BaseChatModel, checkpointer: Checkpointer = None
) -> CompiledStateGraph[Any, Any, Any, Any]:
    """The supervisor graph over one agent for each of ``workers``: name -> its tools."""
    graph = StateGraph(MessagesState)
    supervisor = create_agent(
        model,
        tools=[_handoff(name) for name in workers],
        system_prompt="You are the supervisor of a maintenance company's agents. Hand each question to one of them.",
        name="supervisor",
    )
    graph.add_node("supervisor", supervisor, destinations=tuple(workers))
    for name, tools in workers.items():
        prompt = f"You are {name}. Answer with your tools."
        graph.add_node(name, create_agent(model, tools=list(tools), system_prompt=prompt, name=name))
        graph.add_edge(name, "supervisor")
    graph.add_edge(START, "supervisor")
    return graph.compile(checkpointer=checkpointer, name="stock-supervisor")
