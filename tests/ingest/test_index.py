"""The vector index: segments, selectors, and what approximation costs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest import index
from ingest.embeddings import Vectors
from ingest.index import Selector, VectorIndex
from ingest.lexical import Alternative, Concept, Floats, LexicalIndex, Vocabulary
from ingest.matching import Matching

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
        found, similarity = after.search(vectors[at], Selector.of(ids), 1)
        assert found[0] == ids[at] and similarity[0] == pytest.approx(1.0, abs=1e-5)
    assert not before.holds(ids[60:]).any() and after.holds(ids).all()


def test_nothing_outside_the_selector_is_ever_found() -> None:
    ids, vectors = np.arange(500), unit(500)
    grown = VectorIndex(ids[:400], vectors[:400]).extended(ids, ids[400:], vectors[400:])
    for allowed in (ids[::7], ids[:40], ids[450:], ids[3:30:2]):
        for at in range(0, 500, 50):
            found, _ = grown.search(vectors[at], Selector.of(allowed), 10)
            assert set(found) <= set(allowed) and len(found) == 10
    assert len(grown.search(vectors[0], Selector.of(ids[:0]), 5)[0]) == 0


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


@pytest.mark.parametrize("dimensions", [32, 30])
def test_a_large_segment_is_approximate_and_near_the_truth(monkeypatch: pytest.MonkeyPatch, dimensions: int) -> None:
    monkeypatch.setattr(index, "EXACT_UP_TO", 1_000)
    centres = unit(40, dimensions)
    vectors = centres[RNG.integers(0, 40, 4_000)] + 0.3 * unit(4_000, dimensions)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    ids = np.arange(4_000) * 3 + 10
    shuffled = RNG.permutation(4_000)
    large = VectorIndex(ids[shuffled], vectors[shuffled])
    assert not large.exact
    for allowed in (ids, ids[:300], ids[::50]):
        shares = []
        for at in range(0, 300, 30):
            truth = vectors[np.searchsorted(ids, allowed)] @ vectors[at]
            exact = allowed[np.argsort(-truth, kind="stable")[:10]]
            found, similarities = large.search(vectors[at], Selector.of(allowed), 10)
            assert set(found) <= set(allowed)
            assert large.similarities(vectors[at], found) == pytest.approx(similarities, abs=1e-6)
            assert vectors[np.searchsorted(ids, found)] @ vectors[at] == pytest.approx(similarities, abs=2e-2)
            shares.append(len(set(found) & set(exact)) / 10)
        assert np.mean(shares) > 0.9


def test_vectors_kept_as_bytes_stay_as_they_are_when_read_back_and_kept_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(index, "EXACT_UP_TO", 100)
    ids, vectors = np.arange(300), unit(300)
    vectors[7] = 0
    once = VectorIndex(ids, vectors)
    again = once.extended(ids[:150], ids[:0], vectors[:0])
    assert len(again) == 150 and not again.exact
    for at in (3, 7, 149):
        probe = np.array([at])
        assert again.similarities(vectors[3], probe) == pytest.approx(once.similarities(vectors[3], probe), abs=1e-5)


def test_packed_passages_score_as_counted_ones() -> None:
    documents = [{"filtro": 2, "limpi": 1}, {"caldera": 3}, {"filtro": 1, "caldera": 1, "gas": 4}]
    vocabulary = Vocabulary()
    passages = [vocabulary.numbered(counts) for counts in documents]
    later = vocabulary.numbered({"ascensor": 1, "filtro": 1})
    concepts = [Concept((Alternative(("filtro",)),)), Concept((Alternative(("gas",)), Alternative(("caldera",), 0.8)))]
    packed, counted = LexicalIndex.packed(vocabulary, passages), LexicalIndex(documents)
    assert scores(packed, concepts) == pytest.approx(scores(counted, concepts))
    assert "ascensor" not in packed, "a word of a later passage is none of these"
    assert LexicalIndex.packed(vocabulary, [*passages, later]).frequency("filtro") == 3
    assert scores(LexicalIndex([]), concepts).size == 0


def scores(lexical: LexicalIndex, concepts: Sequence[Concept]) -> Floats:
    return Matching(lexical, concepts).scores(np.arange(lexical.size, dtype=np.int32))


@given(seed=st.integers(0, 2**32))
@settings(max_examples=60, deadline=None)
def test_the_best_are_the_best_of_all_however_few_postings_are_followed(seed: int) -> None:
    noise = np.random.default_rng(seed)
    words = [f"w{number}" for number in range(30)]
    common = noise.dirichlet(np.full(len(words), 0.3))
    texts = [noise.choice(words, noise.integers(1, 25), p=common) for _ in range(noise.integers(1, 400))]
    lexical = LexicalIndex([Counter(map(str, text)) for text in texts])
    concepts = [_concept(noise, words) for _ in range(noise.integers(1, 9))]
    allowed = noise.random(lexical.size) < noise.choice([0.1, 0.5, 1.0])
    count = int(noise.integers(1, 30))
    every = np.where(allowed, scores(lexical, concepts), np.float32(0))
    found = Matching(lexical, concepts).best(allowed, count)
    assert allowed[found].all() and len(set(found)) == len(found)
    assert np.sort(every[found])[::-1] == pytest.approx(np.sort(every[every > 0])[::-1][:count], abs=1e-3)


def _concept(noise: np.random.Generator, words: list[str]) -> Concept:
    ways = [
        Alternative(tuple(map(str, noise.choice(words, noise.integers(1, 4), replace=False))), float(weight))
        for weight in noise.choice([1.0, 0.8], noise.integers(1, 4))
    ]
    return Concept(tuple(ways), float(noise.choice([1.0, 0.5, 0.15])), bool(noise.random() < 0.7))
