"""Where the words of concepts stand in a message, misspelt ones too. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from rapidfuzz.distance import OSA

from agents.brains.offline.routing.cues import sound
from core.text import tokens

_LONG_WORD = 6
_SHORTEST_HEARD = 3

Span = tuple[int, int]


@dataclass(frozen=True, slots=True)
class _Word:
    """A folded word of a term; ``prefix`` when any ending of it will do."""

    text: str
    prefix: bool

    def fits(self, found: str, forgiving: bool) -> bool:
        if self.text == found or (self.prefix and found.startswith(self.text)):
            return True
        return forgiving and _misheard(self.text, found)


@dataclass(frozen=True, slots=True)
class _Term:
    """A word or phrase of the concept ``name``."""

    name: str
    words: tuple[_Word, ...]

    def at(self, words: Sequence[str], position: int, misspelt: Collection[str]) -> bool:
        if position + len(self.words) > len(words):
            return False
        for offset, expected in enumerate(self.words):
            found = words[position + offset]
            if not expected.fits(found, found in misspelt):
                return False
        return True


def _misheard(expected: str, found: str) -> bool:
    if len(found) >= _SHORTEST_HEARD and sound(expected) == sound(found):
        return True
    close = len(expected) >= _LONG_WORD and abs(len(expected) - len(found)) <= 1 and expected[0] == found[0]
    return close and OSA.distance(expected, found, score_cutoff=1) <= 1


class Concepts:
    """The terms of all concepts, found by how they begin."""

    def __init__(self, concepts: Mapping[str, Iterable[str]]) -> None:
        self._single: dict[str, list[str]] = {}
        self._whole: dict[str, list[_Term]] = {}
        self._begun: dict[str, list[_Term]] = {}
        self._by_letter: dict[str, list[_Term]] = {}
        known: set[str] = set()
        for name, terms in concepts.items():
            for written in terms:
                term = _Term(name, tuple(_words(str(written))))
                first = term.words[0]
                if len(term.words) == 1 and not first.prefix:
                    self._single.setdefault(first.text, []).append(name)
                else:
                    (self._begun if first.prefix else self._whole).setdefault(first.text, []).append(term)
                self._by_letter.setdefault(first.text[0], []).append(term)
                known.update(word.text for word in term.words)
        self._lengths = sorted({len(beginning) for beginning in self._begun})
        self.known = frozenset(known)
        """Every word of the terms."""

    def spans(self, words: Sequence[str], misspelt: Collection[str]) -> dict[str, list[Span]]:
        """Where each concept is named; words of ``misspelt`` may be other words with a typo."""
        found: dict[str, list[Span]] = {}
        for at, word in enumerate(words):
            if word not in misspelt:
                for name in self._single.get(word, ()):
                    found.setdefault(name, []).append((at, at + 1))
            for term in self._by_letter.get(word[0], ()) if word in misspelt else self._beginning(word):
                if term.at(words, at, misspelt):
                    found.setdefault(term.name, []).append((at, at + len(term.words)))
        return found

    def _beginning(self, word: str) -> Iterator[_Term]:
        yield from self._whole.get(word, ())
        for length in self._lengths:
            if length > len(word):
                return
            yield from self._begun.get(word[:length], ())


def _words(written: str) -> Iterator[_Word]:
    for part in written.split():
        for token in tokens(part.removesuffix("*")):
            yield _Word(token.folded, part.endswith("*"))
