"""Finds words and phrases of the data in folded text."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from core.text import Token, fold, tokens


@dataclass(frozen=True, slots=True)
class Phrases:
    """Words and phrases; one that ends in ``*`` matches any ending."""

    terms: tuple[tuple[tuple[str, ...], bool], ...]

    @classmethod
    def of(cls, words: Iterable[object]) -> Phrases:
        """Read them as the data files write them."""
        terms = []
        for word in words:
            text = str(word)
            parts = tuple(token.folded for token in tokens(text.removesuffix("*")))
            terms.append((parts or (fold(text),), text.endswith("*")))
        return cls(tuple(terms))

    def first(self, words: Sequence[Token]) -> int | None:
        """Position of the first match in ``words``; None when there is none."""
        for position in range(len(words)):
            if self.at(words, position):
                return position
        return None

    def at(self, words: Sequence[Token], position: int) -> int:
        """How many words match at ``position``; 0 for none."""
        longest = 0
        for parts, prefix in self.terms:
            end = position + len(parts)
            if end > len(words) or len(parts) <= longest:
                continue
            *body, last = (word.folded for word in words[position:end])
            if tuple(body) == parts[:-1] and (last.startswith(parts[-1]) if prefix else last == parts[-1]):
                longest = len(parts)
        return longest

    def found(self, text: str) -> bool:
        """Does ``text`` hold any of them?"""
        return self.first(tokens(text)) is not None
