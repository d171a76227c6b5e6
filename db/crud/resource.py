"""What REST needs to know of a table to list, read and write its rows: a declaration each, no function of its own.

Types, comments and keys are the model's; which columns a role reads or writes is ``policy/grants.py``'s.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Annotated, Any, get_args, get_type_hints

from pydantic import BaseModel, ConfigDict, Field, create_model
from sqlalchemy import Select, Table, select
from sqlalchemy.orm import DeclarativeBase, Session

from core.errors import BadInput
from policy.grants import GRANTS
from policy.roles import Role
from policy.scopes import WRITE

Values = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Writing:
    """A write under way, as the rules of a resource see it. ``before`` is the row as it was; None for a new one."""

    session: Session
    role: Role
    now: datetime
    before: Values | None = None


Rule = Callable[[Writing, Values], Values]
"""Completes or refuses the values about to be written; raises BadInput or Conflict."""


@dataclass(frozen=True)
class Resource:
    """A table as REST shows it.

    ``path`` is the collection's below ``/api/v1``; key columns named in it belong to all its rows, and to ``parent``.
    ``filters`` may be asked for and sorted by; ``search`` is where ``q`` is looked for. ``rule`` has the last word on
    what is written, ``leaves`` on what is deleted; ``after`` is told that something was. ``retires``: deleting sets
    ``retired_at``. ``makes``: False when an endpoint of its own makes rows. ``scope`` is what a token needs to write
    here.
    """

    path: str
    model: type[DeclarativeBase]
    body: type[BaseModel] | None = None
    filters: tuple[str, ...] = ()
    search: tuple[str, ...] = ()
    order: str = ""
    rule: Rule | None = None
    after: Callable[[Session], None] | None = None
    leaves: Callable[[Writing], None] | None = None
    retires: bool = False
    makes: bool = True
    scope: str = WRITE
    parent: Resource | None = None

    @property
    def table(self) -> Table:
        """The table."""
        table = self.model.__table__
        if not isinstance(table, Table):
            raise TypeError(f"{self.model.__name__} has no table")
        return table

    @property
    def name(self) -> str:
        """The table's name, under which it is granted."""
        return str(self.table.name)

    @property
    def tag(self) -> str:
        """The last word of its path."""
        return self.path.rpartition("/")[2]

    @cached_property
    def key(self) -> tuple[str, ...]:
        """The columns of the primary key, in the order of the path."""
        return tuple(column.name for column in self.table.primary_key)

    @cached_property
    def parents(self) -> tuple[str, ...]:
        """Key columns that the collection's path already says."""
        return tuple(column for column in self.key if f"{{{column}}}" in self.path)

    @property
    def item_path(self) -> str:
        """The path of one row."""
        own = (column for column in self.key if column not in self.parents)
        return f"{self.path}/{'/'.join(f'{{{column}}}' for column in own)}"

    @cached_property
    def types(self) -> Mapping[str, Any]:
        """Python type of each column, as the model annotates it."""
        hints = get_type_hints(self.model)
        return {column.key: get_args(hints[column.key])[0] for column in self.table.columns}

    def selection(self, role: Role) -> Select[Any]:
        """The columns that ``role`` reads, as a statement to be narrowed; made once."""
        made = self._selections.get(role)
        if made is None:
            made = self._selections[role] = select(*(self.table.columns[name] for name in self.columns(role)))
        return made

    @cached_property
    def _selections(self) -> dict[Role, Select[Any]]:
        return {}

    def columns(self, role: Role) -> tuple[str, ...]:
        """The columns that ``role`` reads, in the table's order; none when it reads nothing here."""
        grant = GRANTS[role].tables.get(self.name)
        granted = frozenset(grant.columns) if grant else frozenset()
        return tuple(column.name for column in self.table.columns if column.name in granted)

    @cached_property
    def record(self) -> type[BaseModel]:
        """A row as it is answered: what no role reads is not in it, what not all of them read may be missing."""
        readers = [columns for role in Role if (columns := self.columns(role))]
        fields: dict[str, Any] = {}
        for column in self.table.columns:
            if not any(column.name in columns for columns in readers):
                continue
            always = all(column.name in columns for columns in readers)
            known = self.body.model_fields.get(column.name) if self.body else None
            examples = known.examples if known else None
            described = Field(default=... if always else None, description=column.comment, examples=examples)
            fields[column.name] = (self.types[column.name], described)
        name = f"{self.model.__name__}Record"
        return create_model(name, __config__=ConfigDict(extra="forbid"), __doc__=self.model.__doc__, **fields)

    @cached_property
    def page(self) -> type[BaseModel]:
        """Some rows and where the next ones are."""
        record: Any = self.record
        fields: dict[str, Any] = {"items": (list[record], ...), "next": (str | None, ...), "total": (int | None, ...)}
        words = "A page; `next` is the address of the one that follows, null at the end."
        return create_model(f"{self.model.__name__}Page", __doc__=words, **fields)

    @cached_property
    def change(self) -> type[BaseModel]:
        """What may be changed of a row: any of the columns that some role changes; what is left out stays."""
        if self.body is None:
            raise TypeError(f"{self.name} is read only")
        changed = {column for role in Role for column in _changed(role, self.name)}
        fields: dict[str, Any] = {
            name: (Annotated[(info.annotation, *info.metadata, _optional(info))], _optional(info))
            for name, info in self.body.model_fields.items()
            if name in changed
        }
        config = ConfigDict(extra="forbid", json_schema_extra={"minProperties": 1})
        return create_model(f"{self.model.__name__}Change", __config__=config, __doc__="What changes.", **fields)

    def represent(self, role: Role, row: Mapping[str, Any]) -> BaseModel:
        """``row`` as ``role`` is shown it."""
        return self.record.model_validate({column: row[column] for column in self.columns(role)})

    def allowed(self, column: str) -> str:
        """``column``, if it may be sorted by; raises :class:`BadInput`."""
        if column not in (*self.filters, *self.key):
            raise BadInput(f"{self.name} cannot be sorted by {column!r}.", what=self.name, reason="unknown_column")
        return column


def _changed(role: Role, table: str) -> tuple[str, ...]:
    grant = GRANTS[role].records.get(table)
    return grant.update if grant else ()


def _optional(info: Any) -> Any:
    """A field that may be left out. It has no default to show: null is a value, not a way to leave it out."""
    return Field(default_factory=_nothing, description=info.description, examples=info.examples)


def _nothing() -> None:
    return None
