"""What words can mean, as values, and the mentions of a question that carry them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from agents.brains.offline.planning.numbers import Number
from agents.brains.offline.planning.periods import FoundPeriod


@dataclass(frozen=True, slots=True)
class EntityRef:
    """A kind of thing. ``weak``: a verb or adjective that suggests it ("vendido", "queda") without naming it."""

    entity: str
    weak: bool = False


@dataclass(frozen=True, slots=True)
class DimensionRef:
    """A column by its name."""

    entity: str
    dimension: str


@dataclass(frozen=True, slots=True)
class MeasureRef:
    """A number computed from rows, by its name."""

    entity: str
    measure: str


@dataclass(frozen=True, slots=True)
class SegmentRef:
    """A named condition. ``noun``: stands for rows by itself."""

    entity: str
    segment: str
    noun: bool = False


@dataclass(frozen=True, slots=True)
class EnumRef:
    """Values of an enum. ``noun``: stand for rows by themselves ("calderas")."""

    enum: str
    values: tuple[str, ...]
    noun: bool = False


@dataclass(frozen=True, slots=True)
class AskRef:
    """Question words that want a dimension path (or a measure) of an entity."""

    entity: str
    path: str
    measure: bool = False


@dataclass(frozen=True, slots=True)
class ValueRef:
    """Values found in the database. ``whole``: the words are the whole value, not a part of it."""

    entity: str
    dimension: str
    values: tuple[str, ...]
    text: str
    whole: bool


@dataclass(frozen=True, slots=True)
class PeriodRef:
    """A period of time."""

    found: FoundPeriod


@dataclass(frozen=True, slots=True)
class NumberRef:
    """A number."""

    number: Number


@dataclass(frozen=True, slots=True)
class Cue:
    """A word of the lexicon: what it does (``kind``) and which (``value``)."""

    kind: str
    value: str = ""


Meaning = EntityRef | DimensionRef | MeasureRef | SegmentRef | EnumRef | AskRef | ValueRef | PeriodRef | NumberRef | Cue


@dataclass(frozen=True, slots=True)
class Mention:
    """Words ``start`` to ``end`` (excluded) and everything they can mean. ``parts``: the same words read apart."""

    start: int
    end: int
    text: str
    readings: tuple[Meaning, ...]
    quality: float = 1.0
    parts: tuple[Mention, ...] = ()
    capital: bool = False
    """Written with a capital inside the sentence."""
    cues: Mapping[str, tuple[Cue, ...]] = field(init=False, compare=False, repr=False)
    """Its readings as cues, by kind: asked for thousands of times in a question."""

    def __post_init__(self) -> None:
        cues: dict[str, tuple[Cue, ...]] = {}
        for reading in self.readings:
            if isinstance(reading, Cue):
                cues[reading.kind] = (*cues.get(reading.kind, ()), reading)
        object.__setattr__(self, "cues", cues)

    def cue(self, kind: str) -> Cue | None:
        """Its reading as a cue of that kind."""
        found = self.cues.get(kind)
        return found[0] if found else None

    def is_cue(self, kind: str, *values: str) -> bool:
        """Has a reading as that cue (any value, or one of ``values``)."""
        found = self.cues.get(kind)
        if found is None:
            return False
        return not values or any(c.value in values for c in found)

    @property
    def unknown(self) -> bool:
        return not self.readings
