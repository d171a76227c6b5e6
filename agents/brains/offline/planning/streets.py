"""Streets in questions: "la calle Mayor", "el paseo de la Constitución". Addresses are too many to be linked."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from agents.brains.offline.planning.meanings import Meaning, ValueRef
from agents.brains.offline.planning.words import Word

QUALITY = 1.2
_BETWEEN = frozenset({"de", "del", "la", "las", "los", "el"})
_LONGEST = 3
"""Words of a street's name that are read."""
_HOLDERS = ("equipment", "client")
"""Entities that have an address of their own."""


def streets(
    words: Sequence[Word], begins: frozenset[str], names: Callable[[Word], bool]
) -> Iterator[tuple[int, int, tuple[Meaning, ...]]]:
    """(start, end, readings) of each street; ``names``: may that word be part of a street's name?"""
    for start, word in enumerate(words):
        if word.folded not in begins:
            continue
        first = start + 1
        while first < len(words) and words[first].folded in _BETWEEN:
            first += 1
        end = first
        while end < min(len(words), first + _LONGEST) and names(words[end]):
            end += 1
        if end > first:
            text = " ".join(w.folded for w in words[first:end])
            yield start, end, tuple(ValueRef(holder, "address", (), text, False) for holder in _HOLDERS)
