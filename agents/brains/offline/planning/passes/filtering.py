"""Conditions: values of the database, enum values, segments, numbers that name a row; and their negation."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import date, timedelta

from agents.brains.offline.planning.meanings import (
    DimensionRef,
    EntityRef,
    EnumRef,
    MeasureRef,
    Mention,
    PeriodRef,
    SegmentRef,
    ValueRef,
)
from agents.brains.offline.planning.passes.identifying import identifiers
from agents.brains.offline.planning.passes.relating import claim_negation, negation_before
from agents.brains.offline.planning.state import Scope, State, first_of
from core.text import fold
from tools.sql.catalogue import NamedSegment
from tools.sql.query import Aggregate, Filter, Grouping, Op, Scalar, Segment

UNNAMED = 0.3
"""What it costs to suppose related rows that the question does not name."""
_PREFERRED = ("sku", "name", "city", "zone", "province")
_TELLS_MODEL = frozenset({Op.EQ, Op.IN, Op.CONTAINS})
_APART = frozenset({Aggregate.AVG, Aggregate.MIN, Aggregate.MAX})
_RELATIVE = re.compile(r"today(?:([+-]\d+)d)?")


@dataclass(frozen=True, slots=True)
class Condition:
    """What a mention says about rows, and how far from the target it had to go."""

    cost: float
    filters: tuple[Filter, ...] = ()
    segment: Segment | None = None
    time: str | None = None
    from_enum: str | None = None


def conditions(state: State) -> None:
    """Explain every mention that restricts rows."""
    identifiers(state)
    at = 0
    while at < len(state.mentions):
        if state.free(at) and not _condition(state, at) and state.mentions[at].parts and _splits(state, at):
            state.split_late(at)
            continue
        at += 1


def parts_for(state: State) -> None:
    """piezas del XP400: spare parts whose name says the model; a part is never it, but has a code of its own."""
    _part_of_family(state)
    for at, kept in enumerate(state.filters):
        path = kept.field.removesuffix("sku")
        spare = Filter(f"{path}category", Op.EQ, ("spare_part",)) in state.filters
        named = any(other.field == f"{path}name" for other in state.filters)
        said = kept.field.endswith("sku") and kept.op in _TELLS_MODEL and (spare or named)
        if not said:
            continue
        names = [fold(name) for name in state.world.values.get(("product", "name"), ())]
        if any(fold(str(code)) in name for code in kept.values for name in names):
            state.filters[at] = Filter(f"{path}name", Op.CONTAINS, kept.values)


def _part_of_family(state: State) -> None:
    """el mando del aire: a part by its name; the family is of the machine that it belongs to."""
    for kept in [f for f in state.filters if f.field.endswith("category") and f.values != ("spare_part",)]:
        named = f"{kept.field.removesuffix('category')}name"
        if not any(f.field == named for f in state.filters):
            continue
        part = next((at for at, m in enumerate(state.mentions) if _names_part(m)), None)
        family = next((at for at, m in enumerate(state.mentions) if any(isinstance(r, EnumRef) for r in m.readings)), 0)
        if part is not None and part < family and any(m.is_cue("of") for m in state.mentions[part + 1 : family]):
            state.filters.remove(kept)


def _names_part(mention: Mention) -> bool:
    return any(isinstance(r, ValueRef) and (r.entity, r.dimension) == ("product", "name") for r in mention.readings)


def versus_values(state: State) -> None:
    """Madrid frente a Zaragoza: the values side by side."""
    several = next((f for f in state.filters if f.op is Op.IN and len(f.values) > 1 and f.field in state.joined), None)
    for at in state.cues("versus"):
        if state.free(at) and several is not None:
            state.claim(at)
            if Grouping(several.field) not in state.groups:
                state.groups.append(Grouping(several.field))
    rivals = [at for kind in ("more", "less") for at in state.cues(kind) if state.free(at)]
    if several is not None and rivals and not state.order and not state.having:
        state.groups.append(Grouping(several.field))
        state.counting = True
        for at in rivals:
            state.claim(at)


def told_apart(state: State) -> None:
    """media de los ascensores y de las calderas: a figure that does not add up is told of each; reparto entre…, too."""
    several = next((f for f in state.filters if f.op is Op.IN and f.field in state.joined), None)
    if several is not None and state.has("breakdown") and not state.groups:
        state.groups.append(Grouping(several.field))
        for at in state.cues("compare", "between"):
            state.claim(at)
    apart = any(m.aggregate in _APART for m in state.measures) and not (state.groups or state.compare or state.sharing)
    either = any(m.text in {"o", "or", "u"} for m in state.mentions)
    if several is not None and apart and not either:
        state.groups.append(Grouping(several.field))


def _splits(state: State, at: int) -> bool:
    readings = state.mentions[at].readings
    return any(isinstance(r, SegmentRef | EnumRef | ValueRef) for r in readings)


def _condition(state: State, at: int) -> bool:
    mention = state.mentions[at]
    if first_of(mention, PeriodRef) is not None:
        return False
    scope = state.scope_at(at)
    options: list[tuple[Condition, Scope | None]] = []
    if scope is not None:
        options += [(c, scope) for c in _readings(state, at, scope.entity)]
    options += [(c, None) for c in _readings(state, at, state.target)]
    if scope is None and not options:
        options += _through_related(state, at)
    if not options:
        return False
    if scope is not None and scope.negated:
        own = [o for o in options if o[1] is None and o[0].cost <= 0.1 and _place(o[0])]
        options = own or options
    best, where = min(options, key=lambda o: (o[0].cost, o[1] is None))
    if _names_elsewhere(state, at):
        best = replace(best, cost=best.cost + UNNAMED)
    negated_at = None if where is not None and where.negated else negation_before(state, at)
    _apply(state, best, where, negated_at is not None)
    if state.names_target(at) and where is None:
        state.said_by_noun.update(best.filters)
    if negated_at is not None:
        claim_negation(state, negated_at)
    state.claim(at, mention.quality)
    state.cost += best.cost
    return True


def _place(condition: Condition) -> bool:
    """clientes sin contrato en Valencia: the clients are there, not the contracts they lack."""
    return bool(condition.filters) and all(
        {"city", "zone", "province"} & set(f.field.split(".")) for f in condition.filters
    )


def _names_elsewhere(state: State, at: int) -> bool:
    """Is it above all the name of something that the target has nothing to do with ("pedidos", of an intervention)?"""
    names = {r.entity for r in state.mentions[at].readings if isinstance(r, EntityRef) and not r.weak}
    linked = (n for n in names if state.world.joins.path(state.target, n) is not None or state.scope_at(at))
    return bool(names) and next(linked, None) is None


def _apply(state: State, condition: Condition, where: Scope | None, negated: bool) -> None:
    filters = [_negate(f) if negated else f for f in condition.filters]
    segment = condition.segment
    if segment is not None and negated:
        segment = negation_of(state, where.entity if where is not None else state.target, segment)
    if where is not None:
        where = _sibling(state, where, segment)
        where.filters += filters
        where.segments += [segment] if segment else []
        return
    for new in filters:
        _merge(state, new)
    if segment is not None and segment not in state.segments:
        state.segments.append(segment)
    if condition.time and not negated:
        state.time_field = state.time_field or condition.time


def negation_of(state: State, entity: str, segment: Segment) -> Segment:
    """no entregados: those still to be delivered, where the catalogue says so; else all that are not."""
    opposite = state.world.catalogue.entities[entity].segments[segment.name].opposite
    if opposite is not None and not segment.negated:
        return Segment(opposite)
    return Segment(segment.name, not segment.negated)


def _sibling(state: State, where: Scope, segment: Segment | None) -> Scope:
    """con mantenimiento y garantía: one contract of each, not one that is both."""
    known = state.world.catalogue.entities[where.entity].segments
    if segment is None or not known[segment.name].noun or not any(known[s.name].noun for s in where.segments):
        return where
    other = Scope(where.entity, where.via, where.negated, where.end, where.end, segments=[], window=where.window)
    other.segments += [s for s in where.segments if not known[s.name].noun]
    state.scopes.append(other)
    return other


def _merge(state: State, new: Filter) -> None:
    """Two values of one field are alternatives: Madrid o Zaragoza."""
    for position, old in enumerate(state.filters):
        if old.field == new.field and {old.op, new.op} <= {Op.EQ, Op.IN} and position >= 0:
            values = tuple(dict.fromkeys((*old.values, *new.values)))
            narrowed = set(old.values) & set(new.values)
            joined = tuple(v for v in values if v in narrowed) if narrowed else values
            state.joined.add(new.field)
            state.filters[position] = Filter(new.field, Op.EQ if len(joined) == 1 else Op.IN, joined)
            return
    state.filters.append(new)


def _negate(found: Filter) -> Filter:
    opposite = {Op.EQ: Op.NE, Op.IN: Op.NOT_IN, Op.IS_NULL: Op.NOT_NULL, Op.NOT_NULL: Op.IS_NULL}
    return Filter(found.field, opposite.get(found.op, found.op), found.values)


def _readings(state: State, at: int, entity: str) -> list[Condition]:
    mention = state.mentions[at]
    if any(
        isinstance(r, EntityRef) and not r.weak and state.world.joins.path(entity, r.entity) for r in mention.readings
    ):
        return []
    found: list[Condition] = []
    for reading in mention.readings:
        if isinstance(reading, SegmentRef):
            condition = _segment(state, entity, reading)
        elif isinstance(reading, EnumRef):
            condition = _enum(state, entity, reading)
        elif isinstance(reading, ValueRef):
            condition = _value(state, entity, reading, at)
        else:
            continue
        if condition is not None:
            found.append(condition)
    names = any(isinstance(r, EntityRef) and not r.weak and r.entity == entity for r in mention.readings)
    columns = any(isinstance(r, DimensionRef | MeasureRef) and r.entity == entity for r in mention.readings)
    noun = any(isinstance(r, EnumRef) and r.noun for r in mention.readings)
    return [c for c in found if not ((names or (columns and not noun)) and c.cost > 0.02 and c.segment is None)]


def _segment(state: State, entity: str, reading: SegmentRef) -> Condition | None:
    if reading.entity == entity:
        time = state.world.catalogue.entities[entity].segments[reading.segment].time
        return Condition(0.0, segment=Segment(reading.segment), time=time)
    route = state.world.joins.path(entity, reading.entity)
    if not route:
        return None
    named = state.world.catalogue.entities[reading.entity].segments[reading.segment]
    filters = expand(named, route, state.world.today)
    steps = route.count(".") + 1
    return Condition(0.1 * steps, filters=filters) if filters else None


def expand(named: NamedSegment, route: str, today: date) -> tuple[Filter, ...] | None:
    """The conditions of a segment of a joined entity, as filters; None when they cannot be said so."""
    if named.related:
        return None
    filters: list[Filter] = []
    for condition in named.where:
        values: list[Scalar] = []
        for value in condition.values:
            relative = _RELATIVE.fullmatch(str(value))
            if isinstance(value, str) and (value.startswith("@") or value == "now"):
                return None
            values.append(today + timedelta(days=int(relative[1] or 0)) if relative else value)
        filters.append(Filter(f"{route}.{condition.field}", condition.op, tuple(values)))
    return tuple(filters)


def _enum(state: State, entity: str, reading: EnumRef) -> Condition | None:
    place = state.world.joins.enum_places(reading.enum).get(entity)
    if place is None:
        return None
    path, steps = place
    op = Op.EQ if len(reading.values) == 1 else Op.IN
    far = 0.03 if reading.noun else 0.1
    return Condition(0.01 + far * steps, filters=(Filter(path, op, reading.values),), from_enum=reading.enum)


def _value(state: State, entity: str, reading: ValueRef, at: int) -> Condition | None:
    place = state.world.joins.place(entity, reading.entity, reading.dimension)
    if place is None:
        return None
    path, cost = place
    last = path.rpartition(".")[2]
    cost += 0.01 * (_PREFERRED.index(last) if last in _PREFERRED else len(_PREFERRED))
    if _said_before(state, at, reading):
        cost -= 0.3
    if reading.entity == "technician" and reading.dimension != "name" and "technician" not in state.heads_named():
        cost += 0.1
    if not reading.whole:
        cost += 0.05
    if reading.whole and len(reading.values) == 1:
        return Condition(cost, filters=(Filter(path, Op.EQ, reading.values),))
    if reading.whole:
        return Condition(cost, filters=(Filter(path, Op.IN, reading.values),))
    if len(reading.values) == 1:
        return Condition(cost, filters=(Filter(path, Op.EQ, reading.values),))
    if reading.values and not all(reading.text in fold(value) for value in reading.values):
        return Condition(cost, filters=(Filter(path, Op.IN, reading.values),))
    return Condition(cost, filters=(Filter(path, Op.CONTAINS, (reading.text,)),))


def _said_before(state: State, at: int, reading: ValueRef) -> bool:
    """Is the value's column or entity said just before it ("zona Madrid", "cliente Pérez")?"""
    before = state.preceding(at, frozenset({"filler", "of", "person", "all"}))
    if before < 0 or at - before > 4:
        return False
    return any(
        (isinstance(r, DimensionRef) and r.dimension == reading.dimension)
        or (isinstance(r, EntityRef) and r.entity == reading.entity)
        for r in state.mentions[before].readings
    )


