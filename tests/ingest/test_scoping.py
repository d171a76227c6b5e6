"""Whatever is asked, by whomever, of whatever library: nothing outside the audience, also while it is caught up."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest import index
from ingest.corpus import Corpus, Fingerprint
from ingest.embeddings import CharacterEmbedder
from ingest.fusion import rank
from ingest.index import VectorIndex
from ingest.lexicon import Lexicon
from ingest.scoping import DocumentFacts, Scope
from ingest.scribe import Entry, Scribe
from ingest.splitting import Chunk

AUDIENCES = ("public", "client", "technician", "admin")
MODELS = {"XP400": "split", "CB24": "boiler"}
WORDS = ("caldera", "filtro", "presión", "E4", "gas", "limpiar", "XP400", "CB24")


def library(
    facts: Sequence[DocumentFacts], texts: Sequence[str], scribe: Scribe, vectors: VectorIndex | None
) -> Corpus:
    """One chunk a document; ``vectors`` as they were before the last documents came in."""
    embedder = CharacterEmbedder(dimensions=64)
    entries: list[Entry] = []
    for fact, text in zip(facts, texts, strict=True):
        entries.append(scribe.entry(fact.document_id, fact.document_id, "Manual", Chunk(1, text, 1, None, ())))
    ids, space = np.array([e.chunk_id for e in entries], dtype=np.int64), embedder.embed(texts)
    fresh = np.ones(len(ids), dtype=bool) if vectors is None else ~vectors.holds(ids)
    held = VectorIndex(ids, space) if vectors is None else vectors.extended(ids, ids[fresh], space[fresh])
    return Corpus(Fingerprint(), facts, entries, MODELS, Lexicon([]), scribe, held, embedder)


@pytest.fixture(params=[20_000, 50], ids=["exact", "coded"])
def _segments(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(index, "EXACT_UP_TO", request.param)


@pytest.mark.usefixtures("_segments")
@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 2**32))
def test_nothing_outside_the_audience_is_ever_ranked(seed: int) -> None:
    noise = np.random.default_rng(seed)
    size, scribe = int(noise.integers(210, 300)), Scribe({"xp400": "XP400", "cb24": "CB24"})
    texts = [" ".join(noise.choice(WORDS, 5)) for _ in range(size)]
    facts = [_facts(number, noise) for number in range(size)]
    early = size - int(noise.integers(1, 60))
    before = library(facts[:early], texts[:early], scribe, None)
    gone = early // 4
    after = library(facts[gone:], texts[gone:], scribe, before.vectors)
    for corpus in (before, after):
        for _ in range(4):
            audiences = tuple(map(str, noise.choice(AUDIENCES, noise.integers(0, 4), replace=False)))
            products = tuple(map(str, noise.choice(list(MODELS), noise.integers(0, 2), replace=False)))
            admitted = corpus.admissions.admitted(audiences, Scope.of(products, (), MODELS))
            question = " ".join(noise.choice(WORDS, 3))
            concepts, vector = corpus.reader.concepts(question), corpus.embedder.embed([question])[0]
            found = [
                corpus.documents[corpus.document_of[hit.row]] for hit in rank(corpus, concepts, vector, admitted, 50)
            ]
            assert {document.audience for document in found} <= set(audiences)
            if products:
                assert all(not document.products or document.products & set(products) for document in found)


def _facts(number: int, noise: np.random.Generator) -> DocumentFacts:
    products = frozenset(map(str, noise.choice(list(MODELS), noise.integers(0, 2), replace=False)))
    families = frozenset(MODELS[sku] for sku in products)
    return DocumentFacts(number, str(noise.choice(AUDIENCES)), products, frozenset(), families)
