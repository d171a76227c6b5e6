"""The whole crew on a database of its own, with the demo company and its documents."""

from __future__ import annotations

import fcntl
import itertools
import os
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from core.clock import Clock, FixedClock
from core.settings import Settings
from db.session import make_engine
from graph.app import Crew, open_crew
from graph.messages import Sender, TurnRequest, TurnResult
from ingest.demo_load import load_demo
from policy.roles import Role
from tests.conftest import HOME, PHONES, SECRET
from tests.databases import DROP, administer, databases, in_database
from tests.ingest.conftest import digest

STRANGER = "+34699999999"
_numbers = itertools.count(1)


@pytest.fixture(scope="session")
def crew_url(cluster: str, clone: Callable[[], str]) -> Iterator[str]:
    """A database with the demo company and its documents, which are ingested once a cluster (see tests/ingest)."""
    kept, name = f"library_{digest()}", f"test_{os.getpid()}_crew{next(_numbers)}"
    with (Path(tempfile.gettempdir()) / "cuadrilla-library.lock").open("ab") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        if kept not in databases(cluster, "library_"):
            engine = make_engine(source := clone())
            load_demo(engine)
            engine.dispose()
            administer(cluster, "CREATE DATABASE {} TEMPLATE {}", kept, source.rpartition("?")[0].rpartition("/")[2])
        administer(cluster, "CREATE DATABASE {} TEMPLATE {}", name, kept)
    yield in_database(cluster, name)
    administer(cluster, DROP, name)


@pytest.fixture(scope="session")
def crew_settings(crew_url: str) -> Settings:
    """Settings of a crew on a database of its own."""
    return Settings(  # type: ignore[call-arg]
        _env_file=None, home=HOME / "crew", DATABASE_URL=crew_url, secret_key=SECRET.decode()
    )


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def crew(crew_settings: Settings, clock: FixedClock) -> AsyncIterator[Crew]:
    """The crew, open for the whole session: use your own conversation."""
    async with open_crew(crew_settings, clock) as crew:
        yield crew


@pytest.fixture(scope="session")
def reopen(crew_settings: Settings, clock: FixedClock) -> Callable[..., AbstractAsyncContextManager[Crew]]:
    """Opens the crew once more, as a restart would, possibly with another clock or other settings."""

    def again(at: Clock | None = None, **changes: Any) -> AbstractAsyncContextManager[Crew]:
        return open_crew(crew_settings.model_copy(update=changes), at or clock)

    return again


@dataclass(frozen=True, slots=True)
class Talk:
    """One conversation of one person."""

    crew: Crew
    sender: str | Sender
    conversation_id: str

    async def __call__(self, message: str, **more: Any) -> TurnResult:
        request = TurnRequest(message=message, sender=self.sender, conversation_id=self.conversation_id, **more)
        return await self.crew.turns.answer(request)

    def on(self, crew: Crew) -> Talk:
        """The same conversation with another crew."""
        return Talk(crew, self.sender, self.conversation_id)


@pytest.fixture
def talk(crew: Crew) -> Callable[..., Talk]:
    """Begins a conversation as somebody."""

    def begin(role: Role, conversation_id: str | None = None) -> Talk:
        return Talk(crew, PHONES.get(role, STRANGER), conversation_id or f"test-{next(_numbers)}")

    return begin