def _through_related(state: State, at: int) -> list[tuple[Condition, Scope | None]]:
    """clientes con caldera: the condition is about rows that point to the target."""
    within = _within_segment(state, at) or _by_deed(state, at)
    if within is not None:
        return [within]
    mention: Mention = state.mentions[at]
    options: list[tuple[float, str, str, Condition]] = []
    nouns, spoken_of = state.names(at), state.spoken_of()
    things = {name for names in state.world.lexicon.instances.values() for name in names}
    supposed = things | ({state.entity.event.entity} if state.entity.event else set())
    for entity in state.world.catalogue.entities:
        via = state.world.joins.path(entity, state.target)
        if not via or (nouns and entity not in nouns) or entity not in spoken_of | supposed:
            continue
        for condition in _readings(state, at, entity):
            if _place(condition) and entity not in spoken_of:
                continue
            options.append((condition.cost + 0.1 * via.count("."), entity, via, condition))
    if not options or not mention.readings:
        return []
    cost, entity, via, condition = min(options, key=lambda o: (o[0], o[1]))
    if cost > 0.35:
        return []
    negated = negation_before(state, at)
    scope = Scope(entity, via, negated is not None, at - 1, len(state.mentions))
    if negated is not None:
        claim_negation(state, negated)
    state.scopes.append(scope)
    return [(replace(condition, cost=cost + UNNAMED), scope)]


