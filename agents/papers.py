"""Recognises that a document itself is asked for ("mándame el manual del aire"), and not what it says."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml

from core.text import fold, tokens
from ingest.passages import Passage

_DATA = Path(__file__).with_name("papers.yaml")
MOST_SHOWN = 3


@dataclass(frozen=True, slots=True)
class Papers:
    """``names`` of documents, words of ``giving``, and words that may stand ``besides`` them."""

    names: frozenset[str]
    giving: tuple[str, ...]
    besides: frozenset[str]

    def asked(self, text: str, machines: Collection[str]) -> bool:
        """Does ``text`` ask for a document, and say besides only courtesies and ``machines`` (folded)?"""
        words = [token.folded for token in tokens(text)]
        if not self.names.intersection(words) or not any(self._gives(word) for word in words):
            return False
        known = self.names | self.besides | frozenset(machines)
        return all(word in known or self._gives(word) or any(c.isdigit() for c in word) for word in words)

    def _gives(self, word: str) -> bool:
        return any(word.startswith(term[:-1]) if term.endswith("*") else word == term for term in self.giving)

    def best(self, text: str, passages: Sequence[Passage], skus: Collection[str]) -> tuple[Passage, ...]:
        """The first passage of each document of ``skus`` among ``passages``, those called as in ``text`` first."""
        own = [p for p in passages if not skus or set(p.products) & set(skus)] or list(passages)
        first: dict[int, Passage] = {}
        for passage in own:
            first.setdefault(passage.document_id, passage)
        said = {token.folded for token in tokens(text)}

        def named(passage: Passage) -> int:
            title = {token.folded for token in tokens(passage.document)}
            return len(self.names & said & title) * 2 + len(said & title)

        return tuple(sorted(first.values(), key=named, reverse=True)[:MOST_SHOWN])


@lru_cache(maxsize=1)
def load_papers(path: Path = _DATA) -> Papers:
    """Read the data."""
    data: Any = yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
    names, besides = (frozenset(fold(str(word)) for word in data[key]) for key in ("papers", "besides"))
    return Papers(names, tuple(fold(str(word)) for word in data["giving"]), besides)
