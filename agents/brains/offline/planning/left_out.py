"""What a question says that its query does not hold. Nothing said may be dropped in silence."""

from __future__ import annotations

import re
from collections.abc import Sequence
from decimal import Decimal

from agents.brains.offline.planning.held import Held, held
from agents.brains.offline.planning.meanings import (
    AskRef,
    Cue,
    DimensionRef,
    EntityRef,
    EnumRef,
    Meaning,
    MeasureRef,
    Mention,
    NumberRef,
    PeriodRef,
    SegmentRef,
    ValueRef,
)
from agents.brains.offline.planning.state import World
from core.text import fold, tokens
from policy.grants import GRANTS, RowRule
from policy.roles import Role
from tools.sql.query import Query

_SAYS = (EntityRef, DimensionRef, EnumRef, MeasureRef, NumberRef, PeriodRef, SegmentRef, ValueRef)
_CLOCK = re.compile(r"\d{1,2}(?:[:.]\d{2})?")
"""How a time of the day is written."""
_PEOPLE = ("client", "technician", "user")
_WHO = frozenset({"quien", "quienes", "who"})
_WHEN = frozenset({"cuando", "when"})
_WANTS = _WHO | _WHEN | {"donde", "where"}
"""Question words that want a column."""
_OCCASIONS = frozenset({"veces", "times"})
_ONLY = frozenset({"solo", "solamente", "unicamente", "only", "exclusivamente"})
"""clientes que solo tienen alarma: that they have nothing else is not held."""
_ONE = frozenset({"un", "una", "uno", "one"})
_MINE = frozenset({"mi", "mis", "my", "nuestro", "nuestra"})
_PLACES = frozenset({"warehouse"})
_RANKS = frozenset({"more", "less", "extreme", "top", "worst"})


def left_out(mentions: Sequence[Mention], query: Query, world: World) -> tuple[Mention, ...]:
    """The mentions that say something which ``query`` does not; in the order in which they were said."""
    found = held(query, world.joins)
    return tuple(m for at, m in enumerate(mentions) if _lost(mentions, at, query, found, world))


def _lost(mentions: Sequence[Mention], at: int, query: Query, found: Held, world: World) -> bool:
    mention = mentions[at]
    if found.hours and (mention.is_cue("extreme") or _CLOCK.fullmatch(mention.text)):
        return False
    if mention.text in _ONLY and at + 1 < len(mentions) and mentions[at + 1].is_cue("with"):
        return True
    if mention.unknown:
        return _stands_for_something(mentions, at, world)
    if _asks_more(mentions, at, query, found):
        return True
    if not _means(mention, world):
        return not _structure_kept(mention, query, found)
    if _implied(mentions, at, query, found, world):
        return _unowned(mentions, at, world) and ("warehouse", "city") not in found.columns
    if (found.dated or found.lasting) and _counts_time(mentions, at):
        return False
    return not _kept_in_parts(mention, query, found, world)


def _kept_in_parts(mention: Mention, query: Query, found: Held, world: World) -> bool:
    """Does ``query`` hold what the words say together, or else what each of them says?"""
    if any(_kept(r, query, found, world) for r in mention.readings):
        return True
    parts = [p for p in mention.parts if _means(p, world)]
    return bool(parts) and all(_kept_in_parts(p, query, found, world) for p in parts)


def _stands_for_something(mentions: Sequence[Mention], at: int, world: World) -> bool:
    """Is a word that nothing knows where conditions stand: a name, after a preposition, an article or a noun?"""
    mention = mentions[at]
    if mention.text in _ONE:
        return False
    if mention.capital or any(letter.isdigit() for letter in mention.text):
        return True
    after = mentions[at + 1] if at + 1 < len(mentions) else None
    if at and after is not None and any(isinstance(r, SegmentRef | EnumRef | ValueRef) for r in after.readings):
        return True
    before = mentions[at - 1] if at else None
    if before is None:
        return False
    noun = any(isinstance(r, EntityRef | EnumRef | ValueRef) for r in before.readings)
    joined = before.is_cue("of") or before.is_cue("with") or before.is_cue("without") or before.is_cue("group")
    return noun or (joined and not _infinitive(mention)) or before.text in world.lexicon.articles


def _asks_more(mentions: Sequence[Mention], at: int, query: Query, found: Held) -> bool:
    """… y quién lo hizo: a second question word that no column answers."""
    mention = mentions[at]
    word = "cuando" if mention.is_cue("ask", "when") else mention.text.split()[0]
    asks = any(isinstance(r, AskRef) for r in mention.readings)
    joined = any(m.is_cue("conj") for m in mentions[max(0, at - 2) : at])
    if word not in _WANTS or not joined or not asks or not (query.select or query.measures):
        return False
    columns = {name for _, name in found.columns}
    asked = {r.path.rpartition(".")[2] for r in mention.readings if isinstance(r, AskRef)}
    told = (
        any((somebody, "name") in found.columns for somebody in _PEOPLE)
        if word in _WHO
        else not asked.isdisjoint(columns)
    )
    return not told and not (found.dated and word in _WHEN)


def _infinitive(mention: Mention) -> bool:
    """para rellenar, a ponerle: a verb says what for, not which."""
    stem = mention.text.removesuffix("le").removesuffix("lo").removesuffix("la").removesuffix("me")
    return stem.endswith(("ar", "er", "ir"))


def _means(mention: Mention, world: World) -> bool:
    """Does it say more than how things are asked?"""
    said = [r for r in mention.readings if isinstance(r, _SAYS) and not (isinstance(r, EntityRef) and r.weak)]
    cues = mention.cues.keys() - {"agent", "idle"}
    verbs = world.lexicon.past | world.lexicon.present | world.lexicon.elided
    if not said or any(word in verbs for word in mention.text.split()):
        return False
    return not cues or any(isinstance(r, ValueRef | NumberRef | PeriodRef) for r in said) or "not" in cues


