"""A query put together from two is made whole again: what no longer makes sense in it is left out."""

from __future__ import annotations

from dataclasses import replace

from tools.sql.query import Order, Query


def whole(query: Query) -> Query:
    """``query`` without the parts that need others which it does not have."""
    return _figures(query) if query.measures else _list(query)


def _list(query: Query) -> Query:
    """A list compares nothing and has no groups; of the periods compared, the last one stays."""
    window = query.window or (query.compare[-1] if query.compare else None)
    order = tuple(o for o in query.order if o.measure is None)
    return replace(query, group_by=(), having=(), compare=(), window=window, order=order)


def _figures(query: Query) -> Query:
    grouped = {g.field for g in query.group_by}
    having = tuple(h for h in query.having if h.measure < len(query.measures)) if grouped else ()
    order = tuple(
        o
        for o in query.order
        if (o.measure is not None and o.measure < len(query.measures)) or (o.field is not None and o.field in grouped)
    )
    if grouped and not order:
        order = (Order(measure=0, descending=True),)
    return replace(
        query,
        select=(),
        distinct=False,
        exists=False,
        having=having,
        order=order if grouped else (),
        limit=query.limit if grouped else None,
        limit_per=query.limit_per if query.limit_per in grouped else None,
        offset=query.offset if grouped else 0,
    )
