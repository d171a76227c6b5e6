"""A library of any size that behaves like a real one: sentences of manuals, a long tail of rare words, part numbers.

Each chunk says sentences of the demo company's manuals, a few words drawn by Zipf's law from a large made-up
vocabulary, and a part number of its own, in documents of three audiences and hundreds of models. Frequent words are
thus as frequent as in the manuals, and most words are rare. Vectors are sums of those of the sentences and words that a
chunk is made of, which is what hashed n-grams are, but for the logarithm of repeated ones.
"""

from __future__ import annotations

import random
import re
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.text import fold
from ingest.blocks import Table
from ingest.corpus import Corpus, Fingerprint
from ingest.demo_load import demo_folder
from ingest.embeddings import CharacterEmbedder, Vectors
from ingest.index import VectorIndex
from ingest.lexical import TermCounts
from ingest.lexicon import search_lexicon
from ingest.loading import load
from ingest.scoping import DocumentFacts
from ingest.scribe import Entry, Scribe
from ingest.terms import pieces, term, terms

SENTENCES = 4
WORDS = 8
"""Rare words in each chunk."""
VOCABULARY = 100_000
CHUNKS_A_DOCUMENT = 40
MODELS = 400
AUDIENCES = ("public", "client", "client", "technician")
_ZIPF = 1.05
_WORD = 0.45
"""The length of a word's vector beside that of a sentence, which has about five words that say something."""
_PART_NUMBERS = 800_000
_SYLLABLES = [
    c + v for c in ("b", "c", "d", "f", "g", "l", "m", "n", "p", "r", "s", "t", "tr", "pl", "br") for v in "aeiou"
]
_BATCH = 20_000

Picks = NDArray[np.int32]


@dataclass(frozen=True, slots=True)
class Library:
    """A library, its vectors as they are, questions, and how many seconds of processor time its indexes took."""

    corpus: Corpus
    vectors: Vectors
    questions: tuple[str, ...]
    built: float


@dataclass(frozen=True, slots=True)
class _Said:
    """What chunks are made of: sentences, then rare words; the terms and the vector of each."""

    texts: tuple[str, ...]
    sentences: int
    counts: tuple[TermCounts, ...]
    vectors: Vectors


