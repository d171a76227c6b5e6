"""``python -m bench.llm_cost``: what a question costs with a model, side by side with the usual ways to build it.

Our crew with ``brain=llm``, LangChain's SQL agent toolkit and langgraph's supervisor answer the same questions through
the same stand-in over real HTTP. Counted: model calls and prompt tokens of a question (messages, tools and output
schemas; tiktoken when ``TIKTOKEN_CACHE_DIR`` has its encoding, else bytes / 4), and the time it takes when a call takes
0 and 800 ms. The stand-in makes no mistakes on any side, so these are floors. How well a model understands is not
measured here. The share of ordinary questions that the cascade answers without any call comes last; ``python -m
bench.cascade_share`` asks for it anew.
"""

from __future__ import annotations

import asyncio
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from statistics import mean, median
from typing import Annotated, Any

import typer
from langchain_openai import ChatOpenAI
from pydantic import SecretStr
from rich.console import Console

from bench.cascade_share import report_held_out
from bench.figures import Row, show, write
from bench.llm_peers import Peer, search_tool, sql_agent, sql_tools, supervisor
from bench.turn import DATA, DOCUMENTS, SQL
from core.errors import Unavailable
from core.logging import configure_logging
from core.settings import Settings
from db.seed import DEMO_TECHNICIAN
from evals.model_standin.app import KEY, Standin
from evals.model_standin.competing import competent
from evals.serving import served
from graph.app import Crew, open_crew
from graph.messages import TurnRequest
from policy.roles import Principal, Role

MOST_CALLS, MOST_SHARE = 2.0, 0.25
REPEATS, LATENCY = 3, 0.8
Side = Callable[[str, str], Awaitable[object]]


@dataclass(frozen=True, slots=True)
class Cost:
    """Of a question, on average: calls, tokens read and written; and the median time at both latencies, in ms."""

    calls: float
    prompt_tokens: float
    output_tokens: float
    ms: float
    ms_slow: float


async def _cost(side: Side, questions: Iterable[str], model: Standin, name: str) -> Cost:
    calls: list[int] = []
    read: list[int] = []
    written: list[int] = []
    fast: list[float] = []
    slow: list[float] = []
    for at, question in enumerate(questions):
        for repeat in range(REPEATS + 1):
            model.latency = LATENCY if repeat == REPEATS else 0.0
            model.forget()
            started = time.perf_counter()
            await side(question, f"cost-{name}-{at}-{repeat}")
            (slow if repeat == REPEATS else fast).append((time.perf_counter() - started) * 1000)
        calls.append(len(model.calls))
        read.append(model.input_tokens)
        written.append(model.output_tokens)
    return Cost(mean(calls), mean(read), mean(written), median(fast), median(slow))


def _ours(crew: Crew) -> Side:
    async def ask(question: str, conversation: str) -> object:
        result = await crew.turns.answer(
            TurnRequest(message=question, sender=DEMO_TECHNICIAN, conversation_id=conversation)
        )
        if result.error or not result.specialists:
            raise Unavailable(f"The crew did not answer, so there is nothing to count: {question} -> {result.reply}")
        return result

    return ask


def _theirs(graph: Any) -> Side:
    async def ask(question: str, _conversation: str) -> object:
        state = await graph.ainvoke({"messages": [("user", question)]})
        if not state["messages"][-1].content:
            raise Unavailable(f"The agent did not answer, so there is nothing to count: {question}")
        return state

    return ask


async def measure(home: Path) -> tuple[str, dict[str, dict[str, Cost]]]:
    """The tokenizer's name, and costs by kind of question and side."""
    configure_logging("ERROR", home)
    model = Standin()
    async with served(model.app()) as address:
        settings = Settings(  # type: ignore[call-arg]
            home=home,
            DATABASE_URL=None,
            log_level="ERROR",
            brain="llm",
            llm_base_url=f"{address}/v1",
            llm_api_key=SecretStr(KEY),
        )
        chat = ChatOpenAI(model="gpt-4o-mini", base_url=f"{address}/v1", api_key=SecretStr(KEY), temperature=0)
        async with open_crew(settings) as crew:
            with sql_tools(crew.url, chat) as toolkit:
                model.rules = [competent(crew), Peer(SQL)]
                search = search_tool(crew.retriever, Principal(Role.TECHNICIAN, 1))
                both = _theirs(supervisor(toolkit, search, chat))
                data = {"cuadrilla": _ours(crew), "sql_agent": _theirs(sql_agent(toolkit, chat)), "supervisor": both}
                documents = {"cuadrilla": _ours(crew), "supervisor": both}
                figures = {
                    "data": {name: await _cost(side, DATA, model, name) for name, side in data.items()},
                    "documents": {name: await _cost(side, DOCUMENTS, model, name) for name, side in documents.items()},
                }
    return model.counter.name, figures


def report(console: Console, counted: str, figures: dict[str, dict[str, Cost]]) -> bool:
    """Print the table; True when our bounds hold: on questions to the data, the ones that the peers have tools for."""
    names = {
        "cuadrilla": "Cuadrilla, brain=llm",
        "sql_agent": "LangChain SQL agent toolkit",
        "supervisor": "langgraph supervisor (SQL toolkit + retriever)",
    }
    rows, holds = [], True
    for kind, sides in figures.items():
        ours = sides["cuadrilla"]
        for name, cost in sides.items():
            share = ours.prompt_tokens / cost.prompt_tokens
            ok = (
                None
                if kind == "documents" and name != "cuadrilla"
                else (cost.calls <= MOST_CALLS if name == "cuadrilla" else share <= MOST_SHARE)
            )
            holds = holds and ok is not False
            cells = (
                f"{cost.calls:.1f}",
                f"{cost.prompt_tokens:,.0f}",
                f"{share:.2f}",
                f"{cost.output_tokens:,.0f}",
                f"{cost.ms:.0f} ms",
                f"{cost.ms_slow:,.0f} ms",
            )
            rows.append(Row(f"{kind}: {names[name]}", cells, ok))
    title = f"A question with a model (tokens: {counted}; bounds: {MOST_CALLS:.0f} calls, 1/4 of the tokens of peers)"
    columns = ("calls", "prompt tokens", "ours / this", "output", "at 0 ms a call", "at 800 ms")
    show(console, title, columns, rows)
    return holds


def run(console: Console) -> tuple[dict[str, Any], bool]:
    """Measure in a home of its own; the figures and whether the bounds hold."""
    with tempfile.TemporaryDirectory(prefix="cuadrilla-bench-", ignore_cleanup_errors=True) as home:
        counted, figures = asyncio.run(measure(Path(home)))
    holds = report(console, counted, figures)
    return {"tokens": counted, **figures}, report_held_out(console) and holds


def main(json_file: Annotated[Path | None, typer.Option("--json", help="Write the figures here.")] = None) -> None:
    """Measure what a question costs."""
    figures, holds = run(Console())
    write(json_file, figures)
    raise typer.Exit(0 if holds else 1)


if __name__ == "__main__":
    typer.run(main)
