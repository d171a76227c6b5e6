"""What of a question can concern one target: readings about unreachable entities are dropped, phrases read apart."""

from __future__ import annotations

from collections.abc import Iterator, Sequence, Set
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

_RANKS = frozenset({"more", "less"})


def relevant(joins: Joins, target: str, mentions: Sequence[Mention]) -> list[Mention]:
    """``mentions`` as they can be read by a question about ``target``."""
    said = {name for mention in mentions if not _qualifies(mention) for name in _nouns(mention)}
    kinds = {r.enum for mention in mentions for r in mention.readings if isinstance(r, EnumRef) and r.noun}
    if any(joins.enum_places(kind).get(target, ("", 1))[1] == 0 for kind in kinds):
        said.add(target)
    return [kept for mention in mentions for kept in _kept(joins, target, mention, said)]


def _kept(joins: Joins, target: str, mention: Mention, said: Set[str]) -> Iterator[Mention]:
    readings = tuple(r for r in mention.readings if _concerns(joins, target, r))
    if target not in said and _of_another(joins, target, mention):
        readings = tuple(r for r in readings if isinstance(r, EntityRef | Cue | MeasureRef | AskRef))
    if mention.parts and _names_related(joins, target, mention, readings, said):
        for part in mention.parts:
            yield from _kept(joins, target, part, said)
        return
    if mention.parts and _only_ranks(mention, readings):
        for part in mention.parts:
            yield from _kept(joins, target, part, said)
        return
    if not readings and mention.parts and _loses_sense(mention):
        yield replace(mention, readings=())
        return
    if not readings and mention.readings and mention.parts:
        for part in mention.parts:
            yield from _kept(joins, target, part, said)
        return
    yield mention if len(readings) == len(mention.readings) else replace(mention, readings=readings)


def _of_another(joins: Joins, target: str, mention: Mention) -> bool:
    """pedidos, of interventions: above all the name of something that the target has nothing to do with."""
    names = {r.entity for r in mention.readings if isinstance(r, EntityRef) and not r.weak}
    return bool(names) and not any(_linked(joins, target, name) for name in names)


def _qualifies(mention: Mention) -> bool:
    """Is it a condition in several words ("con garantía caducada"), whose nouns say nothing by themselves?"""
    return bool(mention.parts) and any(isinstance(r, SegmentRef) and not r.noun for r in mention.readings)


def _names_related(joins: Joins, target: str, mention: Mention, readings: Sequence[Meaning], said: Set[str]) -> bool:
    """ "Con contrato", of clients, names the contracts that point to them; of machines it is a condition of theirs."""
    if not readings or not all(isinstance(r, SegmentRef) and not r.noun for r in readings):
        return False
    if any(joins.path(target, r.entity) is not None for r in readings if isinstance(r, SegmentRef)):
        return False
    if any(r.entity in said for r in readings if isinstance(r, SegmentRef)):
        return False
    return any(joins.path(name, target) for part in mention.parts for name in _nouns(part))


def _nouns(mention: Mention) -> Iterator[str]:
    """Entities that the words of ``mention``, read apart, name."""
    for reading in mention.readings:
        if (isinstance(reading, EntityRef) and not reading.weak) or (isinstance(reading, SegmentRef) and reading.noun):
            yield reading.entity
    for part in mention.parts:
        yield from _nouns(part)


def _only_ranks(mention: Mention, readings: Sequence[Meaning]) -> bool:
    """tardamos más en ir, of what takes no time: of the phrase no more than its superlative is left."""
    ranks = all(isinstance(r, Cue) and r.kind in _RANKS for r in readings)
    return bool(readings) and ranks and not all(isinstance(r, Cue) for r in mention.readings)


def _loses_sense(mention: Mention) -> bool:
    """A condition that, read apart, is nothing but filler: "por hacer" says more than "por" and "hacer"."""
    condition = any(isinstance(r, SegmentRef | EnumRef) for r in mention.readings)
    return condition and all(isinstance(r, Cue) for part in mention.parts for r in part.readings)


def _concerns(joins: Joins, target: str, reading: Meaning) -> bool:
    if isinstance(reading, AskRef | MeasureRef):
        return reading.entity == target
    if isinstance(reading, SegmentRef):
        return reading.noun or _linked(joins, target, reading.entity)
    if isinstance(reading, DimensionRef):
        return _linked(joins, target, reading.entity)
    if isinstance(reading, ValueRef):
        return _linked(joins, target, reading.entity) or joins.bridged(target, reading.entity)
    if isinstance(reading, EnumRef):
        return reading.noun or any(_linked(joins, target, name) for name in joins.enum_places(reading.enum))
    return True


def _linked(joins: Joins, target: str, entity: str) -> bool:
    return joins.path(target, entity) is not None or joins.path(entity, target) is not None
