"""Database addresses: as libpq reads them, and as SQLAlchemy does."""

from __future__ import annotations

import re

import psycopg2.extensions

from core.errors import Misconfigured

_SCHEME = re.compile(r"^postgres(?:ql)?(?:\+\w+)?://")


def libpq_url(url: str) -> str:
    """``url`` without a driver name; raises :class:`Misconfigured` when it is no PostgreSQL address."""
    if not _SCHEME.match(url):
        raise Misconfigured("DATABASE_URL must start with postgresql://.")
    return _SCHEME.sub("postgresql://", url)


def sqlalchemy_url(url: str) -> str:
    """``url`` for SQLAlchemy's synchronous driver; raises :class:`Misconfigured` when it is no PostgreSQL address."""
    return libpq_url(url).replace("postgresql://", "postgresql+psycopg2://", 1)


def with_login(url: str, login: str, password: str) -> str:
    """A libpq connection string to the same database as ``url`` under another login."""
    parts = psycopg2.extensions.parse_dsn(libpq_url(url))
    return str(psycopg2.extensions.make_dsn(**{**parts, "user": login, "password": password}))
