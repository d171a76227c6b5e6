"""Which of the candidates answer: the best one, and a second only when it says what the first leaves out."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from agents.brains.offline.answering.blocks import Kind
from agents.brains.offline.answering.candidates import Candidate
from agents.brains.offline.answering.defining import definition
from agents.brains.offline.answering.features import Asked, Features
from agents.brains.offline.answering.question import Question
from agents.brains.offline.answering.ranking import MOST_AHEAD, Ranking

_ANCHORED = 0.6
_WELL = 0.9
_PLAINLY = 0.7
_ADDS = 0.18
_WORTH_ADDING = 2.5
_CLOSE = 1.5
_BESIDES = 6.0
_LOOKED_AT, _NEARLY, _SURER = 4, 1.0, 0.08
"""How many of the best are asked when the first is unsure, how close they must be, and how much beyond doubt; that
they hold a figure of the question ("24 h") which the first lacks, is reason enough."""
_EVIDENT = 0.8
"""From this confidence on, what is asked in words of every day ("por la mañana") needs no precise word in common."""
_DEFINED = 0.9
"""The confidence in a definition of just what is asked."""
_HOLDING = 0.3
"""The confidence from which a second piece is worth reading; that of the first alone decides whether to answer."""


@dataclass(frozen=True, slots=True)
class Chosen:
    """The candidates to quote, best first, and how sure it is that they answer."""

    candidates: tuple[Candidate, ...]
    confidence: float


@dataclass(frozen=True, slots=True)
class Choice:
    """The candidates for what is ``asked``."""

    candidates: tuple[Candidate, ...]
    asked: Asked


def choose(
    choice: Choice,
    chores: frozenset[str],
    ranking: Ranking,
    evidence: Callable[[Candidate, Asked], Features],
    fits: Callable[[Candidate, Question], bool],
) -> Chosen | None:
    """What to quote; None when nothing answers well enough.

    ``chores``: terms of headings about tasks of upkeep; ``evidence``: what tells whether a candidate answers at all;
    ``fits``: whether a candidate holds what no answer can do without.
    """
    question, weights = choice.asked.question, choice.asked.weights
    ranked = sorted((c for c in choice.candidates if fits(c, question)), key=lambda c: -c.score)
    if not ranked:
        return None
    meant = definition(ranked, question, choice.asked.text)
    if meant is not None:
        return Chosen((meant,), _DEFINED)
    ranked = _surest_first(ranked, choice.asked, ranking, evidence)
    top = ranked[0]

    def holds(other: Candidate) -> bool:
        """May it stand beside another answer, or does it only share words with the question?"""
        return ranking.confidence(evidence(other, choice.asked), other.score, 0.0) >= _HOLDING

    second = _second(top, ranked[1:], question, weights, chores, holds)
    kept = (top, second) if second is not None else (top,)
    features = evidence(top, choice.asked)
    if question.several:
        features |= _together(kept, weights)
    confidence = ranking.confidence(features, top.score, _ahead(ranked))
    if confidence < ranking.least or (confidence < _EVIDENT and not _anchored(kept, question)):
        return None
    return Chosen(kept, round(confidence, 3))


def _surest_first(
    ranked: Sequence[Candidate], asked: Asked, ranking: Ranking, evidence: Callable[[Candidate, Asked], Features]
) -> list[Candidate]:
    """``ranked``, begun with another that is nearly as good as the first, when that is unsure and the other is not."""
    first = ranked[0]
    told = evidence(first, asked)
    if ranking.confidence(told, first.score, _ahead(ranked)) >= ranking.least:
        return list(ranked)
    best, most = first, ranking.least
    for other in ranked[1:_LOOKED_AT]:
        features = evidence(other, asked)
        figure = features["figure_lacking"] < told["figure_lacking"]
        surely = ranking.confidence(features, other.score, 0.0) - (0.0 if figure else _SURER)
        if other.score >= first.score - _NEARLY and surely >= most:
            best, most = other, surely
    return [best, *(c for c in ranked if c is not best)]


def _ahead(ranked: Sequence[Candidate]) -> float:
    """By how much the score of the first is greater than that of any in another passage."""
    first = ranked[0]
    others = (c.score for c in ranked if c.position != first.position)
    return max(first.score - next(others, first.score - MOST_AHEAD), 0.0)


def _together(kept: Sequence[Candidate], weights: Mapping[str, float]) -> Features:
    """Features of the first of ``kept``, with what the others mention besides."""
    found = {word: max(c.found.get(word, 0.0) for c in kept) for word in weights}
    total = sum(weights.values())
    said = sum(weights[word] * worth for word, worth in found.items()) / total
    unsaid = sum(weights[word] for word, worth in found.items() if not worth) / total
    return {"found": said, "not_found": unsaid}


def coverage(candidates: Iterable[Candidate], weights: Mapping[str, float]) -> float:
    """Share of the weight of the question that ``candidates`` mention together."""
    kept = list(candidates)
    found = {word: max(c.found.get(word, 0.0) for c in kept) for word in weights}
    told = sum(weight * min(1.0, found[word] / _WELL) for word, weight in weights.items())
    return told / sum(weights.values())


def _anchored(candidates: Sequence[Candidate], question: Question) -> bool:
    """Something precise that is asked about is in what is quoted or in its heading."""
    precise = [
        c.word
        for c in question.concepts
        if not c.background and c.word not in question.models and (c.exact or c.weight >= 1.0)
    ]
    if not precise:
        return True
    return any(c.found.get(word, 0.0) >= _ANCHORED for c in candidates for word in precise)


def _second(
    top: Candidate,
    others: Sequence[Candidate],
    question: Question,
    weights: Mapping[str, float],
    chores: frozenset[str],
    holds: Callable[[Candidate], bool],
) -> Candidate | None:
    if question.general and top.block.kind is Kind.TABLE:
        how = "steps" in question.wants
        return next((c for c in others if how and c.block.kind is Kind.STEPS and c.heading & chores), None)
    besides = next((c for c in others if _answers_besides(c, top, question)), None)
    if besides is not None:
        return besides
    alone = coverage((top,), weights)
    best: tuple[float, Candidate] | None = None
    for other in others:
        gain = coverage((top, other), weights) - alone
        plainly = any(worth >= _PLAINLY > top.found[word] for word, worth in other.found.items())
        near = other.source == top.source or question.several
        if (
            gain >= _ADDS
            and plainly
            and near
            and (other.block.kind is not Kind.STEPS or other.headed > 0)  # a procedure by the way answers nothing
            and other.score >= top.score - _WORTH_ADDING
            and (best is None or gain > best[0])
        ):
            best = (gain, other)
    if best is not None and holds(best[1]):
        return best[1]
    if question.codes and {"meaning", "cause", "steps"} & question.wants:
        return next((c for c in others if _details(c, top)), None)
    return None


def _answers_besides(other: Candidate, top: Candidate, question: Question) -> bool:
    """Does ``other`` name what was asked in the same breath, which ``top`` does not?"""
    unsaid = [word for word in question.besides if top.found.get(word, 0.0) < _ANCHORED]
    return (
        len(unsaid) == len(question.besides)
        and any(other.found.get(word, 0.0) >= _WELL for word in unsaid)
        and other.source == top.source
        and other.score >= top.score - _BESIDES
    )


def _details(other: Candidate, top: Candidate) -> bool:
    """Does ``other`` go on about the code that ``top`` names: its causes, what to check?"""
    return other.score >= top.score - _CLOSE and (other.position != top.position or other.block.kind is not Kind.TABLE)
