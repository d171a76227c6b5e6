"""Reading: words become mentions, the best cover of what vocabulary, values, numbers and periods know."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from agents.brains.offline.planning.lexicon import Lexicon
from agents.brains.offline.planning.linking import ValueIndex
from agents.brains.offline.planning.meanings import (
    AskRef,
    Cue,
    EntityRef,
    Meaning,
    MeasureRef,
    Mention,
    NumberRef,
    PeriodRef,
    SegmentRef,
    ValueRef,
)
from agents.brains.offline.planning.numbers import NumberWords, find_numbers
from agents.brains.offline.planning.period_words import Language
from agents.brains.offline.planning.periods import PeriodGrammar
from agents.brains.offline.planning.spelling import Speller, correct
from agents.brains.offline.planning.streets import QUALITY as STREET
from agents.brains.offline.planning.streets import streets
from agents.brains.offline.planning.vocabulary import EXACT, STEMMED, Vocabulary
from agents.brains.offline.planning.words import Word, split

LONGER = 0.15
"""What each further word of a phrase adds: a longer phrase is a surer reading."""
PARTIAL_VALUE = 0.75
SEVERAL_WORDS = 0.9
"""Quality of a value of which one word is said, or several."""
CORRECTED = 0.9
_PEOPLE = frozenset({"client", "technician"})
_CLITICS = frozenset({"me", "te", "se", "le", "lo", "la", "nos", "os", "les", "los", "las", "it", "you"})
"""Pronouns that come inside a question without changing what it asks ("qué me hicisteis")."""
_MODEL_BEFORE = frozenset({"el", "la", "los", "las", "del", "un", "una", "modelo", "the"})
_COMPARATIVE = frozenset({"more", "less", "extreme"})
_FIGURED = frozenset({"aggregate", "more", "less"})
_PLAIN = frozenset({"followup", "same_one", "filler", "of", "list", "conj", "that"})

Candidates = Mapping[tuple[int, int], tuple[tuple[Meaning, ...], float]]


@dataclass(frozen=True)
class Reader:
    """Reads questions. Pure: same words, same mentions."""

    vocabulary: Vocabulary
    lexicon: Lexicon
    periods: PeriodGrammar
    numbers: NumberWords
    speller: Speller
    dictionary: frozenset[str]
    """Words that exist: no misspellings of others, even if they mean nothing here."""

    def words(self, question: str, index: ValueIndex) -> tuple[Word, ...]:
        """Words of ``question`` with abbreviations expanded and spelling corrected."""
        raw = split(question, self.lexicon.aliases)

        def known(word: str) -> bool:
            return self.vocabulary.knows(word) or index.knows(word) or word in self.numbers.units

        shouting = sum(w.capital for w in raw) > max(2, len(raw) // 2)
        near_values = tuple(
            self._value_word(
                word,
                index,
                known(word.folded) or (word.folded in self.dictionary and (shouting or not word.capital)),
                not shouting and self._person_at(raw, at),
            )
            for at, word in enumerate(raw)
        )
        names = {w.folded for w in near_values[1:] if w.capital and not shouting}

        def right(word: str) -> bool:
            return known(word) or word in names or word in self.dictionary

        return correct(near_values, self.speller, right)

    def _person_at(self, words: Sequence[Word], at: int) -> bool:
        """Does a name stand at ``at``: written with a capital, or after "cliente" or "técnico"?"""
        if at and (words[at].capital or words[at - 1].folded in {"de", "of"}):
            return True
        before = at - 1
        while before >= 0 and words[before].folded in self.lexicon.person_marks:
            before -= 1
        if before < 0:
            return False
        meanings, _ = self.vocabulary.lookup((words[before].folded,))
        return any(isinstance(m, EntityRef) and m.entity in _PEOPLE and not m.weak for m in meanings)

    def _value_word(self, word: Word, index: ValueIndex, known: bool, person: bool) -> Word:
        if known or word.is_number or len(word.folded) < 4:
            return word
        near = index.near(word.folded, person)
        if near is None or (self.speller.correct(word.folded) is not None and not word.capital):
            return word
        return replace(word, folded=near, corrected=True)

    def read(self, words: Sequence[Word], index: ValueIndex, today: date, language: Language) -> tuple[Mention, ...]:
        """The mentions of ``words``, left to right, unknown words included."""
        candidates = self._candidates(words, index, today, language)
        return _cover(words, candidates, 0, len(words), None)

    def _candidates(
        self, words: Sequence[Word], index: ValueIndex, today: date, language: Language
    ) -> dict[tuple[int, int], tuple[tuple[Meaning, ...], float]]:
        found: dict[tuple[int, int], tuple[tuple[Meaning, ...], float]] = {}

        def add(start: int, end: int, readings: Iterable[Meaning], quality: float) -> None:
            before, known = found.get((start, end), ((), 0.0))
            found[start, end] = (tuple(dict.fromkeys((*before, *readings))), max(known, quality))

        folded = [w.folded for w in words]

        def last_of_its_phrase(at: int) -> bool:
            return at + 1 == len(folded) or folded[at + 1] not in self.numbers.units

        for number in find_numbers(words, self.numbers):
            add(number.start, number.end, (NumberRef(number),), 1.0)
        for period in self.periods.find(folded, today, language):
            add(period.start, period.end, (PeriodRef(period),), 1.3)
        for start, end, readings in streets(words, self.lexicon.streets, self._names_street):
            add(start, end, readings, STREET)
        for at, word in enumerate(words[1:], 1):
            if word.is_number and len(word.folded) > 2 and folded[at - 1] in _MODEL_BEFORE and last_of_its_phrase(at):
                add(at, at + 1, index.model(word.folded), 1.1)
        for start in range(len(words)):
            for end in range(min(len(words), start + self.vocabulary.longest + 1), start, -1):
                readings, quality = self.vocabulary.lookup(folded[start:end])
                if readings and not (quality == STEMMED and folded[start] in self.numbers.units):
                    plain = all(isinstance(r, Cue) and r.kind in _PLAIN for r in readings)
                    fixed = CORRECTED if any(w.corrected for w in words[start:end]) else 1.0
                    add(start, end, readings, quality * fixed * (0.9 if plain else 1.0 if _content(readings) else 0.93))
                self._with_aggregate(folded, start, end, add)
                self._with_pronoun(folded, start, end, add)
            for end, values in index.at(words, start):
                whole = any(v.whole for v in values)
                known = tuple(folded[start:end]) in self.vocabulary.exact or any(
                    (r.entity, r.dimension) != ("product", "name") for r in values
                )
                if not whole and not words[start].capital and known and found.get((start, end)):
                    continue
                partial = PARTIAL_VALUE if end - start == 1 else SEVERAL_WORDS
                add(start, end, values, 1.1 if whole else partial)
        return found

    def _names_street(self, word: Word) -> bool:
        """Mayor, Goya, a word that nothing else explains; not "calle está" nor "calle y número"."""
        readings, _ = self.vocabulary.lookup((word.folded,))
        return not word.is_number and all(isinstance(r, Cue) and r.kind in _COMPARATIVE for r in readings)

    def _with_aggregate(
        self, folded: Sequence[str], start: int, end: int, add: Callable[[int, int, Iterable[Meaning], float], None]
    ) -> None:
        """tiempo medio de respuesta, tardamos más en ir: a phrase of the catalogue with an aggregate inside."""
        inside = [at for at in range(start + 1, end - 1) if self._figured(folded[at])]
        if end - start < 3 or len(inside) != 1:
            return
        at = inside[0]
        cue = self._figured(folded[at])
        readings, quality = self.vocabulary.lookup([*folded[start:at], *folded[at + 1 : end]])
        ranked = cue is not None and cue.kind != "aggregate"
        if ranked:
            readings = tuple(r for r in readings if isinstance(r, MeasureRef))
        if _content(readings) and cue is not None:
            add(start, end, (*readings, cue), quality)

    def _with_pronoun(
        self, folded: Sequence[str], start: int, end: int, add: Callable[[int, int, Iterable[Meaning], float], None]
    ) -> None:
        """qué le hicieron, cuándo os lo pedí: question words of the catalogue with pronouns inside."""
        inner = [word for word in folded[start + 1 : end - 1] if word not in _CLITICS]
        if end - start < 3 or len(inner) == end - start - 2:
            return
        asks = self.vocabulary.exact.get((folded[start], *inner, folded[end - 1]), ())
        if any(isinstance(r, AskRef | SegmentRef) for r in asks):
            add(start, end, asks, EXACT)

    def _figured(self, word: str) -> Cue | None:
        """The word as an aggregate, or as a superlative."""
        cues = [c for c in self.vocabulary.exact.get((word,), ()) if isinstance(c, Cue) and c.kind in _FIGURED]
        return next(iter(cues), None)


def _content(readings: Iterable[Meaning]) -> bool:
    return any(not isinstance(r, Cue) for r in readings)


def _cover(
    words: Sequence[Word], candidates: Candidates, start: int, end: int, without: tuple[int, int] | None
) -> tuple[Mention, ...]:
    best: list[tuple[float, tuple[int, int] | None]] = [(0.0, None)] * (end - start + 1)
    spans: dict[int, list[tuple[int, float]]] = {}
    for (first, last), (_, quality) in candidates.items():
        if start <= first and last <= end and (first, last) != without:
            length = last - first
            spans.setdefault(last, []).append((first, quality * length + LONGER * (length - 1)))
    for last in range(start + 1, end + 1):
        options = [(best[last - 1 - start][0] - 0.01, (last - 1, last))]
        options += [(best[first - start][0] + score, (first, last)) for first, score in spans.get(last, ())]
        best[last - start] = max(options, key=lambda o: (o[0], o[1][1] - o[1][0]))
    mentions: list[Mention] = []
    at = end
    while at > start:
        span = best[at - start][1]
        if span is None:
            break
        mentions.append(_mention(words, candidates, span))
        at = span[0]
    return tuple(reversed(mentions))


def _mention(words: Sequence[Word], candidates: Candidates, span: tuple[int, int]) -> Mention:
    readings, quality = candidates.get(span, ((), 0.0))
    text = " ".join(w.folded for w in words[span[0] : span[1]])
    splits = span[1] - span[0] > 1 and not any(isinstance(r, PeriodRef | NumberRef) for r in readings)
    whole_value = any(isinstance(r, ValueRef) and r.whole for r in readings)
    parts = _cover(words, candidates, span[0], span[1], span) if splits and not whole_value else ()
    capital = span[0] > 0 and words[span[0]].capital
    return Mention(span[0], span[1], text, readings, min(quality, 1.0), parts, capital)
