"""The semantic catalogue: entities, dimensions, measures, joins and the words people use for them.

Read from ``catalogue.yaml`` (or a company's own file of the same shape) and validated whole: an unknown key, a join to
nowhere or a segment over a missing dimension is refused when it is loaded.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from core.errors import Misconfigured
from tools.sql.query import Op

# libyaml's loader is ten times faster; both refuse anything but plain data.
_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

DEFAULT_PATH = Path(__file__).with_name("catalogue.yaml")

Language = Literal["es", "en"]
Gender = Literal["m", "f"]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Words(_Part):
    """How people call something: ``label`` is how we write it back; ``synonyms`` include singulars and plurals."""

    label: dict[Language, str]
    plural: dict[Language, str] = Field(default_factory=dict)
    gender: Gender = "m"
    synonyms: dict[Language, tuple[str, ...]] = Field(default_factory=dict)


class EnumValue(Words):
    """A value of a database enum. ``noun``: its words stand for rows by themselves ("averías", "calderas")."""

    noun: bool = False


class EnumGroup(Words):
    """Words that mean several values of one enum at once ("aires acondicionados": split and vrf)."""

    enum: str
    values: tuple[str, ...]
    noun: bool = False


class Dimension(Words):
    """Something rows have: filtered by, grouped by, selected.

    ``columns`` are tried in order and the first one the role may read is used (``table.column``; other tables only
    through ``client_contacts``-like one-to-one side tables named in the entity). ``ask`` lists the question words that
    want this column (cuándo, dónde, quién, cuánto cuesta). ``linked``: its values are read from the database so that
    mentions of them in a message are recognised.
    """

    columns: tuple[str, ...] = ()
    paths: tuple[str, ...] = ()
    """Instead of columns: the first of these paths that has a value in the row (equipment.city, else client.city)."""
    json_key: str | None = None
    """The key to read, when the column is JSON."""
    many: bool = False
    """The column is an array of values of ``kind``: comparing means that one of them matches."""
    identifier: bool = False
    """The number people quote to name one row ("la intervención 1043")."""
    kind: str
    unit: str | None = None
    linked: bool = False
    categorical: bool = False
    """It has few different values: "qué marcas" asks for those values, not for rows."""
    ask: dict[Language, tuple[str, ...]] = Field(default_factory=dict)


class NamedMeasure(Words):
    """A number computed from a row: a column, or the time between two of its columns (or ``today``).

    ``times`` is a dimension path that the column is multiplied by; ``minus`` another column that is taken away.
    """

    column: str | None = None
    between: tuple[str, str] | None = None
    times: str | None = None
    minus: str | None = None
    ask: dict[Language, tuple[str, ...]] = Field(default_factory=dict)
    kind: Literal["money", "hours", "days", "number", "integer"]
    default_aggregate: Literal["sum", "avg", "max", "min"] = "sum"


class Condition(_Part):
    """``field op values`` in a segment; values may be ``now``, ``today``, ``today+30d``, or ``@other_column``."""

    field: str
    op: Op
    values: tuple[Any, ...] = ()


class SegmentRelated(_Part):
    """Existence (``negated``: absence) of rows of ``entity`` that reach this one through ``via``, in ``segments``."""

    entity: str
    via: str
    segments: tuple[str, ...] = ()
    negated: bool = False


class NamedSegment(Words):
    """A named condition over one entity: all of ``where`` and of ``related`` must hold.

    ``time`` is the dimension that a period speaks of when this segment is meant ("cerradas en mayo": completed_at).
    ``default_days`` bounds ``time`` from today on (negative: up to today) when the query states no period on it.
    ``noun``: its words stand for rows of the entity by themselves ("mi garantía").
    """

    where: tuple[Condition, ...] = ()
    related: tuple[SegmentRelated, ...] = ()
    time: str | None = None
    default_days: int | None = None
    order: tuple[str, ...] = ()
    """The entity's default order when this segment is meant ("próximas": soonest first)."""
    noun: bool = False
    opposite: str | None = None
    """The segment meant by "not" this one, where some rows are neither: a cancelled order is not "undelivered"."""


class Deed(_Part):
    """The rows of ``entity``, reaching this one through ``via``, that tell who brought it about."""

    entity: str
    via: str
    where: tuple[Condition, ...] = ()


class Join(_Part):
    """A to-one step to another entity: ``column`` of this table equals the key of the other."""

    entity: str
    column: str


