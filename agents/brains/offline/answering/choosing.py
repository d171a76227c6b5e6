"""Which of the candidates answer: the best one, and a second only when it says what the first leaves out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from agents.brains.offline.answering.blocks import Kind
from agents.brains.offline.answering.question import Question
from agents.brains.offline.answering.scoring import Candidate

ENOUGH = 0.55
"""Share of the weight of a question that an answer must mention."""
_LESS_IF_HEADED = 0.08
_HEADED = 0.5
_ANCHORED = 0.6
_WELL = 0.9
_PLAINLY = 0.7
_ADDS = 0.18
_WORTH_ADDING = 0.6
_CLOSE = 0.8


@dataclass(frozen=True, slots=True)
class Chosen:
    """The candidates to quote, best first, and how sure it is that they answer."""

    candidates: tuple[Candidate, ...]
    confidence: float


def choose(
    candidates: Sequence[Candidate], question: Question, weights: Mapping[str, float], chores: frozenset[str]
) -> Chosen | None:
    """What to quote; None when nothing answers well enough. ``chores``: terms of headings about tasks of upkeep."""
    if not candidates:
        return None
    ranked = sorted(candidates, key=lambda c: -c.score)
    top = ranked[0]
    second = _second(top, ranked[1:], question, weights, chores)
    kept = (top, second) if second is not None else (top,)
    covered = coverage(kept if question.several else kept[:1], weights)
    unheard = any(c.weight >= 1.0 and not c.forms and not c.background for c in question.concepts)
    enough = ENOUGH - _LESS_IF_HEADED if top.headed >= _HEADED and not unheard else ENOUGH
    if covered < enough or not _anchored(kept, question):
        return None
    return Chosen(kept, round(min(covered, 1.0) * min(1.0, 0.5 + top.score / 2), 3))


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
) -> Candidate | None:
    if question.general and top.block.kind is Kind.TABLE:
        how = "steps" in question.wants
        return next((c for c in others if how and c.block.kind is Kind.STEPS and c.heading & chores), None)
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
            and other.score >= top.score * _WORTH_ADDING
            and (best is None or gain > best[0])
        ):
            best = (gain, other)
    if best is not None:
        return best[1]
    if question.codes and {"meaning", "cause", "steps"} & question.wants:
        return next((c for c in others if _details(c, top)), None)
    return None


def _details(other: Candidate, top: Candidate) -> bool:
    """Does ``other`` go on about the code that ``top`` names: its causes, what to check?"""
    return other.score >= top.score * _CLOSE and (other.position != top.position or other.block.kind is not Kind.TABLE)
