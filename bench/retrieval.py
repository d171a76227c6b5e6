"""How well and how fast passages are found, ours beside LangChain's FAISS and rank-bm25, in one run.

    python -m bench.retrieval [--json FILE] [--sample N] [--shared FOLDER] [--misses]

On XQuAD-es (240 paragraphs, 1,190 questions) and on Spanish law with questions of ours, read from ``--shared``,
``$CUADRILLA_SHARED`` or ``../shared``; what is not there is left out.
"""

from __future__ import annotations

import argparse
import math
import statistics
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from rich.console import Console

from bench.figures import Row, show, write
from bench.retrieval_sets import Asked, Set, Text, read_regulations, read_xquad, shared_folder
from bench.retrieval_systems import Found, System, langchain_faiss, ours, rank_bm25
from ingest.demo_load import demo_folder
from ingest.embeddings import CharacterEmbedder
from ingest.loading import load
from ingest.splitting import contextual, split

DEPTH = 10
OURS = "Cuadrilla hybrid"
SYSTEMS = {OURS: ours, "LangChain FAISS": langchain_faiss, "rank-bm25": rank_bm25}
BOUNDS = {"XQuAD-es": (0.93, 0.99), "Regulations": (0.0, 0.92)}
"""Recall at 1 and at 5 that the issue asks for."""
COLUMNS = ("recall@1", "recall@5", "recall@10", "MRR@10", "nDCG@10", "passage@5", "p50 ms", "p95 ms", "build s", "MB")


@dataclass(frozen=True, slots=True)
class Result:
    """One system on one collection."""

    collection: str
    system: str
    recall_1: float
    recall_5: float
    recall_10: float
    mrr_10: float
    ndcg_10: float
    passage_5: float
    p50_ms: float
    p95_ms: float
    build_seconds: float
    megabytes: float
    passages: int

    def _shares(self) -> tuple[float, ...]:
        return self.recall_1, self.recall_5, self.recall_10, self.mrr_10, self.ndcg_10, self.passage_5

    def row(self) -> Row:
        """As the table shows it."""
        shares = [f"{x:.3f}" for x in self._shares()]
        times = [f"{self.p50_ms:.2f}", f"{self.p95_ms:.2f}", f"{self.build_seconds:.1f}", f"{self.megabytes:.1f}"]
        first, fifth = BOUNDS[self.collection]
        held = self.recall_1 >= first and self.recall_5 >= fifth if self.system == OURS else None
        return Row(self.system, (*shares, *times), held)


def measure(name: str, build: Callable[[Sequence[Text]], System], data: Set) -> tuple[Result, list[Asked]]:
    """Build a system, ask it everything, and score what it finds; also what it did not find in five."""
    started = time.perf_counter()
    system = build(data.texts)
    built = time.perf_counter() - started
    ranks, held, spent = [], [], []
    for asked in data.asked:
        started = time.perf_counter()
        found = system.search(asked.question)
        spent.append((time.perf_counter() - started) * 1000)
        ranks.append(_rank(asked, found))
        held.append(any(asked.held_by(hit.document, hit.passage) for hit in found[:5]))
    result = Result(
        data.name,
        name,
        _mean(rank == 1 for rank in ranks),
        _mean(0 < rank <= 5 for rank in ranks),
        _mean(rank > 0 for rank in ranks),
        _mean(1 / rank if rank else 0.0 for rank in ranks),
        _mean(1 / math.log2(rank + 1) if rank else 0.0 for rank in ranks),
        _mean(held),
        statistics.median(spent),
        float(np.percentile(spent, 95)),
        built,
        system.size_bytes / 2**20,
        system.passages,
    )
    return result, [asked for asked, rank in zip(data.asked, ranks, strict=True) if not 0 < rank <= 5]


def _rank(asked: Asked, found: Sequence[Found]) -> int:
    """The place of the first right passage among ten, from 1; 0 when there is none. Where whole documents are right,
    several passages of one take one place."""
    distinct = found if asked.section else list(dict.fromkeys(Found(hit.document, "") for hit in found))
    right = (n for n, hit in enumerate(distinct[:DEPTH], 1) if asked.answered_by(hit.document, hit.passage))
    return next(right, 0)


def _mean(values: Iterable[float]) -> float:
    return statistics.fmean(float(value) for value in values)


def pages_a_second() -> float:
    """How fast PDFs are read, divided and embedded: the manuals of the demo company."""
    embedder, pages = CharacterEmbedder(), 0
    started = time.perf_counter()
    for path in sorted((demo_folder() / "documents").glob("*.pdf")):
        loaded = load(path.name, path.read_bytes())
        embedder.embed([contextual("", chunk.heading_path, chunk.content) for chunk in split(loaded)])
        pages += loaded.pages or 0
    return pages / (time.perf_counter() - started)


def main() -> None:
    """Print the tables; write them as JSON where asked."""
    parser = argparse.ArgumentParser(description="Retrieval quality and latency")
    parser.add_argument("--json", type=Path, help="write the figures to this file")
    parser.add_argument("--sample", type=int, help="ask only the first N questions of each collection")
    parser.add_argument("--shared", type=Path, default=shared_folder(), help="folder that holds data/")
    parser.add_argument("--misses", action="store_true", help="print what ours does not find in five")
    options = parser.parse_args()
    console = Console()
    results: list[Result] = []
    for read in (read_regulations, read_xquad):
        data = read(options.shared)
        if data is None:
            console.print(f"Left out: the data of {read.__name__} is not under {options.shared}; see --shared.")
            continue
        data = Set(data.name, data.texts, data.asked[: options.sample])
        measured = [(measure(name, build, data)) for name, build in SYSTEMS.items()]
        rows = [result.row() for result, _ in measured]
        show(console, f"{data.name}: {len(data.asked)} questions, no model and no network", COLUMNS, rows)
        if options.misses:
            console.print("\n".join(f"{asked.question}  <{asked.evidence}>" for asked in measured[0][1]), markup=False)
        results.extend(result for result, _ in measured)
    speed = pages_a_second()
    console.print(f"PDFs are read, divided and embedded at {speed:.1f} pages a second.")
    figures = {"bench": "retrieval", "results": [asdict(result) for result in results], "pages_a_second": speed}
    write(options.json, figures)


if __name__ == "__main__":
    main()
