"""Finds words and phrases of the data in folded text."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from core.text import Token, fold, tokens


@dataclass(frozen=True, slots=True)
class Phrases:
    """Words and phrases; one that ends in ``*`` matches any ending."""

    terms: Mapping[str, tuple[tuple[tuple[str, ...], bool], ...]]
    """By the letter they begin with, the longest first."""

    @classmethod
    def of(cls, words: Iterable[object]) -> Phrases:
        """Read them as the data files write them."""
        terms: dict[str, list[tuple[tuple[str, ...], bool]]] = {}
        for word in words:
            text = str(word)
            parts = tuple(token.folded for token in tokens(text.removesuffix("*"))) or (fold(text),)
            terms.setdefault(parts[0][:1], []).append((parts, text.endswith("*")))
        return cls({letter: tuple(sorted(some, key=_length, reverse=True)) for letter, some in terms.items()})

    def first(self, words: Sequence[Token]) -> int | None:
        """Position of the first match in ``words``; None when there is none."""
        for position in range(len(words)):
            if self.at(words, position):
                return position
        return None

    def at(self, words: Sequence[Token], position: int) -> int:
        """How many words match at ``position``; 0 for none."""
        for parts, prefix in self.terms.get(words[position].folded[:1], ()):
            end = position + len(parts)
            if end > len(words):
                continue
            *body, last = (word.folded for word in words[position:end])
            if tuple(body) == parts[:-1] and (last.startswith(parts[-1]) if prefix else last == parts[-1]):
                return len(parts)
        return 0

    def found(self, text: str) -> bool:
        """Does ``text`` hold any of them?"""
        return self.first(tokens(text)) is not None


def _length(term: tuple[tuple[str, ...], bool]) -> int:
    return len(term[0])
