"""Takes a message apart into fragments that each ask one thing, and keeps together what belongs together."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Any

from agents.brains.offline.data import HERE, load_data
from agents.brains.offline.routing.cues import Cues
from agents.brains.offline.words import Lexicon
from core.text import Token, tokens

_STRONG = re.compile(r"(?<=[?!])\s+|(?<=[?!])(?=[¿¡])|(?<=[.;…])\s+|\n+|\s+(?=[¿¡])|(?<=\w),\s*(?=[¿¡])")
_COURTESY_LONGEST = 7
_LONGEST_PHRASE = 4
_SHORTEST = 3
_RECORD = 4
_WHETHER = frozenset({"si", "whether", "if"})
_LONG_INTRODUCTION = 5
_LONGEST_RESTRICTION = 12
MOST_FRAGMENTS = 12
_ASKED = frozenset({"price_now", "know", "when", "where", "count", "howoften", "how"})
"""Families of what asks without a question word ("precio de ... y si venís a ...")."""
_TELLING = frozenset({"record_change", "ask_visit"})
"""Families of what an order to write something down begins with."""


@dataclass(frozen=True, slots=True)
class Fragment:
    """A piece of a message. ``before`` is what was said to introduce it (a symptom, a circumstance).

    ``asks``: it is a question or a command, not only a statement. ``complete``: it makes sense without the piece
    before. ``link``: the word that joins it to the piece before ("y"), when one does.
    """

    text: str
    asks: bool
    complete: bool
    before: tuple[str, ...] = ()
    link: str = ""

    @property
    def whole(self) -> str:
        """The introduction and the question."""
        return " ".join((*self.before, self.text)).strip()


class Segmenter:
    """Splits messages with the words of ``segments.yaml``."""

    def __init__(self, lexicon: Lexicon, cues: Cues) -> None:
        data: Any = load_data("segments.yaml", HERE / "routing")
        self._lexicon, self._cues = lexicon, cues
        self._connectors, self._openers, self._continuing, self._introducing = (
            _phrases(data[key]) for key in ("connectors", "openers", "continuing", "introducing")
        )
        self._weak, self._statements, self._asking = (frozenset(data[key]) for key in ("weak", "statements", "asking"))
        self._asking_families = frozenset(data["asking_families"])
        self._pointing = frozenset(w for words in data["pointing"].values() for w in words)
        self._courtesy = frozenset(w for words in data["courtesy"].values() for w in words)
        self._assent, self._agreeing, self._conditional = (
            frozenset(data[key]) for key in ("assent", "agreeing", "conditional")
        )
        self.visit_price: str = data["visit_price"]
        self._announcing, self._greeting, self._noting, self._restricting = (
            frozenset(data[key]) for key in ("announcing", "greeting", "noting", "restricting")
        )

    def split(self, message: str) -> tuple[Fragment, ...]:
        """The fragments of ``message`` in order; one for anything that cannot be split."""
        strong = [self._without_greeting(part.strip()) for part in _STRONG.split(message) if part.strip()]
        pieces = [piece for part in strong for piece in self._weakly(part)]
        pieces = [piece for piece in pieces if not self.is_courtesy(piece[0])] or [(message.strip(), "")]
        pieces = [pieces[0], *((self.without_connector(text), link) for text, link in pieces[1:])]
        return self._joined([self._fragment(text, link) for text, link in pieces[:MOST_FRAGMENTS]])

    def is_courtesy(self, text: str) -> bool:
        """Is ``text`` only a greeting, a courtesy or a word that announces another question?"""
        words = [token.folded for token in tokens(text)]
        return not words or (len(words) <= _COURTESY_LONGEST and all(word in self._courtesy for word in words))

    def announces(self, text: str) -> bool:
        """Does ``text`` only say that something will be asked ("una consulta", "oye")?"""
        return self.is_courtesy(text) and any(token.folded in self._announcing for token in tokens(text))

    def greets(self, text: str) -> bool:
        """Is ``text`` nothing but a greeting ("buenos días, jefe")?"""
        return "?" not in text and self.is_courtesy(text) and any(t.folded in self._greeting for t in tokens(text))

    def notes(self, text: str) -> bool:
        """Does ``text`` begin by asking that something be noted ("apunta que hay perro")?"""
        first = next(iter(tokens(self.without_connector(text))), None)
        return first is not None and first.folded in self._noting

    def continues(self, text: str) -> bool:
        """Does ``text`` lean on what was said before ("¿y en Madrid?", "¿y eso cómo se hace?")?"""
        words = tokens(text)
        if not words:
            return False
        if self._phrase_at(words, 0, self._continuing):
            return True
        return not self._is_complete(words)

    def without_assent(self, text: str) -> str:
        """``text`` without the "vale pues", "ok," it begins with, when it goes on to ask something."""
        words = tokens(text)
        kept = next((at for at, word in enumerate(words) if word.folded not in self._assent), None)
        if not kept or (kept == 1 and words[0].folded not in self._agreeing):
            return text
        rest = text[words[kept].start :]
        opening = "¿" if "¿" in text[words[kept - 1].end : words[kept].start] else ""
        return opening + rest if self._opens(words, kept, text, joined=True) or self.continues(rest) else text

    def without_connector(self, text: str) -> str:
        """``text`` without the "y", "además", "por cierto" it begins with."""
        words = tokens(text)
        length = self._phrase_at(words, 0, self._connectors) if words else 0
        if not 0 < length < len(words):
            return text
        opening = "¿" if "¿" in text[: words[length].start] else ""
        return self.without_connector(opening + text[words[length].start :])

    def without_opening(self, text: str) -> str:
        """``text`` without the connector and the question words it begins with."""
        rest = self.without_connector(text).strip(" ¿")
        words = tokens(rest)
        length = self._phrase_at(words, 0, self._openers) if words else 0
        if not length:
            return text.strip(" ¿")
        return rest[words[length].start :] if length < len(words) else ""

    def restricts(self, text: str) -> bool:
        """Does ``text``, said before a question, say of which rows it is asked ("de los clientes de Madrid,")?"""
        words = tokens(text)
        return 1 < len(words) <= _LONGEST_RESTRICTION and words[0].folded in self._restricting

    def complete(self, text: str) -> bool:
        """Does ``text`` say by itself what it is about?"""
        return self._is_complete(tokens(text))

    def _without_greeting(self, text: str) -> str:
        """``text`` without the "buenos días, " or "tengo dos dudas: si" that it begins with."""
        at = min((found for mark in ",:!" if (found := text.find(mark)) != -1), default=-1)
        if at == -1 or not self.is_courtesy(text[:at]):
            return text
        rest = text[at + 1 :].strip()
        first = next(iter(tokens(rest)), None)
        if first is not None and first.folded in _WHETHER and self.announces(text[:at]):
            return f"¿{rest[first.end :].strip()}"
        return rest or text

    def _weakly(self, text: str) -> list[tuple[str, str]]:
        """Split at connectors and commas where what follows begins to ask and what precedes says something.

        Also where a long introduction turns into "me gustaría saber". Each piece comes with the word that joins it.
        """
        words = tokens(text)
        payload = self._payload(text)
        cuts: list[tuple[int, int]] = []
        for position in range(1, len(words)):
            start = words[position].start
            if payload != -1 and start > payload:
                break
            gap = text[words[position - 1].end : start]
            length = self._phrase_at(words, position, self._connectors)
            follows = position + length
            if follows >= len(words) or (cuts and position <= cuts[-1][0]):
                continue
            introduced = position >= _LONG_INTRODUCTION and self._phrase_at(words, position, self._introducing) > 0
            if not (length or "," in gap or introduced):
                continue
            opens = introduced or self._opens(words, follows, text, joined=bool(length))
            if opens and not length and self._leans_on_wish(words, follows, text):
                continue
            if opens and self._says_something(words, cuts, position):
                cuts.append((position, start))
        return self._cut(text, words, cuts)

    def _leans_on_wish(self, words: tuple[Token, ...], position: int, text: str) -> bool:
        """Does what follows only ask how to get what was wished before ("quiero que me dure, ¿qué le hago?")?"""
        return self._opens(words, 0, text, joined=False) and not self._is_complete(words[position:])

    def _payload(self, text: str) -> int:
        """Where the colon is after which what was done is told ("cierra la 1043: …"); -1 when there is none."""
        head, colon, _ = text.partition(":")
        words = [token.folded for token in tokens(head)]
        numbered = any(word.isdigit() and len(word) >= _SHORTEST for word in words)
        told = numbered or _TELLING.intersection(self._cues.families(words))
        return len(head) if colon and told else -1

    def _cut(self, text: str, words: tuple[Token, ...], cuts: list[tuple[int, int]]) -> list[tuple[str, str]]:
        edges = [*(start for _, start in cuts), len(text)]
        found = [(text[: edges[0]].strip(" ,"), "")]
        for (position, start), end in zip(cuts, edges[1:], strict=True):
            length = self._phrase_at(words, position, self._connectors)
            link = text[start : words[position + length].start].strip(" ,¿") if length else ","
            found.append((text[start:end].strip(" ,"), link))
        return [(piece, link) for piece, link in found if piece]

    def _says_something(self, words: tuple[Token, ...], cuts: list[tuple[int, int]], position: int) -> bool:
        first = cuts[-1][0] if cuts else 0
        return position - first >= _SHORTEST and bool(
            self._lexicon.content(" ".join(w.text for w in words[first:position]))
        )

    def _opens(self, words: tuple[Token, ...], position: int, text: str, *, joined: bool) -> bool:
        if words[position].folded in _WHETHER:
            return joined and self._asks_whether(words, position)
        length = self._phrase_at(words, position, self._openers)
        if not length:
            return self._cues.form(words[position].folded) == "order"
        word = words[position]
        if length > 1 or word.folded not in self._weak:
            return True
        questioned = text.rstrip().endswith("?") or "¿" in text
        if word.folded in self._statements:
            return questioned
        marked = word.text.casefold() != word.folded
        return marked or questioned or joined

    def _asks_whether(self, words: tuple[Token, ...], position: int) -> bool:
        """Does the "si" at ``position`` ask, as something before it did ("cada cuánto ... y si me lo cubre")?"""
        following = words[position + 1].folded if position + 1 < len(words) else ""
        asked = any(self._phrase_at(words, at, self._openers) for at in range(position))
        asked = asked or bool(_ASKED.intersection(self._cues.families([word.folded for word in words[:position]])))
        return asked and bool(following) and following not in self._conditional

    def _fragment(self, text: str, link: str) -> Fragment:
        words = tokens(text)
        asks = "?" in text or "¿" in text
        if words and not asks:
            skip = self._phrase_at(words, 0, self._connectors)
            asks = any(self._opens(words, i, text, joined=True) for i in {0, skip} if i < len(words))
            asks = asks or any(self._phrase_at(words, i, self._introducing) for i in range(len(words)))
            families = self._cues.families([word.folded for word in words])
            asks = asks or bool(self._asking_families.intersection(families))
            asks = asks or (_names_record(words) and "record_change" in families)
        return Fragment(text, asks, self._is_complete(words), link=link)

    def _is_complete(self, words: tuple[Token, ...]) -> bool:
        """Has it a content word of its own, and does it not point back?"""
        content = self._lexicon.content(" ".join(word.text for word in words if word.folded not in self._asking))
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
                out.append(replace(fragment, before=tuple(waiting)))
                waiting = []
            elif out and ":" in out[-1].text:
                out[-1] = replace(out[-1], text=f"{out[-1].text} {fragment.text}")
            else:
                waiting.append(_ended(fragment.text))
        if waiting and out:
            out[-1] = replace(out[-1], text=f"{_ended(out[-1].text)} {' '.join(waiting)}".strip().rstrip(","))
        elif waiting:
            text = " ".join(waiting).rstrip(",")
            out.append(Fragment(text, False, self._is_complete(tokens(text))))
        return tuple(out)


def _names_record(words: tuple[Token, ...]) -> bool:
    return any(word.folded.isdigit() and len(word.folded) >= _RECORD for word in words)


def _ended(text: str) -> str:
    return text if text.endswith((".", "?", "!", ",", ";", ":", "…")) else f"{text},"


def _phrases(by_language: dict[str, list[str]]) -> frozenset[tuple[str, ...]]:
    return frozenset(tuple(str(phrase).split()) for phrases in by_language.values() for phrase in phrases)
