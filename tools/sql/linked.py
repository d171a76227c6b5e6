"""The values that mentions in a message are matched with: read in one statement, kept for a short while."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any

import sqlalchemy as sa

from core.clock import Clock
from core.errors import Denied
from policy.decide import may_read
from policy.roles import Principal, Role
from tools.sql.catalogue import Catalogue
from tools.sql.render import Rendered, number, render
from tools.sql.scope import Field, Scope

Key = tuple[str, str]
Values = Mapping[Key, tuple[str, ...]]

MAX_VALUES = 10_000
_FRESH = timedelta(seconds=60)
_MAX_PRINCIPALS = 128


class LinkedValues:
    """Builds the statement for a role and keeps what each principal got; at most a few principals, for a minute."""

    def __init__(self, catalogue: Catalogue, clock: Clock) -> None:
        self._catalogue = catalogue
        self._clock = clock
        self._kept: OrderedDict[Principal, tuple[datetime, Values]] = OrderedDict()
        self._statements: dict[Role, tuple[sa.Select[Any], tuple[Key, ...]]] = {}

    def cached(self, principal: Principal) -> Values | None:
        """What ``principal`` got a moment ago; None when it is too old or was never asked."""
        kept = self._kept.get(principal)
        if kept is None or not timedelta(0) <= self._clock.now() - kept[0] < _FRESH:
            return None
        self._kept.move_to_end(principal)
        return kept[1]

    def statement(self, principal: Principal) -> tuple[Rendered, tuple[Key, ...]]:
        """One SELECT giving a list of values for each key, over what ``principal`` may read."""
        role = principal.role
        if role not in self._statements:
            self._statements[role] = self._build(role)
        statement, keys = self._statements[role]
        return render(statement, principal), keys

    def keep(self, principal: Principal, keys: Sequence[Key], lists: Sequence[object]) -> Values:
        """Remember the ``lists`` of ``keys``, in order, and what follows for dimensions that stand for several."""
        values: dict[Key, tuple[str, ...]] = {}
        for key, found in zip(keys, lists, strict=True):
            values[key] = tuple(sorted(str(value) for value in found)) if isinstance(found, list) else ()
        values |= self._through_paths(principal.role, values)
        frozen: Values = MappingProxyType(values)
        self._kept[principal] = (self._clock.now(), frozen)
        self._kept.move_to_end(principal)
        while len(self._kept) > _MAX_PRINCIPALS:
            self._kept.popitem(last=False)
        return frozen

    def _build(self, role: Role) -> tuple[sa.Select[Any], tuple[Key, ...]]:
        keys, columns = [], []
        for entity, name in self._linked(through_paths=False):
            scope_field = self._readable(entity, name, role)
            if scope_field is None:
                continue
            scope, field = scope_field
            shown = sa.cast(field.expression, sa.Text)
            values = sa.select(shown).distinct().select_from(scope.source()).where(field.expression.is_not(None))
            columns.append(sa.func.array(values.limit(number(MAX_VALUES)).scalar_subquery()))
            keys.append((entity, name))
        return sa.select(*columns), tuple(keys)

    def _readable(self, entity: str, name: str, role: Role) -> tuple[Scope, Field] | None:
        try:
            scope = Scope(self._catalogue, entity, role, self._clock)
            return scope, scope.field(name)
        except Denied:
            return None

    def _linked(self, *, through_paths: bool) -> list[Key]:
        return [
            (entity_name, name)
            for entity_name, entity in self._catalogue.entities.items()
            for name, dimension in entity.dimensions.items()
            if dimension.linked and bool(dimension.paths) is through_paths
        ]

    def _through_paths(self, role: Role, values: Values) -> dict[Key, tuple[str, ...]]:
        result = {}
        for entity, name in self._linked(through_paths=True):
            if not may_read(role, self._catalogue.entities[entity].table).allowed:
                continue
            sources = (self._catalogue.owner(entity, path) for path in self._catalogue.dimension(entity, name).paths)
            merged = {value for source in sources for value in values.get(source, ())}
            if merged:
                result[(entity, name)] = tuple(sorted(merged))
        return result
