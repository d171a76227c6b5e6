"""What a question that leans on the conversation asks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from agents.brains.offline.planning.followups import (
    Followed,
    around_row,
    carries,
    carry,
    elided_period,
    merge,
    row_reference,
    turned_over,
)
from agents.brains.offline.planning.interpretation import Interpretation, interpret
from agents.brains.offline.planning.leaning import (
    SHORT,
    hard_nouns,
    is_predicate,
    leans,
    soft_nouns,
    stands,
    starts_followup,
)
from agents.brains.offline.planning.meanings import (
    AskRef,
    Cue,
    DimensionRef,
    EntityRef,
    EnumRef,
    Mention,
    NumberRef,
    PeriodRef,
    SegmentRef,
    ValueRef,
)
from agents.brains.offline.planning.numbers import NumberWords
from agents.brains.offline.planning.state import World, named, only_cues
from tools.sql.query import Aggregate, Grouping, Order, Query, Rows

_SAID = (ValueRef, PeriodRef, NumberRef, SegmentRef, EnumRef)
_OF_ALL = ("own", "all", "company", "others", "group", "more", "less", "extreme", "last", "first")


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
    each = any(m.is_cue("each_one") for m in mentions)
    marked = starts_followup(mentions) or each
    if any(m.is_cue("same_one") for m in mentions) and (about := _about_single(world, last, rows, mentions, threshold)):
        return about
    if (turned := turned_over(mentions, last)) is not None:
        return Followed(turned, 1.0, (), False, tuple(mentions))
    if elided_period(mentions, last):
        read = interpret(world, last.entity, mentions)
        return Followed(merge(last, read, world, mentions), 1.0, (), False, tuple(mentions))
    if _asks_of_it(world, mentions, last) and (about := _about_single(world, last, rows, mentions, threshold)):
        return about
    alone_stands = stands(alone, threshold)
    if each and alone is not None and alone_stands and world.joins.path(alone.target, last.entity):
        return _other_entity(world, mentions, alone, last, threshold)
    nouns = hard_nouns(mentions)
    reference = row_reference(mentions, rows, numbers)
    loose = not nouns and not soft_nouns(mentions, world) and len(mentions) <= SHORT
    if reference is not None and rows is not None and (marked or not alone_stands or loose):
        rest = [m for at, m in enumerate(mentions) if at != reference[0]]
        asked = [m for m in rest if not only_cues(m, frozenset({"filler", "of", "conj", "followup", "list"}))]
        return around_row(world, last, rows, reference[1], asked, _targets(world, rest))
    if not marked and alone is not None and _of_those(world, mentions, alone, last, threshold):
        return _other_entity(world, mentions, alone, last, threshold)
    if not marked and not leans(world, mentions, alone, last, threshold):
        return None
    if nouns and last.entity not in nouns and is_predicate(mentions, world.lexicon):
        told = interpret(world, last.entity, _as_values(mentions))
        having = interpret(world, last.entity, mentions)
        read = told if told.coverage >= threshold and told.query.filters else having
        if read.coverage >= threshold and (read.query.filters or read.query.related):
            found = merge(last, read, world, mentions)
            return Followed(found, read.coverage, read.unexplained, read.chart, read.mentions)
    if nouns and last.entity not in nouns:
        return _other_entity(world, mentions, alone, last, threshold) if marked and alone is not None else None
    return _same_entity(world, mentions, alone, last, rows, threshold, marked)


def _of_those(world: World, mentions: Sequence[Mention], alone: Interpretation, last: Query, threshold: float) -> bool:
    """¿qué averías han tenido?, after some machines: it names rows, and says whose only by a verb."""
    said = len(mentions) <= SHORT and any(not world.lexicon.elided.isdisjoint(m.text.split()) for m in mentions)
    if not said or is_predicate(mentions, world.lexicon) or not stands(alone, threshold):
        return False
    if alone.target == last.entity or alone.query.group_by:
        return False
    if any(m.is_cue(kind) for m in mentions for kind in _OF_ALL):
        return False
    named_here = {name for m in mentions for name in named(m, world)}
    someone = any(isinstance(r, ValueRef) for m in mentions for r in m.readings)
    restricted = bool(last.filters or last.segments or last.related)
    return restricted and not someone and last.entity not in named_here and carries(last, alone.query, world.joins)


def _same_entity(
    world: World,
    mentions: Sequence[Mention],
    alone: Interpretation | None,
    last: Query,
    rows: Rows | None,
    threshold: float,
    marked: bool,
) -> Followed | None:
    read = interpret(world, last.entity, mentions)
    if read.coverage >= threshold and _says_something(mentions):
        return Followed(merge(last, read, world, mentions), read.coverage, read.unexplained, read.chart, read.mentions)
    single = _about_single(world, last, rows, mentions, threshold)
    if single is not None or alone is None or not marked:
        return single
    return _other_entity(world, mentions, alone, last, threshold) if soft_nouns(mentions, world) else None


def _as_values(mentions: Sequence[Mention]) -> tuple[Mention, ...]:
    """cuántas son de técnicos, of questions: a word for people that says which, not what."""
    told: list[Mention] = []
    for mention in mentions:
        values = tuple(r for r in mention.readings if isinstance(r, EnumRef | ValueRef))
        told.append(replace(mention, readings=values) if values else mention)
    return tuple(told)


def _says_something(mentions: Sequence[Mention]) -> bool:
    return any(not only_cues(m, frozenset({"filler", "of", "conj", "followup"})) for m in mentions)


def _other_entity(
    world: World, mentions: Sequence[Mention], alone: Interpretation, last: Query, threshold: float
) -> Followed | None:
    """¿y los contratos?, ¿y cuántas averías?: the same conditions on something else."""
    if not stands(alone, threshold):
        return None
    if alone.target == last.entity:
        query = merge(last, alone, world, mentions)
        return Followed(query, alone.coverage, alone.unexplained, alone.chart, alone.mentions)
    asked = _each_of_them(world, mentions, _asked_alike(world, mentions, alone.query, last), last)
    query = carry(last, asked, world.joins)
    return Followed(query, alone.coverage, alone.unexplained, alone.chart, alone.mentions)


def _each_of_them(world: World, mentions: Sequence[Mention], new: Query, last: Query) -> Query:
    """¿cuántas averías tiene cada uno?, after some technicians: of each of those."""
    route = world.joins.path(new.entity, last.entity)
    if not route or new.group_by or not any(m.is_cue("each_one") for m in mentions):
        return new
    known = world.catalogue.entities[last.entity]
    key = next((k for k, d in known.dimensions.items() if d.identifier), None)
    if not new.measures and new.limit == 1 and new.order and key is not None:
        shown = dict.fromkeys((f"{route}.{known.name}", *new.select))
        return replace(new, select=tuple(shown), limit_per=f"{route}.{key}")
    if not new.measures:
        return new
    by = Grouping(f"{route}.{world.catalogue.entities[last.entity].name}")
    return replace(new, group_by=(by,), order=(Order(measure=0, descending=True),))


def _asked_alike(world: World, mentions: Sequence[Mention], new: Query, last: Query) -> Query:
    """¿y pedidos?, after a number of visits, or after what they came to: the same figure of the other rows."""
    wants = any(m.is_cue("ask") or m.is_cue("list") or m.is_cue("yesno") for m in mentions)
    if wants or new.measures or new.select or new.group_by or new.order or last.group_by or len(last.measures) != 1:
        return new
    only = last.measures[0]
    if only.share or only.per or only.filters or only.segments or only.related:
        return new
    if only.aggregate is Aggregate.COUNT:
        return replace(new, measures=(only,))
    measures = world.catalogue.entities
    known = measures[last.entity].measures.get(only.field or "")
    money = next((k for k, m in measures[new.entity].measures.items() if m.kind == "money"), None)
    if known is None or known.kind != "money" or money is None:
        return new
    return replace(new, measures=(replace(only, field=money),))


def _about_single(
    world: World, last: Query, rows: Rows | None, mentions: Sequence[Mention], threshold: float
) -> Followed | None:
    """¿cuándo fue su última revisión?, after an answer of one row: about that row, seen from another entity."""
    figure = bool(last.measures) and not last.group_by
    if rows is None or len(rows.rows) != 1 or figure:
        return None
    found = around_row(world, last, rows, 0, mentions, _targets(world, mentions))
    return found if found is not None and found.coverage >= threshold else None


def _asks_of_it(world: World, mentions: Sequence[Mention], last: Query) -> bool:
    """¿de quién es?, ¿qué teléfono tiene?, ¿quién es el cliente?: an attribute of what was just talked about."""
    if len(mentions) > SHORT or any(m.is_cue(kind) for m in mentions for kind in _OF_ALL):
        return False
    if any(_says_which(m) for m in mentions):
        return False
    phrases = [m for m in mentions if " " in m.text and any(isinstance(r, AskRef) for r in m.readings)]
    rest = [m for m in mentions if m not in phrases]
    nouns = hard_nouns(rest) | soft_nouns(rest, world)
    theirs = all(name != last.entity and world.joins.path(last.entity, name) for name in nouns)
    several = any(m.text.endswith("s") and named(m, world) for m in rest)
    column = any(isinstance(r, DimensionRef | AskRef) for m in mentions for r in m.readings)
    asked = any(m.is_cue("ask") or m.is_cue("list") for m in mentions)
    return column and theirs and not several and bool(phrases or asked)


def _says_which(mention: Mention) -> bool:
    """Does it restrict rows? "El cliente" is a noun, though there are messages of clients too."""
    noun = any(isinstance(r, EntityRef) and not r.weak for r in mention.readings)
    return any(isinstance(r, _SAID) and not (noun and isinstance(r, EnumRef)) for r in mention.readings)


def _targets(world: World, mentions: Sequence[Mention]) -> list[str]:
    found = {name for m in mentions for name in named(m, world)}
    found |= {r.value for m in mentions for r in m.readings if isinstance(r, Cue) and r.kind == "hint"}
    return [name for name in world.catalogue.entities if name in found]
