"""The tables behind one query: fields by path, joined on demand, and only what the role may read."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.sql.elements import ColumnElement
from sqlalchemy.sql.selectable import FromClause, NamedFromClause

from core.clock import Clock
from core.errors import Denied, QueryInvalid
from db.rls import confined_rows
from policy.decide import may_read
from policy.grants import GRANTS
from policy.roles import Role
from tools.sql.catalogue import Catalogue, Dimension, Entity, Language, NamedMeasure
from tools.sql.coerce import MOMENTS
from tools.sql.render import SUBJECT, number

Steps = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Field:
    """A column or a computed number, ready to be used. ``steps`` are the joins from the query's entity to its owner."""

    path: str
    kind: str
    expression: ColumnElement[Any]
    entity: str
    steps: Steps
    labels: Mapping[Language, str]
    names_owner: bool = False
    """It is what tells one row of its owner from another to a person."""
    many: bool = False


class Scope:
    """Resolves paths from ``entity`` for ``role``; ``prefix`` keeps the aliases of a nested scope apart.

    What it joins are the rows that the role may read, never a table of which it reads only some.
    Every method that takes a path raises :class:`QueryInvalid` when there is no such field and :class:`Denied` (details
    what=, reason=) when the role may not read it.
    """

    def __init__(self, catalogue: Catalogue, entity: str, role: Role, clock: Clock, prefix: str = "") -> None:
        if entity not in catalogue.entities:
            raise QueryInvalid(f"There is no entity {entity}.")
        self.catalogue = catalogue
        self.entity = entity
        self.role = role
        self.clock = clock
        self.prefix = prefix
        self.nested = 0
        self.condition: ColumnElement[bool] | None = None
        root = catalogue.entities[entity]
        self._demand(root.table, ())
        self._sources: dict[Steps, NamedFromClause] = {(): _table(role, root.table, f"{prefix}{root.table}")}
        self._joins: list[tuple[NamedFromClause, ColumnElement[bool]]] = []
        self._zone: ColumnElement[Any] = sa.literal_column(f"'{clock.zone.key}'")

    @property
    def today(self) -> ColumnElement[Any]:
        """The company's day, as a parameter."""
        return sa.cast(sa.bindparam("today", self.clock.today(), type_=sa.Date), sa.Date)

    @property
    def now(self) -> ColumnElement[Any]:
        """The instant, as a parameter."""
        return sa.cast(sa.bindparam("now", self.clock.now(), type_=sa.DateTime(True)), sa.DateTime(True))

    def source(self) -> FromClause:
        """The entity's table joined with every table that the fields asked for so far need."""
        source: FromClause = self._sources[()]
        for target, condition in self._joins:
            source = source.outerjoin(target, condition)
        return source

    def key(self, steps: Steps = ()) -> ColumnElement[Any]:
        """The key of the entity at ``steps``."""
        entity = self._entity(self._owner(steps))
        return self._column(steps, entity.table, entity.key)

    def foreign_key(self, steps: Steps, join: str) -> tuple[ColumnElement[Any], str]:
        """The column of the entity at ``steps`` that ``join`` goes through, and the entity it reaches."""
        entity = self._entity(self._owner(steps))
        if join not in entity.joins:
            raise QueryInvalid(f"There is no {join} in {self.entity}.")
        step = entity.joins[join]
        return self._column(steps, entity.table, step.column), step.entity

    def field(self, path: str, *, measure_first: bool = False) -> Field:
        """The dimension or named measure at ``path``; a name that is both is the same number."""
        *steps_list, last = path.split(".")
        steps = tuple(steps_list)
        owner = self._owner(steps)
        entity = self._entity(owner)
        measure, dimension = entity.measures.get(last), entity.dimensions.get(last)
        if dimension is not None and not (measure_first and measure is not None):
            return self._dimension(path, steps, owner, dimension, last)
        if measure is not None:
            return Field(path, measure.kind, self._measure(steps, entity, measure), owner, steps, measure.label)
        raise QueryInvalid(f"There is no {path} in {self.entity}.")

    def readable(self, paths: Iterable[str]) -> tuple[Field, ...]:
        """The fields of ``paths`` that the role may read, without complaint for the others."""
        fields = []
        for path in paths:
            field = self._attempt(path)
            if field is not None:
                fields.append(field)
        return tuple(fields)

    def local(self, field: Field) -> ColumnElement[Any]:
        """A moment as the company's wall clock shows it."""
        if field.kind == "datetime":
            return sa.func.timezone(self._zone, field.expression)
        return sa.cast(field.expression, sa.DateTime(False))

    def _attempt(self, path: str) -> Field | None:
        joins, sources = list(self._joins), dict(self._sources)
        try:
            return self.field(path)
        except Denied:
            self._joins, self._sources = joins, sources
            return None

    def _entity(self, name: str) -> Entity:
        return self.catalogue.entities[name]

    def _owner(self, steps: Steps) -> str:
        try:
            return self.catalogue.owner(self.entity, ".".join((*steps, "")))[0]
        except ValueError as error:
            raise QueryInvalid(f"{error} (from {self.entity}).") from None

    def _demand(self, table: str, columns: Iterable[str]) -> None:
        decision = may_read(self.role, table, columns)
        if not decision.allowed:
            raise Denied(what=decision.what, reason=decision.reason)

    def _at(self, steps: Steps) -> NamedFromClause:
        """The table at ``steps``, joined if it was not yet."""
        if steps in self._sources:
            return self._sources[steps]
        before = self._owner(steps[:-1])
        join = self._entity(before).joins[steps[-1]]
        target = self._entity(join.entity)
        column = self._column(steps[:-1], self._entity(before).table, join.column)
        self._demand(target.table, (target.key,))
        source = _table(self.role, target.table, self.prefix + "_".join(steps))
        self._sources[steps] = source
        self._joins.append((source, _of(source, target.key) == column))
        return source

    def _column(self, steps: Steps, table: str, column: str) -> ColumnElement[Any]:
        source = self._at(steps)
        self._demand(table, (column,))
        return _of(source, column)

    def _side_column(self, steps: Steps, entity: Entity, table: str, column: str) -> ColumnElement[Any]:
        """A column of a table that shares the entity's key."""
        if table not in entity.side_tables:
            raise QueryInvalid(f"{table} does not belong to {entity.table}.")
        place = (*steps, f"/{table}")
        if place not in self._sources:
            key = entity.side_tables[table]
            self._demand(table, (key,))
            source = _table(self.role, table, self.prefix + "_".join((*steps, table)))
            condition = _of(source, key) == self._column(steps, entity.table, entity.key)
            self._sources[place] = source
            self._joins.append((source, condition))
        self._demand(table, (column,))
        return _of(self._sources[place], column)

    def _dimension(self, path: str, steps: Steps, owner: str, dimension: Dimension, last: str) -> Field:
        entity = self._entity(owner)
        expression = self._through(steps, dimension) if dimension.paths else self._first(steps, entity, dimension)
        if dimension.json_key is not None:
            expression = _json_value(expression, dimension.json_key, dimension.kind)
        names_owner = not dimension.paths and ((last == entity.name and not entity.titled) or dimension.identifier)
        return Field(path, dimension.kind, expression, owner, steps, dimension.label, names_owner, dimension.many)

    def _first(self, steps: Steps, entity: Entity, dimension: Dimension) -> ColumnElement[Any]:
        """The first of the dimension's columns that the role may read."""
        self._at(steps)
        refusal: Denied | None = None
        for column in dimension.columns:
            table, _, name = column.partition(".")
            if not may_read(self.role, table, (name,)).allowed:
                refusal = refusal or self._refusal(table, name)
            elif table == entity.table:
                return self._column(steps, table, name)
            else:
                return self._side_column(steps, entity, table, name)
        raise refusal or Denied(what=entity.table, reason="column_not_granted")

    def _refusal(self, table: str, column: str) -> Denied:
        decision = may_read(self.role, table, (column,))
        return Denied(what=decision.what, reason=decision.reason)

    def _through(self, steps: Steps, dimension: Dimension) -> ColumnElement[Any]:
        """The first of the dimension's paths that has a value in the row."""
        fields = self.readable(".".join((*steps, path)) for path in dimension.paths)
        if not fields:
            return self.field(".".join((*steps, dimension.paths[0]))).expression
        return sa.func.coalesce(*(f.expression for f in fields)) if len(fields) > 1 else fields[0].expression

    def _measure(self, steps: Steps, entity: Entity, measure: NamedMeasure) -> ColumnElement[Any]:
        if measure.between is not None:
            return self._between(steps, entity, measure)
        if measure.column is None:
            raise QueryInvalid(f"A measure of {entity.table} has neither column nor between.")
        value = self._column(steps, entity.table, measure.column)
        if measure.minus is not None:
            value = value - self._column(steps, entity.table, measure.minus)
        if measure.times is not None:
            value = value * self.field(".".join((*steps, measure.times))).expression
        return value

    def _between(self, steps: Steps, entity: Entity, measure: NamedMeasure) -> ColumnElement[Any]:
        """Time from one column to another: whole days between dates, else hours or days with decimals."""
        names = measure.between or ("", "")
        kinds = [_kind_of(entity, name) for name in names]
        if "date" in kinds:
            first, last = (self._as_day(steps, entity, name, kind) for name, kind in zip(names, kinds, strict=True))
            days = last.op("-", precedence=7, return_type=sa.Integer())(first)
            return days * number(24) if measure.kind == "hours" else days
        first, last = (self.now if name == "today" else self._column(steps, entity.table, name) for name in names)
        seconds = sa.extract("epoch", last - first)
        return seconds.op("/", precedence=8)(number(3600 if measure.kind == "hours" else 86400))

    def _as_day(self, steps: Steps, entity: Entity, name: str, kind: str) -> ColumnElement[Any]:
        if name == "today":
            return self.today
        column = self._column(steps, entity.table, name)
        return sa.cast(sa.func.timezone(self._zone, column), sa.Date) if kind == "datetime" else column


