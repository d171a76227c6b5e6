"""A running server and another process that ingests: heard of, answered from, without a restart."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from pathlib import Path

import psycopg
import pytest
import pytest_asyncio
from sqlalchemy import Engine

from core.errors import Unavailable
from core.settings import Settings
from db.models import Audience, DocumentKind
from db.readers import Readers
from db.session import make_engine
from ingest import library, retrieval
from ingest.embeddings import CharacterEmbedder, Vectors
from ingest.library import open_library
from ingest.pipeline import ingest_sources
from ingest.retrieval import HybridRetriever
from ingest.sources.item import Item
from ingest.store import Labels, retire
from policy.roles import GUEST

LABELS = Labels(Audience.PUBLIC, DocumentKind.FAQ)


class FarEmbedder:
    """A service of other vectors that can be out of reach, slow, or counted."""

    def __init__(self) -> None:
        self._near = CharacterEmbedder(dimensions=128)
        self.reachable = threading.Event()
        self.asked = 0

    @property
    def name(self) -> str:
        return "far-128"

    @property
    def dimensions(self) -> int:
        return 128

    @property
    def local(self) -> bool:
        return False

    def embed(self, texts: Sequence[str]) -> Vectors:
        self.asked += len(texts)
        if not self.reachable.is_set():
            raise Unavailable
        return self._near.embed(texts)


@pytest.fixture
def url(clone: Callable[[], str]) -> str:
    return clone()


@pytest_asyncio.fixture
async def readers(url: str, secret: bytes) -> AsyncIterator[Readers]:
    readers = await Readers.open(url, secret)
    yield readers
    await readers.close()


@pytest.fixture
def other(url: str) -> Engine:
    """Another process's way to the same database."""
    return make_engine(url)


@pytest.fixture(autouse=True)
def no_polling(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retrieval, "REFRESH_SECONDS", 3_600.0)


def note(folder: Path, name: str, text: str) -> Item:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return Item(path, path.as_posix(), LABELS)


async def until(true: Callable[[], Awaitable[bool]], seconds: float = 90.0) -> bool:
    deadline = time.monotonic() + seconds
    while not await true():
        if time.monotonic() > deadline:
            return False
        await asyncio.sleep(0.05)
    return True


async def finds(retriever: HybridRetriever, word: str) -> bool:
    return any(word in passage.content for passage in await retriever.search(word, GUEST))


async def test_what_another_process_ingests_is_answered(
    url: str, other: Engine, readers: Readers, settings: Settings, tmp_path: Path
) -> None:
    near = CharacterEmbedder()
    async with open_library(url, other, readers, settings, near) as retriever:
        assert not await finds(retriever, "purgador")
        item = note(tmp_path, "a.md", "El purgador se abre despacio.")
        await asyncio.to_thread(ingest_sources, other, [item], near)
        assert await until(lambda: finds(retriever, "purgador"))
        replaced = note(tmp_path, "a.md", "El manómetro marca la presión.")
        await asyncio.to_thread(ingest_sources, other, [replaced], near)
        assert await until(lambda: finds(retriever, "manómetro"))
        assert not await finds(retriever, "purgador")
        await asyncio.to_thread(retire, other, [item.source])
        assert await until(lambda: _not(finds(retriever, "manómetro")))


async def _not(answer: Awaitable[bool]) -> bool:
    return not await answer


async def test_a_lost_connection_is_made_again(
    url: str, other: Engine, readers: Readers, settings: Settings, tmp_path: Path
) -> None:
    near = CharacterEmbedder()
    async with open_library(url, other, readers, settings, near) as retriever:
        await asyncio.to_thread(ingest_sources, other, [note(tmp_path, "a.md", "El purgador.")], near)
        assert await until(lambda: finds(retriever, "purgador"))
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE application_name = 'cuadrilla-news' AND datname = current_database()"
            )
        await asyncio.to_thread(ingest_sources, other, [note(tmp_path, "b.md", "El manómetro.")], near)
        assert await until(lambda: finds(retriever, "manómetro"))


async def test_a_new_embedding_model_takes_over_when_it_is_ready(
    url: str, other: Engine, readers: Readers, settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(library, "RETRY_SECONDS", 0.1)
    notes = [note(tmp_path, f"{n}.md", f"El purgador número {n} se abre despacio.") for n in range(5)]
    ingest_sources(other, notes, CharacterEmbedder())
    far = FarEmbedder()
    async with open_library(url, other, readers, settings, far) as retriever:
        assert retriever.embedder.name == CharacterEmbedder().name, "the old vectors serve"
        assert await finds(retriever, "purgador")
        far.reachable.set()
        assert await until(lambda: _is(retriever, far.name))
        assert await finds(retriever, "purgador")
        far.reachable.clear()
        assert await finds(retriever, "purgador"), "without the service, words still find"
        outcome = ingest_sources(other, [note(tmp_path, "otro.md", "El manómetro.")], far).outcomes[0]
        assert outcome.reason == "no_vectors"
        assert await until(lambda: finds(retriever, "manómetro"))
        assert retriever.embedder.name == far.name
        far.reachable.set()
        before = far.asked
        assert await until(lambda: _asked(far, before))


async def _is(retriever: HybridRetriever, name: str) -> bool:
    return retriever.embedder.name == name


async def _asked(far: FarEmbedder, before: int) -> bool:
    return far.asked > before
