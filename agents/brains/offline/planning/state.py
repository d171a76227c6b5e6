"""What the passes of an interpretation share: the mentions, what is claimed, and the query being drafted."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import TypeVar

from agents.brains.offline.planning.calendar import Span
from agents.brains.offline.planning.joins import Joins
from agents.brains.offline.planning.lexicon import Lexicon
from agents.brains.offline.planning.linking import Values
from agents.brains.offline.planning.meanings import Cue, EntityRef, EnumRef, Mention, SegmentRef, ValueRef
from policy.decide import may_read
from policy.roles import Role
from tools.sql.catalogue import Catalogue, Entity
from tools.sql.query import Filter, Grouping, Having, Measure, Op, Order, Query, Related, Segment, TimeWindow

STRUCTURE = frozenset(
    [
        "filler",
        "of",
        "list",
        "conj",
        "that",
        "own",
        "company",
        "all",
        "now",
        "with",
        "group",
        "chart",
        "distinct",
        "order",
        "yesno",
        "ask",
        "hint",
        "grain",
        "unit",
        "more",
        "less",
        "last",
        "first",
        "next",
        "followup",
        "same_one",
        "anaphor",
        "agent",
        "coming_one",
        "previous",
        "aggregate",
        "person",
        "versus",
        "descending",
        "ascending",
        "others",
        "top",
        "worst",
        "extreme",
        "share",
        "compare",
        "ordinal",
        "trend",
        "most",
        "usual",
        "from_event",
        "to_event",
        "breakdown",
        "each_one",
    ]
)
"""Kinds of cue that need no explanation of their own when no pass uses them."""


BETWEEN = frozenset({"filler", "of", "all", "own", "followup", "same_one"})
"""Kinds of cue that stand between words that belong together."""


@dataclass(frozen=True)
class World:
    """What does not change between targets."""

    catalogue: Catalogue
    joins: Joins
    lexicon: Lexicon
    role: Role
    today: date
    label: Callable[[Span], str]
    """How a span of days is said."""
    hours: Mapping[str, str]
    """Parts of a day, by their hours, as they are said."""
    values: Values
    """What the principal may read of the linked values."""


@dataclass(slots=True)
class Scope:
    """Rows of another entity that the question speaks of: becomes a :class:`Related`."""

    entity: str
    via: str
    negated: bool
    start: int
    end: int
    filters: list[Filter] = field(default_factory=list)
    segments: list[Segment] = field(default_factory=list)
    window: TimeWindow | None = None

    def related(self) -> Related:
        return Related(self.entity, self.via, self.negated, tuple(self.filters), tuple(self.segments), self.window)


@dataclass(slots=True)
class State:
    """One interpretation under way: the question seen as a query on ``target``."""

    world: World
    target: str
    mentions: list[Mention]
    claimed: dict[int, float] = field(default_factory=dict)
    cost: float = 0.0
    scopes: list[Scope] = field(default_factory=list)
    select: list[str] = field(default_factory=list)
    measures: list[Measure] = field(default_factory=list)
    groups: list[Grouping] = field(default_factory=list)
    filters: list[Filter] = field(default_factory=list)
    segments: list[Segment] = field(default_factory=list)
    window: TimeWindow | None = None
    compare: list[TimeWindow] = field(default_factory=list)
    having: list[Having] = field(default_factory=list)
    order: list[Order] = field(default_factory=list)
    limit: int | None = None
    limit_per: str | None = None
    exists: bool = False
    distinct: bool = False
    chart: bool = False
    counting: bool = False
    """The question asks how many."""
    sharing: bool = False
    """The question asks for a percentage."""
    single: bool = False
    """The question is about one row that it names."""
    latest: bool = False
    """The question asks for the last one."""
    time_field: str | None = None
    """The date that the question speaks of, when it says so."""
    offset: int = 0
    hours: tuple[int, int] | None = None
    """The time of day that the question says, first hour (included) to last (excluded), and its words."""
    hours_said: str = ""
    absence: TimeWindow | None = None
    """The time without, of "más de un año sin visitas"."""
    aged: dict[int, tuple[int, Op, str, int]] = field(default_factory=dict)
    """Nouns of related rows that are older (or younger) than so long: the comparison, its unit and how many."""
    implied: bool = False
    """The question speaks of the target without naming it ("quién va más cargado")."""
    grouped: set[int] = field(default_factory=set)
    """Mentions that became groups."""
    said_by_noun: set[Filter | Segment] = field(default_factory=set)
    """Conditions that the target's own noun says ("averías")."""
    joined: set[str] = field(default_factory=set)
    """Fields that the question gives several values."""
    heads: set[str] = field(default_factory=set)
    """Entities named as what the question is about."""

    @property
    def entity(self) -> Entity:
        return self.world.catalogue.entities[self.target]

    # -- claims

    def claim(self, at: int, weight: float = 1.0) -> None:
        """Mention ``at`` is explained (by ``weight``)."""
        self.claimed[at] = max(weight, self.claimed.get(at, 0.0))

    def free(self, at: int) -> bool:
        return 0 <= at < len(self.mentions) and at not in self.claimed

    def split_late(self, at: int) -> None:
        """Read the words of mention ``at`` apart, keeping what is claimed and scoped."""
        parts = self.mentions[at].parts
        grown = len(parts) - 1
        self.mentions[at : at + 1] = parts
        self.claimed = {i if i < at else i + grown: weight for i, weight in self.claimed.items()}
        for scope in self.scopes:
            scope.start += grown if scope.start >= at else 0
            scope.end += grown if scope.end > at else 0

    # -- looking around

    def cues(self, kind: str, *values: str) -> Iterator[int]:
        """Positions of that cue, left to right."""
        return (at for at, m in enumerate(self.mentions) if m.is_cue(kind, *values))

    def has(self, kind: str, *values: str) -> bool:
        return next(self.cues(kind, *values), None) is not None

    def following(self, at: int, skip: frozenset[str] = BETWEEN) -> int:
        """Next mention after ``at`` that is more than filler; the number of mentions when there is none."""
        at += 1
        while at < len(self.mentions) and only_cues(self.mentions[at], skip):
            at += 1
        return at

    def preceding(self, at: int, skip: frozenset[str] = BETWEEN) -> int:
        """Mention before ``at`` that is more than filler; -1 when there is none."""
        at -= 1
        while at >= 0 and only_cues(self.mentions[at], skip):
            at -= 1
        return at

    def scope_at(self, at: int) -> Scope | None:
        """The related rows that mention ``at`` describes, if any."""
        return next((s for s in reversed(self.scopes) if s.start < at < s.end), None)

    def names(self, at: int) -> set[str]:
        """Entities that mention ``at`` names as a noun."""
        return named(self.mentions[at], self.world) if 0 <= at < len(self.mentions) else set()

    def claim_noun(self, at: int) -> None:
        """The target's noun at ``at`` is used; one that also restricts ("averías") is left for that."""
        if 0 <= at < len(self.mentions) and any(
            isinstance(r, EntityRef) and r.entity == self.target for r in self.mentions[at].readings
        ):
            self.claim(at)

    def names_target(self, at: int) -> bool:
        return self.target in self.names(at)

    def names_anything(self) -> bool:
        """Does the question name the target?"""
        return any(self.names_target(at) for at in range(len(self.mentions)))

    def heads_named(self) -> set[str]:
        """Entities that the question names, and the target."""
        return {self.target, *(name for at in range(len(self.mentions)) for name in self.names(at))}

    def spoken_of(self) -> set[str]:
        """Entities that the question names outright or speaks of ("instalados", "averiado")."""
        told = (r.entity for m in self.mentions for r in m.readings if isinstance(r, EntityRef))
        return {*told, *(cue.value for m in self.mentions for cue in m.cues.get("hint", ()))}

    def unit_measure(self) -> str | None:
        """The measure that counts this entity's things, when a row holds several (stock: its units)."""
        return "quantity" if "quantity" in self.entity.measures else None

    def query(self) -> Query:
        """The query drafted so far."""
        return Query(
            entity=self.target,
            select=tuple(dict.fromkeys(self.select)),
            distinct=self.distinct,
            measures=tuple(self.measures),
            group_by=tuple(dict.fromkeys(self.groups)),
            filters=tuple(dict.fromkeys(self.filters)),
            segments=tuple(dict.fromkeys(self.segments)),
            window=None if self.compare else self.window,
            compare=tuple(self.compare),
            related=tuple(s.related() for s in self.scopes),
            having=tuple(self.having),
            order=tuple(self.order),
            limit=self.limit,
            limit_per=self.limit_per,
            exists=self.exists,
            offset=self.offset,
        )


