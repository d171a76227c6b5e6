"""The agents' door in production: the service key of the settings, or one with the scope ``agent``."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from types import SimpleNamespace
from typing import Any, cast

import httpx
import pytest
from fastapi import Depends, FastAPI
from pydantic import SecretStr
from sqlalchemy.orm import Session, sessionmaker

from api.auth import find_access, require_key
from api.desk import open_desk
from api.errors import install_errors
from api.keys import NewKey, add_key
from api.sweep import sweep
from core.clock import FixedClock
from core.errors import Unavailable
from core.settings import Settings
from db.crud import accounts
from db.crud.failures import translated
from db.session import session_scope
from graph.app import Crew
from policy.roles import Principal, Role
from tests.conftest import NOW

KEY = "a-long-service-key"


@pytest.fixture
def door(settings: Settings, clock: FixedClock, database_url: str) -> Iterator[FastAPI]:
    """An application whose one path is guarded as the agents' door is."""
    app = FastAPI()
    install_errors(app)
    crew = cast(Crew, SimpleNamespace(url=database_url, clock=clock))
    with ExitStack() as stack:
        app.state.desk = stack.enter_context(open_desk(settings, crew))

        @app.post("/agent/invoke", dependencies=[Depends(require_key(SecretStr(KEY)))])
        def invoke() -> str:
            return "in"

        yield app


async def knock(door: FastAPI, key: str) -> int:
    async with httpx.AsyncClient(transport=httpx.ASGITransport(door), base_url="http://localhost") as client:
        return (await client.post("/agent/invoke", headers={"authorization": f"Bearer {key}"})).status_code


def made(sessions: sessionmaker[Session], *scopes: str) -> tuple[int, str]:
    with session_scope(sessions) as session:
        row, key = add_key(session, NewKey("prueba", 1, scopes), NOW)
        return row.key_id, key


async def test_the_key_of_the_settings_and_those_with_the_scope(door: FastAPI, sessions: sessionmaker[Session]) -> None:
    number, key = made(sessions, "agent")
    assert await knock(door, KEY) == 200
    assert await knock(door, key) == 200
    assert await knock(door, made(sessions, "read", "write", "ask")[1]) == 403
    assert await knock(door, key + "x") == 401
    with session_scope(sessions) as session:
        assert accounts.revoke_key(session, number, NOW)
    assert await knock(door, key) == 401


async def test_a_person_who_signed_in_is_no_channel(door: FastAPI) -> None:
    assert await knock(door, "eyJhbGciOiJIUzI1NiJ9.e30.x") == 401


def test_without_a_database_nobody_is_told_that_their_token_is_wrong(
    settings: Settings, clock: FixedClock, database_url: str, sessions: sessionmaker[Session]
) -> None:
    _, key = made(sessions, "agent")
    nowhere = cast(Crew, SimpleNamespace(url="postgresql://nobody@127.0.0.1:1/nowhere", clock=clock))
    with open_desk(settings, nowhere) as desk, pytest.raises(Unavailable):
        find_access(desk, key)
    reads = Principal(Role.ADMIN, 1)
    with open_desk(settings, nowhere) as desk, pytest.raises(Unavailable), translated(), desk.readers.reading(reads):
        raise AssertionError("there is nothing to read")


def test_sweeping_leaves_what_is_still_good(door: FastAPI, sessions: sessionmaker[Session]) -> None:
    desk: Any = door.state.desk
    with session_scope(sessions) as session:
        session_id = accounts.begin_session(session, 1, NOW, NOW.replace(year=NOW.year + 1))
    sweep(desk)
    with sessions() as session:
        assert accounts.account_signed_in(session, 1, session_id, NOW) is not None
    with session_scope(sessions) as session:
        accounts.end_sessions(session, "signed_out", NOW, user_id=1)
