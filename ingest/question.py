"""A question into weighted concepts: its words, their synonyms, and what a misspelt word may have meant."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from rapidfuzz import process
from rapidfuzz.distance import OSA

from core.text import fold
from ingest.lexical import Alternative, Concept, LexicalIndex
from ingest.lexicon import Lexicon
from ingest.sounds import sound
from ingest.spelling import SHORTEST_TYPO, Spelling
from ingest.terms import figure_apart, function_words, is_code, is_number, joins, pairs, pieces, term

SYNONYM_WEIGHT = 0.8
TYPO_WEIGHT = 0.8
SOUND_WEIGHT = 0.95
"""Of a word that sounds like what is written: hardly anything else can have been meant."""
FUNCTION_WEIGHT = 0.15
PAIR_WEIGHT = 0.2
MAX_WORDS = 64
_MAX_CANDIDATES = 3
_ALIKE = 2
"""Letters by which words that sound alike may differ at most."""


class QuestionReader:
    """Turns questions into concepts of one index."""

    def __init__(self, index: LexicalIndex, spelling: Spelling, lexicon: Lexicon) -> None:
        """``spelling``: the folded words that the passages are written with."""
        self._index = index
        self._lexicon = lexicon
        self._spellings = (spelling, lexicon.spelling)
        self._corrections: dict[str, tuple[str, ...]] = {}

    def concepts(self, question: str) -> tuple[Concept, ...]:
        """The concepts of ``question``, at most :data:`MAX_WORDS` of them."""
        words = self._codes_joined(list(pieces(question))[:MAX_WORDS])
        corrected = [self._corrected(word) for word in words]
        concepts = [self._concept(word, options) for word, options in zip(words, corrected, strict=True)]
        read_as = [options[0] if options else word for word, options in zip(words, corrected, strict=True)]
        for match in self._lexicon.matches(read_as):
            alternatives = tuple(Alternative(phrase, SYNONYM_WEIGHT) for phrase in match.others)
            for at in range(match.start, match.end):
                concepts[at] = _widened(concepts[at], alternatives, match.end - match.start)
        return (*_merged(concepts), *self._pairs(read_as))

    def _pairs(self, words: Sequence[str]) -> list[Concept]:
        """Neighbouring words that some heading has side by side."""
        found = dict.fromkeys(pair for pair in pairs([term(word) for word in words]) if pair in self._index)
        return [Concept((Alternative((pair,)),), PAIR_WEIGHT, informative=False) for pair in found]

    def _codes_joined(self, words: Sequence[str]) -> list[str]:
        """ "xp 400" as "xp400" when the library has that code."""
        out: list[str] = []
        for word in words:
            code = joins(fold(out[-1]), word) if out else None
            if code is not None and code in self._index:
                out[-1] = code
            else:
                out.append(word)
        return out

    def _concept(self, word: str, corrections: Sequence[str]) -> Concept:
        folded = fold(word)
        exact = dict.fromkeys((term(word), term(word, "en")))
        alternatives = [Alternative((form,)) for form in exact]
        alternatives += [Alternative(apart) for apart in figure_apart(folded)]
        for option in corrections:
            weight = SOUND_WEIGHT if sound(option) == sound(word) else TYPO_WEIGHT
            alternatives.append(Alternative((term(option),), weight))
        if folded in function_words() or (len(folded) == 1 and not folded.isdigit()):
            return Concept(tuple(alternatives), FUNCTION_WEIGHT, informative=False)
        return Concept(tuple(alternatives))

    def _corrected(self, word: str) -> tuple[str, ...]:
        """Known words that ``word`` may be a misspelling of; nothing when it is known, short, a code or a number."""
        folded = fold(word)
        if len(folded) < SHORTEST_TYPO or is_code(folded) or is_number(folded):
            return ()
        if any(folded in known for known in self._spellings):
            return ()
        if folded in function_words() or term(word) in self._index or term(word, "en") in self._index:
            return ()
        found = self._corrections.get(folded)
        if found is None:
            if len(self._corrections) > 10_000:
                self._corrections.clear()
            found = self._corrections[folded] = self._nearest(folded)
        return found

    def _nearest(self, folded: str) -> tuple[str, ...]:
        allowed = 1 if len(folded) <= 6 else 2
        library, trade = (known.near(folded, allowed, _ALIKE) for known in self._spellings)
        pool = [*library, *(word for word in trade if word not in self._spellings[0])]
        hits = process.extract(folded, pool, scorer=OSA.distance, score_cutoff=_ALIKE, limit=24)
        spoken = sound(folded)
        alike = [word for word, _, _ in hits if sound(word) == spoken]
        near = [(word, distance) for word, distance, _ in hits if distance <= allowed]
        if not alike and not near:
            return ()
        nearest = min((distance for _, distance in near), default=0)
        best = alike or [word for word, distance in near if distance == nearest]
        best.sort(key=lambda word: (word[0] != folded[0], -self._index.frequency(term(word))))
        return tuple(best[:_MAX_CANDIDATES])


def _widened(concept: Concept, others: tuple[Alternative, ...], words: int) -> Concept:
    """``concept`` with the rest of its group; a function word inside a known phrase is part of what is asked."""
    alternatives = (*concept.alternatives, *others)
    if concept.informative or words == 1:
        return replace(concept, alternatives=alternatives)
    return Concept(alternatives, weight=max(concept.weight, 1 / words))


def _merged(concepts: Sequence[Concept]) -> list[Concept]:
    """A word said twice counts once."""
    seen: dict[tuple[Alternative, ...], Concept] = {}
    for concept in concepts:
        seen.setdefault(concept.alternatives, concept)
    return list(seen.values())
