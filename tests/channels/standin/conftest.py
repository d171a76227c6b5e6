"""A stand-in on a free port, and somebody who receives its webhooks."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from zoneinfo import ZoneInfo

import httpx
import pytest
import pytest_asyncio
from fastapi import FastAPI, Request, Response

from channels.standin.app import serving
from channels.standin.config import StandinConfig
from channels.standin.standin import Inspector, Standin
from core.clock import SystemClock
from tests.channels.chatwoot_contract import inspector
from tests.serving import served

QUICK = StandinConfig(webhook_wait=0.02, webhook_timeout=60.0, delivery_wait=0.0)


@dataclass
class Received:
    """One webhook request."""

    headers: dict[str, str]
    body: bytes

    @property
    def payload(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.body)
        return found

    @property
    def event(self) -> str:
        return str(self.payload["event"])


@dataclass
class Receiver:
    """A bot's server: keeps what it gets and answers what it is told to; 200 when nothing is."""

    url: str = ""
    got: list[Received] = field(default_factory=list)
    answers: list[int] = field(default_factory=list)
    may_answer: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        self.may_answer.set()

    def events(self) -> list[str]:
        return [one.event for one in self.got]

    def last(self, event: str) -> dict[str, Any]:
        return next(one.payload for one in reversed(self.got) if one.event == event)


@asynccontextmanager
async def receiving() -> AsyncIterator[Receiver]:
    receiver = Receiver()
    app = FastAPI()

    @app.post("/hook")
    async def hook(request: Request) -> Response:
        receiver.got.append(Received(dict(request.headers), await request.body()))
        await receiver.may_answer.wait()
        return Response(status_code=receiver.answers.pop(0) if receiver.answers else 200)

    async with served(app) as address:
        receiver.url = f"{address}/hook"
        yield receiver
        receiver.may_answer.set()


@pytest.fixture(scope="session")
def judge() -> Inspector:
    """Chatwoot's OpenAPI."""
    return inspector()


@pytest_asyncio.fixture
async def receiver() -> AsyncIterator[Receiver]:
    """Somebody who receives webhooks."""
    async with receiving() as found:
        yield found


@pytest_asyncio.fixture
async def standin(receiver: Receiver, judge: Inspector) -> AsyncIterator[Standin]:
    """A stand-in whose bot listens, with two colleagues and a team; every call is judged by Chatwoot's OpenAPI."""
    standin = Standin(SystemClock(ZoneInfo("Europe/Madrid")), QUICK, inspect=judge)
    standin.world.hire("Ana", "ana@acme.com")
    standin.world.hire("Pablo", "pablo@acme.com")
    standin.world.form_team("Averías")
    async with serving(standin):
        standin.connect(receiver.url)
        yield standin


@pytest_asyncio.fixture
async def bot(standin: Standin) -> AsyncIterator[httpx.AsyncClient]:
    """The bot's way back into the account."""
    address = f"{standin.world.base_url}/api/v1/accounts/{standin.config.account_id}"
    token = {"api_access_token": standin.world.bot.access_token}
    async with httpx.AsyncClient(base_url=address, headers=token, trust_env=False) as client:
        yield client
