"""Text into vectors. The embedded default needs no weights, no training and no network."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from functools import lru_cache
from typing import Protocol

import mmh3
import numpy as np
from numpy.typing import NDArray

from core.text import tokens
from ingest.terms import function_words

Vectors = NDArray[np.float32]


class Embedder(Protocol):
    """Turns texts into unit vectors of ``dimensions``; ``name`` is stored with them to say which space they live in."""

    @property
    def name(self) -> str: ...

    @property
    def dimensions(self) -> int: ...

    @property
    def local(self) -> bool:
        """Whether it works on this machine: at once, and always."""
        ...

    def embed(self, texts: Sequence[str]) -> Vectors:
        """One row for each of ``texts``. Raises :class:`core.errors.Unavailable` when it is a service that is out of
        reach."""
        ...


class CharacterEmbedder:
    """Character n-grams of the content words, hashed with a random sign into a fixed number of dimensions.

    Catches inflection, compounds and misspellings that stemming misses. The vector of a text depends on nothing but the
    text, so a new document never moves the others: measured on XQuAD-es, as good in fusion as TF-IDF with SVD, which
    must be refitted (docs: bench/retrieval.py).
    """

    def __init__(self, dimensions: int = 512, shortest: int = 4, longest: int = 5) -> None:
        self._dimensions = dimensions
        self._lengths = range(shortest, longest + 1)
        self._silent = function_words()
        self._grams = lru_cache(maxsize=50_000)(self._word)

    @property
    def name(self) -> str:
        return f"characters-2-{self._lengths[0]}-{self._lengths[-1]}-{self._dimensions}"

    @property
    def dimensions(self) -> int:
        return self._dimensions

    @property
    def local(self) -> bool:
        return True

    def embed(self, texts: Sequence[str]) -> Vectors:
        out = np.zeros((len(texts), self._dimensions), dtype=np.float32)
        for row, text in enumerate(texts):
            self._fill(out[row], text)
        norms = np.linalg.norm(out, axis=1, keepdims=True)
        np.divide(out, norms, out=out, where=norms > 0)
        return out

    def _fill(self, vector: Vectors, text: str) -> None:
        counts: Counter[int] = Counter()
        for token in tokens(text):
            for word in re.split(r"[-/']", token.folded):
                if word and word not in self._silent:
                    counts.update(self._grams(word))
        if not counts:
            return
        hashed = np.fromiter(counts.keys(), dtype=np.uint32, count=len(counts))
        weights = 1 + np.log(np.fromiter(counts.values(), dtype=np.float32, count=len(counts)))
        signs = np.where(hashed >> np.uint32(31), np.float32(1), np.float32(-1))
        np.add.at(vector, hashed % self._dimensions, weights * signs)

    def _word(self, word: str) -> tuple[int, ...]:
        """Hashes of the n-grams of ``word``, its borders included."""
        padded = f" {word} "
        grams: list[str] = []
        for length in self._lengths:
            if len(padded) <= length:
                grams.append(padded)
                break
            grams.extend(padded[start : start + length] for start in range(len(padded) - length + 1))
        return tuple(mmh3.hash(gram, signed=False) for gram in grams)
