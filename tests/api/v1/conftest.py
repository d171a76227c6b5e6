"""The REST side of a server with a database of its own, which these tests write to, and an account for each role."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import ExitStack

import httpx
import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session, sessionmaker

from api.keys import NewUser, add_user
from core.clock import SystemClock
from core.passwords import Passwords
from core.settings import Settings
from db.models import UserRole
from db.session import make_engine, make_sessions, session_scope
from policy.roles import Role
from tests.api.conftest import address as address
from tests.graph.crews import crew_settings as crew_settings
from tests.graph.crews import crew_url as crew_url

PHRASE = "correcto caballo pila grapa"
SUBJECTS: Mapping[Role, int | None] = {Role.ADMIN: None, Role.TECHNICIAN: 1, Role.CLIENT: 1}


RETIRED = """
    WITH made AS (
        INSERT INTO documents (source, title, kind, audience, media_type, content_hash, retired_at)
        VALUES ('prueba/retirado', 'Retirado', 'faq', 'public', 'text/plain', 'x', now()) RETURNING document_id
    )
    INSERT INTO document_products (document_id, product_id) SELECT document_id, 1 FROM made
"""
"""A document that nobody reads any more: there is none among the demo company's."""


def email(role: Role) -> str:
    """The login of the account of ``role``."""
    return f"{role.value}@prueba.example"


@pytest.fixture(scope="session")
def server(address: str) -> str:
    """Base URL of the running server."""
    return address


@pytest.fixture(scope="session")
def cheap() -> Passwords:
    """Passwords at a cost for tests."""
    return Passwords(memory_kib=64, passes=1)


@pytest.fixture(scope="session")
def owner(crew_settings: Settings) -> Iterator[sessionmaker[Session]]:
    """Sessions of the application's login on the server's database."""
    assert crew_settings.database_url is not None
    engine = make_engine(crew_settings.database_url)
    yield make_sessions(engine)
    engine.dispose()


@pytest.fixture(scope="session")
def accounts(
    address: str, owner: sessionmaker[Session], crew_settings: Settings, cheap: Passwords
) -> Mapping[Role, int]:
    """User numbers of the accounts by role: the demo company's client 1 and technician 1, and an administrator."""
    now = SystemClock(crew_settings.zone).now()
    with session_scope(owner) as session:
        session.execute(text(RETIRED))
        return {
            role: add_user(
                session, NewUser(f"Prueba {role}", email(role), UserRole(role.value), subject, PHRASE), cheap, now
            ).user_id
            for role, subject in SUBJECTS.items()
        }


def sign_in(address: str, role: Role) -> httpx.Client:
    """A client that sends the token of ``role``."""
    form = {"grant_type": "password", "username": email(role), "password": PHRASE}
    given = httpx.post(f"{address}/auth/token", data=form)
    assert given.status_code == 200, given.text
    headers = {"authorization": f"Bearer {given.json()['access_token']}"}
    return httpx.Client(base_url=address, headers=headers, timeout=120)


@pytest.fixture(scope="session")
def callers(address: str, accounts: Mapping[Role, int]) -> Iterator[Mapping[Role, httpx.Client]]:
    """A signed-in client of the API by role; without a token for a guest."""
    with ExitStack() as stack:
        found = {role: stack.enter_context(sign_in(address, role)) for role in SUBJECTS}
        found[Role.GUEST] = stack.enter_context(httpx.Client(base_url=address, timeout=120))
        yield found


@pytest.fixture
def admin(callers: Mapping[Role, httpx.Client]) -> httpx.Client:
    """An administrator's."""
    return callers[Role.ADMIN]


@pytest.fixture
def technician(callers: Mapping[Role, httpx.Client]) -> httpx.Client:
    """Technician 1's."""
    return callers[Role.TECHNICIAN]


@pytest.fixture
def client(callers: Mapping[Role, httpx.Client]) -> httpx.Client:
    """Client 1's."""
    return callers[Role.CLIENT]
