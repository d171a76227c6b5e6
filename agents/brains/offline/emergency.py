"""The emergency lane: does a message tell of somebody in danger? No network, no language model.

What danger is made of (hazards, signs, people, places) is data in ``emergency.yaml``; a sign is a composition of such
concepts that stand near one another. Ordinary talk of the same things is told from danger by how it is said: as a
question for knowledge, as what might happen, as what is over, as papers and work done, or denied. Wordings that no
sign foresees are compared with known ones (``emergency_sense.py``).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from agents.brains.offline.data import load_data
from agents.brains.offline.emergency_sense import ORDINARY, DangerSense, Heard, known_messages, train
from agents.brains.offline.emergency_terms import Concepts, Span
from agents.brains.offline.routing.kept import kept_or_trained
from agents.brains.offline.routing.model import TrainedModel
from core.dictionary import load_dictionary
from core.text import tokens
from tools.sql.catalogue import Catalogue, load_catalogue

_LONGEST_READ = 4000
_SENTENCE_ENDS = frozenset(".;!?\n")
_CLAUSE_ENDS = _SENTENCE_ENDS | frozenset(",:¿¡")
_TELLING = frozenset({"que", "porque", "that", "because"})
"""What comes after these is told, whatever was asked before ("¿puede venir alguien, que huele a gas?")."""
_REMEMBERED = 64
_REACH_OF_NO = 4
_MANNER = "~"
"""How the names of manners of speaking begin, beside those of concepts."""

Found = Mapping[str, list[Span]]


@dataclass(frozen=True, slots=True)
class Emergency:
    """A danger that a message tells of. ``kind`` is a variant of the ``emergency`` reply."""

    kind: str
    words: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Sign:
    """Concepts that together tell of a ``kind`` of danger: one of each choice, within ``near`` words.

    ``without``: concepts that make it something else. ``firm``: seen or felt now, whatever else is talked about.
    """

    kind: str
    choices: tuple[tuple[str, ...], ...]
    without: tuple[str, ...]
    firm: bool
    near: int

    @staticmethod
    def read(data: Mapping[str, Any], near: int) -> _Sign:
        choices = tuple((c,) if isinstance(c, str) else tuple(c) for c in data["all"])
        firm, without = bool(data.get("firm")), tuple(data.get("without", ()))
        return _Sign(data["kind"], choices, without, firm, int(data.get("near", near)))

    def at(self, found: Found) -> tuple[Span, ...] | None:
        """Where its concepts stand, one span each; None when they do not stand together."""
        if any(found.keys().isdisjoint(choice) for choice in self.choices):
            return None
        if not found.keys().isdisjoint(self.without):
            return None
        groups = [[span for name in choice for span in found.get(name, ())] for choice in self.choices]
        for first in groups[0]:
            others = [min(spans, key=lambda span: abs(span[0] - first[0])) for spans in groups[1:]]
            if all(abs(span[0] - first[0]) <= self.near for span in others):
                return (first, *others)
        return None


@dataclass(frozen=True, slots=True)
class _Reading:
    """A message as folded words, the number of the sentence and clause of each, and which sentences ask."""

    words: tuple[str, ...]
    sentences: tuple[int, ...]
    clauses: tuple[int, ...]
    questions: frozenset[int]

    @staticmethod
    def of(message: str) -> _Reading:
        text = message[:_LONGEST_READ]
        found = tokens(text)
        sentences, clauses, questions = [], [], set()
        sentence = clause = end = 0
        for token in found:
            gap = text[end : token.start]
            if "?" in gap:
                questions.add(sentence)
            sentence += any(mark in _SENTENCE_ENDS for mark in gap)
            clause += any(mark in _CLAUSE_ENDS for mark in gap)
            sentences.append(sentence)
            clauses.append(clause)
            end = token.end
        if "?" in text[end:]:
            questions.add(sentence)
        return _Reading(tuple(t.folded for t in found), tuple(sentences), tuple(clauses), frozenset(questions))


class EmergencyLane:
    """Reads ``emergency.yaml`` once."""

    def __init__(self, catalogue: Catalogue | None = None, folder: Path | None = None) -> None:
        """The model of known dangers is trained, or taken from ``folder`` when it is kept there."""
        data: Any = load_data("emergency.yaml")
        near: int = data["near"]
        self._signs, self._topics = (tuple(_Sign.read(sign, near) for sign in data[key]) for key in ("signs", "topics"))
        self._hazards = frozenset(name for sign in self._signs for choice in sign.choices for name in choice)
        self._compounds = Concepts(data["compounds"])
        self._concepts = Concepts({**data["groups"], **{f"{_MANNER}{name}": t for name, t in data["manner"].items()}})
        self._cries, self._alongside, self._negations, self._light = (
            frozenset(map(str, data[key])) for key in ("cries", "alongside", "negations", "light")
        )
        self._known = load_dictionary() | self._concepts.known | self._compounds.known
        self._detected = lru_cache(_REMEMBERED)(self._detect)
        self._sense = DangerSense(
            kept_or_trained(folder, catalogue or load_catalogue(), self._trained, "dangers")
            if folder
            else self._trained()
        )

    def detect(self, message: str) -> Emergency | None:
        """The danger that ``message`` tells of, or None."""
        return self._detected(message[:_LONGEST_READ])

    def _detect(self, message: str) -> Emergency | None:
        read = _Reading.of(message)
        cried = self._cries.intersection(read.words)
        if cried and (self._cries | self._alongside).issuperset(read.words):
            return Emergency("default", tuple(sorted(cried)))
        found = self._found(read)
        if _only_imagined(found) or _said("over", found):
            return None
        for sign in self._signs:
            spans = sign.at(found)
            if spans is not None and not _harmless(read, sign, spans, found):
                return Emergency(sign.kind, _evidence(read.words, spans))
        if not any(name in found for name in self._hazards) or _is_plain_talk(read, found):
            return None
        kind = self._sense.kind(_heard(read, found))
        return None if kind is None else Emergency(kind)

    def _trained(self) -> TrainedModel:
        read = ((_Reading.of(message), kind) for message, kind in known_messages())
        heard = ((_heard(reading, self._found(reading)), kind) for reading, kind in read)
        return train(
            [(one, kind) for one, kind in heard if kind != ORDINARY or self._hazards.intersection(one.concepts)]
        )

    def imagined(self, message: str) -> Emergency | None:
        """The danger that ``message`` asks about without being in it ("¿qué hago si huele a gas?"), or None."""
        read = _Reading.of(message)
        found = self._found(read)
        if not _only_imagined(found):
            return None
        standing = ((sign, sign.at(found)) for sign in (*self._signs, *self._topics))
        first = next(((sign, spans) for sign, spans in standing if spans is not None), None)
        return None if first is None else Emergency(first[0].kind, _evidence(read.words, first[1]))

    def _found(self, read: _Reading) -> Found:
        """Where each concept stands, but for what is denied and for words that belong to a compound."""
        misspelt = frozenset(read.words) - self._known
        compounds = self._compounds.spans(read.words, misspelt)
        taken = {at for spans in compounds.values() for span in spans for at in range(*span)}
        found = {name: [s for s in spans if not self._denied(read, s)] for name, spans in compounds.items()}
        for name, spans in self._concepts.spans(read.words, misspelt).items():
            manner = name.startswith(_MANNER)
            kept = [s for s in spans if manner or (taken.isdisjoint(range(*s)) and not self._denied(read, s))]
            found[name] = [*found.get(name, ()), *kept]
        return {name: spans for name, spans in found.items() if spans}

    def _denied(self, read: _Reading, span: Span) -> bool:
        """Does a negation stand before ``span``, with nothing but little words between ("no hay humo")?"""
        for at in range(span[0] - 1, max(-1, span[0] - 1 - _REACH_OF_NO), -1):
            if read.clauses[at] != read.clauses[span[0]]:
                return False
            if read.words[at] in self._negations:
                return True
            if read.words[at] not in self._light:
                return False
        return False


def _said(manner: str, found: Found) -> list[Span]:
    """Where a manner of speaking stands."""
    return found.get(f"{_MANNER}{manner}", [])


def _only_imagined(found: Found) -> bool:
    """Does it ask what one would do ("¿qué hago si huele a gas?"), with nobody in it now?"""
    return bool(_said("hypothetical", found)) and not _said("here", found)


def _harmless(read: _Reading, sign: _Sign, spans: Sequence[Span], found: Found) -> bool:
    """Is what ``spans`` say a question for knowledge, a condition, the past, or about papers and devices?"""
    if _for_knowledge(read, spans, found) or _conditional(read, spans, found):
        return True
    now = bool(_said("now", found))
    if not now and (_is_over(found) or _said("records", found)):
        return True
    return not sign.firm and not now and not _said("now_about", found) and bool(_said("about", found))


def _is_plain_talk(read: _Reading, found: Found) -> bool:
    """Does it ask for knowledge, set a condition, or speak of papers, devices or the past, wherever that stands?"""
    if _said("now", found):
        return False
    if any(_said(manner, found) for manner in ("records", "about")) or _is_over(found):
        return True
    asks = bool(read.questions) and not _said("advice_now", found)
    return asks and any(_said(manner, found) for manner in ("asking", "conditions"))


def _heard(read: _Reading, found: Found) -> Heard:
    return Heard(read.words, sorted(found))


def _is_over(found: Found) -> bool:
    """Is it said when it was, and not that it has gone on since?"""
    since = {end for _, end in _said("since", found)}
    return any(start not in since for start, _ in _said("past", found))


def _for_knowledge(read: _Reading, spans: Sequence[Span], found: Found) -> bool:
    """Does a word that asks for knowledge stand before all of ``spans``, in the clause of the first?"""
    first = min(start for start, _ in spans)
    if read.words[max(0, first - 1)] in _TELLING:
        return False
    asked = any(at < first and read.clauses[at] == read.clauses[first] for at, _ in _said("asking", found))
    return asked and not _said("advice_now", found)


def _conditional(read: _Reading, spans: Sequence[Span], found: Found) -> bool:
    """Is it said under a condition, in a sentence that asks something of it?"""
    first = min(start for start, _ in spans)
    sentence = read.sentences[first]
    asking = (*_said("asking", found), *_said("advice_now", found))
    if sentence not in read.questions and all(read.sentences[at] != sentence for at, _ in asking):
        return False
    after = {end for _, end in _said("unconditional", found)}
    return any(
        at < first and read.clauses[at] == read.clauses[first] and at not in after
        for at, _ in _said("conditions", found)
    )


def _evidence(words: Sequence[str], spans: Sequence[Span]) -> tuple[str, ...]:
    return tuple(" ".join(words[start:end]) for start, end in spans)
