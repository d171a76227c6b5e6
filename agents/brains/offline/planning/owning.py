"""What a client asks the price of: a contract of theirs is in the data, one they do not have is in the tariffs."""

from __future__ import annotations

from collections.abc import Sequence

from agents.brains.offline.planning.meanings import Mention
from agents.brains.protocol import Context
from policy.roles import Role
from tools.sql.query import Query

_PRICE = "annual_price"
_MODEL, _FAMILY = "equipment.product.sku", "equipment.product.category"


def prices_another(query: Query, mentions: Sequence[Mention], context: Context) -> bool:
    """Does a client ask what a contract costs for a machine that is not one of theirs ("el integral de un XP600")?"""
    if context.principal.role is not Role.CLIENT or query.entity != "contract" or not context.machines:
        return False
    priced = any(path == _PRICE for path in query.select) or any(m.field == _PRICE for m in query.measures)
    if not priced or any(m.is_cue("own") for m in mentions):
        return False
    owned = {_MODEL: {m.sku for m in context.machines}, _FAMILY: {m.category for m in context.machines}}
    named = [f for f in query.filters if f.field in owned]
    return any(owned[f.field].isdisjoint(map(str, f.values)) for f in named)