def library(size: int, questions: int) -> Library:
    """A library of ``size`` chunks and questions about it. The same size gives the same library."""
    noise, picks = random.Random(size), np.random.default_rng(size)
    skus = {f"zq{number}": f"ZQ{number}" for number in range(100, 100 + MODELS)}
    scribe, embedder = Scribe(skus), CharacterEmbedder()
    said = _said(scribe, embedder, noise)
    chosen = _chosen(size, said, picks)
    vectors = _vectors(chosen, said)
    entries = list(_entries(chosen, said, scribe, picks, noise))
    facts = [_facts(number, noise) for number in range(-(-size // CHUNKS_A_DOCUMENT))]
    families = dict.fromkeys(skus.values(), "air_conditioner")
    started = time.process_time()
    index = VectorIndex(np.arange(size, dtype=np.int64), vectors)
    corpus = Corpus(Fingerprint(), facts, entries, families, search_lexicon(), scribe, index, embedder)
    built = time.process_time() - started
    asked = tuple(_question(chosen[noise.randrange(size)], said, noise) for _ in range(questions))
    return Library(corpus, vectors, asked, built)


def sentences() -> list[str]:
    """What the manuals of the demo company say, sentence by sentence."""
    out: list[str] = []
    for path in sorted((demo_folder() / "documents").iterdir()):
        for block in load(path.name, path.read_bytes()).blocks:
            texts = block.lines() if isinstance(block, Table) else (block.text,)
            out.extend(part for text in texts for part in re.split(r"(?<=[.;:])\s+", text) if 30 < len(part) < 300)
    return out


def made_up_words(noise: random.Random) -> list[str]:
    """:data:`VOCABULARY` words of Spanish syllables."""
    made = dict.fromkeys("".join(noise.choices(_SYLLABLES, k=noise.randint(2, 5))) for _ in range(2 * VOCABULARY))
    return list(made)[:VOCABULARY]


def _said(scribe: Scribe, embedder: CharacterEmbedder, noise: random.Random) -> _Said:
    manuals = sentences()
    words = made_up_words(noise)
    texts = (*manuals, *words)
    scribe.spelling.learn(fold(word) for text in texts for word in pieces(text))
    counts = [scribe.vocabulary.numbered(Counter(terms(text))) for text in manuals]
    counts += [scribe.vocabulary.numbered({term(word): 1}) for word in words]
    vectors = embedder.embed(texts)
    vectors[len(manuals) :] *= _WORD
    return _Said(texts, len(manuals), tuple(counts), vectors)


def _chosen(size: int, said: _Said, picks: np.random.Generator) -> Picks:
    """What each chunk is made of, by place in ``said``."""
    rare = len(said.texts) - said.sentences
    likely = np.cumsum(1 / (np.arange(rare) + 2.7) ** _ZIPF)
    words = np.searchsorted(likely / likely[-1], picks.random((size, WORDS)))
    manuals = picks.integers(0, said.sentences, (size, SENTENCES))
    return np.hstack([manuals, said.sentences + np.minimum(words, rare - 1)]).astype(np.int32)


def _vectors(chosen: Picks, said: _Said) -> Vectors:
    vectors: Vectors = np.empty((len(chosen), said.vectors.shape[1]), dtype=np.float32)
    for start in range(0, len(chosen), _BATCH):
        part = chosen[start : start + _BATCH]
        mixed = said.vectors[part[:, 0]]
        for column in part.T[1:]:
            mixed += said.vectors[column]
        mixed /= np.linalg.norm(mixed, axis=1, keepdims=True)
        vectors[start : start + _BATCH] = mixed
    return vectors


def _entries(
    chosen: Picks, said: _Said, scribe: Scribe, picks: np.random.Generator, noise: random.Random
) -> Iterator[Entry]:
    """The chunks' entries; one in twenty stands under the heading of a model."""
    sizes = np.array([len(counted.terms) for counted in said.counts])
    starts = np.concatenate([[0], np.cumsum(sizes)])
    every = np.concatenate([counted.terms for counted in said.counts])
    times = np.concatenate([counted.counts for counted in said.counts])
    parts = np.array(
        [
            scribe.vocabulary.numbered({f"{letter}{number}": 1}).terms[0]
            for letter in "abcdefgh"
            for number in range(10_000, 10_000 + _PART_NUMBERS // 8)
        ]
    )
    for start in range(0, len(chosen), _BATCH):
        part = chosen[start : start + _BATCH]
        rows = np.repeat(np.arange(len(part)), part.shape[1])
        lengths = sizes[part.ravel()]
        at = np.repeat(starts[part.ravel()] - np.concatenate([[0], np.cumsum(lengths)[:-1]]), lengths)
        at += np.arange(len(at))
        rows = np.concatenate([np.repeat(rows, lengths), np.arange(len(part))])
        found = np.concatenate([every[at], picks.choice(parts, len(part))])
        many = np.concatenate([times[at], np.ones(len(part), dtype=np.uint16)])
        keys, inverse = np.unique(rows.astype(np.int64) << 32 | found, return_inverse=True)
        counts = np.bincount(inverse, weights=many).astype(np.uint16)
        bounds = np.searchsorted(keys >> 32, np.arange(len(part) + 1))
        found = (keys & 0xFFFFFFFF).astype(np.int32)
        for row in range(len(part)):
            number, own = start + row, slice(bounds[row], bounds[row + 1])
            models = frozenset({f"ZQ{100 + noise.randrange(MODELS)}"} if noise.random() < 0.05 else ())
            yield Entry(number, number // CHUNKS_A_DOCUMENT, TermCounts(found[own], counts[own]), models, False)


def _facts(number: int, noise: random.Random) -> DocumentFacts:
    general = noise.random() < 0.3
    products = frozenset[str]() if general else frozenset({f"ZQ{100 + noise.randrange(MODELS)}"})
    families = frozenset[str]() if general else frozenset({"air_conditioner"})
    return DocumentFacts(number, noise.choice(AUDIENCES), products, frozenset(), families)


def _question(chosen: Sequence[int] | Picks, said: _Said, noise: random.Random) -> str:
    """Half of a sentence of a chunk as a person would type it, lower case, a word lost; every other time with one or
    two of its rare words."""
    words = said.texts[chosen[noise.randrange(SENTENCES)]].lower().split()[:9]
    words.pop(noise.randrange(len(words)))
    if noise.random() < 0.5:
        words += [said.texts[at] for at in noise.sample(list(chosen[SENTENCES:]), noise.randint(1, 2))]
    return " ".join(words)
