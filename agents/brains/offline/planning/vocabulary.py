"""The vocabulary: every phrase of the catalogue and of the lexicon, with what it can mean."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
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
from agents.brains.offline.planning.words import english_stem, light, singular, stem
from agents.brains.protocol import Language
from core.text import fold
from tools.sql.catalogue import Catalogue, Entity, Words

Key = tuple[str, ...]
_CONNECTORS = frozenset({"de", "del", "la", "el", "los", "las", "of", "the", "a", "un", "una"})
SHORTEST = 3
"""Words up to this length are never inflected: "are" is not "área"."""
EXACT, INFLECTED, STEMMED = 1.0, 0.97, 0.9
_BARE: Mapping[Language, Callable[[str], str]] = {"es": light, "en": singular}
_STEM: Mapping[Language, Callable[[str], str]] = {"es": stem, "en": english_stem}
_Index = dict[Key, dict[Meaning, None]]


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """Phrases by how they are written; in each language without number and gender, and by stem."""

    exact: Mapping[Key, tuple[Meaning, ...]]
    inflected: Mapping[Language, Mapping[Key, tuple[Meaning, ...]]]
    stemmed: Mapping[Language, Mapping[Key, tuple[Meaning, ...]]]
    words: frozenset[str]
    """Every single word, for spelling."""
    bare: frozenset[str]
    """Those words, but for what only English phrases say, without number and gender."""
    longest: int

    def lookup(self, words: Sequence[str]) -> tuple[tuple[Meaning, ...], float]:
        """What ``words`` (folded) mean and how well they match; nothing found gives an empty tuple."""
        exact = self.exact.get(tuple(words), ())
        if len(words) == 1 and len(words[0]) <= SHORTEST:
            return exact, EXACT
        found = dict.fromkeys(exact)
        for language, phrases in self.inflected.items():
            found |= dict.fromkeys(phrases.get(_inflect(words, language), ()))
        if found:
            return tuple(found), EXACT if exact else INFLECTED
        for language, phrases in self.stemmed.items():
            found |= dict.fromkeys(phrases.get(_stem(words, language), ()))
        return _suggested(tuple(found)), STEMMED

    def knows(self, word: str) -> bool:
        """Is the word part of anything?"""
        return word in self.words or light(word) in self.bare or bool(self.lookup((word,))[0])


def _suggested(meanings: tuple[Meaning, ...]) -> tuple[Meaning, ...]:
    """``meanings`` of a word that only has the stem of another: "trabajadas" suggests "trabajador", and names none."""
    return tuple(replace(m, weak=True) if isinstance(m, EntityRef) else m for m in meanings)


def _inflect(words: Sequence[str], language: Language) -> Key:
    inner = [w for at, w in enumerate(words) if at in {0, len(words) - 1} or w not in _CONNECTORS]
    return tuple(map(_BARE[language], inner))


def _stem(words: Sequence[str], language: Language) -> Key:
    return tuple(map(_STEM[language], words))


@dataclass(slots=True)
class _Builder:
    exact: _Index = field(default_factory=dict)
    inflected: dict[Language, _Index] = field(default_factory=lambda: {language: {} for language in _BARE})
    stemmed: dict[Language, _Index] = field(default_factory=lambda: {language: {} for language in _STEM})
    not_english: set[str] = field(default_factory=set)

    def add(self, phrase: str, meaning: Meaning, language: Language | None = None) -> None:
        """``phrase`` means ``meaning``; it is inflected in the ways of its ``language``, or not at all."""
        words = tuple(re.findall(r"[^\W_]+(?:[-'][^\W_]+)*|[%€]", fold(phrase)))
        if not words:
            return
        self.exact.setdefault(words, {}).setdefault(meaning)
        if language != "en":
            self.not_english.update(words)
        if language is not None:
            self.inflected[language].setdefault(_inflect(words, language), {}).setdefault(meaning)
            self.stemmed[language].setdefault(_stem(words, language), {}).setdefault(meaning)

    def add_words(
        self, described: Words, meaning: Meaning, weak: Meaning | None, lexicon: Lexicon, inflects: bool = True
    ) -> None:
        for language, phrase in _phrases(described):
            meant = weak if weak is not None and fold(phrase) in lexicon.weak else meaning
            self.add(phrase, meant, language if inflects else None)


def _phrases(described: Words) -> Iterator[tuple[Language, str]]:
    yield from described.label.items()
    yield from described.plural.items()
    for language, synonyms in described.synonyms.items():
        yield from ((language, synonym) for synonym in synonyms)


def build_vocabulary(catalogue: Catalogue, lexicon: Lexicon, extra: Iterable[str] = ()) -> Vocabulary:
    """Index ``catalogue`` and ``lexicon``; ``extra`` are words known elsewhere (periods, numbers)."""
    builder = _Builder()
    for phrase, pairs in lexicon.cues.items():
        for kind, value in pairs:
            builder.add(" ".join(phrase), Cue(kind, value))
    for phrase, entities in lexicon.hints.items():
        for hinted in (e for e in entities if e in catalogue.entities):
            builder.add(" ".join(phrase), Cue("hint", hinted))
    for name, entity in catalogue.entities.items():
        _add_entity(builder, name, entity, lexicon)
    for enum, values in catalogue.enums.items():
        for value, described in values.items():
            builder.add_words(described, EnumRef(enum, (value,), described.noun), None, lexicon)
    for group in catalogue.groups.values():
        builder.add_words(group, EnumRef(group.enum, group.values, group.noun), None, lexicon)
    known = {*extra, *lexicon.aliases}
    return Vocabulary(
        exact=_frozen(builder.exact),
        inflected={language: _frozen(index) for language, index in builder.inflected.items()},
        stemmed={language: _frozen(index) for language, index in builder.stemmed.items()},
        words=frozenset(known.union(*builder.exact)),
        bare=frozenset(light(w) for w in known | builder.not_english if len(w) > SHORTEST),
        longest=max(len(k) for k in builder.exact),
    )


def _frozen(index: _Index) -> dict[Key, tuple[Meaning, ...]]:
    return {phrase: tuple(meanings) for phrase, meanings in index.items()}


def _add_entity(builder: _Builder, name: str, entity: Entity, lexicon: Lexicon) -> None:
    builder.add_words(entity, EntityRef(name), EntityRef(name, weak=True), lexicon)
    for path, asks in entity.ask.items():
        for phrase in (p for phrases in asks.values() for p in phrases):
            builder.add(phrase, AskRef(name, path))
    for key, dimension in entity.dimensions.items():
        builder.add_words(dimension, DimensionRef(name, key), None, lexicon, inflects=not dimension.identifier)
        for phrase in (p for phrases in dimension.ask.values() for p in phrases):
            builder.add(phrase, AskRef(name, key))
    for key, measure in entity.measures.items():
        builder.add_words(measure, MeasureRef(name, key), None, lexicon)
        for phrase in (p for phrases in measure.ask.values() for p in phrases):
            builder.add(phrase, AskRef(name, key, measure=True))
    for key, segment in entity.segments.items():
        builder.add_words(segment, SegmentRef(name, key, segment.noun), None, lexicon)
