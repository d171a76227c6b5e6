"""What a start and a document more cost as the library grows: chunks in a real database, read into memory.

    python -m bench.library_start [--size 100000] [--json FILE]

An embedded PostgreSQL in a folder of its own is filled with chunks of about 400 characters, sentences of the demo's
manuals and rare words, 40 to a document, with vectors. ``nothing kept``: the first start after an upgrade that reads
words otherwise, when every chunk is stemmed again; ``kept``: every other start.
"""

from __future__ import annotations

import argparse
import random
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from psycopg2.extras import execute_values
from rich.console import Console
from sqlalchemy import Engine, text

from bench.figures import Row, show, write
from bench.synthetic_library import CHUNKS_A_DOCUMENT, SENTENCES, WORDS, made_up_words, sentences
from db import embedded, migrate
from db.models import Audience, DocumentKind
from db.session import make_engine
from ingest.corpus import Corpus, load_corpus
from ingest.embeddings import CharacterEmbedder
from ingest.lexicon import search_lexicon
from ingest.splitting import Chunk
from ingest.store import Labels, Reading, save

SIZE = 100_000
_SECRET = b"a secret of the bench, thirty-two bytes"
_DOCUMENTS = """INSERT INTO documents (document_id, source, title, kind, audience, media_type, content_hash)
 OVERRIDING SYSTEM VALUE VALUES %s"""
_CHUNKS = "INSERT INTO document_chunks (document_id, ordinal, content, embedding, embedding_model) VALUES %s"
_SEQUENCE = (
    "SELECT setval(pg_get_serial_sequence('documents', 'document_id'), (SELECT max(document_id) FROM documents))"
)


@dataclass(frozen=True, slots=True)
class Spent:
    """One thing measured: seconds on the clock, the database included, and of processor time of this process."""

    what: str
    seconds: float
    processor: float


def measure(size: int, home: Path) -> list[Spent]:
    """Fill a database in ``home`` with ``size`` chunks, start twice, add a document twice, start a third time."""
    url = embedded.start(home)
    migrate.upgrade(url, _SECRET)
    engine = make_engine(url)
    fill(engine, size)
    spent: list[Spent] = []

    def timed(what: str, doing: Callable[[], Corpus]) -> Corpus:
        clock, processor = time.perf_counter(), time.process_time()
        corpus = doing()
        spent.append(Spent(what, time.perf_counter() - clock, time.process_time() - processor))
        return corpus

    embedder, lexicon = CharacterEmbedder(), search_lexicon()
    timed("start, nothing kept", lambda: load_corpus(engine, embedder, lexicon))
    corpus = timed("start, kept", lambda: load_corpus(engine, embedder, lexicon))
    for number in range(2):
        add(engine, number)
        corpus = timed("a document more", lambda before=corpus: load_corpus(engine, embedder, lexicon, before))  # type: ignore[misc]
    timed("nothing new", lambda: load_corpus(engine, embedder, lexicon, corpus))
    engine.dispose()
    return spent


def fill(engine: Engine, size: int) -> None:
    """Documents and chunks with vectors, as an ingest of long ago would have left them."""
    noise, said = random.Random(size), _passages(size)
    model, dimensions = CharacterEmbedder().name, CharacterEmbedder().dimensions
    space = np.random.default_rng(size).standard_normal((1_000, dimensions)).astype("<f4")
    space /= np.linalg.norm(space, axis=1, keepdims=True)
    vectors = [row.tobytes() for row in space]
    numbers = range(1, -(-size // CHUNKS_A_DOCUMENT) + 1)
    documents = [(n, f"bench/{n}", f"Manual {n}", "user_manual", "client", "text/plain", str(n)) for n in numbers]
    raw = engine.raw_connection()
    try:
        cursor = raw.cursor()
        execute_values(cursor, _DOCUMENTS, documents)
        chunks = (
            (at // CHUNKS_A_DOCUMENT + 1, at % CHUNKS_A_DOCUMENT, next(said), noise.choice(vectors), model)
            for at in range(size)
        )
        execute_values(cursor, _CHUNKS, chunks, page_size=500)
        cursor.execute(_SEQUENCE)
        raw.commit()
    finally:
        raw.close()
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("ANALYZE documents, document_chunks"))


def _passages(seed: int) -> Iterator[str]:
    noise = random.Random(seed)
    said = [sentence.replace("\\", "/").replace("\t", " ").replace("\n", " ") for sentence in sentences()]
    rare = made_up_words(noise)
    likely = list(np.cumsum(1 / (np.arange(len(rare)) + 2.7)))
    while True:
        yield " ".join([*noise.choices(said, k=SENTENCES), *noise.choices(rare, cum_weights=likely, k=WORDS)])


def add(engine: Engine, number: int) -> None:
    """Ingest a document of the usual size."""
    said = _passages(-1 - number)
    chunks = tuple(Chunk(at, next(said), None, None, ()) for at in range(CHUNKS_A_DOCUMENT))
    reading = Reading(f"bench/new/{number}", f"Otro manual {number}", "text/plain", f"new {number}", None, chunks)
    save(engine, reading, Labels(Audience.CLIENT, DocumentKind.USER_MANUAL), CharacterEmbedder())


def main() -> None:
    """Print the table; write it as JSON where asked."""
    parser = argparse.ArgumentParser(description="Starting and adding as the library grows")
    parser.add_argument("--size", type=int, default=SIZE)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="cuadrilla-bench-", ignore_cleanup_errors=True) as folder:
        spent = measure(options.size, Path(folder))
    rows = [Row(one.what, (f"{one.seconds:.2f}", f"{one.processor:.2f}")) for one in spent]
    show(Console(), f"{options.size:,} chunks from the database into memory", ("seconds", "CPU s"), rows)
    write(options.json, {"bench": "library_start", "size": options.size, "spent": [asdict(one) for one in spent]})


if __name__ == "__main__":
    main()
