"""How entities reach each other through the to-one joins of the catalogue."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator

from tools.sql.catalogue import Catalogue, Dimension

_REACH = 4


class Joins:
    """Shortest paths between entities, computed once."""

    def __init__(self, catalogue: Catalogue) -> None:
        self.catalogue = catalogue
        self._paths = {name: dict(_walk(catalogue, name)) for name in catalogue.entities}
        self._enums = {enum: dict(self._holders(enum)) for enum in catalogue.enums}

    def path(self, start: str, end: str) -> str | None:
        """Dotted joins from ``start`` to ``end``: "" when they are the same, None when there is no way."""
        return self._paths.get(start, {}).get(end)

    def distance(self, start: str, end: str) -> int | None:
        """Number of joins from ``start`` to ``end``."""
        path = self.path(start, end)
        return None if path is None else len([s for s in path.split(".") if s])

    def bridged(self, one: str, other: str) -> bool:
        """Do rows of some entity point to both: orders and products, by their lines?"""
        return any(one in reached and other in reached for reached in self._paths.values())

    def reachable(self, start: str) -> dict[str, str]:
        """Every entity that a row of ``start`` leads to, with its path, nearest first."""
        return self._paths.get(start, {})

    def enum_places(self, enum: str) -> dict[str, tuple[str, int]]:
        """Entities whose rows have that enum, directly or through joins: entity -> (path, joins)."""
        return self._enums.get(enum, {})

    def _holders(self, enum: str) -> Iterator[tuple[str, tuple[str, int]]]:
        for start, reached in self._paths.items():
            options = [
                (f"{route}.{key}".lstrip("."), len([s for s in route.split(".") if s]))
                for name, route in reached.items()
                for key, dimension in self.catalogue.entities[name].dimensions.items()
                if dimension.kind == f"enum:{enum}"
            ]
            if options:
                yield start, min(options, key=lambda o: o[1])

    def dimension(self, entity: str, path: str) -> Dimension:
        """The dimension at ``path`` from ``entity``."""
        return self.catalogue.dimension(entity, path)

    def place(self, target: str, entity: str, dimension: str) -> tuple[str, float] | None:
        """Where ``dimension`` of ``entity`` is seen from ``target``, and how far that is."""
        if entity == target:
            return (dimension, 0.0) if dimension in self.catalogue.entities[target].dimensions else None
        best: tuple[str, float] | None = None
        for name, own in self.catalogue.entities[target].dimensions.items():
            for order, path in enumerate(own.paths):
                if self.catalogue.owner(target, path) == (entity, dimension):
                    found = (name, 0.02 + 0.01 * order)
                    best = found if best is None or found[1] < best[1] else best
        if best is not None:
            return best
        route, steps = self.path(target, entity), self.distance(target, entity)
        if route is None or steps is None or dimension not in self.catalogue.entities[entity].dimensions:
            return None
        essence = self.catalogue.entities[target].name.rpartition(".")[0]
        return f"{route}.{dimension}", 0.1 * steps - (0.005 if essence and route == essence else 0.0)


def _walk(catalogue: Catalogue, start: str) -> Iterator[tuple[str, str]]:
    seen = {start}
    queue: deque[tuple[str, str, int]] = deque([(start, "", 0)])
    while queue:
        entity, path, depth = queue.popleft()
        yield entity, path
        if depth == _REACH:
            continue
        for name, join in catalogue.entities[entity].joins.items():
            if join.entity not in seen:
                seen.add(join.entity)
                queue.append((join.entity, f"{path}.{name}".lstrip("."), depth + 1))
