"""What a candidate is like, in numbers: the features that ``ranking.yaml`` gives weights to.

Every feature is 0 when it says nothing, and mostly between 0 and 1, so that weights can be read.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from agents.brains.offline.answering.blocks import Kind
from agents.brains.offline.answering.candidates import Candidate, Said, heading_fit, joined, mentions
from agents.brains.offline.answering.measuring import counted, figured, measured, width, words_of
from agents.brains.offline.answering.question import Question
from agents.brains.offline.answering.recurring import Recurrence
from agents.brains.offline.answering.series import all_series, models_in, series_of
from ingest.passages import Passage
from ingest.terms import is_grammar, term

_SMALL_TABLE = 5
_WELL_HEADED = 0.5
_MOST, _LITTLE, _UNHEARD = 0.75, 0.5, 0.35
_SHORTEST_TELLING = 3
_PROCEDURAL = frozenset({"steps", "cause", "trouble", "meaning"})
_NEGATIONS = frozenset({"no", "sin"})
_THINGS = frozenset({"which", "count"})
_PRICES = "price_list"
_MONEY = "€"
READER = "reader_"
"""How the features begin that say who asks and in which kind of document it was found."""

Features = dict[str, float]


@dataclass(frozen=True)
class Asked:
    """A question beside the passages found for it.

    ``weights``: of its concepts; ``models``: those it is about; ``role``: who asks; ``units``: the terms of every unit
    of the passages; ``sections``: all the terms of each passage and its headings; ``text``: the question as written.
    """

    question: Question
    weights: Mapping[str, float]
    models: frozenset[str]
    role: str
    passages: tuple[Passage, ...]
    units: tuple[frozenset[str], ...]
    sections: tuple[frozenset[str], ...]
    text: str

    @cached_property
    def total(self) -> float:
        """The weight of the whole question."""
        return sum(self.weights.values())

    @cached_property
    def best(self) -> float:
        """The score of the best passage."""
        return max((passage.score for passage in self.passages), default=0.0)

    @cached_property
    def _shares(self) -> dict[frozenset[str], float]:
        return {}

    @cached_property
    def _rarities(self) -> dict[str, float]:
        return {}

    def rarity(self, word: str) -> float:
        """How rare the term ``word`` is among the passages."""
        known = self._rarities.get(word)
        if known is None:
            count = sum(1 for unit in self.units if word in unit)
            known = self._rarities[word] = math.log(3 + len(self.units) / (1 + count))
        return known

    def share(self, place: frozenset[str]) -> float:
        """The part of the question that is mentioned in ``place``."""
        if not place:
            return 0.0
        known = self._shares.get(place)
        if known is None:
            said = sum(self.weights[c.word] * c.strength(place) for c in self.question.concepts)
            known = self._shares[place] = said / self.total
        return known

    def named_in(self, place: frozenset[str]) -> bool | None:
        """Is what the question names, and only documents know, named in ``place``? None when it names no such thing."""
        named = [c for c in self.question.concepts if c.word in self.question.named]
        return any(c.within(place) for c in named) if named else None

    def literal(self, place: frozenset[str]) -> float:
        """The part of the question whose very words are in ``place``."""
        found = (self.weights[c.word] for c in self.question.concepts if c.strength(place) == 1.0)
        return sum(found) / self.total


class Describer:
    """Describes candidates with the words of ``answering.yaml``: of frequency, of places, of headings about trouble."""

    def __init__(self, data: Mapping[str, Any]) -> None:
        self._recurrence = Recurrence(data)
        self._places = frozenset(data["place_words"])
        self._trouble = frozenset(term(str(word)) for word in data["trouble_headings"])

    def describe(self, candidate: Candidate, asked: Asked) -> Features:
        """The features of ``candidate`` as an answer to what is ``asked``."""
        return {
            **_mentioned(candidate, asked),
            **_headed(candidate, asked),
            **self._of_the_kind(candidate, asked.question),
            **self._procedural(candidate, asked.question),
            **_source(candidate, asked),
        }

    def _of_the_kind(self, candidate: Candidate, question: Question) -> Features:
        """Does it hold what the question words ask for: a figure, how often, where?"""
        text = f"{joined(candidate.units)} {candidate.block.lead}"
        words = words_of(text)
        wants, kind = question.wants, candidate.block.kind
        often, frequency = "often" in wants, self._recurrence.said(text)
        figures = "amount" in wants and not often
        digits = figured(text)
        found = bool(question.units) and measured(text, question.units)
        held = any(width(figure, text) is not None for figure in question.figures)
        counts = "count" in wants and counted(question, candidate.units)
        return _numbers(
            often_said=often and frequency,
            often_unsaid=often and not frequency,
            often_table=often and kind is Kind.TABLE,
            thing_often=bool(wants & _THINGS) and not often and frequency,
            amount_said=figures and digits,
            amount_unsaid=figures and not digits,
            amount_steps="amount" in wants and kind is Kind.STEPS,
            measured=found,
            in_range=held,
            unmeasured=bool(question.units) and not found,
            counted=counts,
            uncounted="count" in wants and not counts,
            placed="where" in wants and bool(words & self._places),
        )

    def _procedural(self, candidate: Candidate, question: Question) -> Features:
        """Is it a block of the kind that answers such questions?"""
        wants, kind = question.wants, candidate.block.kind
        named = mentions(question, candidate.heading)
        large = len(candidate.units) > _SMALL_TABLE
        return _numbers(
            is_steps=kind is Kind.STEPS,
            is_table=kind is Kind.TABLE,
            is_text=kind is Kind.TEXT,
            is_bullets=kind is Kind.BULLETS,
            is_warning=kind is Kind.WARNING,
            steps_asked="steps" in wants and kind is Kind.STEPS,
            steps_unasked=kind is Kind.STEPS and candidate.headed < _WELL_HEADED and not _PROCEDURAL & wants,
            steps_named=kind is Kind.STEPS and named and not question.codes,
            table_named=kind is Kind.TABLE and named and not question.codes,
            table_of_all=kind is Kind.TABLE and named and question.general,
            table_large=kind is Kind.TABLE and large and not question.general,
            meaning_table="meaning" in wants and kind is Kind.TABLE,
            cover_bullets="cover" in wants and kind is Kind.BULLETS,
            trouble_named="trouble" in wants and bool(self._trouble & candidate.heading),
        )


def _mentioned(candidate: Candidate, asked: Asked) -> Features:
    """How much of the question it mentions, and where."""
    said, where = Said.by(candidate.units), candidate.where
    weights, total = asked.weights, asked.total
    found = sum(weights[word] * worth for word, worth in candidate.found.items()) / total
    unheard = sum(weights[c.word] for c in asked.question.concepts if not c.forms) / total
    return {
        "said": asked.share(said.all),
        "said_first": asked.share(said.key),
        "said_in_columns": asked.share(said.names),
        "said_in_heading": asked.share(where.section),
        "said_in_lead": asked.share(candidate.block.lead_terms),
        "said_above": asked.share(where.above),
        "said_in_title": asked.share(where.document),
        "said_in_passage": asked.share(asked.sections[candidate.position]),
        "said_at_once": _at_once(candidate, asked),
        "coded": 1.0 if _coded(candidate, asked.question) else 0.0,
        "said_literally": asked.literal(said.all | candidate.heading),
        "found": found,
        "found_most": max(0.0, found - _MOST),
        "found_little": max(0.0, _LITTLE - found),
        "unheard": unheard,
        "unheard_most": max(0.0, unheard - _UNHEARD),
        "not_found": sum(weights[word] for word, worth in candidate.found.items() if not worth) / total,
    }


def _at_once(candidate: Candidate, asked: Asked) -> float:
    """The most of the question that one of its units says together with its heading."""
    heading = candidate.heading
    return max(asked.share(unit.terms | unit.names | heading) for unit in candidate.units)


def _coded(candidate: Candidate, question: Question) -> bool:
    """Are the codes asked about what its rows are listed under, or what its heading names?"""
    if not question.codes:
        return False
    listed = frozenset().union(candidate.heading, *(unit.key for unit in candidate.units))
    return listed.issuperset(question.codes)


def _headed(candidate: Candidate, asked: Asked) -> Features:
    """How much of its heading, and of the first cells of its rows, the question says."""
    small = candidate.block.kind is Kind.TABLE and len(candidate.units) <= _SMALL_TABLE
    keys = max((heading_fit(asked.question, unit.key) for unit in candidate.units), default=0.0) if small else 0.0
    negated = candidate.headed > 0 and bool(_NEGATIONS & candidate.heading)
    return {
        "headed": candidate.headed,
        "headed_rarely": _rare_heading(candidate.heading, asked),
        "keyed": keys,
        **_numbers(
            negated_both=negated and asked.question.negated,
            negated_heading=negated and not asked.question.negated,
            negated_question=candidate.headed > 0 and asked.question.negated and not negated,
        ),
    }


def _rare_heading(heading: frozenset[str], asked: Asked) -> float:
    """The part of a heading that the question says, its rare words counting more."""
    question = asked.question
    own = [c for c in question.concepts if not c.background and not (c.exact and c.word in question.models)]
    aside = {form[0] for c in question.concepts if c not in own for form in c.forms if len(form) == 1}
    telling = {t: asked.rarity(t) for t in heading if _telling(t) and t not in aside}
    whole = sum(telling.values())
    if not whole:
        return 0.0
    parts = {part for c in own for form in c.forms for part in form}
    return sum(rarity for word, rarity in telling.items() if word in parts) / whole


def _telling(word: str) -> bool:
    return len(word) >= _SHORTEST_TELLING and not (word.isdigit() or series_of(word) or is_grammar(word))


def _source(candidate: Candidate, asked: Asked) -> Features:
    """Where it was found: how well the passage did in the search, and in which kind of document."""
    passage, models = candidate.passage, asked.models
    own = {sku.lower().replace("-", "") for sku in passage.products}
    priced = _MONEY in asked.question.units
    titled = asked.named_in(candidate.where.document | candidate.where.above | candidate.where.section)
    unnamed = bool(models) and not own and not models & models_in(passage.content, all_series(models))
    return {
        "rank": candidate.position / 20,
        "behind": asked.best - passage.score,
        "searched": passage.coverage,
        f"{READER}{asked.role}_{passage.kind}": 1.0,
        **_numbers(
            own_model=len(own) == 1 and bool(models & own),
            no_model=unnamed,
            of_the_named=titled is True,
            of_another=titled is False,
            front=candidate.where.front,
            price_in_prices=priced and passage.kind == _PRICES,
            other_in_prices=not priced and passage.kind == _PRICES,
        ),
    }


def _numbers(**flags: bool) -> Features:
    return {name: 1.0 for name, flag in flags.items() if flag}


def names(described: Iterable[Mapping[str, float]]) -> Sequence[str]:
    """Names of all the features that occur in ``described``, in order."""
    return sorted({name for features in described for name in features})
