"""Prose that points back at what is asked ("fuera de ese horario"): it speaks of it; what it is stands beside it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

from agents.brains.offline.answering.blocks import Kind
from agents.brains.offline.answering.candidates import Candidate
from agents.brains.offline.answering.question import Question
from core.text import tokens
from ingest.terms import term


class Pointing:
    """Leaves out prose that points at what another candidate of its section says. Reads ``answering.yaml``."""

    def __init__(self, data: Mapping[str, Any]) -> None:
        self._pointers = frozenset(map(str, data["pointers"]))

    def without(self, candidates: Sequence[Candidate], question: Question) -> tuple[Candidate, ...]:
        """``candidates`` but for those that only point at a neighbour."""
        return tuple(c for c in candidates if not (self._points(c, question) and _beside(c, candidates)))

    def _points(self, candidate: Candidate, question: Question) -> bool:
        """Is every word of the question that its prose says one that it points at?"""
        if candidate.block.kind is not Kind.TEXT:
            return False
        words = [token.folded for unit in candidate.units for token in tokens(unit.text)]
        pointed = {term(word) for before, word in pairwise(words) if before in self._pointers}
        said = {term(word) for word in words}
        asked = [c for c in question.concepts if not c.background and c.within(frozenset(said))]
        return bool(asked) and all(c.within(frozenset(pointed)) for c in asked)


def _beside(candidate: Candidate, candidates: Sequence[Candidate]) -> bool:
    return any(
        other.block is not candidate.block
        and other.source == candidate.source
        and other.passage.section == candidate.passage.section
        for other in candidates
    )
