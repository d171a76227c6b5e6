"""Brings names that the model wrote to the values that the database holds and the principal may read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from rapidfuzz import fuzz, process

from core.text import fold, tokens
from tools.sql.catalogue import Catalogue
from tools.sql.query import Filter, Op, Query, Scalar

Values = Mapping[tuple[str, str], tuple[str, ...]]

_BY_NAME = {Op.EQ: Op.IN, Op.IN: Op.IN, Op.CONTAINS: Op.IN, Op.NE: Op.NOT_IN, Op.NOT_IN: Op.NOT_IN}
_ALIKE = 88.0
"""A misspelt name is taken for the value that it is at least so like (0 to 100)."""


def linked(query: Query, catalogue: Catalogue, values: Values) -> Query:
    """``query`` whose filters on linked fields name values that exist, where one can be told that is meant."""
    filters = tuple(_linked(item, query.entity, catalogue, values) for item in query.filters)
    related = tuple(
        replace(part, filters=tuple(_linked(item, part.entity, catalogue, values) for item in part.filters))
        for part in query.related
    )
    return replace(query, filters=filters, related=related)


def _linked(item: Filter, entity: str, catalogue: Catalogue, values: Values) -> Filter:
    op = _BY_NAME.get(item.op)
    if op is None:
        return item
    try:
        owner, name = catalogue.owner(entity, item.field)
    except ValueError:
        return item
    known = values.get((owner, name))
    if not known:
        return item
    found = [_meant(value, known) for value in item.values]
    if not all(found):
        return item
    return Filter(item.field, op, tuple(dict.fromkeys(value for some in found for value in some)))


def _meant(value: Scalar, known: tuple[str, ...]) -> tuple[str, ...]:
    """The values that ``value`` may name: itself, those with all of its words, or the one most like it."""
    wanted = fold(str(value)).strip()
    if not wanted:
        return ()
    folded = {fold(candidate): candidate for candidate in known}
    if wanted in folded:
        return (folded[wanted],)
    words = {token.folded for token in tokens(wanted)}
    holding = tuple(own for text, own in folded.items() if words and words <= {token.folded for token in tokens(text)})
    if holding:
        return holding
    best = process.extractOne(wanted, list(folded), scorer=fuzz.ratio, score_cutoff=_ALIKE)
    return (folded[best[0]],) if best else ()
