"""What a search gives back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from ingest.naming import Names
from policy.roles import Principal


@dataclass(frozen=True, slots=True)
class Passage:
    """A chunk that was found. ``score`` is comparable within one search; ``coverage`` is the share (0 to 1) of the
    question's informative weight (IDF) whose stems occur in the passage or its headings."""

    chunk_id: int
    document_id: int
    document: str
    kind: str
    page: int | None
    section: str | None
    heading_path: tuple[str, ...]
    content: str
    products: tuple[str, ...]
    categories: tuple[str, ...]
    score: float
    coverage: float = 0.0


class Retriever(Protocol):
    """Hybrid search over what a principal may read."""

    def names(self, principal: Principal) -> Names:
        """What the documents of the audiences of ``principal`` call the things they are about."""
        ...

    async def search(
        self,
        question: str,
        principal: Principal,
        *,
        products: Sequence[str] = (),
        categories: Sequence[str] = (),
        limit: int = 8,
    ) -> tuple[Passage, ...]:
        """Best passages first, of the audiences of ``principal`` only.

        ``products`` (SKUs) and ``categories`` say what the question is about: passages of other models are left out,
        those of these models come first, then those of the category, then general ones. Empty: no preference.
        """
        ...
