"""What a query holds, whichever part of it says so: entities, columns, values, conditions, times, numbers, denials."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from agents.brains.offline.planning.joins import Joins
from core.text import fold
from tools.sql.catalogue import Condition
from tools.sql.query import Filter, Measure, Op, Query, Related, Segment

_DENYING = frozenset({Op.NE, Op.NOT_IN, Op.IS_NULL})


@dataclass(slots=True)
class Held:
    """The parts of one query, gathered by :func:`held`."""

    joins: Joins
    entities: set[str] = field(default_factory=set)
    """The target, what is related to it, and what columns in use are reached through."""
    columns: set[tuple[str, str]] = field(default_factory=set)
    """(entity, dimension or measure) that is shown, grouped, filtered, ordered or computed."""
    values: set[str] = field(default_factory=set)
    """Values of conditions, folded; those of named conditions too."""
    segments: set[tuple[str, str]] = field(default_factory=set)
    numbers: set[Decimal] = field(default_factory=set)
    dated: bool = False
    hours: bool = False
    lasting: bool = False
    """A condition on how long something took."""
    denies: bool = False

    def column(self, entity: str, path: str) -> None:
        """``path`` from ``entity`` is in use, and so is every entity on the way to it."""
        self._way(entity, path)
        owner, last = self.joins.catalogue.owner(entity, path)
        self.columns.add((owner, last))
        self._aliases(owner, last)

    def _way(self, entity: str, path: str) -> None:
        steps = path.split(".")
        self.entities |= {
            self.joins.catalogue.owner(entity, ".".join(steps[: depth + 1]))[0] for depth in range(len(steps))
        }

    def _aliases(self, owner: str, name: str) -> None:
        """A column that stands for others (the city of a visit: of its machine, or of its client)."""
        own = self.joins.catalogue.entities[owner].dimensions.get(name)
        for path in own.paths if own is not None else ():
            self.columns.add(self.joins.catalogue.owner(owner, path))
        measure = self.joins.catalogue.entities[owner].measures.get(name)
        for part in (measure.column, *(measure.between or ())) if measure is not None else ():
            if part is not None:
                self.columns.add((owner, part))

    def filter(self, entity: str, kept: Filter) -> None:
        self.column(entity, kept.field)
        self.lasting |= kept.field in self.joins.catalogue.entities[entity].measures
        self.denies |= kept.op in _DENYING or kept.values == (False,)
        self._values(kept.values)

    def _values(self, values: Iterable[object]) -> None:
        for value in values:
            if isinstance(value, date):
                self.dated = True
            elif isinstance(value, Decimal | int) and not isinstance(value, bool):
                self.numbers.add(Decimal(value))
            else:
                self.values.add(fold(str(value)))

    def segment(self, entity: str, kept: Segment) -> None:
        known = self.joins.catalogue.entities[entity].segments.get(kept.name)
        self.segments.add((entity, kept.name))
        self.denies |= kept.negated
        if known is None:
            return
        others = self.joins.catalogue.entities[entity].segments.values()
        self.denies |= known.opposite is not None or any(other.opposite == kept.name for other in others)
        for condition in known.where:
            self._condition(entity, condition)
        for other in known.related:
            self.entities.add(other.entity)
            self.denies |= other.negated
            for name in other.segments:
                self.segment(other.entity, Segment(name))

    def _condition(self, entity: str, condition: Condition) -> None:
        """One of the conditions that a name stands for; it says no date of its own."""
        self.column(entity, condition.field)
        self.denies |= condition.op in _DENYING or condition.values == (False,)
        self.values |= {fold(str(v)) for v in condition.values}

    def related(self, kept: Related) -> None:
        self.entities.add(kept.entity)
        self.denies |= kept.negated
        self._way(kept.entity, f"{kept.via}.key")
        for one in kept.filters:
            self.filter(kept.entity, one)
        for named in kept.segments:
            self.segment(kept.entity, named)
        self.dated |= kept.window is not None

    def measure(self, entity: str, kept: Measure) -> None:
        if kept.field is not None:
            self.column(entity, kept.field)
        for one in kept.filters:
            self.filter(entity, one)
        for named in kept.segments:
            self.segment(entity, named)
        for other in kept.related:
            self.related(other)
        if kept.per is not None:
            self.column(entity, kept.per.field)


def held(query: Query, joins: Joins) -> Held:
    """Everything that ``query`` says."""
    found = Held(joins)
    found.entities.add(query.entity)
    for path in _paths(query):
        found.column(query.entity, path)
    for kept in query.filters:
        found.filter(query.entity, kept)
    for named in query.segments:
        found.segment(query.entity, named)
    for related in query.related:
        found.related(related)
    for measure in query.measures:
        found.measure(query.entity, measure)
    found.numbers |= {h.value for h in query.having}
    found.numbers |= {Decimal(n) for n in (query.limit, query.offset + 1 if query.offset else None) if n is not None}
    windows = [w for w in (query.window, *query.compare) if w is not None]
    found.dated |= bool(windows)
    found.hours = any(w.period.hours is not None for w in windows)
    found.numbers |= {Decimal(hour) for w in windows for hour in w.period.hours or ()}
    return found


def _paths(query: Query) -> Iterator[str]:
    yield from query.select
    yield from (g.field for g in query.group_by)
    yield from (o.field for o in query.order if o.field is not None)
    yield from (w.field for w in (query.window, *query.compare) if w is not None and w.field is not None)
