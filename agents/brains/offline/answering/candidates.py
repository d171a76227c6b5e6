"""Which blocks of the passages may answer a question, and which of their units do."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from agents.brains.offline.answering.blocks import Block, Kind, Unit
from agents.brains.offline.answering.measuring import gives_range, measured, width, words_of
from agents.brains.offline.answering.question import BACKGROUND_WEIGHT, SYNONYM, Concept, Question
from agents.brains.offline.answering.recurring import Recurrence
from agents.brains.offline.answering.series import all_series, models_in, of_another
from ingest.passages import Passage
from ingest.terms import is_grammar, terms

_KEY, _IN_UNIT, _COLUMN, _IN_SECTION, _IN_LEAD, _ABOVE, _IN_DOCUMENT = 1.0, 0.9, 0.75, 0.95, 0.85, 0.5, 0.3
_THINLY = 0.8
_IN_A_STEP = 0.55
_CODE_WEIGHT = 2.5
_LONGEST_CODE = 4
_MODEL_WEIGHT = 0.25
_PLACES_KEPT = 4000
_PRICES = "price_list"
"""Where a figure needs no unit to be a price; anywhere else, what says no price does not answer how much it costs."""
_BY_ITS_FIGURE = 0.8
_IN_RANGE, _BESIDE_RANGE = 0.9, 0.7
_WELL_HEADED = 0.5
_AS_HEAD = 1.4
_AS_KEY = 1.25
_AS_MUCH = 0.8
_AS_OWN = 0.9
_SAID_AGAIN = 0.03
_LEAST = {Kind.TEXT: 0.5}
_LEAST_ELSEWHERE = 0.75


@dataclass(frozen=True, slots=True)
class Where:
    """Terms around a block: of its own heading, of those above it, and of its document.

    ``front``: it stands under no heading; ``cover``: though its document has some.
    """

    section: frozenset[str]
    above: frozenset[str]
    document: frozenset[str]
    front: bool = False
    cover: bool = False


@dataclass(frozen=True, slots=True)
class Said:
    """Terms of some units together: of everything, of first cells, of the names of columns."""

    all: frozenset[str]
    key: frozenset[str]
    names: frozenset[str]

    @classmethod
    def by(cls, units: Sequence[Unit]) -> Said:
        """What ``units`` say."""
        if len(units) == 1:
            return cls(units[0].terms, units[0].key, units[0].names)
        return cls(
            frozenset().union(*(u.terms for u in units)),
            frozenset().union(*(u.key for u in units)),
            frozenset().union(*(u.names for u in units)),
        )


@dataclass(frozen=True, slots=True)
class Candidate:
    """A block of document ``source`` that may answer, with the units of it that do.

    ``found``: the concepts of the question, and how well each is mentioned in it or around it. ``headed``: the part of
    its heading that the question says. ``features`` and ``score``: what it is like, and what that is worth.
    """

    position: int
    passage: Passage
    block: Block
    units: tuple[Unit, ...]
    where: Where
    found: Mapping[str, float]
    headed: float = 0.0
    features: Mapping[str, float] = field(default_factory=dict)
    score: float = 0.0

    @property
    def source(self) -> int:
        return self.passage.document_id

    @property
    def heading(self) -> frozenset[str]:
        """Terms of its heading and of the line that introduces it."""
        return self.where.section | self.block.lead_terms


class Finder:
    """Finds candidates. ``places``: words of where something is; ``recurrence``: what says how often."""

    def __init__(self, places: frozenset[str], recurrence: Recurrence) -> None:
        self._places = places
        self._recurrence = recurrence

    def candidate(
        self,
        position: int,
        block: Block,
        passage: Passage,
        where: Where,
        question: Question,
        weights: Mapping[str, float],
        models: frozenset[str],
    ) -> Candidate | None:
        """The candidate of ``block``; None when nothing of it may answer."""
        lead = block.lead_terms
        if "€" in question.units and passage.kind != _PRICES and not measured(joined(block.units), question.units):
            return None
        if of_another(where.section | lead, models):
            return None
        units = self._units(block, where, lead, question, weights, models)
        if not units:
            return None
        listed = block.kind is Kind.TABLE and self._lists_a_turn(units, question)
        if block.kind in (Kind.TABLE, Kind.BULLETS) and 1 < len(units) < len(block.units) and not listed:
            units, found = self._together(block, units, where, question, weights)
        else:
            found = self._found(block, units, where, question)
        headed = heading_fit(question, where.section | lead)
        return Candidate(position, passage, block, units, where, found, headed)

    def _found(self, block: Block, units: Sequence[Unit], where: Where, question: Question) -> dict[str, float]:
        """How well each concept is mentioned by ``units`` and what stands around them."""
        lead, said = block.lead_terms, Said.by(units)
        said_in = self._said_in(block, where, lead, question, units)
        found = {c.word: _worth(c, said, units, where, lead, said_in) for c in question.concepts}
        for measure in (c for c in question.concepts if c.units and found[c.word] < _IN_UNIT):
            if measured(" ".join((*(u.text for u in units), block.lead)), measure.units):
                found[measure.word] = max(found[measure.word], _BY_ITS_FIGURE)
        for often in self._often(question):
            if any(self._recurrence.said(unit.text) for unit in units):
                found[often.word] = max(found[often.word], _BY_ITS_FIGURE)
        for figure in (f for f in question.figures if f.word in found):
            text = joined(units)
            inside = width(figure, text) is not None
            worth = _IN_RANGE if inside else _BESIDE_RANGE if gives_range(figure, text) else 0.0
            found[figure.word] = max(found[figure.word], worth)
        return found

    def _often(self, question: Question) -> list[Concept]:
        """The words of ``question`` that ask how often: any turn ("cada mes") says them."""
        if "often" not in question.wants:
            return []
        return [c for c in question.concepts if not c.exact and self._recurrence.asked(c.word)]

    def _together(
        self, block: Block, units: tuple[Unit, ...], where: Where, question: Question, weights: Mapping[str, float]
    ) -> tuple[tuple[Unit, ...], dict[str, float]]:
        """Of rows or items, those that say the most of the question at once: two halves in two rows are no answer."""
        each = [self._found(block, (unit,), where, question) for unit in units]
        sums = [sum(weights[word] * worth for word, worth in found.items()) for found in each]
        best = max(sums)
        most = each[sums.index(best)]
        kept = tuple(
            unit
            for unit, total, found in zip(units, sums, each, strict=True)
            if total >= best * _AS_MUCH and not (block.kind is Kind.TABLE and _lacks(found, most, question))
        )
        return kept, most

    def _units(
        self,
        block: Block,
        where: Where,
        lead: frozenset[str],
        question: Question,
        weights: Mapping[str, float],
        models: frozenset[str],
    ) -> tuple[Unit, ...]:
        """The units that say more than their section does about the question; all of them when none does."""
        around = where.section | lead
        pool = [u for u in block.units if _about(u, models)] if block.kind is Kind.TABLE else list(block.units)
        codes = [c for c in question.concepts if c.exact and c.word in question.codes]
        if codes and (block.kind is Kind.TABLE or not all(c.within(where.section) for c in codes)):
            pool = [u for u in pool if all(c.within(u.terms | u.names) for c in codes)]
        if block.kind is Kind.TABLE and self._lists_a_turn(due := self._of_the_turn(pool, question), question):
            return tuple(due)
        if block.kind is Kind.TABLE:
            pool = (question.figures and _narrowest(pool, question)) or self._of_the_turn(pool, question) or pool
        if not pool or (block.kind is Kind.TABLE and question.general and mentions(question, around)):
            return tuple(pool)
        if block.kind is Kind.STEPS and not self._is_a_detail(question, around):
            return _measured_steps(block, question) or block.units
        telling = [c for c in question.concepts if not c.within(around) and not (c.exact and c.word in question.models)]
        often = sum(weights[c.word] for c in self._often(question) if c in telling)
        gains = [
            sum(_gain(c, u) * weights[c.word] for c in telling)
            + (often * SYNONYM if often and self._recurrence.said(u.text) else 0.0)
            for u in pool
        ]
        best = max(gains, default=0.0)
        if best == 0.0:
            if block.kind is Kind.TABLE and _said_only_together(telling, pool):
                return ()
            pool = _measured(pool, question) if block.kind is Kind.TABLE else pool
            own = [sum(_own(c, u) * weights[c.word] for c in question.concepts if not c.exact) for u in pool]
            top = max(own, default=0.0)
            headed = heading_fit(question, around) >= _WELL_HEADED
            keyed = top > 0 and (block.kind is Kind.TABLE or (block.kind is Kind.BULLETS and not headed))
            return (
                tuple(u for u, gain in zip(pool, own, strict=True) if gain >= top * _AS_OWN) if keyed else tuple(pool)
            )
        least = _LEAST.get(block.kind, _LEAST_ELSEWHERE)
        kept = tuple(u for u, gain in zip(pool, gains, strict=True) if gain >= best * least)
        return self._under_their_name(kept, question, weights) if block.kind is Kind.TABLE else kept

    def _of_the_turn(self, rows: Sequence[Unit], question: Question) -> list[Unit]:
        """The rows of the turn that the question names ("cada mes" for "Mensual")."""
        turns = self._turns(question)
        return [row for row in rows if all(c.within(row.terms) for c in turns)] if turns else []

    def _turns(self, question: Question) -> list[Concept]:
        return [c for c in question.concepts if self._recurrence.said(c.word) and not self._recurrence.asked(c.word)]

    def _lists_a_turn(self, units: Sequence[Unit], question: Question) -> bool:
        """Is all asked that is to be done at a turn, and are these such rows?"""
        return "steps" in question.wants and bool(units) and list(units) == self._of_the_turn(units, question)

    def _under_their_name(
        self, rows: tuple[Unit, ...], question: Question, weights: Mapping[str, float]
    ) -> tuple[Unit, ...]:
        """Of rows that say as much, those whose first cell is a word of the question ("Plus"); all when none is."""
        names = [c for c in question.concepts if not c.exact and not c.units and not self._recurrence.turn(c.word)]
        named = [sum(weights[c.word] for c in names if c.strength(row.key) == 1.0) for row in rows]
        top = max(named, default=0.0)
        return tuple(row for row, own in zip(rows, named, strict=True) if own >= top * _AS_OWN) if top else rows

    def _is_a_detail(self, question: Question, around: frozenset[str]) -> bool:
        """Is one thing asked that some step of another procedure may tell? Otherwise a procedure is told whole."""
        if mentions(question, around) or any(c.within(around) for c in question.concepts if c.word in question.codes):
            return False
        return "steps" not in question.wants

    def _said_in(
        self, block: Block, where: Where, lead: frozenset[str], question: Question, units: Sequence[Unit]
    ) -> float:
        """What a mention inside the units is worth: little in a step of a procedure about something else."""
        if block.kind is not Kind.STEPS or mentions(question, where.section | lead):
            return _IN_UNIT
        placed = "where" in question.wants and bool(self._places & words_of(units[0].text))
        figured = bool(question.units) and measured(units[0].text, question.units)
        return _IN_UNIT if placed or figured else _IN_A_STEP


def _lacks(found: Mapping[str, float], most: Mapping[str, float], question: Question) -> bool:
    """Does a row say only what another does, and leave out something precise that the other says?"""
    if any(worth > most[word] for word, worth in found.items()):
        return False
    precise = [c.word for c in question.concepts if c.weight >= 1.0 and not c.background]
    return any(not found[word] and most[word] >= _IN_UNIT for word in precise)


def _said_only_together(concepts: Sequence[Concept], rows: Sequence[Unit]) -> bool:
    """Is one of ``concepts`` in all ``rows`` together and in none of them? Two halves in two rows do not say it."""
    together = frozenset().union(*(row.terms for row in rows))
    return any(c.within(together) and not any(c.within(row.terms) for row in rows) for c in concepts)


def _narrowest(rows: Sequence[Unit], question: Question) -> list[Unit]:
    """The rows whose range holds a figure of the question most closely ("hasta 10 %" for 8 %); none when none does."""
    for figure in question.figures:
        widths = [width(figure, row.text) for row in rows]
        held = [found for found in widths if found is not None]
        if held and len(held) < len(rows):
            return [row for row, found in zip(rows, widths, strict=True) if found == min(held)]
    return []


def _measured(rows: list[Unit], question: Question) -> list[Unit]:
    """Those of ``rows`` that give the measure that is asked for; all of them when none does."""
    if not {"amount", "count"} & question.wants:
        return rows
    return [row for row in rows if measured(row.text, question.units)] or rows


def _measured_steps(block: Block, question: Question) -> tuple[Unit, ...]:
    """The steps that give the measure that is asked for, when it is only that."""
    if not question.units or not {"amount", "count"} & question.wants or "steps" in question.wants:
        return ()
    return tuple(unit for unit in block.units if measured(unit.text, question.units))


def surroundings(passage: Passage) -> Where:
    """What stands around the blocks of ``passage``."""
    path = passage.heading_path or ((passage.section,) if passage.section else ())
    return _where(path, passage.document, passage.products, passage.categories)


@lru_cache(maxsize=_PLACES_KEPT)
def _where(path: tuple[str, ...], document: str, products: tuple[str, ...], categories: tuple[str, ...]) -> Where:
    model = products if len(products) == 1 else ()
    own = frozenset(terms(" ".join((*path[-1:], *model))))
    about = frozenset(terms(" ".join((document, *products, *categories))))
    return Where(own, frozenset(terms(" ".join(path[:-1]))), about, not path)


def weigh(question: Question, units: Sequence[frozenset[str]]) -> dict[str, float]:
    """Rare words weigh more; words that only name the kind of machine weigh little; codes most."""
    weights = {}
    counts = {c.word: sum(1 for unit in units if c.within(unit)) for c in question.concepts}
    rarities = {word: math.log(3 + len(units) / (1 + count)) for word, count in counts.items()}
    heard = [rarity for word, rarity in rarities.items() if counts[word]]
    for concept in question.concepts:
        rarity = rarities[concept.word]
        if heard and not counts[concept.word]:
            rarity = min(rarity, max(heard))
        own = BACKGROUND_WEIGHT if concept.background else concept.weight
        if concept.exact:
            own = (
                _CODE_WEIGHT if concept.word in question.codes and len(concept.word) <= _LONGEST_CODE else _MODEL_WEIGHT
            )
        weights[concept.word] = rarity * own
    return weights


def _about(row: Unit, models: frozenset[str]) -> bool:
    """A row whose first cell names models must name one of ``models``."""
    named = models_in(row.cells[0][1], all_series(models)) if row.cells and models else frozenset()
    return not named or bool(named & models)


def _worth(
    concept: Concept, said: Said, units: Sequence[Unit], where: Where, lead: frozenset[str], said_in: float
) -> float:
    worth = max(
        _KEY * concept.strength(said.key),
        _COLUMN * concept.strength(said.names),
        _IN_SECTION * concept.strength(where.section),
        _IN_LEAD * concept.strength(lead),
        _ABOVE * concept.strength(where.above),
        _IN_DOCUMENT * concept.strength(where.document),
    )
    strength = concept.strength(said.all)
    if strength == 1.0 and worth > 0.0:
        worth += _SAID_AGAIN
    if not strength or worth >= said_in * strength:
        return worth
    inside = sum(1 for unit in units if concept.within(unit.terms)) / len(units)
    return max(worth, strength * said_in * (_THINLY + (1 - _THINLY) * inside))


def heading_fit(question: Question, heading: frozenset[str]) -> float:
    """The part of a heading that the question says."""
    own = [c for c in question.concepts if not c.background and not (c.exact and c.word in question.models)]
    aside = {form[0] for c in question.concepts if c not in own for form in c.forms if len(form) == 1}
    content = [t for t in heading if len(t) > 2 and not t.isdigit() and not is_grammar(t) and t not in aside]
    if not content:
        return 0.0
    said = [t for t in content if any(t in form for c in own for form in c.forms)]
    return len(said) / len(content)


def _gain(concept: Concept, unit: Unit) -> float:
    """What a unit adds by mentioning a concept; the kind of machine only counts by its own name."""
    strength = max(
        concept.strength(unit.terms), _AS_KEY * concept.strength(unit.key), _AS_HEAD * concept.strength(unit.head)
    )
    return strength if not concept.background or concept.strength(unit.terms) == 1.0 else 0.0


def joined(units: Sequence[Unit]) -> str:
    """The text of ``units``."""
    return " ".join(unit.text for unit in units)


def _own(concept: Concept, unit: Unit) -> float:
    """What a row or an item adds by saying again, in the same word, what its heading says."""
    return 1.0 if concept.strength(unit.key or unit.terms) == 1.0 else 0.0


def mentions(question: Question, around: frozenset[str]) -> bool:
    """Is something precise that is asked about ``around``?"""
    return any(c.within(around) for c in question.concepts if not c.background and not c.exact and c.weight >= 1.0)
