"""Which figures of an answer add up, so that their whole is worth telling."""

from __future__ import annotations

from tools.sql.catalogue import Catalogue
from tools.sql.query import Aggregate, Query

_ADDS_UP = frozenset({Aggregate.COUNT, Aggregate.SUM})


def adds_up(query: Query) -> bool:
    """Is ``query`` one plain count or sum in groups that leave no row out?"""
    if len(query.measures) != 1 or len(query.group_by) != 1 or query.limit is not None or query.having:
        return False
    only = query.measures[0]
    return only.aggregate in _ADDS_UP and not only.share


def money_asked(query: Query, catalogue: Catalogue) -> str | None:
    """The column of money that a list was asked to show and that adds up ("cuánto pago por mis contratos")."""
    measures = catalogue.entities[query.entity].measures
    known = (path for path in query.select if path in measures)
    return next((p for p in known if measures[p].kind == "money" and measures[p].default_aggregate == "sum"), None)
