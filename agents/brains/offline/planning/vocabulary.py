"""The vocabulary: every phrase of the catalogue and of the lexicon, with what it can mean."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from agents.brains.offline.planning.lexicon import Lexicon
from agents.brains.offline.planning.meanings import (
    AskRef,
    Cue,
    DimensionRef,
    EntityRef,
    EnumRef,
    Meaning,
    MeasureRef,
    SegmentRef,
)
from agents.brains.offline.planning.words import light, stem
from core.text import fold
from tools.sql.catalogue import Catalogue, Entity, Words

Key = tuple[str, ...]
_CONNECTORS = frozenset({"de", "del", "la", "el", "los", "las", "of", "the", "a", "un", "una"})
SHORTEST = 3
"""Words up to this length are never inflected: "are" is not "área"."""
EXACT, INFLECTED, STEMMED = 1.0, 0.97, 0.9


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """Phrases by how they are written, without number and gender, and by stem."""

    exact: Mapping[Key, tuple[Meaning, ...]]
    inflected: Mapping[Key, tuple[Meaning, ...]]
    stemmed: Mapping[Key, tuple[Meaning, ...]]
    words: frozenset[str]
    """Every single word, for spelling."""
    bare: frozenset[str]
    """Those words without number and gender."""
    longest: int

    def lookup(self, words: Sequence[str]) -> tuple[tuple[Meaning, ...], float]:
        """What ``words`` (folded) mean and how well they match; nothing found gives an empty tuple."""
        exact = self.exact.get(tuple(words), ())
        if len(words) == 1 and len(words[0]) <= SHORTEST:
            return exact, EXACT
        inflected = self.inflected.get(_inflect(words), ())
        found = tuple(dict.fromkeys((*exact, *inflected)))
        if found:
            return found, EXACT if exact else INFLECTED
        return _suggested(self.stemmed.get(tuple(stem(w) for w in words), ())), STEMMED

    def knows(self, word: str) -> bool:
        """Is the word part of anything?"""
        return word in self.words or light(word) in self.bare or bool(self.lookup((word,))[0])


def _suggested(meanings: tuple[Meaning, ...]) -> tuple[Meaning, ...]:
    """``meanings`` of a word that only has the stem of another: "trabajadas" suggests "trabajador", and names none."""
    return tuple(replace(m, weak=True) if isinstance(m, EntityRef) else m for m in meanings)


def _inflect(words: Sequence[str]) -> Key:
    inner = [w for at, w in enumerate(words) if at in {0, len(words) - 1} or w not in _CONNECTORS]
    return tuple(light(w) for w in inner)


@dataclass(slots=True)
class _Builder:
    exact: dict[Key, dict[Meaning, None]] = field(default_factory=dict)
    inflected: dict[Key, dict[Meaning, None]] = field(default_factory=dict)
    stemmed: dict[Key, dict[Meaning, None]] = field(default_factory=dict)

    def add(self, phrase: str, meaning: Meaning, inflects: bool = True) -> None:
        words = tuple(re.findall(r"[^\W_]+(?:[-'][^\W_]+)*|[%€]", fold(phrase)))
        if not words:
            return
        self.exact.setdefault(words, {}).setdefault(meaning)
        if inflects:
            self.inflected.setdefault(_inflect(words), {}).setdefault(meaning)
            self.stemmed.setdefault(tuple(stem(w) for w in words), {}).setdefault(meaning)

    def add_words(
        self, described: Words, meaning: Meaning, weak: Meaning | None, lexicon: Lexicon, inflects: bool = True
    ) -> None:
        for phrase in _phrases(described):
            self.add(phrase, weak if weak is not None and fold(phrase) in lexicon.weak else meaning, inflects)


def _phrases(described: Words) -> Iterator[str]:
    yield from described.label.values()
    yield from described.plural.values()
    for synonyms in described.synonyms.values():
        yield from synonyms


def build_vocabulary(catalogue: Catalogue, lexicon: Lexicon, extra: Iterable[str] = ()) -> Vocabulary:
    """Index ``catalogue`` and ``lexicon``; ``extra`` are words known elsewhere (periods, numbers)."""
    builder = _Builder()
    for phrase, pairs in lexicon.cues.items():
        for kind, value in pairs:
            builder.add(" ".join(phrase), Cue(kind, value), inflects=False)
    for phrase, entities in lexicon.hints.items():
        for hinted in (e for e in entities if e in catalogue.entities):
            builder.add(" ".join(phrase), Cue("hint", hinted), inflects=False)
    for name, entity in catalogue.entities.items():
        _add_entity(builder, name, entity, lexicon)
    for enum, values in catalogue.enums.items():
        for value, described in values.items():
            builder.add_words(described, EnumRef(enum, (value,), described.noun), None, lexicon)
    for group in catalogue.groups.values():
        builder.add_words(group, EnumRef(group.enum, group.values, group.noun), None, lexicon)
    words = {w for phrase in builder.exact for w in phrase} | set(extra) | set(lexicon.aliases)
    return Vocabulary(
        exact={k: tuple(v) for k, v in builder.exact.items()},
        inflected={k: tuple(v) for k, v in builder.inflected.items()},
        stemmed={k: tuple(v) for k, v in builder.stemmed.items()},
        words=frozenset(words),
        bare=frozenset(light(w) for w in words if len(w) > SHORTEST),
        longest=max(len(k) for k in builder.exact),
    )


def _add_entity(builder: _Builder, name: str, entity: Entity, lexicon: Lexicon) -> None:
    builder.add_words(entity, EntityRef(name), EntityRef(name, weak=True), lexicon)
    for path, asks in entity.ask.items():
        for phrase in (p for phrases in asks.values() for p in phrases):
            builder.add(phrase, AskRef(name, path), inflects=False)
    for key, dimension in entity.dimensions.items():
        builder.add_words(dimension, DimensionRef(name, key), None, lexicon, inflects=not dimension.identifier)
        for phrase in (p for phrases in dimension.ask.values() for p in phrases):
            builder.add(phrase, AskRef(name, key), inflects=False)
    for key, measure in entity.measures.items():
        builder.add_words(measure, MeasureRef(name, key), None, lexicon)
        for phrase in (p for phrases in measure.ask.values() for p in phrases):
            builder.add(phrase, AskRef(name, key, measure=True), inflects=False)
    for key, segment in entity.segments.items():
        builder.add_words(segment, SegmentRef(name, key, segment.noun), None, lexicon)
