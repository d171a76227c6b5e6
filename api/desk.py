"""What REST endpoints work with; one for the application, opened and closed with it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta

from fastapi import Request
from sqlalchemy import Engine
from sqlalchemy.orm import Session, sessionmaker

from api.limits import Limits
from api.sign_in import SignIn
from core.access_tokens import AccessTokens
from core.clock import Clock
from core.errors import Unavailable
from core.passwords import Passwords
from core.settings import Settings
from db.place import secret_of
from db.role_sessions import RoleSessions
from db.session import make_engine, make_lookups, make_sessions
from graph.app import Crew

_CONNECTIONS = 10


@dataclass(frozen=True, slots=True)
class Desk:
    """``sessions`` write as the application, ``lookups`` find accounts; ``readers`` read as whoever asks."""

    settings: Settings
    clock: Clock
    sessions: sessionmaker[Session]
    lookups: Engine
    readers: RoleSessions
    passwords: Passwords
    tokens: AccessTokens
    sign_in: SignIn
    limits: Limits
    crew: Crew


@contextmanager
def open_desk(settings: Settings, crew: Crew) -> Iterator[Desk]:
    """The desk beside ``crew``, on connections of its own."""
    secret = secret_of(settings)
    engine = make_engine(crew.url, pool_size=_CONNECTIONS)
    lookups = make_lookups(crew.url)
    readers = RoleSessions(crew.url, secret)
    sessions = make_sessions(engine)
    tokens = AccessTokens(secret, crew.clock, timedelta(minutes=settings.access_token_minutes))
    passwords = Passwords()
    lasts = timedelta(days=settings.sign_in_days)
    sign_in = SignIn(sessions, crew.clock, passwords, tokens, lasts)
    try:
        yield Desk(
            settings,
            crew.clock,
            sessions,
            lookups,
            readers,
            passwords,
            tokens,
            sign_in,
            Limits.of(settings, lookups),
            crew,
        )
    finally:
        readers.close()
        lookups.dispose()
        engine.dispose()


async def desk_of(request: Request) -> Desk:
    """The application's desk, as a dependency (async: there is nothing to wait for in a thread)."""
    return find_desk(request)


def find_desk(request: Request) -> Desk:
    """The application's desk; raises :class:`Unavailable` before it is open."""
    desk: Desk | None = getattr(request.app.state, "desk", None)
    if desk is None:
        raise Unavailable
    return desk