def _within_segment(state: State, at: int) -> tuple[Condition, Scope] | None:
    """productos agotados en Valencia: the place is of the stock that "agotado" speaks of."""
    for segment in state.segments:
        related = state.entity.segments[segment.name].related
        options = _readings(state, at, related[0].entity) if len(related) == 1 else []
        if not options:
            continue
        about = related[0]
        negated = about.negated is not segment.negated
        scope = Scope(about.entity, about.via, negated, at - 1, at + 1, segments=[Segment(s) for s in about.segments])
        state.segments.remove(segment)
        state.scopes.append(scope)
        best = min(options, key=lambda c: c.cost)
        return replace(best, cost=best.cost + UNNAMED), scope
    return None


def _by_deed(state: State, at: int) -> tuple[Condition, Scope] | None:
    """equipos instalados por Javier: the person whose work brought them about."""
    deed = state.entity.deed
    who = {r.entity for r in state.mentions[at].readings if isinstance(r, ValueRef)}
    if deed is None or not any(state.world.joins.path(deed.entity, name) for name in who):
        return None
    options = _readings(state, at, deed.entity)
    if not options or any(_place(o) for o in options):
        return None
    filters = [Filter(c.field, c.op, tuple(c.values)) for c in deed.where]
    scope = Scope(deed.entity, deed.via, False, at - 1, at + 1, filters=filters)
    state.scopes.append(scope)
    return min(options, key=lambda c: c.cost), scope
