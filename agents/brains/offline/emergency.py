"""The emergency lane: does a message tell of somebody in danger? No model; the signs are data in ``emergency.yaml``."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from rapidfuzz.distance import OSA

from agents.brains.offline.data import load_data
from agents.brains.offline.routing.cues import sound
from core.text import fold, tokens

_LONG_WORD = 6
_SHORTEST_HEARD = 3
_LONGEST_READ = 4000

Span = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Emergency:
    """A danger that a message tells of. ``kind`` is a variant of the ``emergency`` reply."""

    kind: str
    words: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Sign:
    """Groups that tell of a ``kind`` of danger; ``device``: talk of detectors does not make it harmless."""

    kind: str
    groups: tuple[str, ...]
    device: bool


@dataclass(frozen=True, slots=True)
class _Term:
    """A word or phrase; ``prefix`` when any ending of its last word will do."""

    words: tuple[str, ...]
    prefix: bool

    def at(self, message: list[str], position: int, misspelt: frozenset[str]) -> bool:
        if position + len(self.words) > len(message):
            return False
        *first, (expected, found) = zip(self.words, message[position:], strict=False)
        if any(not _same(wanted, said, said in misspelt) for wanted, said in first):
            return False
        return (self.prefix and found.startswith(expected)) or _same(expected, found, found in misspelt)


Terms = Mapping[str, tuple[_Term, ...]]


def _same(expected: str, found: str, forgiving: bool) -> bool:
    if expected == found or not forgiving:
        return expected == found
    if len(found) >= _SHORTEST_HEARD and sound(expected) == sound(found):
        return True
    close = len(expected) >= _LONG_WORD and abs(len(expected) - len(found)) <= 1 and expected[0] == found[0]
    return close and OSA.distance(expected, found, score_cutoff=1) <= 1


class EmergencyLane:
    """Reads ``emergency.yaml`` once."""

    def __init__(self) -> None:
        data: Any = load_data("emergency.yaml")
        self._near: int = data["near"]
        self._groups = {name: _terms(words) for name, words in data["groups"].items()}
        self._signs, self._topics = (
            tuple(_Sign(sign["kind"], tuple(sign["all"]), bool(sign.get("device"))) for sign in data[key])
            for key in ("signs", "topics")
        )
        self._calm = _terms([*data["calm"]["words"], *data["calm"]["phrases"]])
        self._devices, self._hypothetical, self._here = (
            _terms(words) for words in (data["calm"]["devices"], data["hypothetical"], data["here"])
        )
        self._known = frozenset(
            word for terms in self._groups.values() for found in terms.values() for term in found for word in term.words
        )
        self._now = _terms(data["now"])
        self._over = _terms(data["over"])

    def detect(self, message: str) -> Emergency | None:
        """The danger that ``message`` tells of, or None."""
        words = _words(message)
        found = self._found(words)
        signs = self._signs_in(self._signs, found)
        if not signs or self._only_imagined(words):
            return None
        alarming = next((sign for sign in signs if not self._harmless(words, sign)), None)
        return None if alarming is None else Emergency(alarming.kind, _evidence(words, found, alarming.groups))

    def imagined(self, message: str) -> Emergency | None:
        """The danger that ``message`` asks about without being in it ("¿qué hago si huele a gas?"), or None."""
        words = _words(message)
        if not self._only_imagined(words):
            return None
        found = self._found(words)
        signs = self._signs_in((*self._signs, *self._topics), found)
        return Emergency(signs[0].kind, _evidence(words, found, signs[0].groups)) if signs else None

    def _found(self, words: list[str]) -> Mapping[str, list[Span]]:
        misspelt = frozenset(words) - self._known
        return {name: spans for name, terms in self._groups.items() if (spans := _spans(terms, words, misspelt))}

    def _signs_in(self, signs: Iterable[_Sign], found: Mapping[str, list[Span]]) -> list[_Sign]:
        return [sign for sign in signs if self._stands(sign, found)]

    def _stands(self, sign: _Sign, found: Mapping[str, list[Span]]) -> bool:
        return all(name in found for name in sign.groups) and self._together([found[name] for name in sign.groups])

    def _together(self, groups: list[list[Span]]) -> bool:
        first, *rest = groups
        return any(all(any(abs(a[0] - b[0]) <= self._near for b in spans) for spans in rest) for a in first)

    def _only_imagined(self, words: list[str]) -> bool:
        """Does it ask what one would do ("¿qué hago si huele a gas?"), with nobody in it now?"""
        return bool(_spans(self._hypothetical, words)) and not _spans(self._here, words)

    def _harmless(self, words: list[str], sign: _Sign) -> bool:
        """Ordinary talk about devices, records or the past, and nothing says that it is happening now."""
        if _spans(self._over, words):
            return True
        calm = _spans(self._calm, words) or (not sign.device and _spans(self._devices, words))
        return bool(calm) and not _spans(self._now, words)


def _words(message: str) -> list[str]:
    return [token.folded for token in tokens(message[:_LONGEST_READ])]


def _terms(words: list[str]) -> Terms:
    """Terms by the letter they begin with, which a typo is not forgiven."""
    terms = (_Term(tuple(_words(str(w).removesuffix("*"))), str(w).endswith("*")) for w in words)
    by_letter: dict[str, list[_Term]] = {}
    for term in terms:
        by_letter.setdefault(term.words[0][0], []).append(term)
    return {letter: tuple(found) for letter, found in by_letter.items()}


def _spans(terms: Terms, words: list[str], misspelt: frozenset[str] = frozenset()) -> list[Span]:
    """Where the terms stand; words of ``misspelt`` may be other words with a typo."""
    return [
        (i, i + len(term.words))
        for i, word in enumerate(words)
        for term in terms.get(word[0], ())
        if term.at(words, i, misspelt)
    ]


def _evidence(words: list[str], found: Mapping[str, list[Span]], groups: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(fold(" ".join(words[a:b])) for name in groups for a, b in found[name][:1])
