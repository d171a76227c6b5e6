"""Analyses into the entries of a picture of the library: terms by number, and what all documents together teach."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from ingest.analysis import Analysis, analyse
from ingest.lexical import TermCounts, Vocabulary
from ingest.spelling import Spelling
from ingest.splitting import Chunk


@dataclass(frozen=True, slots=True)
class Entry:
    """A chunk as search sees it. ``models`` are the SKUs that its headings or caption name; ``front``: a cover."""

    chunk_id: int
    document_id: int
    counts: TermCounts
    models: frozenset[str]
    front: bool


class Scribe:
    """Writes entries. What it learns, the numbers of terms and how words are spelt, only ever grows.

    ``small``: words written in small letters somewhere; ``lowered``: those of its titles that a document writes so;
    ``openings``: the first heading of each document.
    """

    def __init__(self, skus: Mapping[str, str]) -> None:
        """``skus``: all models by their search term."""
        self.vocabulary = Vocabulary()
        self.spelling = Spelling()
        self.small: set[str] = set()
        self.lowered: dict[int, set[str]] = {}
        self.openings: dict[int, str] = {}
        self._skus = skus

    def entries(self, document_id: int, chunk_ids: Sequence[int], analysis: Analysis) -> list[Entry]:
        """What search keeps of the chunks of a document, in the order of their analysis."""
        self.spelling.learn(analysis.words)
        self.small.update(analysis.small)
        self.lowered.setdefault(document_id, set()).update(analysis.lowered)
        if analysis.opening:
            self.openings[document_id] = analysis.opening
        numbers = self.vocabulary.numbers(analysis.terms)[analysis.numbers]
        ends = np.cumsum(analysis.sizes).tolist()
        out = []
        start = 0
        for chunk_id, end, named, front in zip(chunk_ids, ends, analysis.named, analysis.front, strict=True):
            counts = TermCounts(numbers[start:end], analysis.counts[start:end])
            out.append(Entry(chunk_id, document_id, counts, self._models(named), front))
            start = end
        return out

    def entry(
        self, chunk_id: int, document_id: int, title: str, chunk: Chunk, language: str = "es", about: str = ""
    ) -> Entry:
        """What search keeps of one ``chunk``. ``about`` names the models of its document."""
        return self.entries(document_id, [chunk_id], analyse(title, [chunk], language, about))[0]

    def _models(self, named: Sequence[str]) -> frozenset[str]:
        found = [self._skus[word] for word in named if word in self._skus]
        return frozenset(found) if found else _NONE


_NONE: frozenset[str] = frozenset()
