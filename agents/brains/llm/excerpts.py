"""What a model is shown of passages: the parts that may answer a question, in the passages' own words.

A passage is taken apart into sentences, items and rows. Those that share rare words with the question are kept, lists
whole, prose with what stands beside it; where something was left out stands an ellipsis. Nothing is worded anew, so a
quote of an excerpt stands in its passage.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from agents.brains.offline.answering.blocks import Block, Kind, blocks
from core.text import fold
from ingest.passages import Passage
from ingest.terms import terms

MOST, MOST_BESIDE = 1_000, 600
"""Characters of all excerpts together, and when an answer is among them; what is shorter than that is shown whole."""
LONGEST = 1_600
"""Characters of one passage in which nothing of the question was found."""
_LIST = 700
_SHORT = 3
_LEAD_WEIGHT, _HEADING_WEIGHT, _RANK_WEIGHT = 0.6, 0.2, 0.15
LEFT_OUT = "\n…\n"


@dataclass(frozen=True, slots=True)
class _Part:
    """Units that are shown together: ``first`` to ``last`` of the passage at ``at``."""

    at: int
    first: int
    last: int
    score: float
    size: int
    told: bool = False


def excerpts(question: str, passages: Sequence[Passage], told: str = "", most: int | None = None) -> list[str]:
    """What to show of each of ``passages``, in their order; an empty text is a passage that is not needed.

    ``told``: an answer made of their words, whose parts are shown first.
    """
    most = most or (MOST_BESIDE if told else MOST)
    if sum(len(passage.content) for passage in passages) <= most:
        return [passage.content for passage in passages]
    taken = [_units(blocks(passage.content, ())) for passage in passages]
    asked = frozenset(terms(question))
    weights = _weights(asked, taken)
    parts = [part for at, units in enumerate(taken) for part in _parts(at, units, passages[at], weights, told)]
    if not any(part.score > 0 for part in parts):
        return [passage.content[:LONGEST] for passage in passages]
    return [_shown(at, units, _kept(parts, most)) for at, units in enumerate(taken)]


@dataclass(frozen=True, slots=True)
class _Line:
    """A unit, where it stands: ``block`` numbers its block, ``group`` is set when its block is shown whole or not.

    ``prose``: its block is a paragraph, whose sentences stand in one line.
    """

    text: str
    terms: frozenset[str]
    lead: str
    lead_terms: frozenset[str]
    block: int
    group: bool
    prose: bool


def _units(parts: Iterable[Block]) -> list[_Line]:
    return [
        _Line(
            unit.text,
            unit.terms | unit.names,
            block.lead if place == 0 else "",
            block.lead_terms,
            number,
            block.kind in (Kind.STEPS, Kind.BULLETS) and sum(len(one.text) for one in block.units) <= _LIST,
            block.kind is Kind.TEXT,
        )
        for number, block in enumerate(parts)
        for place, unit in enumerate(block.units)
    ]


def _weights(asked: frozenset[str], taken: Sequence[Sequence[_Line]]) -> dict[str, float]:
    """How telling each word of the question is, by how few units have it."""
    found = Counter(term for units in taken for unit in units for term in unit.terms & asked)
    every = sum(map(len, taken)) or 1
    return {term: math.log(1 + every / count) for term, count in found.items()}


def _parts(at: int, units: Sequence[_Line], passage: Passage, weights: dict[str, float], told: str) -> Iterator[_Part]:
    heading = frozenset(terms(" ".join((passage.section or "", *passage.heading_path))))
    above = _HEADING_WEIGHT * _worth(heading, weights)
    said = fold(told)
    for first, last in _stretches(units):
        lines = units[first : last + 1]
        own = max(_worth(line.terms, weights) for line in lines)
        score = own + _LEAD_WEIGHT * _worth(lines[0].lead_terms, weights)
        score = (score + above) * (1 - _RANK_WEIGHT * at) if score or above else 0.0
        told_of = bool(said) and any(len(line.text) > _SHORT and fold(line.text) in said for line in lines)
        score += sum(weights.values()) + 1 if told_of else 0.0
        yield _Part(at, first, last, score, sum(len(line.text) + len(line.lead) + 1 for line in lines), told_of)


def _stretches(units: Sequence[_Line]) -> Iterator[tuple[int, int]]:
    """What is shown together: a short list whole, else a unit by itself."""
    first = 0
    for place, unit in enumerate(units):
        follows = place + 1 < len(units) and units[place + 1].block == unit.block
        if not (unit.group and follows):
            yield first, place
            first = place + 1


def _worth(found: frozenset[str], weights: dict[str, float]) -> float:
    return sum(weight for term, weight in weights.items() if term in found)


def _kept(parts: Sequence[_Part], most: int) -> frozenset[tuple[int, int]]:
    """The units to show: what was told, the best parts, then what stands beside them, as far as there is room."""
    best = sorted((part for part in parts if part.score > 0), key=lambda part: -part.score)
    beside = {(part.at, part.first - 1) for part in best[:3]} | {(part.at, part.last + 1) for part in best[:3]}
    near = [part for part in parts if part.score <= 0 and {(part.at, part.first), (part.at, part.last)} & beside]
    kept: set[tuple[int, int]] = set()
    room = most
    for part in (*best, *near):
        if part.told or part.size <= room or not kept:
            room -= part.size
            kept |= {(part.at, place) for place in range(part.first, part.last + 1)}
    return frozenset(kept)


def _shown(at: int, units: Sequence[_Line], kept: frozenset[tuple[int, int]]) -> str:
    """The units of the passage at ``at`` that are kept, set as they stand there."""
    text, last, before = "", "", -2
    for place, unit in enumerate(units):
        if (at, place) not in kept:
            continue
        if place != before + 1:
            text, last = f"{text}{LEFT_OUT if text else ''}", ""
        elif units[before].block != unit.block:
            text += "\n\n"
        else:
            text += " " if unit.prose else "\n"
        if unit.lead and unit.lead != last:
            text += f"{unit.lead}\n"
        text, last, before = text + unit.text, unit.text, place
    return text
