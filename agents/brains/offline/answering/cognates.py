"""English words that Spanish has too, but for their ending ("automatic", "inspection")."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ingest.terms import term

_SHORTEST_STEM = 3


class Cognates:
    """``endings``: English ones and the Spanish ones they become, the longest first."""

    def __init__(self, endings: Mapping[str, Sequence[str]]) -> None:
        self._endings = sorted(endings.items(), key=lambda pair: -len(pair[0]))

    def of(self, folded: str) -> frozenset[str]:
        """The terms of the Spanish words that ``folded`` may be; none for what has no such ending."""
        for word in (folded, folded.removesuffix("s")):
            for english, spanish in self._endings:
                if word.endswith(english) and len(word) - len(english) >= _SHORTEST_STEM:
                    return frozenset(term(f"{word.removesuffix(english)}{ending}") for ending in spanish)
        return frozenset()
