"""The demo library, ingested once per version of what reads it, and cloned."""

from __future__ import annotations

import fcntl
import hashlib
import os
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import pytest
import pytest_asyncio
from sqlalchemy import Engine

from db import migrate
from db.readers import Readers
from db.session import make_engine
from ingest.demo_load import load_demo
from ingest.embeddings import CharacterEmbedder
from ingest.retrieval import HybridRetriever
from tests.databases import DROP, administer, databases, in_database

ROOT = Path(__file__).resolve().parent.parent.parent


def digest() -> str:
    made_from = hashlib.sha256()
    for folder in ("ingest", "db", "policy"):
        for path in sorted((ROOT / folder).rglob("*")):
            if path.is_file() and "__pycache__" not in path.parts:
                made_from.update(str(path.relative_to(ROOT)).encode() + path.read_bytes())
    return made_from.hexdigest()[:12]


@pytest.fixture(scope="session")
def library_url(cluster: str, clone: Callable[[], str], secret: bytes) -> Iterator[str]:
    """A database with the demo company and its documents; leave the documents as they were."""
    kept = f"library_{digest()}"
    with (Path(tempfile.gettempdir()) / "cuadrilla-library.lock").open("ab") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        if kept not in databases(cluster, "library_"):
            for old in databases(cluster, "library_"):
                administer(cluster, "DROP DATABASE IF EXISTS {}", old)
            engine = make_engine(source := clone())
            report = load_demo(engine)
            engine.dispose()
            assert [o for o in report.outcomes if o.reason] == []
            administer(cluster, "CREATE DATABASE {} TEMPLATE {}", kept, source.rpartition("?")[0].rpartition("/")[2])
        name = f"test_{os.getpid()}_library"
        administer(cluster, DROP, name)
        administer(cluster, "CREATE DATABASE {} TEMPLATE {}", name, kept)
    url = in_database(cluster, name)
    migrate.upgrade(url, secret)
    yield url
    administer(cluster, DROP, name)


@pytest.fixture(scope="session")
def library(library_url: str) -> Iterator[Engine]:
    """The application's own login on the demo library."""
    engine = make_engine(library_url)
    yield engine
    engine.dispose()


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def library_readers(library_url: str, secret: bytes) -> AsyncIterator[Readers]:
    readers = await Readers.open(library_url, secret)
    yield readers
    await readers.close()


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def retriever(library: Engine, library_readers: Readers) -> HybridRetriever:
    """Search over the demo documents."""
    return await HybridRetriever.open(library, library_readers)


@pytest.fixture(scope="session")
def embedder() -> CharacterEmbedder:
    return CharacterEmbedder()
