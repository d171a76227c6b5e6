"""What the model said of one question in this turn, so that it is not asked again for what it has told.

A question is looked up more than once when several machines may be meant. An answer holds wherever its quotes stand in
what was found; after one, another look is worth a call only when the offline brain finds something in it too. Nobody is
shown the same excerpts twice.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from agents.brains.llm.grounding import quoted
from agents.brains.llm.outputs import AnswerOut
from agents.brains.protocol import Grounded
from ingest.passages import Passage

MOST_LOOKS = 2
"""Calls that one question to the documents is worth; whatever is looked up after them, the offline brain reads."""


@dataclass(slots=True)
class Looks:
    """The answers of the model, each with the excerpts that it was shown."""

    _told: list[tuple[AnswerOut, frozenset[str]]] = field(default_factory=list)

    def add(self, said: AnswerOut, texts: Sequence[str]) -> None:
        """The model was shown ``texts`` and said this of them."""
        self._told.append((said, frozenset(texts)))

    def answered(self, found: Sequence[Passage]) -> AnswerOut | None:
        """The answer that stands on passages among ``found`` too."""
        return next((said for said, _ in self._told if quoted(said, found)), None)

    def of(self, texts: Sequence[str]) -> AnswerOut | None:
        """What was said of the same excerpts, and nothing but them."""
        return next((said for said, seen in self._told if frozenset(texts) <= seen), None)

    def enough(self, offline: Grounded | None) -> bool:
        """Is another call not worth it, when the offline brain finds ``offline`` in what it would be shown?"""
        found = any(said.quotes for said, _ in self._told)
        return len(self._told) >= MOST_LOOKS or (found and offline is None)
