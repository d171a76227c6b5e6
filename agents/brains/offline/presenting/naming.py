"""What the rows of an answer are called: "garantías" rather than "contratos (garantías)"."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from agents.brains.protocol import Language
from tools.sql.catalogue import Catalogue, Words
from tools.sql.query import Op, Query


class RowNames:
    """Names rows by the noun that narrows them. ``named_by``: entity -> fields whose values name its rows."""

    def __init__(self, catalogue: Catalogue, named_by: dict[str, list[str]]) -> None:
        self._catalogue, self._named_by = catalogue, named_by

    def of(self, query: Query) -> Words:
        """The words that the rows of ``query`` go by."""
        return next((words for words, _ in self._nouns(query)), self._catalogue.entities[query.entity])

    def without(self, query: Query) -> Query:
        """``query`` without the restriction that the name of its rows already says."""
        return next((plain for _, plain in self._nouns(query)), query)

    def singular(self, query: Query, language: Language) -> str:
        """One row."""
        return self.of(query).label[language]

    def plural(self, query: Query, language: Language) -> str:
        """Several rows."""
        words = self.of(query)
        return words.plural.get(language) or f"{words.label[language]}s"

    def values(self, query: Query, count: int, language: Language) -> str:
        """The values of the column that a distinct list shows: "5 marcas", "1 zona"."""
        return self._called(self._catalogue.dimension(query.entity, query.select[0]), count, language)

    def groups(self, query: Query, count: int, language: Language) -> str:
        """What the rows are grouped by: "3 clientes", "1 ciudad"."""
        owner, dimension = self._catalogue.owner(query.entity, query.group_by[0].field)
        entity = self._catalogue.entities[owner]
        whole = entity.name == dimension and owner != query.entity
        return self._called(entity if whole else entity.dimensions[dimension], count, language)

    def _called(self, words: Words, count: int, language: Language) -> str:
        label = words.label[language]
        return label if count == 1 else words.plural.get(language) or _several(label, language)

    def _nouns(self, query: Query) -> Iterator[tuple[Words, Query]]:
        segments: Any = self._catalogue.entities[query.entity].segments
        for segment in query.segments:
            known = segments.get(segment.name)
            if known is not None and known.noun and not segment.negated:
                yield known, replace(query, segments=tuple(s for s in query.segments if s is not segment))
        for condition in query.filters:
            if condition.field not in self._named_by.get(query.entity, ()) or condition.op is not Op.EQ:
                continue
            enum = self._catalogue.dimension(query.entity, condition.field).kind.partition(":")[2]
            value = self._catalogue.enums.get(enum, {}).get(str(condition.values[0]))
            if value is not None and value.noun:
                yield value, replace(query, filters=tuple(f for f in query.filters if f is not condition))


def _several(label: str, language: Language) -> str:
    """The plural of a label; of "tipo de servicio" the first word changes."""
    first, space, rest = label.partition(" ") if language == "es" else ("", "", label)
    word = first or rest
    if word.endswith("s"):
        return label
    if language == "en":
        return f"{label[:-1]}ies" if label.endswith("y") else f"{label}s"
    return f"{word}{'s' if word[-1] in 'aeiouáéíóú' else 'es'}{space}{rest}"