def only_cues(mention: Mention, kinds: frozenset[str]) -> bool:
    """Is it nothing but cues of those kinds?"""
    if not mention.cues or not kinds.issuperset(mention.cues):
        return False
    return all(isinstance(r, Cue) for r in mention.readings)


def named(mention: Mention, world: World) -> set[str]:
    """Entities that ``mention`` names as a noun: "contratos", "garantías", "calderas", "XP400"."""
    found: set[str] = set()
    for reading in mention.readings:
        if (isinstance(reading, EntityRef) and not reading.weak) or (isinstance(reading, SegmentRef) and reading.noun):
            found.add(reading.entity)
        elif isinstance(reading, EnumRef) and reading.noun:
            places = world.joins.enum_places(reading.enum)
            owners = {name for name, (_, steps) in places.items() if steps == 0}
            found |= owners | {i for o in owners for i in world.lexicon.instances.get(o, ())}
        elif isinstance(reading, ValueRef) and reading.whole and reading.entity in world.lexicon.instances:
            found |= {reading.entity, *world.lexicon.instances[reading.entity]}
    return found


T = TypeVar("T")


def first_of(mention: Mention, kind: type[T]) -> T | None:
    """First reading of ``mention`` of that class."""
    return next((r for r in mention.readings if isinstance(r, kind)), None)


def readable(state: State, path: str) -> bool:
    """May the role read what is at ``path`` from the target?"""
    dimension = state.world.joins.dimension(state.target, path)
    if dimension.paths:
        return True
    return any(may_read(state.world.role, *_column(c)).allowed for c in dimension.columns)


def _column(column: str) -> tuple[str, tuple[str, ...]]:
    table, _, name = column.partition(".")
    return table, (name,)