class Entity(Words):
    """A kind of thing people ask about."""

    table: str
    key: str
    name: str
    """The dimension that names one of them to a person."""
    titled: bool = False
    """``name`` is a title that several rows may share ("Agenda de mañana"): grouped by it, they are one."""
    told_apart: tuple[str, ...] = ()
    """Dimension paths that, with ``name``, tell one from another, when several share a name."""
    side_tables: dict[str, str] = Field(default_factory=dict)
    """One-to-one tables that share the key: table -> column."""
    typical: str | None = None
    """The column that says what a row is about: what "the most common one" is the most common of."""
    default_time: str | None = None
    deed: Deed | None = None
    """The work that brought it about: "equipos instalados por mí"."""
    event: SegmentRelated | None = None
    """What happens to it. A period that its own ``default_time`` cannot lie in, or that the role may not compare with
    that date, speaks of these rows: "qué clientes tengo mañana"."""
    default_list: tuple[str, ...]
    default_order: tuple[str, ...] = ()
    """Dimension paths; a leading ``-`` is descending."""
    present: str | None = None
    """The segment of those that count today: "the technician with the fewest" is one who still works here."""
    lists: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    """Default columns of a list for one role, where they differ."""
    identity: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    """Role -> columns that tell one row from another beside the ones asked for, where the first of a list do not."""
    ask: dict[str, dict[Language, tuple[str, ...]]] = Field(default_factory=dict)
    """Question words that want a dimension of a joined entity: path -> words."""
    dimensions: dict[str, Dimension]
    measures: dict[str, NamedMeasure] = Field(default_factory=dict)
    segments: dict[str, NamedSegment] = Field(default_factory=dict)
    joins: dict[str, Join] = Field(default_factory=dict)


class Catalogue(_Part):
    """The whole of it."""

    enums: dict[str, dict[str, EnumValue]]
    groups: dict[str, EnumGroup] = Field(default_factory=dict)
    headings: dict[str, dict[Language, str]] = Field(default_factory=dict)
    """How a computed column is headed: aggregate, ``share`` or ``period`` -> text with ``{}`` for what it is about."""
    entities: dict[str, Entity]

    @model_validator(mode="after")
    def _whole(self) -> Catalogue:
        for group_name, group in self.groups.items():
            if not set(group.values) <= set(self.enums.get(group.enum, {})):
                raise ValueError(f"group {group_name}: not values of {group.enum}")
        for name, entity in self.entities.items():
            self._check_parts(name, entity)
            self._check_segments(name, entity)
        return self

    def _check_parts(self, name: str, entity: Entity) -> None:
        for join in entity.joins.values():
            if join.entity not in self.entities:
                raise ValueError(f"{name}: join to unknown entity {join.entity}")
        for label, dimension in entity.dimensions.items():
            kind, _, enum = dimension.kind.partition(":")
            if kind == "enum" and enum not in self.enums:
                raise ValueError(f"{name}: unknown enum {enum}")
            if bool(dimension.columns) == bool(dimension.paths):
                raise ValueError(f"{name}.{label}: either columns or paths")
        paths = [*entity.default_list, *(p.lstrip("-") for p in entity.default_order), entity.name, *entity.ask]
        paths += [path for columns in (*entity.lists.values(), *entity.identity.values()) for path in columns]
        paths += [path for dimension in entity.dimensions.values() for path in dimension.paths]
        paths += [measure.times for measure in entity.measures.values() if measure.times]
        paths += [path for path in (entity.default_time, entity.typical) if path]
        for path in paths:
            self.dimension(name, path)

    def _check_segments(self, name: str, entity: Entity) -> None:
        if entity.event and self.owner(entity.event.entity, f"{entity.event.via}.key")[0] != name:
            raise ValueError(f"{name}: {entity.event.entity} does not reach it through {entity.event.via}")
        if entity.present is not None and entity.present not in entity.segments:
            raise ValueError(f"{name}: no segment {entity.present}")
        for segment in entity.segments.values():
            if segment.opposite is not None and segment.opposite not in entity.segments:
                raise ValueError(f"{name}: no segment {segment.opposite}")
            for condition in segment.where:
                self.dimension(name, condition.field)
            for path in (*segment.order, *((segment.time,) if segment.time else ())):
                self.dimension(name, path.lstrip("-"))
            for related in segment.related:
                if self.owner(related.entity, f"{related.via}.key")[0] != name:
                    raise ValueError(f"{name}: {related.entity} does not reach it through {related.via}")
                if not set(related.segments) <= set(self.entities[related.entity].segments):
                    raise ValueError(f"{name}: unknown segment of {related.entity}")

    def owner(self, entity: str, path: str) -> tuple[str, str]:
        """The entity that owns the last step of ``path`` from ``entity``, and that step's name."""
        *steps, last = path.split(".")
        for step in steps:
            current = self.entities.get(entity)
            if current is None or step not in current.joins:
                raise ValueError(f"no join {step} in {entity}")
            entity = current.joins[step].entity
        if entity not in self.entities:
            raise ValueError(f"no entity {entity}")
        return entity, last

    def dimension(self, entity: str, path: str) -> Dimension:
        """The dimension at ``path`` from ``entity``; raises ValueError when there is none."""
        owner, last = self.owner(entity, path)
        try:
            return self.entities[owner].dimensions[last]
        except KeyError:
            raise ValueError(f"no dimension {last} in {owner}") from None


def load_catalogue(path: Path = DEFAULT_PATH) -> Catalogue:
    """Read and validate a catalogue file; raises :class:`Misconfigured` naming what is wrong."""
    try:
        return Catalogue.model_validate(yaml.load(path.read_text(encoding="utf-8"), _Loader))  # noqa: S506
    except (ValidationError, yaml.YAMLError) as error:
        raise Misconfigured(f"The catalogue {path.name} is not valid: {error}") from error
