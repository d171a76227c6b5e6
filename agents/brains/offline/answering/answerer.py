"""Answers a question with the words of the passages, or says that they do not answer it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from agents.brains.offline.answering.blocks import Block, Kind, Unit, blocks
from agents.brains.offline.answering.compose import Composer, Piece
from agents.brains.offline.answering.question import BACKGROUND_WEIGHT, Concept, Question, QuestionReader
from agents.brains.offline.data import HERE, load_data
from agents.brains.protocol import Context, Grounded
from core.text import fold, tokens
from ingest.passages import Passage
from ingest.terms import terms

ENOUGH = 0.6
"""Share of the informative weight of a question that an answer must cover."""
_PASSAGE_ENOUGH = 0.3
_IN_SECTION, _IN_DOCUMENT = 1.1, 0.35
_FIRST_UNIT, _MORE_UNITS = 0.65, 0.35
_CODE_WEIGHT = 2.5
_PASSAGES_KEPT = 2000
_RANK_DECAY = 0.03
_ALSO = 0.85
_MOST_PIECES = 2
_BONUS = {
    ("steps", Kind.STEPS): 1.4,
    ("steps", Kind.BULLETS): 1.1,
    ("often", Kind.TABLE): 1.15,
    ("meaning", Kind.TABLE): 1.15,
    ("cover", Kind.BULLETS): 1.1,
    ("amount", Kind.TABLE): 1.1,
}


@dataclass(frozen=True, slots=True)
class _Where:
    """Terms around a block: of its section, and of its document."""

    section: frozenset[str]
    document: frozenset[str]


@dataclass(frozen=True, slots=True)
class _Candidate:
    """A block that may answer, with the units of it that do."""

    position: int
    block: Block
    units: tuple[Unit, ...]
    score: float
    coverage: float


class Answerer:
    """Reads ``answering.yaml``."""

    def __init__(self) -> None:
        data: Any = load_data("answering.yaml", HERE / "answering")
        self._reader = QuestionReader()
        self._frequency = frozenset(data["frequency_words"])
        self._marks = tuple(data["warning_marks"])
        self._composer = Composer(data["replies"])
        self._blocks = lru_cache(maxsize=_PASSAGES_KEPT)(self._taken_apart)

    def _taken_apart(self, content: str) -> tuple[Block, ...]:
        return blocks(content, self._marks)

    def answer(self, question: str, passages: Sequence[Passage], context: Context) -> Grounded | None:
        """The answer and the passages it stands on; None when they do not answer ``question``."""
        taken = [(p, self._blocks(passage.content)) for p, passage in enumerate(passages)]
        where = [_surroundings(passage) for passage in passages]
        vocabulary = frozenset(t for _, parts in taken for b in parts for u in b.units for t in u.terms)
        read = self._reader.read(question, vocabulary.union(*(w.section | w.document for w in where)))
        if not any(not concept.background for concept in read.concepts):
            return None
        weights = _weights(read.concepts, [u.terms for _, parts in taken for b in parts for u in b.units])
        candidates = [
            candidate
            for position, parts in taken
            if self._may_answer(passages[position], read)
            for block in parts
            if block.kind is not Kind.WARNING or len(parts) == 1
            for candidate in self._candidates(position, block, where[position], read, weights)
        ]
        return self._best(read, candidates, passages, taken, context)

    def _may_answer(self, passage: Passage, question: Question) -> bool:
        if 0 < passage.coverage < _PASSAGE_ENOUGH:
            return False
        if not question.models or not passage.products:
            return True
        skus = {fold(sku).replace("-", "") for sku in passage.products}
        return bool(skus & set(question.models)) or any(model in fold(passage.content) for model in question.models)

    def _candidates(
        self, position: int, block: Block, where: _Where, question: Question, weights: dict[str, float]
    ) -> list[_Candidate]:
        section = where.section | frozenset(terms(block.lead))
        total = sum(weights.values())
        chosen = self._units(block, section, question, weights)
        if not chosen:
            return []
        found = frozenset(t for unit in chosen for t in unit.terms)
        everywhere = where.document | section | found
        score = covered = 0.0
        for concept in question.concepts:
            weight = weights[concept.word]
            inside = sum(1 for unit in chosen if concept.within(unit.terms)) / len(chosen)
            worth = max(
                _IN_SECTION * concept.strength(section),
                concept.strength(found) * (_FIRST_UNIT + _MORE_UNITS * inside) if inside else 0.0,
                _IN_DOCUMENT * concept.strength(everywhere),
            )
            score += weight * worth
            covered += weight if worth else 0.0
        score *= self._bonus(block, chosen, question) * (1 - _RANK_DECAY * position)
        return [_Candidate(position, block, chosen, score / total, covered / total)]

    def _units(
        self, block: Block, section: frozenset[str], question: Question, weights: dict[str, float]
    ) -> tuple[Unit, ...]:
        """The units that say more than their section does about the question; all of them when none does."""
        needed = [c for c in question.concepts if c.exact and c.word in question.codes]
        units = [u for u in block.units if all(c.within(u.terms) for c in needed)] if needed else list(block.units)
        if needed and not units:
            return block.units if all(c.within(section) for c in needed) else ()
        if block.kind is Kind.STEPS and "steps" in question.wants and not needed:
            return block.units
        table = block.kind is Kind.TABLE
        telling = [c for c in question.concepts if not c.within(section) and (table or not c.background)]
        gains = [sum(_gain(c, u) * weights[c.word] for c in telling) for u in units]
        best = max(gains, default=0.0)
        if best == 0.0:
            return tuple(units)
        if block.kind is Kind.TEXT:
            return tuple(u for u, gain in zip(units, gains, strict=True) if gain >= best * 0.5)
        return tuple(u for u, gain in zip(units, gains, strict=True) if gain >= best * 0.8)

    def _bonus(self, block: Block, units: Sequence[Unit], question: Question) -> float:
        bonus = max((_BONUS.get((want, block.kind), 1.0) for want in question.wants), default=1.0)
        text = " ".join(unit.text for unit in units)
        if "often" in question.wants:
            bonus *= 1.25 if any(t.folded in self._frequency for t in tokens(text)) else 0.8
        if "amount" in question.wants:
            bonus *= 1.15 if any(c.isdigit() for c in text) else 0.8
        return bonus

    def _best(
        self,
        question: Question,
        candidates: list[_Candidate],
        passages: Sequence[Passage],
        taken: Sequence[tuple[int, tuple[Block, ...]]],
        context: Context,
    ) -> Grounded | None:
        enough = [c for c in candidates if c.coverage >= ENOUGH and self._exact_found(c, question, passages)]
        if not enough:
            return None
        enough.sort(key=lambda c: -c.score)
        top = enough[0]
        kept = [top]
        for other in enough[1:]:
            close = other.score >= top.score * _ALSO and other.coverage >= top.coverage
            if len(kept) < _MOST_PIECES and close and Kind.STEPS not in (other.block.kind, top.block.kind):
                kept.append(other)
        pieces = [Piece(c.position, c.block.kind, c.units, c.block.lead) for c in kept]
        warnings = [
            Piece(position, block.kind, block.units)
            for position, parts in taken
            if position == top.position
            for block in parts
            if block.kind is Kind.WARNING and top.block.kind in (Kind.STEPS, Kind.BULLETS)
        ]
        models = frozenset(question.models) or _only_model(passages)
        text, used = self._composer.compose(pieces, warnings, models, passages, context.language)
        return Grounded(text, used, round(min(top.coverage, 1.0) * min(1.0, 0.5 + top.score / 2), 3))

    def _exact_found(self, candidate: _Candidate, question: Question, passages: Sequence[Passage]) -> bool:
        """Every code and model of the question is in what is quoted or in what it belongs to."""
        passage = passages[candidate.position]
        around = _surroundings(passage)
        quoted = frozenset(t for unit in candidate.units for t in unit.terms) | around.section | around.document
        products = {fold(sku).replace("-", "") for sku in passage.products}
        codes = all(c.within(quoted) for c in question.concepts if c.exact and c.word in question.codes)
        return codes and (not question.models or any(m in quoted or m in products for m in question.models))


def _gain(concept: Concept, unit: Unit) -> float:
    """What a unit adds by mentioning a concept; the kind of machine only counts by its own name."""
    strength = concept.strength(unit.terms)
    return strength if strength == 1.0 or not concept.background else 0.0


def _only_model(passages: Sequence[Passage]) -> frozenset[str]:
    """The model that every passage about one model is about, if it is one."""
    models = {fold(p.products[0]).replace("-", "") for p in passages if len(p.products) == 1}
    return frozenset(models) if len(models) == 1 else frozenset()


def _surroundings(passage: Passage) -> _Where:
    path = passage.heading_path or ((passage.section,) if passage.section else ())
    model = passage.products if len(passage.products) == 1 else ()
    own = frozenset(terms(" ".join((*path[-1:], *model))))
    above = frozenset(terms(" ".join((passage.document, *path[:-1], *passage.products, *passage.categories))))
    return _Where(own, above)


def _weights(concepts: Sequence[Concept], units: Sequence[frozenset[str]]) -> dict[str, float]:
    """Rare words weigh more; words that only name the kind of machine weigh little; codes and models most."""
    weights = {}
    for concept in concepts:
        occurs = sum(1 for unit in units if concept.within(unit))
        rarity = math.log(2 + len(units) / (1 + occurs))
        own = BACKGROUND_WEIGHT if concept.background else _CODE_WEIGHT if concept.exact else 1.0
        weights[concept.word] = rarity * own
    return weights
