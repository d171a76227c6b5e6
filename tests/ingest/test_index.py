"""The vector index: segments, selectors, and what approximation costs."""

from __future__ import annotations

import numpy as np
import pytest

from ingest import index
from ingest.embeddings import Vectors
from ingest.index import VectorIndex
from ingest.lexical import Alternative, Concept, LexicalIndex, Vocabulary

RNG = np.random.default_rng(7)


def unit(count: int, dimensions: int = 32) -> Vectors:
    vectors: Vectors = RNG.normal(size=(count, dimensions)).astype(np.float32)
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def test_what_is_added_is_found_and_the_old_index_stays_as_it_was() -> None:
    ids, vectors = np.arange(100) * 7, unit(100)
    before = VectorIndex(ids[:60], vectors[:60])
    after = before.extended(ids, ids[60:], vectors[60:])
    assert (len(before), len(after)) == (60, 100)
    for at in (3, 77):
        found, similarity = after.search(vectors[at], ids, 1)
        assert found[0] == ids[at] and similarity[0] == pytest.approx(1.0, abs=1e-5)
    assert not before.holds(ids[60:]).any() and after.holds(ids).all()


def test_nothing_outside_the_selector_is_ever_found() -> None:
    ids, vectors = np.arange(500), unit(500)
    grown = VectorIndex(ids[:400], vectors[:400]).extended(ids, ids[400:], vectors[400:])
    for allowed in (ids[::7], ids[:40], ids[450:], ids[3:30:2]):
        for at in range(0, 500, 50):
            found, _ = grown.search(vectors[at], allowed, 10)
            assert set(found) <= set(allowed) and len(found) == 10
    assert len(grown.search(vectors[0], ids[:0], 5)[0]) == 0


def test_many_small_additions_become_one_and_what_is_gone_goes() -> None:
    ids, vectors = np.arange(200), unit(200)
    grown = VectorIndex(ids[:20], vectors[:20])
    for start in range(20, 200, 20):
        grown = grown.extended(ids[: start + 20], ids[start : start + 20], vectors[start : start + 20])
    assert len(grown._segments) <= index.MAX_SEGMENTS
    live = ids[100:]
    shrunk = grown.extended(live, ids[:0], vectors[:0])
    assert len(shrunk) == 100 and not shrunk.holds(ids[:100]).any()
    assert shrunk.similarities(vectors[150], np.array([150, 3])) == pytest.approx([1.0, 0.0], abs=1e-5)


def test_a_large_segment_is_approximate_and_near_the_truth(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(index, "EXACT_UP_TO", 1_000)
    centres = unit(40)
    vectors = centres[RNG.integers(0, 40, 4_000)] + 0.05 * unit(4_000)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    ids = np.arange(4_000) + 10
    large = VectorIndex(ids, vectors)
    assert not large.exact
    for allowed in (ids, ids[:300]):
        shares = []
        for at in range(0, 300, 30):
            exact = allowed[np.argsort(-(vectors[allowed - 10] @ vectors[at]), kind="stable")[:10]]
            found, similarities = large.search(vectors[at], allowed, 10)
            assert set(found) <= set(allowed)
            assert large.similarities(vectors[at], found) == pytest.approx(similarities, abs=2e-3)
            shares.append(len(set(found) & set(exact)) / 10)
        assert np.mean(shares) > 0.9


def test_packed_passages_score_as_counted_ones() -> None:
    documents = [{"filtro": 2, "limpi": 1}, {"caldera": 3}, {"filtro": 1, "caldera": 1, "gas": 4}]
    vocabulary = Vocabulary()
    passages = [vocabulary.numbered(counts) for counts in documents]
    later = vocabulary.numbered({"ascensor": 1, "filtro": 1})
    concepts = [Concept((Alternative(("filtro",)),)), Concept((Alternative(("gas",)), Alternative(("caldera",), 0.8)))]
    packed, counted = LexicalIndex.packed(vocabulary, passages), LexicalIndex(documents)
    assert packed.scores(concepts) == pytest.approx(counted.scores(concepts))
    assert "ascensor" not in packed, "a word of a later passage is none of these"
    assert LexicalIndex.packed(vocabulary, [*passages, later]).frequency("filtro") == 3
    assert LexicalIndex([]).scores(concepts).size == 0
