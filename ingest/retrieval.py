"""Hybrid search over what a principal may read: BM25 fused with vectors, scoped, read through the principal's login."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Sequence
from typing import Any

import numpy as np
import structlog
from sqlalchemy import Engine

from core.errors import Unavailable
from db.readers import Readers
from ingest.corpus import Corpus, load_corpus, sku_term
from ingest.embeddings import CharacterEmbedder, Embedder, Vectors
from ingest.fusion import Ranked, rank
from ingest.law import asks_for_law, laws_in, less_law
from ingest.lexical import Concept
from ingest.lexicon import Lexicon, search_lexicon
from ingest.naming import Names
from ingest.passages import Passage
from ingest.scoping import Scope
from policy import decide
from policy.roles import Principal

REFRESH_SECONDS = 5.0
MAX_LIMIT = 50
INLINE_CHUNKS = 5_000
"""Up to this many chunks ranking takes less than handing it to a thread would."""

_log = structlog.get_logger(__name__)

_READ = """
SELECT c.chunk_id, c.document_id, d.title, d.kind::text, c.page, c.section, c.heading_path, c.content
FROM document_chunks c JOIN documents d ON d.document_id = c.document_id
WHERE c.chunk_id = ANY(%s) AND d.retired_at IS NULL
"""


class HybridRetriever:
    """The :class:`ingest.passages.Retriever` of the house.

    Audiences are applied twice: in memory, by policy, before anything is ranked; and by row-level security, because the
    text of a passage is only ever read in a transaction of the principal who asks.
    """

    def __init__(self, engine: Engine, readers: Readers, embedder: Embedder, lexicon: Lexicon, corpus: Corpus) -> None:
        self._engine = engine
        self._readers = readers
        self._embedder = embedder
        self._lexicon = lexicon
        self._corpus = corpus
        self._checked = time.monotonic()
        self._loading = threading.Lock()
        self._refreshing: asyncio.Task[None] | None = None

    @classmethod
    async def open(
        cls, engine: Engine, readers: Readers, embedder: Embedder | None = None, lexicon: Lexicon | None = None
    ) -> HybridRetriever:
        """A retriever over the library of ``engine``, the owner's; the text of passages is read through ``readers``."""
        embedder = embedder or CharacterEmbedder()
        lexicon = lexicon or search_lexicon()
        corpus = await asyncio.to_thread(load_corpus, engine, embedder, lexicon)
        return cls(engine, readers, embedder, lexicon, corpus)

    @property
    def size(self) -> int:
        """How many passages are indexed."""
        return len(self._corpus.entries)

    @property
    def embedder(self) -> Embedder:
        """What made the vectors that are searched now."""
        return self._corpus.embedder

    def names(self, principal: Principal) -> Names:
        """As :class:`ingest.passages.Retriever` says."""
        return self._corpus.names(frozenset(decide.audiences(principal.role)))

    async def refresh(self) -> None:
        """Pick up documents that were added, replaced or withdrawn since the last look."""
        await asyncio.to_thread(self._refresh)

    async def _keep_fresh(self) -> None:
        """Look for changes now and then; a large library is caught up while the old picture of it answers."""
        if time.monotonic() - self._checked <= REFRESH_SECONDS or self._loading.locked():
            return
        if len(self._corpus.entries) <= INLINE_CHUNKS:
            await self.refresh()
        elif self._refreshing is None or self._refreshing.done():
            self._refreshing = asyncio.create_task(self.refresh())

    def _refresh(self) -> None:
        with self._loading:
            self._corpus = load_corpus(self._engine, self._embedder, self._lexicon, self._corpus)
            self._checked = time.monotonic()

    async def search(
        self,
        question: str,
        principal: Principal,
        *,
        products: Sequence[str] = (),
        categories: Sequence[str] = (),
        limit: int = 8,
    ) -> tuple[Passage, ...]:
        """As :class:`ingest.passages.Retriever` says; a model that the question names counts as one of
        ``products``, what only documents name decides which of them are asked, and law comes first when the question
        asks what the law says."""
        await self._keep_fresh()
        corpus = self._corpus
        asked = (corpus, question, principal, tuple(products), tuple(categories), min(limit, MAX_LIMIT))
        small = len(corpus.entries) <= INLINE_CHUNKS and corpus.embedder.local
        ranked = self._rank(*asked) if small else await asyncio.to_thread(self._rank, *asked)
        if not ranked:
            return ()
        async with self._readers.transaction(principal) as connection:
            cursor = await connection.execute(_READ, ([int(corpus.ids[hit.row]) for hit in ranked],))
            rows = {row[0]: row for row in await cursor.fetchall()}
        return tuple(
            _passage(rows[chunk_id], corpus, hit) for hit in ranked if (chunk_id := int(corpus.ids[hit.row])) in rows
        )

    def _rank(
        self,
        corpus: Corpus,
        question: str,
        principal: Principal,
        products: tuple[str, ...],
        categories: tuple[str, ...],
        limit: int,
    ) -> tuple[Ranked, ...]:
        concepts = corpus.reader.concepts(question)
        wanted = {corpus.skus.get(sku_term(sku), sku) for sku in products} | named_models(concepts, corpus)
        audiences = decide.audiences(principal.role)
        names = corpus.names(frozenset(audiences))
        asked = names.asked(question)
        law, laws = asks_for_law(question), laws_in(question)
        scope = Scope.of(tuple(wanted), categories, corpus.families, asked, names.akin(asked), law, laws)
        admitted = corpus.admissions.admitted(audiences, scope)
        plain = less_law(question)
        if law and plain:
            question, concepts = plain, corpus.reader.concepts(plain)
        return rank(corpus, concepts, _vector(corpus.embedder, question), admitted, limit)


def _vector(embedder: Embedder, question: str) -> Vectors:
    """The vector of ``question``; zeros, which resemble nothing, while the service that makes it is out of reach."""
    vector: Vectors = np.zeros(embedder.dimensions, dtype=np.float32)
    try:
        vector = embedder.embed([question])[0]
    except Unavailable as error:
        _log.warning("question_without_vector", error=error.message)
    return vector


def named_models(concepts: Sequence[Concept], corpus: Corpus) -> set[str]:
    """SKUs that a question names."""
    written = (alternative.terms for concept in concepts for alternative in concept.alternatives[:1])
    return {corpus.skus[terms[0]] for terms in written if len(terms) == 1 and terms[0] in corpus.skus}


def _passage(row: Any, corpus: Corpus, hit: Ranked) -> Passage:
    chunk_id, document_id, title, _kind, page, section, path, content = row
    facts = corpus.documents[corpus.document_of[hit.row]]
    return Passage(
        chunk_id=chunk_id,
        document_id=document_id,
        document=title,
        kind=facts.kind,
        page=page,
        section=section,
        heading_path=tuple(path),
        content=content,
        products=tuple(sorted(facts.products)),
        categories=tuple(sorted(facts.categories)),
        score=hit.score,
        coverage=hit.coverage,
    )
