"""Names in a SELECT: which relation and column each one means, and what it costs once inlined."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


class Refused(Exception):
    """Raised inside the guard only; :func:`tools.sql.guard.check` turns it into a Decision."""

    def __init__(self, code: str, what: str = "") -> None:
        super().__init__(code, what)
        self.code = code
        self.what = what


@dataclass(frozen=True, slots=True)
class Output:
    """A column that a SELECT gives: its name (empty: none that can be asked for) and its size when inlined."""

    name: str
    weight: int


@dataclass(frozen=True, slots=True)
class Relation:
    """Something in FROM. ``table`` is set for a table of the database, ``hidden`` then holds its other columns: names
    that PostgreSQL would find there, so that they must never be taken for something further out."""

    alias: str
    columns: Mapping[str, int]
    table: str = ""
    hidden: frozenset[str] = frozenset()


@dataclass(slots=True)
class Names:
    """The names visible in one SELECT, and those around it."""

    ctes: Mapping[str, tuple[Output, ...]]
    outer: Names | None = None
    relations: list[Relation] = field(default_factory=list)
    merged: set[str] = field(default_factory=set)
    depth: int = 0

    def inner(self, *, ctes: Mapping[str, tuple[Output, ...]] | None = None) -> Names:
        """Names for a SELECT inside this one."""
        return Names(self.ctes if ctes is None else ctes, self, depth=self.depth + 1)

    def add(self, relation: Relation) -> None:
        """Bring ``relation`` into FROM; two of one name are refused, as PostgreSQL does."""
        if any(other.alias == relation.alias for other in self.relations):
            raise Refused("ambiguous_name", relation.alias)
        self.relations.append(relation)

    def column(self, parts: tuple[str, ...]) -> int:
        """The weight of a column named ``name`` or ``relation.name``; refuses what cannot be told for sure."""
        if len(parts) == 1:
            return self._bare(parts[0])
        if len(parts) == 2:
            return self._qualified(*parts)
        raise Refused("name_not_allowed", ".".join(parts))

    def _bare(self, name: str) -> int:
        found = [relation.columns[name] for relation in self.relations if name in relation.columns]
        if found:
            if len(found) > 1 and name not in self.merged:
                raise Refused("ambiguous_name", name)
            return max(found)
        if self.hides(name) or self.outer is None:
            raise Refused("column_not_granted", name)
        return self.outer._bare(name)

    def hides(self, name: str) -> bool:
        """Is ``name`` a column here that may not be read?"""
        return any(name in relation.hidden for relation in self.relations)

    def among(self, first: int) -> Names:
        """These names with only the relations from position ``first`` on: what a join's condition sees."""
        return Names(self.ctes, self.outer, self.relations[first:], self.merged, self.depth)

    def _qualified(self, alias: str, name: str) -> int:
        for relation in self.relations:
            if relation.alias == alias:
                if name in relation.columns:
                    return relation.columns[name]
                raise Refused("column_not_granted", f"{relation.table or alias}.{name}")
        if self.outer is not None:
            return self.outer._qualified(alias, name)
        raise Refused("name_not_allowed", f"{alias}.{name}")
