"""How well and how fast passages are found: XQuAD-es, ours beside LangChain's FAISS and plain BM25, in one run.

    python -m bench.retrieval [--json FILE] [--sample N]

The data is XQuAD (240 Spanish paragraphs, 1,190 questions), read from ``$CUADRILLA_SHARED/data`` or ``../shared/data``.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import bm25s
import numpy as np
from langchain_community.vectorstores import FAISS
from langchain_core.embeddings import Embeddings
from langchain_text_splitters import RecursiveCharacterTextSplitter
from rich.console import Console
from rich.table import Table

from ingest.blocks import Loaded, Paragraph
from ingest.corpus import Corpus, DocumentFacts, Entry, Fingerprint, make_entry
from ingest.embeddings import CharacterEmbedder
from ingest.fusion import rank
from ingest.lexicon import default_lexicon
from ingest.splitting import split

DEPTH = 10
OVERFETCH = 30

Search = Callable[[str], list[int]]


@dataclass(frozen=True, slots=True)
class Result:
    """One system's row of the table."""

    system: str
    recall_1: float
    recall_5: float
    mrr_10: float
    p50_ms: float
    p95_ms: float
    build_seconds: float


class _SameEmbeddings(Embeddings):
    """Our vectors, offered to LangChain."""

    def __init__(self, embedder: CharacterEmbedder) -> None:
        self._embedder = embedder

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        return [vector.tolist() for vector in self._embedder.embed(texts)]

    def embed_query(self, text: str) -> list[float]:
        return [float(x) for x in self._embedder.embed([text])[0]]


def ours(paragraphs: Sequence[str]) -> Search:
    """The hybrid of the house over chunks of the house."""
    embedder = CharacterEmbedder()
    entries: list[Entry] = []
    owners: list[int] = []
    for number, paragraph in enumerate(paragraphs):
        for chunk in split(Loaded((Paragraph(paragraph),), "text/plain")):
            vector = embedder.embed([chunk.content])[0]
            entries.append(make_entry(len(entries), number, "", chunk, vector))
            owners.append(number)
    nothing: frozenset[str] = frozenset()
    facts = [DocumentFacts(n, "public", nothing, nothing, nothing) for n in range(len(paragraphs))]
    corpus = Corpus(Fingerprint(0, 0, 0, 0), facts, entries, {}, default_lexicon())
    rows = np.arange(len(entries), dtype=np.int64)
    none = np.zeros(len(entries), dtype=np.float32)

    def search(question: str) -> list[int]:
        concepts = corpus.reader.concepts(question)
        found = rank(corpus, concepts, embedder.embed([question])[0], rows, none, OVERFETCH)
        return [owners[hit.row] for hit in found]

    return search


def langchain_faiss(paragraphs: Sequence[str]) -> Search:
    """LangChain's FAISS store over its recursive splitter, with our vectors."""
    splitter = RecursiveCharacterTextSplitter(chunk_size=1000, chunk_overlap=200)
    texts, owners = [], []
    for number, paragraph in enumerate(paragraphs):
        for text in splitter.split_text(paragraph):
            texts.append(text)
            owners.append({"paragraph": number})
    store = FAISS.from_texts(texts, _SameEmbeddings(CharacterEmbedder()), metadatas=owners)

    def search(question: str) -> list[int]:
        return [int(found.metadata["paragraph"]) for found in store.similarity_search(question, k=OVERFETCH)]

    return search


def plain_bm25(paragraphs: Sequence[str]) -> Search:
    """BM25 as rank-bm25 does it: lower case, words between spaces, no stems."""
    index = bm25s.BM25(method="robertson", k1=1.5, b=0.75)
    index.index([paragraph.lower().split() for paragraph in paragraphs], show_progress=False)

    def search(question: str) -> list[int]:
        words = [word for word in question.lower().split() if word in index.vocab_dict]
        scores = index.get_scores(words) if words else np.zeros(len(paragraphs))
        return [int(n) for n in np.argsort(-scores, kind="stable")[:OVERFETCH]]

    return search


def measure(name: str, build: Callable[[Sequence[str]], Search], paragraphs: Sequence[str], asked: Asked) -> Result:
    """Build a system, ask it everything, and score the paragraphs it finds."""
    started = time.perf_counter()
    search = build(paragraphs)
    built = time.perf_counter() - started
    ranks, spent = [], []
    for question, gold in asked:
        started = time.perf_counter()
        found = search(question)
        spent.append((time.perf_counter() - started) * 1000)
        distinct = list(dict.fromkeys(found))[:DEPTH]
        ranks.append(distinct.index(gold) + 1 if gold in distinct else 0)
    return Result(
        name,
        _share(rank == 1 for rank in ranks),
        _share(0 < rank <= 5 for rank in ranks),
        statistics.fmean(1 / rank if rank else 0.0 for rank in ranks),
        statistics.median(spent),
        float(np.percentile(spent, 95)),
        built,
    )


Asked = Sequence[tuple[str, int]]


def _share(hits: Iterable[bool]) -> float:
    return statistics.fmean(float(hit) for hit in hits)


def read_xquad(path: Path) -> tuple[list[str], list[tuple[str, int]]]:
    """Paragraphs, and questions with the number of the paragraph that answers each."""
    paragraphs: list[str] = []
    asked: list[tuple[str, int]] = []
    for article in json.loads(path.read_text(encoding="utf-8"))["data"]:
        for paragraph in article["paragraphs"]:
            asked.extend((entry["question"], len(paragraphs)) for entry in paragraph["qas"])
            paragraphs.append(paragraph["context"])
    return paragraphs, asked


def shared_folder() -> Path:
    """Where the data sets are."""
    return Path(os.environ.get("CUADRILLA_SHARED") or Path(__file__).resolve().parent.parent.parent / "shared")


def main() -> None:
    """Print the table; write it as JSON where asked."""
    parser = argparse.ArgumentParser(description="Retrieval quality and latency")
    parser.add_argument("--json", type=Path, help="write the figures to this file")
    parser.add_argument("--sample", type=int, help="ask only the first N questions")
    options = parser.parse_args()
    console = Console()
    path = shared_folder() / "data" / "xquad" / "xquad.es.json"
    if not path.exists():
        console.print(f"Skipped: {path} is not here. Set CUADRILLA_SHARED to the folder that holds data/xquad.")
        return
    paragraphs, asked = read_xquad(path)
    asked = asked[: options.sample]
    systems = {"Cuadrilla hybrid": ours, "LangChain FAISS": langchain_faiss, "plain BM25": plain_bm25}
    results = [measure(name, build, paragraphs, asked) for name, build in systems.items()]
    table = Table(title=f"XQuAD-es: {len(paragraphs)} paragraphs, {len(asked)} questions, no model and no network")
    for column in ("system", "recall@1", "recall@5", "MRR@10", "p50 ms", "p95 ms", "build s"):
        table.add_column(column, justify="left" if column == "system" else "right")
    for r in results:
        shares = (f"{value:.3f}" for value in (r.recall_1, r.recall_5, r.mrr_10))
        table.add_row(r.system, *shares, f"{r.p50_ms:.2f}", f"{r.p95_ms:.2f}", f"{r.build_seconds:.2f}")
    console.print(table)
    if options.json:
        figures = {"bench": "retrieval", "dataset": "xquad-es", "results": [asdict(result) for result in results]}
        options.json.write_text(json.dumps(figures, indent=2), encoding="utf-8")


if __name__ == "__main__":
    main()
