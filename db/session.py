"""Engines and sessions of the application's own login. Commits happen here and nowhere else."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Engine, create_engine
from sqlalchemy.orm import Session, sessionmaker

from db.url import sqlalchemy_url


def make_engine(url: str, *, pool_size: int = 5) -> Engine:
    """An engine on psycopg2 for ``url`` (any ``postgresql://`` address); connects on first use."""
    return create_engine(
        sqlalchemy_url(url),
        pool_size=pool_size,
        max_overflow=5,
        pool_pre_ping=True,
        connect_args={"application_name": "cuadrilla", "connect_timeout": 10},
    )


def make_lookups(url: str, *, pool_size: int = 5) -> Engine:
    """An engine for single statements that only read, each a transaction of its own and one journey to the server.

    Nothing pings a connection before it is used: try once more when one was cut (``connection_invalidated``).
    """
    return create_engine(
        sqlalchemy_url(url),
        isolation_level="AUTOCOMMIT",
        pool_size=pool_size,
        max_overflow=5,
        connect_args={"application_name": "cuadrilla-lookups", "connect_timeout": 10},
    )


def make_sessions(engine: Engine) -> sessionmaker[Session]:
    """Sessions on ``engine``; objects stay readable after the commit."""
    return sessionmaker(engine, expire_on_commit=False)


@contextmanager
def session_scope(sessions: sessionmaker[Session]) -> Iterator[Session]:
    """A session that commits when the block ends well and rolls back when it raises."""
    with sessions() as session, session.begin():
        yield session
