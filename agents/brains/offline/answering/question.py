"""A question as the concepts that its answer must mention, and the kind of answer it wants."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from agents.brains.offline.answering.cognates import Cognates
from agents.brains.offline.answering.spelling import Spelling, nearly
from agents.brains.offline.data import HERE, load_data
from agents.brains.offline.drafting.matching import Phrases
from agents.brains.offline.words import is_code, is_model
from core.text import Token, fold, tokens
from ingest.lexicon import Lexicon as Synonyms
from ingest.lexicon import default_lexicon
from ingest.terms import figure_apart, function_words, joins, pieces, term

BACKGROUND_WEIGHT = 0.2
SOFT_WEIGHT = 0.4
_FILLER_WEIGHT = 0.2
_SAID_OTHERWISE = 0.5
SYNONYM = 0.77
_SHORTEST_CONTENT, _SHORTEST_ASK = 3, 2
_OWN_FIGURE = 0.3
_ASIDE = 0.4
_CHATTER = 0.25
_CLAUSE = re.compile(r"[,.;:!?¿¡\n]+")
_WITH_UNIT = re.compile(r"^\d+(?:[.,]\d+)?[a-z]*$")
_DIMINUTIVE = re.compile(r"c?it[oa]s?$")
_VERB = re.compile(r"(?:[aei]r(?:lo|la|los|las|me|te|se|nos)?|[ai]ndo|[ai]d[oa]s?|mente|[ae]is|[ae]mos|ing|ed)$")
"""Endings of verbs and adverbs: what is asked is rather in the nouns."""

_DISPLAYED = re.compile(r"(?<![\w-])(?:[A-Z]{2}|[a-z][A-Z])(?![\w-])")
_NEGATIONS = frozenset({"no", "not"})
_COUNTED = frozenset({"count"})
"""What "cuántos grados" does not want, though it begins so: it asks for a measure."""
_LISTED = frozenset({"list"})
_SEVERAL_ASKED = re.compile(r"\b(?:que|q|cuales(?: son)?(?: l[oa]s)?|what|which) [a-z]{3,}s\b(?! que)")
"""Several things are asked for ("qué documentos", "cuáles son los requisitos")."""
_FIGURE = re.compile(r"(?<![\w.,-])(-?\d+(?:[.,]\d+)?) ?(%|[^\W\d]+[²³]?|º|°)")

Phrase = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Concept:
    """One thing looked for. Any of ``forms`` (terms in a row for phrases: all of them) is a mention of it.

    ``own`` are those of the word itself. ``weight``: how much of the question it is; ``background``: it only names the
    kind of machine; ``exact``: an error code or a model, which has no synonyms; ``units``: it is a measure, and a
    figure in one of them says it.
    """

    word: str
    forms: frozenset[Phrase]
    own: frozenset[Phrase] = frozenset()
    weight: float = 1.0
    background: bool = False
    exact: bool = False
    units: frozenset[str] = frozenset()

    _words: frozenset[str] = field(init=False, repr=False, compare=False, default=frozenset())
    _own_words: frozenset[str] = field(init=False, repr=False, compare=False, default=frozenset())
    _phrases: tuple[Phrase, ...] = field(init=False, repr=False, compare=False, default=())
    _own_phrases: tuple[Phrase, ...] = field(init=False, repr=False, compare=False, default=())

    def __post_init__(self) -> None:
        phrases = tuple(form for form in self.forms if len(form) != 1)
        object.__setattr__(self, "_words", frozenset(form[0] for form in self.forms if len(form) == 1))
        object.__setattr__(self, "_own_words", frozenset(form[0] for form in self.own if len(form) == 1))
        object.__setattr__(self, "_phrases", phrases)
        object.__setattr__(self, "_own_phrases", tuple(form for form in phrases if form in self.own))

    def within(self, found: frozenset[str]) -> bool:
        """Is it mentioned among the terms ``found``?"""
        if not self._words.isdisjoint(found):
            return True
        for form in self._phrases:  # noqa: SIM110  (asked some thousand times a question; a generator costs double)
            if found.issuperset(form):
                return True
        return False

    def strength(self, found: frozenset[str]) -> float:
        """How well ``found`` mentions it: 1 with its own word, less with a synonym, 0 when it does not."""
        if not self._own_words.isdisjoint(found):
            return 1.0
        for form in self._own_phrases:
            if found.issuperset(form):
                return 1.0
        return SYNONYM if self.within(found) else 0.0

    def among(self, vocabulary: frozenset[str]) -> Concept:
        """The same with the forms that ``vocabulary`` can say, and no others to try."""
        forms = frozenset(form for form in self.forms if vocabulary.issuperset(form))
        return replace(self, forms=forms, own=self.own & forms)


@dataclass(frozen=True, slots=True)
class Figure:
    """A number that the question gives, as it is written there, and the units it may be in."""

    word: str
    value: float
    units: frozenset[str]


@dataclass(frozen=True, slots=True)
class Question:
    """A question read. ``wants``: kinds of answer; ``units``: the measures that its answer would be given in.

    ``general``: it asks about a whole activity ("how do I look after it?") and nothing more precise.
    ``several``: it says several things ("it smells and makes a noise"), which different pieces may answer.
    ``besides``: the words of a second thing asked in the same breath ("... and how long does it last?").
    ``named``: those of its words that only name what the documents are about.
    """

    concepts: tuple[Concept, ...]
    codes: tuple[str, ...]
    models: tuple[str, ...]
    wants: frozenset[str]
    units: frozenset[str] = frozenset()
    general: bool = False
    several: bool = False
    figures: tuple[Figure, ...] = ()
    negated: bool = False
    besides: frozenset[str] = frozenset()
    named: frozenset[str] = frozenset()


class QuestionReader:
    """Reads questions with the synonyms of the search and the question words of ``answering.yaml``."""

    def __init__(self) -> None:
        data: Any = load_data("answering.yaml", HERE / "answering")
        self._asks = {name: Phrases.of(words) for name, words in data["asks"].items()}
        self._measures = [
            (Phrases.of(measure["asks"]), frozenset(fold(str(u)) for u in measure["units"]))
            for measure in data["measures"].values()
        ]
        self._figures = [
            (frozenset(fold(str(word)) for word in figure["said"]), frozenset(fold(str(u)) for u in figure["units"]))
            for figure in data["figures"].values()
        ]
        self._filler = frozenset(fold(str(word)) for word in data["filler"])
        self._joining = frozenset(str(word) for word in data["joining"])
        self._asking = frozenset(str(word) for word in data["asking"])
        self._circumstance = frozenset(str(word) for word in data["circumstance"])
        self._subordinating = frozenset(str(word) for word in data["subordinating"])
        self._soft = frozenset(term(str(word)) for word in data["soft"])
        self._elsewhere = frozenset(term(str(word)) for word in data["places"])
        self._zones = frozenset((term(str(word)),) for word in data["zones"])
        self._price = frozenset({(term(str(data["price"])),)})
        self._background = frozenset(term(str(word)) for word in data["background"])
        self._activities = frozenset(term(str(word)) for word in data["activities"])
        self._cognates = Cognates(data["cognates"])
        self._synonyms: Synonyms = default_lexicon()
        self._spelling = Spelling(self._synonyms.words | function_words() | self._filler)

    def read(self, text: str, vocabulary: frozenset[str], names: frozenset[str] = frozenset()) -> Question:
        """``text`` as concepts. ``vocabulary``: the terms of the passages, which misspelt words may have meant;
        ``names``: folded words that only name what the documents are about."""
        words = [self._known(word, vocabulary) for word in _joined(list(pieces(text)), vocabulary)]
        groups = {at: match for match in self._synonyms.matches(words) for at in range(match.start, match.end)}
        aside = self._aside(text)
        shown = self._shown(text)
        concepts: dict[str, Concept] = {}
        codes: list[str] = []
        models: list[str] = []
        for position, word in enumerate(words):
            group = groups.get(position)
            if group is not None and group.end - group.start > 1:
                if position == group.start:
                    phrase = self._phrase(words[group.start : group.end], group.others, vocabulary)
                    concepts.setdefault(phrase.word, phrase)
                continue
            if fold(word) in names:
                concepts.setdefault(term(word), _named(word))
                continue
            if (fold(word) not in shown and self._empty(fold(word), vocabulary)) or _is_part(word, words[:position]):
                continue
            concept = self._concept(word, () if group is None else group.others, vocabulary, shown)
            if concept.exact:
                (codes if is_code(concept.word) or concept.word in shown else models).append(concept.word)
            concepts.setdefault(term(word), concept)
        said = tokens(" ".join(words))
        wants = frozenset(name for name, phrases in self._asks.items() if phrases.first(said) is not None)
        units = frozenset(u for phrases, units in self._measures if self._is_asked(phrases, said) for u in units)
        wants -= _COUNTED if units else frozenset()
        wants |= _LISTED if _SEVERAL_ASKED.search(fold(text)) else frozenset()
        concepts = self._circumstances_less({stem: c for stem, c in concepts.items() if c.own or c.forms}, aside)
        concepts = self._chatter_less(concepts, self._stated(text), vocabulary)
        several = "," in text or any(token.folded in self._joining for token in said)
        return Question(
            tuple(c.among(vocabulary) for c in concepts.values()),
            tuple(codes),
            tuple(models),
            wants,
            units,
            self._general(concepts, wants),
            several,
            tuple(self._figures_in(text)),
            bool(_NEGATIONS & {fold(word) for word in words[:-1]}),
            frozenset(c.word for c in concepts.values() if not c.exact) & self._besides(text),
            frozenset(c.word for c in concepts.values() if fold(c.word) in names),
        )

    def _is_asked(self, measure: Phrases, said: Sequence[Token]) -> bool:
        """Is ``measure`` named, and not as the circumstance of something else ("a máxima potencia")?"""
        at = measure.first(said)
        if at is None:
            return False
        if said[at].folded in self._asking:
            return True
        before = [token.folded for token in reversed(said[max(0, at - 2) : at])]
        near = next((word for word in before if word in self._asking or word in self._circumstance), None)
        return near not in self._circumstance

    def _figures_in(self, text: str) -> Iterator[Figure]:
        """Numbers with the unit that they are said in ("30 metros", "8 %")."""
        for number, unit in _FIGURE.findall(fold(text)):
            units = frozenset(u for said, units in self._figures if unit in said for u in units)
            if units:
                yield Figure(number, float(number.replace(",", ".")), units)

    def _besides(self, text: str) -> frozenset[str]:
        """Folded words after "and" with a question word of its own."""
        said = tokens(text)
        for at in range(_SHORTEST_ASK, len(said) - 1):
            if said[at].folded in self._joining and said[at + 1].folded in self._asking:
                return frozenset(fold(piece) for token in said[at + 2 :] for piece in pieces(token.text))
        return frozenset()

    def _circumstances_less(self, concepts: dict[str, Concept], aside: frozenset[str]) -> dict[str, Concept]:
        """Less weight for what is said in a clause ``aside``, when the rest asks more precisely than for a measure."""
        main = [c for c in concepts.values() if c.word.split()[-1] not in aside and not c.background and not c.exact]
        if not any(c.weight >= 1.0 and not c.units and not c.forms & self._price for c in main):
            return concepts
        return {
            stem: replace(c, weight=c.weight * _ASIDE) if c.word.split()[-1] in aside and not c.exact else c
            for stem, c in concepts.items()
        }

    @staticmethod
    def _chatter_less(
        concepts: dict[str, Concept], stated: frozenset[str], vocabulary: frozenset[str]
    ) -> dict[str, Concept]:
        """Less weight for what no passage speaks of, when it is said outside the clause that asks."""
        return {
            stem: replace(c, weight=c.weight * _CHATTER)
            if c.word in stated and not c.exact and not any(vocabulary.issuperset(form) for form in c.forms)
            else c
            for stem, c in concepts.items()
        }

    def _stated(self, text: str) -> frozenset[str]:
        """Folded words of the clauses that do not ask, when another one does ("tranquilos, … ¿cada cuánto …?")."""
        clauses = [clause for clause in _CLAUSE.split(text) if tokens(clause)]
        asking = [any(t.folded in self._asking for t in tokens(clause)[:_SHORTEST_ASK]) for clause in clauses]
        if not any(asking) or all(asking):
            return frozenset()
        said = (clause for clause, asks in zip(clauses, asking, strict=True) if not asks)
        return frozenset(fold(piece) for clause in said for piece in pieces(clause))

    def _aside(self, text: str) -> frozenset[str]:
        """Folded words of the clauses that only say when or if ("... si se queda bloqueado")."""
        out: set[str] = set()
        inside = False
        end = 0
        for token in tokens(text):
            if inside and any(mark in text[end : token.start] for mark in ",;?."):
                inside = False
            inside = inside or token.folded in self._subordinating
            if inside:
                out.update(fold(piece) for piece in pieces(token.text))
            end = token.end
        return frozenset(out)

    def _shown(self, text: str) -> frozenset[str]:
        """Folded two-letter codes of a display as people copy them ("FC", "dF"), in a text that is not all capitals."""
        if text.isupper():
            return frozenset()
        copied = (fold(word) for word in _DISPLAYED.findall(text))
        return frozenset(w for w in copied if w not in function_words() and term(w) not in self._background)

    def _concept(
        self, word: str, others: Sequence[Phrase], vocabulary: frozenset[str], shown: frozenset[str]
    ) -> Concept:
        folded = fold(word)
        own: frozenset[Phrase] = frozenset({(term(word),), (term(word, "en"),)})
        if self._is_exact(folded) or folded in shown:
            return Concept(folded, own, own, exact=True)
        if folded.isdigit() or _WITH_UNIT.match(folded):
            own |= figure_apart(folded)
            return Concept(folded, own, own, 1.0 if folded in vocabulary else _OWN_FIGURE)
        forms = own | frozenset(others)
        weight = max(self._weight(word), _SAID_OTHERWISE if others else 0.0)
        if not any(part in vocabulary for form in forms for part in form):
            plain = _DIMINUTIVE.sub("", folded)
            forms |= {(term(f"{plain}{vowel}"),) for vowel in "oa"} if plain != folded else set()
        if not any(part in vocabulary for form in forms for part in form):
            near = frozenset((t,) for t in self._cognates.of(folded) & vocabulary)
            near = near or frozenset((t,) for t in nearly(term(word), vocabulary))
            if term(word) in self._elsewhere:
                near = self._zones
            forms |= near
            weight *= SOFT_WEIGHT if not near and not others and _VERB.search(folded) else 1.0
        return Concept(folded, forms, own, weight, term(word) in self._background, units=self._units(folded))

    def _is_exact(self, folded: str) -> bool:
        """A code or a model; "CO2" and "R32", which have synonyms, are words, and "24v" is a figure."""
        if folded in self._synonyms.words or _WITH_UNIT.match(folded):
            return False
        return is_code(folded) or is_model(folded)

    def _units(self, words: str) -> frozenset[str]:
        named = (units for phrases, units in self._measures if words in units or phrases.found(words))
        return frozenset(u for units in named for u in units)

    def _phrase(self, words: Sequence[str], others: Sequence[Phrase], vocabulary: frozenset[str]) -> Concept:
        """Words that are looked for together ("agua caliente")."""
        content = [w for w in words if fold(w) not in function_words() and fold(w) not in self._filler]
        if not content:
            return self._turn_of_phrase(words, others, vocabulary)
        own = frozenset(tuple(term(word, language) for word in content) for language in ("es", "en"))
        if len(content) == 1 and others and not any(other == form for other in others for form in own):
            whole = frozenset({tuple(term(w) for w in words if len(w) >= _SHORTEST_CONTENT)})
            own = frozenset(form for form in whole if len(form) > 1) or own
        negated = any(fold(word) in _NEGATIONS for word in words)
        background = not negated and all(term(word) in self._background for word in content)
        said = fold(" ".join(words))
        return Concept(said, own | frozenset(others), own, 1.0, background, units=self._units(said))

    def _turn_of_phrase(self, words: Sequence[str], others: Sequence[Phrase], vocabulary: frozenset[str]) -> Concept:
        """Words that only mean something together ("no va"): the same words apart are no mention of it."""
        said = fold(" ".join(words))
        forms = frozenset(other for other in others if vocabulary.issuperset(other))
        return Concept(said, forms, frozenset(), SOFT_WEIGHT, units=self._units(said))

    def _known(self, word: str, vocabulary: frozenset[str]) -> str:
        """``word``, or what it was meant to be when it is misspelt and nobody writes it so."""
        folded = fold(word)
        if is_code(folded) or is_model(folded) or not folded.isalpha() or term(word) in vocabulary:
            return word
        meant = self._spelling.meant(folded)
        known = meant and (meant in function_words() or meant in self._filler or term(meant) in vocabulary)
        return meant if meant and known else word

    def _empty(self, folded: str, vocabulary: frozenset[str]) -> bool:
        if folded in function_words():
            return True
        if folded in self._filler:
            return term(folded) not in vocabulary
        if is_code(folded) or folded.isdigit():
            return False
        return len(folded) < _SHORTEST_CONTENT and term(folded) not in vocabulary

    def _weight(self, word: str) -> float:
        if fold(word) in self._filler:
            return _FILLER_WEIGHT
        return SOFT_WEIGHT if term(word) in self._soft else 1.0

    def _general(self, concepts: Mapping[str, Concept], wants: frozenset[str]) -> bool:
        """Only the activity and the kind of machine are named, and no figure is asked for."""
        told = [c for c in concepts.values() if not c.background and c.weight == 1.0 and not c.exact]
        if any(letter.isdigit() for c in concepts.values() if not c.exact for letter in c.word):
            return False
        return bool(told) and "amount" not in wants and all(self._is_activity(c) for c in told)

    def _is_activity(self, concept: Concept) -> bool:
        return any(len(form) == 1 and form[0] in self._activities for form in concept.own | concept.forms)


def _named(word: str) -> Concept:
    """The name of what the documents are about: the search has already chosen those."""
    own = frozenset({(term(word),)})
    return Concept(fold(word), own, own, background=True)


def _is_part(word: str, before: Sequence[str]) -> bool:
    """Is ``word`` a part of the code written just before it, once whole and once in parts ("NV4-C110")?"""
    return any(
        (is_model(fold(code)) or is_code(fold(code))) and fold(word) in fold(code) and word != code
        for code in before[-2:]
    )


def _joined(words: list[str], vocabulary: frozenset[str]) -> list[str]:
    """ "xp 400" and "e 4" as one word."""
    out: list[str] = []
    for word in words:
        code = joins(fold(out[-1]), word) if out and fold(out[-1]) not in function_words() else None
        if code is not None and (code in vocabulary or (is_code(code) and len(fold(out[-1])) == 1)):
            out[-1] = code
        else:
            out.append(word)
    return out
