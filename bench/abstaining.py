"""How often what the library does not say is not answered, and what it says is, in a demo company with more documents.

    python -m bench.abstaining [--json FILE] [--shared FOLDER] [--home FOLDER] [--misses]

The library: the demo company's documents, documents of ours about machines that its catalogue does not know, Spanish
law and passages of XQuAD-es (the last two read from ``--shared``, ``$CUADRILLA_SHARED`` or ``../shared``). A question
of XQuAD whose passage was left out has no answer. Nothing that is asked here was used to fit the decision.
"""

from __future__ import annotations

import argparse
import asyncio
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from rich.console import Console

from agents.brains.protocol import Ask, Context, Intent
from agents.rag_docs import RagDocsAgent
from agents.report import Report, Task, TurnMark
from bench.abstaining_sets import Asked, Library, read_libraries
from bench.figures import Latency, Row, show, write
from bench.retrieval_sets import shared_folder
from core.logging import configure_logging
from core.settings import Settings
from evals.asking import SENDERS
from graph.app import Crew, open_crew
from graph.memory import read_memory
from ingest.embeddings import CharacterEmbedder
from ingest.pipeline import ingest_sources
from policy.grants import Agent
from tools.identity import PHONE, find_principal, normalise

ABSTAINED, KEPT = 0.90, 0.95
COLUMNS = ("answerable", "kept", "right", "unanswerable", "abstained", "p50 ms", "p95 ms")


@dataclass(frozen=True, slots=True)
class Result:
    """What became of the questions of one collection, as shares. ``right``: of those kept, how many said the answer."""

    collection: str
    answerable: int
    kept: float
    right: float
    unanswerable: int
    abstained: float
    latency: Latency

    def row(self) -> Row:
        """As the table shows it."""
        shares = (f"{self.kept:.1%}", f"{self.right:.1%}", f"{self.unanswerable}", f"{self.abstained:.1%}")
        holds = self.kept >= KEPT and (self.abstained >= ABSTAINED or not self.unanswerable)
        return Row(
            self.collection,
            (f"{self.answerable}", *shares, f"{self.latency.p50:.1f}", f"{self.latency.p95:.1f}"),
            holds,
        )


@dataclass(frozen=True, slots=True)
class Told:
    """What was said to a question, and how long it took."""

    collection: str
    asked: Asked
    report: Report
    milliseconds: float

    @property
    def answered(self) -> bool:
        return self.report.answered and self.report.asked is None


def result_of(name: str, told: Sequence[Told]) -> Result:
    """The shares of ``told``."""
    answerable = [one for one in told if one.asked.right is not None]
    unanswerable = [one for one in told if one.asked.right is None]
    kept = [one for one in answerable if one.answered]
    right = [one for one in kept if one.asked.right is not None and one.asked.right(one.report.text)]
    abstained = sum(not one.answered for one in unanswerable)
    return Result(
        name,
        len(answerable),
        len(kept) / max(len(answerable), 1),
        len(right) / max(len(kept), 1),
        len(unanswerable),
        abstained / max(len(unanswerable), 1),
        Latency.of([one.milliseconds for one in told]),
    )


async def ask(home: Path, libraries: Sequence[Library], sender: str) -> list[Told]:
    """Ingest ``libraries`` into the demo company at ``home`` and ask its specialist of documents everything."""
    configure_logging("ERROR", home)
    settings = Settings(home=home, DATABASE_URL=None, log_level="ERROR")  # type: ignore[call-arg]
    told = []
    async with open_crew(settings) as crew:
        documents = [document for library in libraries for document in library.documents]
        await asyncio.to_thread(ingest_sources, crew.engine, documents, CharacterEmbedder())
        await crew.retriever.refresh()
        context = await _context(crew, sender)
        agent = crew.parts.roster(context.principal).get(Agent.RAG_DOCS)
        assert isinstance(agent, RagDocsAgent)
        mark = TurnMark("bench")
        for library in libraries:
            for asked in library.asked:
                started = time.perf_counter()
                task = Task(Ask(asked.text, Intent.DOCUMENTS, 1.0), context, asked.text, mark)
                report = await agent.handle(task)
                told.append(Told(library.name, asked, report, (time.perf_counter() - started) * 1000))
    return told


async def _context(crew: Crew, sender: str) -> Context:
    with crew.sessions() as session:
        principal = find_principal(session, normalise(PHONE, sender, crew.settings.phone_region))
    return await crew.parts.context(principal, read_memory(None, ""))


@contextmanager
def _place(home: Path | None) -> Iterator[Path]:
    if home is not None:
        yield home
        return
    with tempfile.TemporaryDirectory(prefix="cuadrilla-bench-", ignore_cleanup_errors=True) as fresh:
        yield Path(fresh)


def _misses(told: Sequence[Told]) -> Iterator[str]:
    for one in told:
        if one.answered != (one.asked.right is not None):
            wanted = "refused" if one.asked.right is not None else "answered"
            yield f"{wanted}: {one.asked.text}\n    {one.report.text[:200]!r}"


def main() -> None:
    """Print the table; write it as JSON where asked; exit 1 when a target is not met."""
    parser = argparse.ArgumentParser(description="Answers kept and refused")
    parser.add_argument("--json", type=Path, help="write the figures to this file")
    parser.add_argument("--shared", type=Path, default=shared_folder(), help="folder that holds data/")
    parser.add_argument("--home", type=Path, help="ask in this home and keep it")
    parser.add_argument("--misses", action="store_true", help="print what was wrongly refused or answered")
    options = parser.parse_args()
    console = Console()
    libraries = list(read_libraries(options.shared, half=1))
    with _place(options.home) as home:
        told = asyncio.run(ask(home, libraries, SENDERS["admin"]))
    results = [result_of(library.name, [t for t in told if t.collection == library.name]) for library in libraries]
    results.append(result_of("All", told))
    if options.misses:
        console.print("\n".join(_misses(told)), markup=False, highlight=False)
    show(console, "Answered only when the library says it", COLUMNS, [result.row() for result in results])
    write(options.json, {"bench": "abstaining", "results": [asdict(result) for result in results]})
    raise SystemExit(0 if all(result.row().ok for result in results) else 1)


if __name__ == "__main__":
    main()
