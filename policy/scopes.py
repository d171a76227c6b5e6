"""What a token may be used for, within what its owner's role may do. Never widens a grant."""

from __future__ import annotations

from collections.abc import Collection

READ, WRITE, ASK, AGENT, ACCOUNTS = "read", "write", "ask", "agent", "accounts"
"""Read records; write records; ask questions; speak for any sender at ``/agent``; manage accounts and keys."""

BROAD = frozenset({READ, WRITE, ASK, AGENT})
"""What a service key may be given whole; ``TABLE:read`` and ``TABLE:write`` are the narrow ones."""
SIGNED_IN = frozenset({READ, WRITE, ASK, ACCOUNTS})
"""What a person who signed in may do. Only a service key speaks for others; only a person manages accounts."""


def covers(scopes: Collection[str], wanted: str, table: str | None = None) -> bool:
    """Do ``scopes`` include ``wanted``, for ``table`` if one is meant?"""
    return wanted in scopes or (table is not None and f"{table}:{wanted}" in scopes)


def is_scope(scope: str, tables: Collection[str]) -> bool:
    """May ``scope`` be written on a key, given the tables that exist?"""
    table, _, verb = scope.partition(":")
    return scope in BROAD or (verb in {READ, WRITE} and table in tables)
