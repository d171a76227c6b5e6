"""Who ties with the last one told: "the client with most machines" may be two."""

from __future__ import annotations

from dataclasses import replace

from tools.sql.query import Query, Rows

_MOST = 9
"""So many may tie; more than that lead nothing."""


def ties_with(query: Query) -> Query | None:
    """``query`` with room for ties; None when it is no ranking that is cut short."""
    ranked = bool(query.group_by and query.order) and query.order[0].measure is not None
    if not ranked or query.limit is None or query.limit_per is not None or query.offset or query.compare:
        return None
    return replace(query, limit=query.limit + _MOST + 1)


def with_ties(rows: Rows, query: Query) -> Rows:
    """The first rows of ``rows`` that ``query`` asks for, and those whose figure equals that of the last of them."""
    if query.limit is None or len(rows.rows) <= query.limit or query.order[0].measure is None:
        return rows
    figure = len(query.group_by) + query.order[0].measure
    last = rows.rows[query.limit - 1][figure]
    tied = [row for row in rows.rows[query.limit :] if row[figure] == last]
    kept = rows.rows[: query.limit + len(tied)] if len(tied) <= _MOST else rows.rows[: query.limit]
    return replace(rows, rows=tuple(kept), truncated=False, total=len(kept))