@lru_cache(maxsize=1024)
def _table(role: Role, name: str, alias: str) -> NamedFromClause:
    """The table, or the rows of it that ``role`` may read: whose they are, the statement is told when it is written."""
    rows = confined_rows(role, name, f"CAST(:{SUBJECT} AS int4)")
    if rows is not None:
        columns: list[Any] = [sa.column(column) for column in GRANTS[role].tables[name].columns]
        return sa.text(rows).columns(*columns).subquery(alias)
    table = sa.table(name)
    return table if alias == name else table.alias(alias)


def _of(source: NamedFromClause, column: str) -> ColumnElement[Any]:
    return sa.column(column, _selectable=source)


def _kind_of(entity: Entity, column: str) -> str:
    """Date or datetime, as the dimension of that column says; ``today`` is neither."""
    for dimension in entity.dimensions.values():
        if f"{entity.table}.{column}" in dimension.columns and dimension.kind in MOMENTS:
            return dimension.kind
    return "today"


def _json_value(document: ColumnElement[Any], key: str, kind: str) -> ColumnElement[Any]:
    """The value under ``key``; a number only where the document really holds one."""
    name: ColumnElement[Any] = sa.literal_column("'{}'".format(key.replace("'", "''")))
    text = document.op("->>", precedence=12)(name)
    if kind == "text":
        return sa.cast(text, sa.Text)
    is_number = sa.func.jsonb_typeof(document.op("->", precedence=12)(name)) == sa.literal_column("'number'")
    return sa.case((is_number, sa.cast(text, sa.Numeric)))
