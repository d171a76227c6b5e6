"""What of a question can concern one target: readings about unreachable entities are dropped, phrases read apart."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from agents.brains.offline.planning.joins import Joins
from agents.brains.offline.planning.meanings import (
    AskRef,
    Cue,
    DimensionRef,
    EntityRef,
    EnumRef,
    Meaning,
    MeasureRef,
    Mention,
    SegmentRef,
    ValueRef,
)


def relevant(joins: Joins, target: str, mentions: Sequence[Mention]) -> list[Mention]:
    """``mentions`` as they can be read by a question about ``target``."""
    return [kept for mention in mentions for kept in _kept(joins, target, mention)]


def _kept(joins: Joins, target: str, mention: Mention) -> Iterator[Mention]:
    readings = tuple(r for r in mention.readings if _concerns(joins, target, r))
    if mention.parts and _names_related(joins, target, mention, readings):
        for part in mention.parts:
            yield from _kept(joins, target, part)
        return
    if not readings and mention.parts and _loses_sense(mention):
        yield replace(mention, readings=())
        return
    if not readings and mention.readings and mention.parts:
        for part in mention.parts:
            yield from _kept(joins, target, part)
        return
    yield replace(mention, readings=readings)


def _names_related(joins: Joins, target: str, mention: Mention, readings: Sequence[Meaning]) -> bool:
    """ "Con contrato", of clients, names the contracts that point to them; of machines it is a condition of theirs."""
    if not readings or not all(isinstance(r, SegmentRef) and not r.noun for r in readings):
        return False
    if any(joins.path(target, r.entity) is not None for r in readings if isinstance(r, SegmentRef)):
        return False
    named = {r.entity for p in mention.parts for r in p.readings if isinstance(r, EntityRef) and not r.weak}
    return any(joins.path(name, target) for name in named)


def _loses_sense(mention: Mention) -> bool:
    """A condition that, read apart, is nothing but filler: "por hacer" says more than "por" and "hacer"."""
    condition = any(isinstance(r, SegmentRef | EnumRef) for r in mention.readings)
    return condition and all(isinstance(r, Cue) for part in mention.parts for r in part.readings)


def _concerns(joins: Joins, target: str, reading: Meaning) -> bool:
    if isinstance(reading, AskRef | MeasureRef):
        return reading.entity == target
    if isinstance(reading, SegmentRef):
        return reading.noun or _linked(joins, target, reading.entity)
    if isinstance(reading, DimensionRef | ValueRef):
        return _linked(joins, target, reading.entity)
    if isinstance(reading, EnumRef):
        return reading.noun or any(_linked(joins, target, name) for name in joins.enum_places(reading.enum))
    return True


def _linked(joins: Joins, target: str, entity: str) -> bool:
    return joins.path(target, entity) is not None or joins.path(entity, target) is not None
