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

DEFAULT_PATH = Path(__file__).with_name("catalogue.yaml")

Language = Literal["es", "en"]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Words(_Part):
    """How people call something: ``label`` is how we write it back; ``synonyms`` include singulars and plurals."""

    label: dict[Language, str]
    plural: dict[Language, str] = Field(default_factory=dict)
    gender: Literal["m", "f"] = "m"
    synonyms: dict[Language, tuple[str, ...]] = Field(default_factory=dict)


class EnumValue(Words):
    """A value of a database enum."""


class Dimension(Words):
    """Something rows have: filtered by, grouped by, selected.

    ``columns`` are tried in order and the first one the role may read is used (``table.column``; other tables only
    through ``client_contacts``-like one-to-one side tables named in the entity). ``ask`` lists the question words that
    want this column (cuándo, dónde, quién, cuánto cuesta). ``linked``: its values are read from the database so that
    mentions of them in a message are recognised.
    """

    columns: tuple[str, ...]
    kind: str
    unit: str | None = None
    linked: bool = False
    ask: dict[Language, tuple[str, ...]] = Field(default_factory=dict)


class NamedMeasure(Words):
    """A number computed from a row: a column, or the time between two of its columns."""

    column: str | None = None
    between: tuple[str, str] | None = None
    kind: Literal["money", "hours", "days", "number", "integer"]
    default_aggregate: Literal["sum", "avg", "max", "min"] = "sum"


class Condition(_Part):
    """``field op values`` in a segment; values may be ``today``, ``today+30d``, or ``@other_column``."""

    field: str
    op: Op
    values: tuple[Any, ...] = ()


class NamedSegment(Words):
    """A named condition over one entity: all of ``where`` must hold."""

    where: tuple[Condition, ...]


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
    side_tables: dict[str, str] = Field(default_factory=dict)
    """One-to-one tables that share the key: table -> column."""
    default_time: str | None = None
    default_list: tuple[str, ...]
    default_order: tuple[str, ...] = ()
    """Dimension paths; a leading ``-`` is descending."""
    dimensions: dict[str, Dimension]
    measures: dict[str, NamedMeasure] = Field(default_factory=dict)
    segments: dict[str, NamedSegment] = Field(default_factory=dict)
    joins: dict[str, Join] = Field(default_factory=dict)


class Catalogue(_Part):
    """The whole of it."""

    enums: dict[str, dict[str, EnumValue]]
    entities: dict[str, Entity]

    @model_validator(mode="after")
    def _whole(self) -> Catalogue:
        for name, entity in self.entities.items():
            for join in entity.joins.values():
                if join.entity not in self.entities:
                    raise ValueError(f"{name}: join to unknown entity {join.entity}")
            for dimension in entity.dimensions.values():
                kind, _, enum = dimension.kind.partition(":")
                if kind == "enum" and enum not in self.enums:
                    raise ValueError(f"{name}: unknown enum {enum}")
            paths = (*entity.default_list, *(p.lstrip("-") for p in entity.default_order), entity.name)
            for path in paths:
                self.dimension(name, path)
            for segment in entity.segments.values():
                for condition in segment.where:
                    self.dimension(name, condition.field)
        return self

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
        return Catalogue.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
    except (ValidationError, yaml.YAMLError) as error:
        raise Misconfigured(f"The catalogue {path.name} is not valid: {error}") from error
