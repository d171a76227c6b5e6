"""The library as a server holds it: searched from memory, following the database, its vectors kept complete."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

import structlog
from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from core.errors import Unavailable
from core.settings import Settings
from db.readers import Readers
from ingest.background import beside
from ingest.catch_up import follow
from ingest.embedders import make_embedder
from ingest.embeddings import Embedder
from ingest.retrieval import HybridRetriever
from ingest.store import embed_missing

RETRY_SECONDS = 60.0
_log = structlog.get_logger(__name__)


@asynccontextmanager
async def open_library(
    url: str, engine: Engine, readers: Readers, settings: Settings, embedder: Embedder | None = None
) -> AsyncIterator[HybridRetriever]:
    """A retriever that hears of what other processes ingest into the database at ``url``.

    When the embedding model of ``settings`` is another than the one that the stored vectors come from, they are made
    anew in the background, and the embedded vectors answer until that is done.
    """
    embedder = embedder or make_embedder(settings)
    retriever = await HybridRetriever.open(engine, readers, embedder)
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(beside(follow(url, retriever.refresh)))
        if not embedder.local:
            await stack.enter_async_context(beside(_complete(engine, embedder)))
        yield retriever


async def _complete(engine: Engine, embedder: Embedder) -> None:
    """Make the vectors that are missing, now and whenever the service or the database comes back."""
    while True:
        try:
            done = await asyncio.to_thread(embed_missing, engine, embedder)
            if done:
                _log.info("library_embedded", chunks=done, model=embedder.name)
        except (Unavailable, SQLAlchemyError) as error:
            _log.warning("library_embedding_stopped", error=str(error), retry_in=RETRY_SECONDS)
        await asyncio.sleep(RETRY_SECONDS)
