"""Says back how the question was read: period, filters and conditions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

from agents.brains.offline.presenting.formatting import Formatter, quoted
from agents.brains.protocol import Language
from tools.sql.catalogue import Catalogue, Gender
from tools.sql.query import Column, Filter, Op, Query, Related, Scalar, Segment

_VOWELS = "aeiouáéíóú"
_COMPARISONS = {Op.GT: "more_than", Op.GE: "at_least", Op.LT: "less_than", Op.LE: "at_most"}
_MOMENTS = {Op.GT: "after", Op.GE: "from", Op.LT: "before", Op.LE: "until"}
_EQUAL = (Op.EQ, Op.IN)


class Understood:
    """Describes the restrictions of queries in one language."""

    def __init__(
        self, catalogue: Catalogue, words: Mapping[str, Any], formatter: Formatter, language: Language
    ) -> None:
        self._catalogue, self._words, self._formatter, self._language = catalogue, words, formatter, language

    def parts(self, query: Query, gender: Gender | None = None) -> tuple[str, ...]:
        """Each restriction of ``query`` in a few words, in a fixed order, none twice.

        ``gender``: of the noun that the rows go by, when it is not their entity's.
        """
        known = self._catalogue.entities[query.entity].dimensions
        one = tuple(f for f in query.filters if f.op is Op.EQ and f.field in known and known[f.field].identifier)
        if one and not query.measures:
            return tuple(self._filters(query.entity, one))
        found = [*self._segments(query.entity, query.segments, gender), *self._filters(query.entity, query.filters)]
        found += [self._related(related) for related in query.related]
        for measure in query.measures[:1]:
            found += self._segments(query.entity, measure.segments, gender)
            found += self._filters(query.entity, measure.filters)
        if query.window is not None and query.window.period.label:
            found.append(query.window.period.label)
        return tuple(dict.fromkeys(part for part in found if part))

    def bracket(self, query: Query, gender: Gender | None = None) -> str:
        """The restrictions between brackets, or nothing."""
        parts = self.parts(query, gender)
        return str(self._words["understood"]).format(parts=", ".join(parts)) if parts else ""

    def threshold(self, op: Op, value: str) -> str:
        """ "Más de 3": how far a figure must go; the value alone when it is the very figure."""
        return self._say(_COMPARISONS[op], value=value) if op in _COMPARISONS else value

    def _segments(self, entity: str, segments: tuple[Segment, ...], gender: Gender | None) -> Iterator[str]:
        own = self._catalogue.entities[entity].gender
        for segment in segments:
            known = self._catalogue.entities[entity].segments.get(segment.name)
            if known is None:
                continue
            label = known.plural.get(self._language) or self._several(known.label[self._language])
            if self._language == "es" and not known.noun and gender not in (None, own):
                label = _agreeing(label, own)
            negated = "lacking" if known.noun else "negated"
            yield self._say(negated, label=label) if segment.negated else label

    def _filters(self, entity: str, filters: tuple[Filter, ...]) -> Iterator[str]:
        rest = list(filters)
        while rest:
            first = rest.pop(0)
            last = _last_day(first, rest[0]) if rest else None
            if last is None:
                yield self._filter(entity, first)
            else:
                yield self._days(entity, first, last)
                rest.pop(0)

    def _days(self, entity: str, first: Filter, last: date) -> str:
        """Days in a row, both included."""
        column = Column(first.field, "date")
        told = {"a": self._value(first.values[0], column, entity), "b": self._value(last, column, entity)}
        return f"{self._catalogue.dimension(entity, first.field).label[self._language]}: {self._say('stretch', **told)}"

    def _filter(self, entity: str, condition: Filter) -> str:
        measure = self._catalogue.entities[entity].measures.get(condition.field)
        try:
            dimension = self._catalogue.dimension(entity, condition.field)
        except ValueError:
            return "" if measure is None else self._compared(condition, measure.kind, measure.label, entity)
        label = dimension.label[self._language]
        column = Column(condition.field, dimension.kind)
        values = [self._value(value, column, entity) for value in condition.values]
        if condition.op is Op.IS_NULL:
            return self._say("without", label=label)
        if condition.op is Op.NOT_NULL:
            return self._say("with", label=label)
        if condition.op is Op.BETWEEN and len(values) == 2:
            return f"{label} {self._say('between', a=values[0], b=values[1])}"
        if condition.op in _COMPARISONS and values and dimension.kind in ("date", "datetime"):
            return f"{label} {self._say(_MOMENTS[condition.op], value=values[0])}"
        if condition.op in _COMPARISONS and values:
            return f"{label}: {self._say(_COMPARISONS[condition.op], value=values[0])}"
        if condition.op is Op.CONTAINS and values:
            return self._say("containing", label=label, value=values[0])
        joined = str(self._words["or"]).join(values)
        if condition.op in (Op.NE, Op.NOT_IN):
            return self._say("except", value=joined)
        named = dimension.kind in ("integer", "number", "boolean", "date", "datetime", "money")
        return f"{label} {joined}" if named else joined

    def _compared(self, condition: Filter, kind: str, labels: Mapping[Language, str], entity: str) -> str:
        """A condition on a figure of each row ("tiempo de resolución: menos de 2 días")."""
        if condition.op not in _COMPARISONS or not condition.values:
            return ""
        value = self._value(condition.values[0], Column(condition.field, kind), entity)
        return f"{labels[self._language]}: {self._say(_COMPARISONS[condition.op], value=value)}"

    def _value(self, value: Scalar, column: Column, entity: str) -> str:
        kind, _, enum = column.kind.partition(":")
        if kind == "enum" and isinstance(value, str):
            known = self._catalogue.enums.get(enum, {}).get(value)
            if known is not None:
                return known.plural.get(self._language) or known.label[self._language]
        if isinstance(value, str):
            return quoted(value, 60)
        return self._formatter.value(value, column, entity)

    def _related(self, related: Related) -> str:
        label, gender, related = self._called(related)
        inner = [
            *self._segments(related.entity, related.segments, gender),
            *self._filters(related.entity, related.filters),
        ]
        if related.window is not None and related.window.period.label:
            inner.append(related.window.period.label)
        text = self._say("unrelated" if related.negated else "related", label=label)
        return f"{text} {', '.join(part for part in inner if part)}".strip()

    def _called(self, related: Related) -> tuple[str, Gender | None, Related]:
        """What related rows are called, its gender, and what is left to say of them: "ascensores", "garantías"."""
        entity = self._catalogue.entities[related.entity]
        nouns = [s for s in related.segments if not s.negated and entity.segments[s.name].noun]
        if len(nouns) == 1:
            known = entity.segments[nouns[0].name]
            rest = tuple(s for s in related.segments if s not in nouns)
            label = known.plural.get(self._language, known.label[self._language])
            return label, known.gender, replace(related, segments=rest)
        kinds = [f for f in related.filters if f.op in _EQUAL and self._is_noun(related.entity, f)]
        if len(kinds) == 1:
            others = tuple(f for f in related.filters if f not in kinds)
            return (
                self._filter(related.entity, kinds[0]),
                self._gender(related.entity, kinds[0]),
                replace(related, filters=others),
            )
        return entity.plural.get(self._language, entity.label[self._language]), None, related

    def _gender(self, entity: str, condition: Filter) -> Gender:
        """Of the nouns that ``condition`` stands for: masculine as soon as one is."""
        known = self._catalogue.enums[self._catalogue.dimension(entity, condition.field).kind.partition(":")[2]]
        return "m" if any(known[str(value)].gender == "m" for value in condition.values) else "f"

    def _is_noun(self, entity: str, condition: Filter) -> bool:
        kind, _, enum = self._catalogue.dimension(entity, condition.field).kind.partition(":")
        known = self._catalogue.enums.get(enum, {}) if kind == "enum" else {}
        return bool(condition.values) and all(str(v) in known and known[str(v)].noun for v in condition.values)

    def _several(self, label: str) -> str:
        """A one-word Spanish adjective in the plural; phrases stay as they are."""
        if self._language != "es" or " " in label or label.endswith("s"):
            return label
        return f"{label}s" if label[-1] in _VOWELS else f"{label}es"

    def _say(self, key: str, **values: str) -> str:
        return str(self._words[key]).format(**values)


def _last_day(first: Filter, end: Filter) -> date | None:
    """The last day, when both bound one date: from a day (included) to another (excluded)."""
    if first.field != end.field or (first.op, end.op) != (Op.GE, Op.LT):
        return None
    after = end.values[0]
    return after - timedelta(days=1) if isinstance(after, date) and isinstance(first.values[0], date) else None


def _agreeing(label: str, gender: Gender) -> str:
    """A Spanish adjective in the plural, written in ``gender``, in the other one: "vencidos", "vencidas"."""
    ending, other = ("os", "as") if gender == "m" else ("as", "os")
    return label.removesuffix(ending) + other if label.endswith(ending) and " " not in label else label