def _implied(mentions: Sequence[Mention], at: int, query: Query, found: Held, world: World) -> bool:
    """What needs no saying: whose machine a visit is of, "su equipo", "mi zona" of a technician."""
    mention = mentions[at]
    if mention.is_cue("previous") and found.dated:
        return True
    owned = at > 0 and (mentions[at - 1].is_cue("own") or mentions[at - 1].is_cue("same_one"))
    for reading in mention.readings:
        if isinstance(reading, EntityRef) and not found.denies:
            reached = world.joins.path(query.entity, reading.entity)
            if reached is not None or owned:
                return True
        if isinstance(reading, DimensionRef) and owned and world.role is not Role.ADMIN:
            return True
    return False


def _unowned(mentions: Sequence[Mention], at: int, world: World) -> bool:
    """mi almacén: rows that are nobody's own, so that "mi" says which without anything that tells."""
    if at == 0 or not mentions[at - 1].is_cue("own") or mentions[at - 1].text not in _MINE:
        return False
    grants = GRANTS[world.role].tables
    plain = {r.entity for r in mentions[at].readings if isinstance(r, EntityRef) and not r.weak}
    tables = (grants.get(world.catalogue.entities[name].table) for name in plain & _PLACES)
    return any(grant is not None and grant.rows is RowRule.ALL for grant in tables)


def _counts_time(mentions: Sequence[Mention], at: int) -> bool:
    """más de 2 años: a number of days that became a date."""
    number = any(isinstance(r, NumberRef) and not r.number.money for r in mentions[at].readings)
    after = mentions[at + 1] if at + 1 < len(mentions) else None
    return number and after is not None and (after.cue("unit") is not None or after.text in _OCCASIONS)


def _structure_kept(mention: Mention, query: Query, found: Held) -> bool:
    """Cues that change what is asked must have changed the query."""
    if mention.is_cue("filler") or mention.is_cue("aggregate"):
        return True
    if mention.is_cue("without") or mention.is_cue("not"):
        return found.denies or bool(query.having)
    if mention.is_cue("share"):
        return any(m.share and (m.filters or m.segments or m.related) for m in query.measures) or bool(query.group_by)
    if any(mention.is_cue(kind) for kind in _RANKS):
        return bool(query.order or query.having or query.compare or query.group_by)
    return True


def _kept(reading: Meaning, query: Query, found: Held, world: World) -> bool:
    match reading:
        case EntityRef(entity):
            return entity in found.entities or bool(found.entities & set(world.lexicon.instances.get(entity, ())))
        case DimensionRef(entity, dimension):
            return (entity, dimension) in found.columns
        case MeasureRef(entity, measure):
            return (entity, measure) in found.columns or entity in found.entities
        case SegmentRef(entity, segment):
            return (entity, segment) in found.segments or _as_conditions(entity, segment, found, world)
        case EnumRef(enum, values):
            return not {fold(v) for v in values}.isdisjoint(found.values) or _in_order(enum, query, world)
        case ValueRef():
            return _valued(reading, found)
        case PeriodRef():
            return found.dated or found.lasting
        case NumberRef(number):
            told = number.value in found.numbers or _close(number.value, found.numbers)
            return told or any(value and str(number.value).endswith(value) for value in found.values)
        case AskRef() | Cue():
            return False
    return False


def _as_conditions(entity: str, segment: str, found: Held, world: World) -> bool:
    """Is the named condition said value by value, or by its contrary?"""
    known = world.catalogue.entities[entity].segments[segment]
    if known.opposite is not None and (entity, known.opposite) in found.segments:
        return True
    values = {fold(str(v)) for c in known.where for v in c.values}
    return bool(values) and values <= found.values


def _in_order(enum: str, query: Query, world: World) -> bool:
    """las urgentes primero, por prioridad: every value of the scale is told apart."""
    paths = [o.field for o in query.order if o.field is not None] + [g.field for g in query.group_by]
    known = world.catalogue.entities[query.entity].dimensions
    return any(known[p].kind == f"enum:{enum}" for p in paths if p in known)


def _valued(reading: ValueRef, found: Held) -> bool:
    text = fold(reading.text)
    values = {fold(v) for v in reading.values}
    return not values.isdisjoint(found.values) or any(text in value or value in text for value in found.values)


def _close(number: Decimal, numbers: set[Decimal]) -> bool:
    """Minutes are kept as hours, weeks as days."""
    return any(n in {number / 60, number * 7, number * 24, number / 24} for n in numbers)


def changes_sense(missing: Sequence[Mention], said: Sequence[Mention]) -> bool:
    """Without a denial, the part of a share, or what it is about, an answer would say something else, not just less."""
    head = next((m for m in said if any(isinstance(r, EntityRef) and not r.weak for r in m.readings)), None)
    if head is not None and head in missing:
        return True
    return any(m.is_cue(kind) and not m.is_cue("filler") for m in missing for kind in ("not", "without", "share"))


def words_of(mentions: Sequence[Mention], question: str) -> tuple[str, ...]:
    """Each run of neighbouring mentions, as it was written in ``question``."""
    written = {token.folded: token.text for token in reversed(tokens(question))}
    runs: list[list[Mention]] = []
    for mention in mentions:
        if runs and runs[-1][-1].end == mention.start:
            runs[-1].append(mention)
        else:
            runs.append([mention])
    return tuple(" ".join(written.get(w, w) for m in run for w in m.text.split()) for run in runs)
