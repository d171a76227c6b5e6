"""How well a block of a passage answers a question, and which of its units do."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

from agents.brains.offline.answering.blocks import Block, Kind, Unit
from agents.brains.offline.answering.question import BACKGROUND_WEIGHT, Concept, Question
from agents.brains.offline.words import is_code
from core.text import fold, tokens
from ingest.passages import Passage
from ingest.terms import term, terms

_KEY, _IN_UNIT, _COLUMN, _IN_SECTION, _IN_LEAD, _ABOVE, _IN_DOCUMENT = 1.0, 0.9, 0.75, 0.95, 0.85, 0.5, 0.3
_MODEL = re.compile(r"^([a-z]{2,4})\d{2,4}$")
_THINLY = 0.8
_IN_A_STEP = 0.55
_CODE_WEIGHT = 2.5
_MODEL_WEIGHT = 0.25
_PLACES_KEPT = 4000
_RANK_DECAY = 0.01
_HEADING_FIT = 0.25
_PLAIN_TABLE = 0.8
_FRONT = 0.7
_PRICES = "price_list"
"""Where a figure needs no unit to be a price; anywhere else, what says no price does not answer how much it costs."""
_KEY_FIT = 0.2
_HEAD = 0.1
_BY_ITS_FIGURE = 0.8
_OF_NO_MODEL = 0.85
_UNASKED_STEPS = 0.85
_WELL_HEADED = 0.5
_COUNTED = 1.15
_TROUBLE = 1.15
_SMALL_TABLE = 5
_GENERAL_TABLE = 1.4
_NOT_THE_KIND = 0.75
_OF_THE_KIND = 1.2
_NUMBERS = frozenset(map(term, ("dos", "tres", "cuatro", "cinco", "seis", "ocho", "diez", "two", "three", "four")))
_AS_HEAD = 1.4
_AS_MUCH = 0.8
_SAID_AGAIN = 0.03
_PLACED = 1.3
_THINGS = frozenset({"which", "count"})
_NOT_WHEN = 0.8
_PROCEDURAL = frozenset({"steps", "cause", "trouble", "meaning"})
_BODY = {Kind.STEPS: 1.06, Kind.TABLE: 1.03}
"""Under a heading that says what is asked, the procedure or the table is the answer, not the line before it."""
_BONUS = {
    ("steps", Kind.STEPS): 1.25,
    ("steps", Kind.BULLETS): 1.05,
    ("often", Kind.TABLE): 1.1,
    ("meaning", Kind.TABLE): 1.1,
    ("cover", Kind.BULLETS): 1.1,
}


@dataclass(frozen=True, slots=True)
class Where:
    """Terms around a block: of its own heading, of those above it, and of its document."""

    section: frozenset[str]
    above: frozenset[str]
    document: frozenset[str]
    front: bool = False


@dataclass(frozen=True, slots=True)
class Candidate:
    """A block of document ``source`` that may answer, with the units of it that do.

    ``found``: the concepts of the question, and how well each is mentioned in it or around it. ``headed``: the part of
    its heading that the question says.
    """

    position: int
    source: int
    block: Block
    units: tuple[Unit, ...]
    score: float
    found: Mapping[str, float]
    heading: frozenset[str] = frozenset()
    headed: float = 0.0


@dataclass(frozen=True, slots=True)
class _Said:
    """Terms of some units together: of everything, of first cells, of the names of columns."""

    all: frozenset[str]
    key: frozenset[str]
    names: frozenset[str]

    @classmethod
    def by(cls, units: Sequence[Unit]) -> _Said:
        if len(units) == 1:
            return cls(units[0].terms, units[0].key, units[0].names)
        return cls(
            frozenset().union(*(u.terms for u in units)),
            frozenset().union(*(u.key for u in units)),
            frozenset().union(*(u.names for u in units)),
        )


class Scorer:
    """Scores blocks.

    ``frequency``: words of how often; ``places``: of where; ``trouble``: terms of headings about what goes wrong;
    ``kinds``: what each kind of document is worth to a role.
    """

    def __init__(
        self,
        frequency: frozenset[str],
        places: frozenset[str],
        trouble: frozenset[str],
        kinds: Mapping[str, Mapping[str, float]],
    ) -> None:
        self._places = places
        self._frequency = frequency
        self._trouble = trouble
        self._kinds = kinds

    def candidate(
        self,
        position: int,
        block: Block,
        passage: Passage,
        where: Where,
        question: Question,
        weights: Mapping[str, float],
        models: frozenset[str],
        role: str,
    ) -> Candidate | None:
        """The candidate of ``block``; None when nothing of it may answer."""
        lead = block.lead_terms
        if "€" in question.units and passage.kind != _PRICES and not _measured(_text(block.units), question.units):
            return None
        if _of_another(where.section | lead, models):
            return None
        units = self._units(block, where, lead, question, weights, models)
        if not units:
            return None
        if block.kind in (Kind.TABLE, Kind.BULLETS) and 1 < len(units) < len(block.units):
            units, found = self._together(block, units, where, question, weights)
        else:
            found = self._found(block, units, where, question)
        total = sum(weights.values())
        score = sum(weights[word] * worth for word, worth in found.items()) / total
        headed = _heading_fit(question, where.section | lead)
        score += _HEADING_FIT * headed
        if block.kind is Kind.TABLE and len(units) <= _SMALL_TABLE:
            score += _KEY_FIT * max(_heading_fit(question, unit.key) for unit in units)
            score += _HEAD * any(c.within(unit.head) for c in question.concepts if not c.background for unit in units)
        score *= self._fit(block, units, question, where, lead) * (1 - _RANK_DECAY * position)
        if (
            models
            and not passage.products
            and not models & models_in(passage.content, frozenset(map(series_of, models)))
        ):
            score *= _OF_NO_MODEL
        score *= self._kinds.get(role, {}).get(passage.kind, 1.0) * (_FRONT if where.front else 1.0)
        return Candidate(position, passage.document_id, block, units, score, found, where.section | lead, headed)

    def _found(self, block: Block, units: Sequence[Unit], where: Where, question: Question) -> dict[str, float]:
        """How well each concept is mentioned by ``units`` and what stands around them."""
        lead, said = block.lead_terms, _Said.by(units)
        said_in = self._said_in(block, where, lead, question, units)
        found = {c.word: _worth(c, said, units, where, lead, said_in) for c in question.concepts}
        for measure in (c for c in question.concepts if c.units and found[c.word] < _IN_UNIT):
            if _measured(" ".join((*(u.text for u in units), block.lead)), measure.units):
                found[measure.word] = max(found[measure.word], _BY_ITS_FIGURE)
        return found

    def _together(
        self, block: Block, units: tuple[Unit, ...], where: Where, question: Question, weights: Mapping[str, float]
    ) -> tuple[tuple[Unit, ...], dict[str, float]]:
        """Of rows or items, those that say the most of the question at once: two halves in two rows are no answer."""
        each = [self._found(block, (unit,), where, question) for unit in units]
        sums = [sum(weights[word] * worth for word, worth in found.items()) for found in each]
        best = max(sums)
        kept = tuple(unit for unit, total in zip(units, sums, strict=True) if total >= best * _AS_MUCH)
        return kept, each[sums.index(best)]

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
            pool = [u for u in pool if all(c.within(u.terms) for c in codes)]
        if not pool or (block.kind is Kind.TABLE and question.general and _mentions(question, around)):
            return tuple(pool)
        if block.kind is Kind.STEPS and _mentions(question, around):
            return block.units
        telling = [c for c in question.concepts if not c.within(around) and not (c.exact and c.word in question.models)]
        gains = [sum(_gain(c, u) * weights[c.word] for c in telling) for u in pool]
        best = max(gains, default=0.0)
        if best == 0.0:
            own = [sum(_own(c, u) * weights[c.word] for c in question.concepts if not c.exact) for u in pool]
            top = max(own, default=0.0)
            headed = _heading_fit(question, around) >= _WELL_HEADED
            keyed = top > 0 and (block.kind is Kind.TABLE or (block.kind is Kind.BULLETS and not headed))
            return tuple(u for u, gain in zip(pool, own, strict=True) if gain >= top * 0.9) if keyed else tuple(pool)
        least = 0.5 if block.kind is Kind.TEXT else 0.75
        return tuple(u for u, gain in zip(pool, gains, strict=True) if gain >= best * least)

    def _said_in(
        self, block: Block, where: Where, lead: frozenset[str], question: Question, units: Sequence[Unit]
    ) -> float:
        """What a mention inside the units is worth: little in a step of a procedure about something else."""
        if block.kind is not Kind.STEPS or _mentions(question, where.section | lead):
            return _IN_UNIT
        placed = "where" in question.wants and any(t.folded in self._places for t in tokens(units[0].text))
        measured = bool(question.units) and _measured(units[0].text, question.units)
        return _IN_UNIT if placed or measured else _IN_A_STEP

    def _fit(
        self, block: Block, units: Sequence[Unit], question: Question, where: Where, lead: frozenset[str]
    ) -> float:
        """Is it of the kind that is asked for?"""
        fit = max((_BONUS.get((want, block.kind), 1.0) for want in question.wants), default=1.0)
        text = " ".join((*(unit.text for unit in units), block.lead))
        if "often" in question.wants:
            fit *= 1.25 if any(t.folded in self._frequency for t in tokens(text)) else 0.7
        elif question.wants & _THINGS and any(t.folded in self._frequency for t in tokens(text)):
            fit *= _NOT_WHEN
        elif "amount" in question.wants:
            fit *= 1.1 if any(c.isdigit() for c in text) else 0.7
        if "where" in question.wants and any(t.folded in self._places for t in tokens(text)):
            fit *= _PLACED
        if question.units:
            fit *= _OF_THE_KIND if _measured(text, question.units) else _NOT_THE_KIND
        heading = where.section | lead
        headed = _heading_fit(question, heading) >= _WELL_HEADED
        if block.kind is Kind.STEPS and not headed and not _PROCEDURAL & question.wants:
            fit *= _UNASKED_STEPS
        if "count" in question.wants:
            fit *= _COUNTED if _counted(question, units) else 1 / _COUNTED
        if "trouble" in question.wants and self._trouble & heading:
            fit *= _TROUBLE
        if not question.codes and _mentions(question, where.section | lead):
            fit *= _BODY.get(block.kind, 1.0)
        if question.general and block.kind is Kind.TABLE and _mentions(question, where.section | lead):
            fit *= _GENERAL_TABLE
        elif block.kind is Kind.TABLE and len(units) > _SMALL_TABLE and not question.general:
            fit *= _PLAIN_TABLE
        return fit


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
            own = _CODE_WEIGHT if concept.word in question.codes and is_code(concept.word) else _MODEL_WEIGHT
        weights[concept.word] = rarity * own
    return weights


def models_in(text: str, series: frozenset[str] | None = None) -> frozenset[str]:
    """Models that ``text`` names, as one word each; of ``series`` (letters that models begin with), or of any."""
    words = (fold(t.text).replace("-", "") for t in tokens(text))
    named = ((word, series_of(word)) for word in words)
    return frozenset(word for word, letters in named if letters and (series is None or letters in series))


def series_of(word: str) -> str:
    """The letters of a model ("xp400" is of "xp"); nothing for what is not written like one."""
    found = _MODEL.match(word)
    return found.group(1) if found else ""


def _about(row: Unit, models: frozenset[str]) -> bool:
    """A row whose first cell names models must name one of ``models``."""
    named = models_in(row.cells[0][1], frozenset(map(series_of, models))) if row.cells and models else frozenset()
    return not named or bool(named & models)


def _worth(
    concept: Concept, said: _Said, units: Sequence[Unit], where: Where, lead: frozenset[str], said_in: float
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


def _heading_fit(question: Question, heading: frozenset[str]) -> float:
    """The part of a heading that the question says."""
    own = [c for c in question.concepts if not c.background and not (c.exact and c.word in question.models)]
    aside = {form[0] for c in question.concepts if c not in own for form in c.forms if len(form) == 1}
    content = [t for t in heading if len(t) > 2 and not t.isdigit() and t not in aside]
    if not content:
        return 0.0
    said = [t for t in content if any(t in form for c in own for form in c.forms)]
    return len(said) / len(content)


def _gain(concept: Concept, unit: Unit) -> float:
    """What a unit adds by mentioning a concept; the kind of machine only counts by its own name."""
    strength = max(
        concept.strength(unit.terms), 1.25 * concept.strength(unit.key), _AS_HEAD * concept.strength(unit.head)
    )
    return strength if not concept.background or concept.strength(unit.terms) == 1.0 else 0.0


def _of_another(heading: frozenset[str], models: frozenset[str]) -> bool:
    """Does a heading name models like these, and none of these?"""
    series = frozenset(map(series_of, models))
    named = {word for word in heading if series_of(word) in series}
    return bool(models) and bool(named) and not named & models


def _text(units: Sequence[Unit]) -> str:
    return " ".join(unit.text for unit in units)


def _own(concept: Concept, unit: Unit) -> float:
    """What a row or an item adds by saying again, in the same word, what its heading says."""
    return 1.0 if concept.strength(unit.key or unit.terms) == 1.0 else 0.0


def _mentions(question: Question, around: frozenset[str]) -> bool:
    return any(c.within(around) for c in question.concepts if not c.background and not c.exact and c.weight >= 1.0)


def _counted(question: Question, units: Sequence[Unit]) -> bool:
    """Does a number stand right before what is counted ("4 personas"), or as the value of its row?"""
    sought = [c for c in question.concepts if not c.background and not c.exact]
    for unit in units:
        if unit.cells:
            if any(c.within(unit.key) for c in sought) and any(d.isdigit() for _, v in unit.cells[1:] for d in v):
                return True
            continue
        said = terms(unit.text)
        numbered = frozenset(after for before, after in pairwise(said) if before[:1].isdigit() or before in _NUMBERS)
        if any(c.within(numbered) for c in sought):
            return True
    return False


def _measured(text: str, units: frozenset[str]) -> bool:
    """Is a figure in one of ``units`` in ``text`` ("1,3 bar", "Par (N·m): 17")?"""
    folded = fold(text)
    return any(_in_unit(unit).search(folded) for unit in units)


@lru_cache(maxsize=256)
def _in_unit(unit: str) -> re.Pattern[str]:
    """A figure before the unit, or the unit in the name of a column with a figure in it."""
    name = re.escape(unit)
    return re.compile(rf"(?:\d\s?|\(){name}(?!\w)|(?<![\w·]){name}(?!\w)[^|:]*: ?\d")
