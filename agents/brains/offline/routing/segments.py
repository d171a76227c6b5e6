"""Takes a message apart into fragments that each ask one thing, and keeps together what belongs together."""

from __future__ import annotations

import itertools
import re
from dataclasses import dataclass, replace
from typing import Any

from agents.brains.offline.data import HERE, load_data
from agents.brains.offline.words import Lexicon
from core.text import Token, tokens

_STRONG = re.compile(r"(?<=[?!])\s+|(?<=[?!])(?=[¿¡])|(?<=[.;…])\s+|\n+|\s+(?=[¿¡])|(?<=\w),\s*(?=[¿¡])")
_COURTESY_LONGEST = 7
_LONGEST_PHRASE = 4
_SHORTEST = 3
MOST_FRAGMENTS = 12


@dataclass(frozen=True, slots=True)
class Fragment:
    """A piece of a message. ``before`` is what was said to introduce it (a symptom, a circumstance).

    ``asks``: it is a question or a command, not only a statement. ``complete``: it makes sense
    without the piece before.
    """

    text: str
    asks: bool
    complete: bool
    before: str = ""

    @property
    def whole(self) -> str:
        """The introduction and the question."""
        return f"{self.before} {self.text}".strip()


class Segmenter:
    """Splits messages with the words of ``segments.yaml``."""

    def __init__(self, lexicon: Lexicon) -> None:
        data: Any = load_data("segments.yaml", HERE / "routing")
        self._lexicon = lexicon
        self._connectors = _phrases(data["connectors"])
        self._openers = _phrases(data["openers"])
        self._weak = frozenset(data["weak"])
        self._pointing = frozenset(w for words in data["pointing"].values() for w in words)
        self._continuing = _phrases(data["continuing"])
        self._courtesy = frozenset(w for words in data["courtesy"].values() for w in words)

    def split(self, message: str) -> tuple[Fragment, ...]:
        """The fragments of ``message`` in order; one for anything that cannot be split."""
        pieces = [part for strong in _STRONG.split(message) if strong.strip() for part in self._weakly(strong.strip())]
        pieces = [piece for piece in pieces if not self.is_courtesy(piece)] or [message.strip()]
        return self._joined([self._fragment(piece) for piece in pieces[:MOST_FRAGMENTS]])

    def is_courtesy(self, text: str) -> bool:
        """Is ``text`` only a greeting or a courtesy?"""
        words = [token.folded for token in tokens(text)]
        return not words or (len(words) <= _COURTESY_LONGEST and all(word in self._courtesy for word in words))

    def continues(self, text: str) -> bool:
        """Does ``text`` lean on what was said before ("¿y en Madrid?", "¿y eso cómo se hace?")?"""
        words = tokens(text)
        if not words:
            return False
        if self._phrase_at(words, 0, self._continuing):
            return True
        return not self._is_complete(words)

    def without_connector(self, text: str) -> str:
        """``text`` without the "y", "además" it begins with."""
        words = tokens(text)
        length = self._phrase_at(words, 0, self._connectors) if words else 0
        return text[words[length].start :] if 0 < length < len(words) else text

    def without_opening(self, text: str) -> str:
        """``text`` without the connector and the question words it begins with."""
        rest = self.without_connector(text).strip(" ¿")
        words = tokens(rest)
        length = self._phrase_at(words, 0, self._openers) if words else 0
        if not length:
            return text.strip(" ¿")
        return rest[words[length].start :] if length < len(words) else ""

    def complete(self, text: str) -> bool:
        """Does ``text`` say by itself what it is about?"""
        return self._is_complete(tokens(text))

    def _weakly(self, text: str) -> list[str]:
        """Split at connectors and commas where what follows begins to ask and what precedes says something."""
        words = tokens(text)
        payload = text.find(":")
        cuts: list[tuple[int, int]] = []
        for position in range(1, len(words)):
            start = words[position].start
            if payload != -1 and start > payload:
                break
            gap = text[words[position - 1].end : start]
            length = self._phrase_at(words, position, self._connectors)
            follows = position + length
            if not (length or "," in gap) or follows >= len(words):
                continue
            if self._opens(words, follows, text, joined=bool(length)) and self._says_something(words, cuts, position):
                cuts.append((position, start))
        edges = [0, *(start for _, start in cuts), len(text)]
        first, *others = [text[a:b].strip(" ,") for a, b in itertools.pairwise(edges)]
        return [piece for piece in (first, *map(self.without_connector, others)) if piece]

    def _says_something(self, words: tuple[Token, ...], cuts: list[tuple[int, int]], position: int) -> bool:
        first = cuts[-1][0] if cuts else 0
        return position - first >= _SHORTEST and bool(
            self._lexicon.content(" ".join(w.text for w in words[first:position]))
        )

    def _opens(self, words: tuple[Token, ...], position: int, text: str, *, joined: bool) -> bool:
        length = self._phrase_at(words, position, self._openers)
        if not length:
            return False
        if length > 1 or words[position].folded not in self._weak:
            return True
        marked = words[position].text != words[position].folded and any(ord(c) > 127 for c in words[position].text)
        questioned = text.rstrip().endswith("?") or "¿" in text
        return marked or questioned or joined

    def _fragment(self, text: str) -> Fragment:
        words = tokens(text)
        skip = self._phrase_at(words, 0, self._connectors)
        asks = "?" in text or "¿" in text
        if not asks:
            asks = any(self._opens(words, i, text, joined=True) for i in {0, skip} if i < len(words))
            asks = asks or any(self._phrase_at(words, i, self._openers) > 1 for i in range(len(words)))
        return Fragment(text, asks, self._is_complete(words))

    def _is_complete(self, words: tuple[Token, ...]) -> bool:
        """Has it a content word of its own, and does it not point back?"""
        content = self._lexicon.content(" ".join(word.text for word in words))
        points = any(word.folded in self._pointing for word in words)
        return len(content) > 1 or (len(content) == 1 and not points)

    def _phrase_at(self, words: tuple[Token, ...], position: int, phrases: frozenset[tuple[str, ...]]) -> int:
        """Length in words of the longest phrase of ``phrases`` that begins at ``position``; 0 for none."""
        for length in range(min(_LONGEST_PHRASE, len(words) - position), 0, -1):
            if tuple(w.folded for w in words[position : position + length]) in phrases:
                return length
        return 0

    def _joined(self, fragments: list[Fragment]) -> tuple[Fragment, ...]:
        """Statements go to the question that follows them, or to the one before when none follows."""
        out: list[Fragment] = []
        waiting: list[str] = []
        for fragment in fragments:
            if fragment.asks:
                out.append(replace(fragment, before=" ".join(waiting)))
                waiting = []
            else:
                if out and ":" in out[-1].text and not fragment.asks:
                    out[-1] = replace(out[-1], text=f"{out[-1].text} {fragment.text}")
                else:
                    waiting.append(_ended(fragment.text))
        if waiting and out:
            out[-1] = replace(out[-1], text=f"{_ended(out[-1].text)} {' '.join(waiting)}".strip())
        elif waiting:
            text = " ".join(waiting).rstrip(",")
            out.append(Fragment(text, False, self._is_complete(tokens(text))))
        return tuple(out)


def _ended(text: str) -> str:
    return text if text.endswith((".", "?", "!", ",", ";", ":", "…")) else f"{text},"


def _phrases(by_language: dict[str, list[str]]) -> frozenset[tuple[str, ...]]:
    return frozenset(tuple(str(phrase).split()) for phrases in by_language.values() for phrase in phrases)
