"""Whether a question leans on the conversation, and what it then asks."""

from __future__ import annotations

from collections.abc import Sequence

from agents.brains.offline.planning.followups import (
    Followed,
    around_row,
    carry,
    merge,
    row_reference,
    starts_followup,
)
from agents.brains.offline.planning.interpretation import Interpretation, interpret
from agents.brains.offline.planning.meanings import Cue, Mention
from agents.brains.offline.planning.numbers import NumberWords
from agents.brains.offline.planning.state import World, named, only_cues
from tools.sql.query import Query, Rows

SHORT = 6
"""Words of a question that may lean on the one before without saying so."""


def follow(
    world: World,
    mentions: Sequence[Mention],
    alone: Interpretation | None,
    last: Query,
    rows: Rows | None,
    numbers: NumberWords,
    threshold: float,
) -> Followed | None:
    """What ``mentions`` ask given the last answer; None when they stand alone, or make no sense with it either."""
    marked = starts_followup(mentions)
    nouns = {
        name
        for at, m in enumerate(mentions)
        for name in named(m, world)
        if not (at and mentions[at - 1].is_cue("group"))
    }
    if any(m.is_cue("same_one") for m in mentions) and (about := _about_single(world, last, rows, mentions, threshold)):
        return about
    reference = row_reference(mentions, rows, numbers)
    stands = _stands(alone, threshold)
    if reference is not None and rows is not None and (marked or not stands or (not nouns and len(mentions) <= SHORT)):
        rest = [m for at, m in enumerate(mentions) if at != reference[0]]
        asked = [m for m in rest if not only_cues(m, frozenset({"filler", "of", "conj", "followup", "list"}))]
        return around_row(world, last, rows, reference[1], asked, _targets(world, rest))
    if nouns:
        return _other_entity(world, mentions, alone, last, threshold) if marked and alone is not None else None
    if not marked and stands and (alone is None or _own_words(alone, last)):
        return None
    read = interpret(world, last.entity, mentions)
    if read.coverage < threshold or not _says_something(mentions):
        return _about_single(world, last, rows, mentions, threshold)
    return Followed(merge(last, read, world, mentions), read.coverage, read.unexplained, read.chart, read.mentions)


def _stands(alone: Interpretation | None, threshold: float) -> bool:
    return alone is not None and alone.named and alone.coverage >= threshold


def _own_words(alone: Interpretation, last: Query) -> bool:
    """Does it speak of something else than the last answer, or of the person's own?"""
    return alone.target != last.entity or any(m.is_cue("own") for m in alone.mentions)


def _says_something(mentions: Sequence[Mention]) -> bool:
    return any(not only_cues(m, frozenset({"filler", "of", "conj", "followup"})) for m in mentions)


def _other_entity(
    world: World, mentions: Sequence[Mention], alone: Interpretation, last: Query, threshold: float
) -> Followed | None:
    """¿y los contratos?, ¿y cuántas averías?: the same conditions on something else."""
    same = interpret(world, last.entity, mentions)
    if same.coverage >= threshold and same.coverage >= alone.coverage - 0.05 and not _renamed(alone, last):
        return Followed(merge(last, same, world, mentions), same.coverage, same.unexplained, same.chart, same.mentions)
    if not _stands(alone, threshold):
        return None
    query = carry(last, alone.query, world.joins)
    return Followed(query, alone.coverage, alone.unexplained, alone.chart, alone.mentions)


def _renamed(alone: Interpretation, last: Query) -> bool:
    return alone.target != last.entity


def _about_single(
    world: World, last: Query, rows: Rows | None, mentions: Sequence[Mention], threshold: float
) -> Followed | None:
    """¿cuándo fue su última revisión?, after an answer of one row: about that row, seen from another entity."""
    if rows is None or len(rows.rows) != 1:
        return None
    found = around_row(world, last, rows, 0, mentions, _targets(world, mentions))
    return found if found is not None and found.coverage >= threshold else None


def _targets(world: World, mentions: Sequence[Mention]) -> list[str]:
    found = {name for m in mentions for name in named(m, world)}
    found |= {r.value for m in mentions for r in m.readings if isinstance(r, Cue) and r.kind == "hint"}
    return [name for name in world.catalogue.entities if name in found]
