"""Questions that ask twice: "cuántos contratos tenemos vigentes y cuál caduca antes" is a question and its sequel."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from agents.brains.offline.planning.clauses import clauses_of
from agents.brains.offline.planning.interpretation import Interpretation, interpret
from agents.brains.offline.planning.meanings import AskRef, DimensionRef, EntityRef, Mention
from agents.brains.offline.planning.state import World, named, only_cues
from tools.sql.query import Aggregate, Grouping, Measure, Op, Order, Query

_MOST = 6
"""Clauses of a message that is cut in two."""
_SURE = 0.9
"""How much of the first half must be explained."""
_SHORT = 3
"""Mentions of "y la más antigua", which asks for one without a question word."""
_JOINING = frozenset({"filler", "conj", "followup", "of", "same_one", "own"})
_WHETHER = frozenset({"si", "whether", "if"})
_RELATIVE = frozenset({"que", "quien", "who", "which", "that"})
_AND = "y"
"""What makes a question one that goes on."""
_ROWS = Measure(Aggregate.COUNT)

Read = Callable[[str], tuple[Mention, ...]]
Best = Callable[[Sequence[Mention]], Interpretation | None]
Follows = Callable[[Sequence[Mention], Interpretation | None, Query], bool]


@dataclass(frozen=True, slots=True)
class Halves:
    """What is asked first, and the words of what is asked next, in the light of its answer."""

    first: Interpretation
    next: str


def halves(
    question: str, whole: Interpretation | None, world: World, read: Read, best: Best, follows: Follows
) -> Halves | None:
    """``question`` as two; None when one query (``whole``) says all of it, or when no cut makes sense."""
    pieces = clauses_of(question)
    if not 1 < len(pieces) <= _MOST:
        return None
    for at in range(1, len(pieces)):
        right = " ".join(pieces[at:])
        asked = read(right)
        if not _asks(asked) and not (_weak(whole) and _names_rows(asked, world)):
            continue
        left = read(" ".join(pieces[:at]))
        if left and left[0].is_cue("of") and not _asks(left):
            continue
        first = best(left) if left else None
        bare = first is not None and not (first.query.filters or first.query.segments or first.query.window)
        if bare and not _asks(asked):
            continue
        if first is None or not first.named or first.coverage < _SURE or first.unexplained:
            continue
        alone = best(asked)
        if _of_other_rows(asked, alone, first.target, world):
            # "… y visitas" asks of them what was asked before.
            bare = not _asks(asked) and alone is not None and not alone.query.filters and bool(first.query.measures)
            joined = asked[0].is_cue("conj") and not bare
            return Halves(first, " ".join(right.split()[1:]) if joined else right)
        if whole is not None:
            if _says_both(whole, left, asked, world):
                return None
            if (each := _side_by_side(whole, left, asked, world)) is not None:
                return Halves(each, "")
        if follows(asked, alone, first.query):
            leaning = not asked[0].is_cue("conj") and _of_the_same(asked, alone, first, world)
            return Halves(first, f"{_AND} {right}" if leaning else right)
    return None


def _of_the_same(asked: Sequence[Mention], alone: Interpretation | None, first: Interpretation, world: World) -> bool:
    """… , cuántos y por qué importe: names no rows of its own, and is as good a question of those before."""
    if any(named(m, world) for m in asked):
        return False
    return alone is None or interpret(world, first.target, asked).coverage >= alone.coverage


def _asks(mentions: Sequence[Mention]) -> bool:
    """Does a request begin here: a question word, or "dime"; not a relative clause ("y que tienen…")?"""
    at = next((i for i, m in enumerate(mentions) if not only_cues(m, _JOINING)), None)
    if at is None:
        return False
    head = mentions[at]
    if head.text in _RELATIVE:
        beyond = mentions[at + 1] if at + 1 < len(mentions) else None
        return beyond is not None and any(isinstance(r, EntityRef | DimensionRef) for r in beyond.readings)
    opening = mentions[: at + 1]
    if mentions[0].is_cue("conj") and any(m.text in _WHETHER for m in opening[1:]):
        return True
    one = any(m.is_cue("extreme") or m.is_cue("last") or m.is_cue("first") for m in mentions[at : at + 2])
    if one and mentions[0].is_cue("conj") and len(mentions) - at <= _SHORT:
        return True
    asks = any(m.cue("ask") or any(isinstance(r, AskRef) for r in m.readings) for m in opening)
    return asks or any(m.is_cue("list") and not m.is_cue("filler") for m in opening)


def _weak(whole: Interpretation | None) -> bool:
    return whole is None or bool(whole.unexplained) or not whole.named


def _names_rows(asked: Sequence[Mention], world: World) -> bool:
    """… y los contratos que vencen mañana: other rows, named without a question word."""
    head = next((m for m in asked if not only_cues(m, _JOINING)), None)
    return head is not None and bool(asked) and asked[0].is_cue("conj") and bool(named(head, world))


def _of_other_rows(asked: Sequence[Mention], alone: Interpretation | None, target: str, world: World) -> bool:
    """… y cuántos XP400 hay en Madrid: it names what it is about, which is not what the whole is read as."""
    if any(m.is_cue("each_one") for m in asked):
        return False
    names = {name for mention in asked for name in named(mention, world)}
    stands = alone is not None and alone.named and alone.coverage >= _SURE
    return stands and bool(names) and target not in names


def _says_both(whole: Interpretation, left: Sequence[Mention], right: Sequence[Mention], world: World) -> bool:
    """Does one query give what each half asks for?"""
    if not whole.named or whole.unexplained:
        return False
    first = interpret(world, whole.target, left)
    if first.coverage < _SURE or not _restricts_alike(whole.query, first.query):
        return False
    second = interpret(world, whole.target, right)
    return _gives(whole.query, first, world) and _gives(whole.query, second, world)


def _side_by_side(
    whole: Interpretation, left: Sequence[Mention], right: Sequence[Mention], world: World
) -> Interpretation | None:
    """cuántos splits y cuántas calderas: one figure, of each of the values that the halves name."""
    query = whole.query
    first, second = (interpret(world, whole.target, part).query for part in (left, right))
    several = next((f for f in query.filters if f.op is Op.IN), None)
    if several is None or whole.unexplained or not whole.named or query.group_by or len(query.measures) != 1:
        return None
    values = [f.values for part in (first, second) for f in part.filters if f.field == several.field]
    apart = len(values) == 2 and values[0] != values[1] and {*values[0], *values[1]} == set(several.values)
    alike = first.measures == second.measures == query.measures
    if not apart or not alike or any(len(v) != 1 for v in values):
        return None
    grouped = replace(query, group_by=(Grouping(several.field),), order=(Order(measure=0, descending=True),))
    return replace(whole, query=grouped)


def _restricts_alike(whole: Query, first: Query) -> bool:
    """Is it of the same rows, all of them: "mis visitas y cuál es la más urgente" is not about the urgent one alone."""
    fewer = whole.limit is not None and first.limit is None
    return (
        not fewer
        and set(whole.segments) <= set(first.segments)
        and set(whole.filters) <= set(first.filters)
        and set(whole.related) <= set(first.related)
    )


def _gives(whole: Query, part: Interpretation, world: World) -> bool:
    wanted = part.query
    counted = wanted.measures == (_ROWS,) and not whole.measures and whole.limit is None
    if not (set(wanted.measures) <= set(whole.measures) or counted) or not set(wanted.group_by) <= set(whole.group_by):
        return False
    if wanted.order and wanted.limit is not None and not (whole.order and whole.limit is not None):
        return False
    entity = world.catalogue.entities[part.target]
    listed = entity.lists.get(world.role.value, entity.default_list)
    told = {*whole.select, *(g.field for g in whole.group_by), *(m.field for m in whole.measures), *listed[:2]}
    told |= set() if whole.select or whole.measures else set(listed)
    return wanted.measures != () or set(wanted.select) <= told
