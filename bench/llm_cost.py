"""``python -m bench.llm_cost``: what a question costs with a model, side by side with the usual ways to build it.

Our crew with ``brain=llm`` and in cascade (the default once a model is named), LangChain's SQL agent toolkit and
langgraph's supervisor answer the same questions through the same stand-in over real HTTP: ten of a technician, and a
sample of the eval set by all roles. An ordinary question has to keep the bounds: the ten of each kind, and the sample
as people send it, whose two kinds are shown apart as well. Counted: model calls and prompt tokens of a question
(messages, tools and output schemas; tiktoken when ``TIKTOKEN_CACHE_DIR`` has its encoding, else bytes / 4), and for the
ten the time it takes when a call takes 0 and 800 ms. The stand-in makes no mistakes on any side, so these are floors.
How well a model understands is not measured here. The share of ordinary questions that the cascade answers without any
call comes last; ``python -m bench.cascade_share`` asks for it anew.
"""

from __future__ import annotations

import asyncio
import tempfile
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import mean, median
from typing import Annotated, Any, get_args

import typer
from langchain_openai import ChatOpenAI
from pydantic import SecretStr
from rich.console import Console

from bench.cascade_share import report_held_out
from bench.figures import Row, show, write
from bench.llm_mix import Kind, Question, eval_questions
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
MIX = 80
NAMES = {
    "llm": "Cuadrilla, brain=llm",
    "cascade": "Cuadrilla, cascade",
    "sql_agent": "LangChain SQL agent toolkit",
    "supervisor": "langgraph supervisor (SQL toolkit + retriever)",
}
OURS = frozenset({"llm", "cascade"})
WHOLE = "eval set, all"
Side = Callable[[Question, str], Awaitable[object]]


@dataclass(frozen=True, slots=True)
class Cost:
    """Of a question, on average: calls, tokens read and written; and the median time at both latencies, in ms."""

    calls: float
    prompt_tokens: float
    output_tokens: float
    ms: float | None = None
    ms_slow: float | None = None


Figures = dict[str, dict[str, Cost]]


async def _cost(side: Side, questions: Sequence[Question], model: Standin, name: str) -> Cost:
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


async def _cost_of_mix(side: Side, questions: Sequence[Question], model: Standin, name: str) -> Cost:
    """Of questions that many people ask once, one after another; no times."""
    calls: list[int] = []
    read: list[int] = []
    written: list[int] = []
    model.latency = 0.0
    for at, question in enumerate(questions):
        model.forget()
        await side(question, f"mix-{name}-{at}")
        calls.append(len(model.calls))
        read.append(model.input_tokens)
        written.append(model.output_tokens)
    return Cost(mean(calls), mean(read), mean(written))


def _ours(crew: Crew) -> Side:
    async def ask(question: Question, conversation: str) -> object:
        result = await crew.turns.answer(
            TurnRequest(message=question.message, sender=question.sender, conversation_id=conversation)
        )
        if result.error:
            raise Unavailable(f"The crew did not answer, so there is nothing to count: {question} -> {result.reply}")
        return result

    return ask


def _theirs(graph: Any) -> Side:
    async def ask(question: Question, _conversation: str) -> object:
        state = await graph.ainvoke({"messages": [("user", question.message)]})
        if not state["messages"][-1].content:
            raise Unavailable(f"The agent did not answer, so there is nothing to count: {question}")
        return state

    return ask


def _of_technician(messages: Sequence[str], kind: Kind) -> list[Question]:
    return [Question(message, DEMO_TECHNICIAN, kind, SQL.get(message, "")) for message in messages]


async def measure(home: Path, most: int = MIX) -> tuple[str, Figures]:
    """The tokenizer's name, and costs by set of questions and side."""
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
            llm_monthly_ceiling=None,
        )
        chat = ChatOpenAI(model="gpt-4o-mini", base_url=f"{address}/v1", api_key=SecretStr(KEY), temperature=0)
        async with open_crew(settings) as crew:
            asked = {"data": _of_technician(DATA, "data"), "documents": _of_technician(DOCUMENTS, "documents")}
            mix = await eval_questions(crew, most)
            every = [*asked["data"], *asked["documents"], *mix]
            model.rules = [competent(crew), Peer({q.message: q.sql for q in every if q.kind == "data"})]
            cascading = settings.model_copy(update={"brain": "cascade"})
            with sql_tools(crew.url, chat) as toolkit:
                search = search_tool(crew.retriever, Principal(Role.TECHNICIAN, 1))
                async with open_crew(cascading) as cascade:
                    sides = {
                        "llm": _ours(crew),
                        "cascade": _ours(cascade),
                        "sql_agent": _theirs(sql_agent(toolkit, chat)),
                        "supervisor": _theirs(supervisor(toolkit, search, chat)),
                    }
                    return model.counter.name, await _costs(sides, asked, mix, model)


