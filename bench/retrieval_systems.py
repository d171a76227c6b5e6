"""What is compared: the hybrid of the house, LangChain's FAISS over its recursive splitter, and rank-bm25."""

from __future__ import annotations

import pickle
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from langchain_community.vectorstores import FAISS
from langchain_core.embeddings import Embeddings
from langchain_text_splitters import RecursiveCharacterTextSplitter
from rank_bm25 import BM25Okapi

from bench.retrieval_sets import Text
from ingest.corpus import Corpus, Fingerprint
from ingest.embeddings import CharacterEmbedder
from ingest.fusion import rank
from ingest.index import VectorIndex
from ingest.lexicon import search_lexicon
from ingest.scoping import DocumentFacts, Scope
from ingest.scribe import Entry, Scribe
from ingest.splitting import contextual, split

OVERFETCH = 30


@dataclass(frozen=True, slots=True)
class Found:
    """A passage that a system gives back, and the document it is of."""

    document: int
    passage: str


@dataclass(frozen=True, slots=True)
class System:
    """A collection indexed: its search, and what it keeps, the texts included."""

    search: Callable[[str], list[Found]]
    passages: int
    size_bytes: int


class SameEmbeddings(Embeddings):
    """Our vectors, offered to LangChain."""

    def __init__(self) -> None:
        self._embedder = CharacterEmbedder()

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        return [vector.tolist() for vector in self._embedder.embed(texts)]

    def embed_query(self, text: str) -> list[float]:
        return [float(x) for x in self._embedder.embed([text])[0]]


def ours(texts: Sequence[Text]) -> System:
    """The hybrid of the house over chunks of the house."""
    embedder, scribe = CharacterEmbedder(), Scribe({})
    entries: list[Entry] = []
    kept: list[Found] = []
    written: list[str] = []
    for number, text in enumerate(texts):
        for chunk in split(text.loaded):
            entries.append(scribe.entry(len(entries), number, text.title, chunk))
            kept.append(Found(number, chunk.content))
            written.append(contextual(text.title, chunk.heading_path, chunk.content))
    nothing: frozenset[str] = frozenset()
    facts = [DocumentFacts(n, "public", nothing, nothing, nothing) for n in range(len(texts))]
    vectors = VectorIndex(np.arange(len(entries)), embedder.embed(written))
    corpus = Corpus(Fingerprint(), facts, entries, {}, search_lexicon(), scribe, vectors, embedder)
    everyone = corpus.admissions.admitted(("public",), Scope(nothing, nothing))

    def search(question: str) -> list[Found]:
        concepts = corpus.reader.concepts(question)
        found = rank(corpus, concepts, embedder.embed([question])[0], everyone, OVERFETCH)
        return [kept[hit.row] for hit in found]

    size = vectors.size_bytes + corpus.lexical.size_bytes + sum(len(text.encode()) for text in written)
    return System(search, len(entries), size)


def _recursive(texts: Sequence[Text]) -> list[Found]:
    splitter = RecursiveCharacterTextSplitter(chunk_size=1000, chunk_overlap=200)
    return [Found(number, part) for number, text in enumerate(texts) for part in splitter.split_text(text.written)]


def langchain_faiss(texts: Sequence[Text]) -> System:
    """LangChain's FAISS store over its recursive splitter, with our vectors."""
    parts = _recursive(texts)
    owners = [{"document": part.document} for part in parts]
    store = FAISS.from_texts([part.passage for part in parts], SameEmbeddings(), metadatas=owners)

    def search(question: str) -> list[Found]:
        found = store.similarity_search(question, k=OVERFETCH)
        return [Found(int(f.metadata["document"]), f.page_content) for f in found]

    return System(search, len(parts), len(store.serialize_to_bytes()))


def rank_bm25(texts: Sequence[Text]) -> System:
    """rank-bm25 over the same parts: lower case, words between spaces."""
    parts = _recursive(texts)
    index = BM25Okapi([part.passage.lower().split() for part in parts])

    def search(question: str) -> list[Found]:
        scores = index.get_scores(question.lower().split())
        return [parts[at] for at in np.argsort(-scores, kind="stable")[:OVERFETCH]]

    size = len(pickle.dumps(index)) + sum(len(part.passage.encode()) for part in parts)
    return System(search, len(parts), size)