async def _costs(
    sides: Mapping[str, Side], asked: Mapping[str, Sequence[Question]], mix: Sequence[Question], model: Standin
) -> Figures:
    """Costs by set of questions and side; a peer that has no tool for a set is left out."""
    figures: Figures = {}
    for kind, questions in asked.items():
        figures[kind] = {
            name: await _cost(side, questions, model, f"{name}-{kind}")
            for name, side in sides.items()
            if kind == "data" or name != "sql_agent"
        }
    parts = {kind: [question for question in mix if question.kind == kind] for kind in asked}
    for kind, questions in parts.items():
        figures[f"eval set, {len(questions)} {kind}"] = {
            name: await _cost_of_mix(side, questions, model, f"{name}-{kind}")
            for name, side in sides.items()
            if kind == "data" or name != "sql_agent"
        }
    counts = {f"eval set, {len(questions)} {kind}": len(questions) for kind, questions in parts.items()}
    whole = {
        name: _weighed([(figures[part][name], count) for part, count in counts.items()])
        for name in sides
        if name != "sql_agent"
    }
    return {**figures, f"{WHOLE} {len(mix)}": whole}


def _weighed(parts: Sequence[tuple[Cost, int]]) -> Cost:
    every = sum(count for _, count in parts)
    calls, read, written = (
        sum(getattr(cost, name) * count for cost, count in parts) / every
        for name in ("calls", "prompt_tokens", "output_tokens")
    )
    return Cost(calls, read, written)


def report(console: Console, counted: str, figures: Figures) -> bool:
    """Print the table; True when our bounds hold for both of our brains."""
    rows, holds = [], True
    for kind, sides in figures.items():
        peers = [cost for name, cost in sides.items() if name not in OURS]
        for name, cost in sides.items():
            shares = [cost.prompt_tokens / peer.prompt_tokens for peer in peers] if name in OURS else []
            judged = shares and (kind in get_args(Kind) or kind.startswith(WHOLE))
            ok = cost.calls <= MOST_CALLS and max(shares) <= MOST_SHARE if judged else None
            holds = holds and ok is not False
            times = (f"{cost.ms:.0f} ms", f"{cost.ms_slow:,.0f} ms") if cost.ms is not None else ("", "")
            cells = (
                f"{cost.calls:.2f}",
                f"{cost.prompt_tokens:,.0f}",
                " / ".join(f"{share:.2f}" for share in shares),
                f"{cost.output_tokens:,.0f}",
                *times,
            )
            rows.append(Row(f"{kind}: {NAMES[name]}", cells, ok))
    title = (
        f"A question with a model (tokens: {counted}; bounds: {MOST_CALLS:.0f} calls, 1/4 of the tokens of each peer)"
    )
    columns = ("calls", "prompt tokens", "ours / each peer", "output", "at 0 ms a call", "at 800 ms")
    show(console, title, columns, rows)
    return holds


def run(console: Console, most: int = MIX) -> tuple[dict[str, Any], bool]:
    """Measure in a home of its own; the figures and whether the bounds hold."""
    with tempfile.TemporaryDirectory(prefix="cuadrilla-bench-", ignore_cleanup_errors=True) as home:
        counted, figures = asyncio.run(measure(Path(home), most))
    holds = report(console, counted, figures)
    return {"tokens": counted, **figures}, report_held_out(console) and holds


def main(
    most: Annotated[int, typer.Option("--questions", min=1, help="Of the eval set.")] = MIX,
    json_file: Annotated[Path | None, typer.Option("--json", help="Write the figures here.")] = None,
) -> None:
    """Measure what a question costs."""
    figures, holds = run(Console(), most)
    write(json_file, figures)
    raise typer.Exit(0 if holds else 1)


if __name__ == "__main__":
    typer.run(main)
