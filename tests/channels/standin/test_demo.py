"""``make demo``: one command, one address, and the whole flow behind it."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
import pytest_asyncio
from pydantic import SecretStr

from channels.standin.demo import demonstration, free_port
from core.errors import Unavailable
from core.settings import Settings
from db.seed import DEMO_ADMIN, DEMO_CLIENT
from tests.conftest import SECRET
from tests.graph.crews import crew_settings as crew_settings
from tests.graph.crews import crew_url as crew_url

PATIENCE = 120


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def demo(crew_settings: Settings, crew_url: str) -> AsyncIterator[httpx.AsyncClient]:
    """The page's server, with our server behind it on the tests' database."""
    with tempfile.TemporaryDirectory() as folder:
        settings = crew_settings.model_copy(update={"home": Path(folder), "port": free_port()})
        database = {
            "DATABASE_URL": crew_url,
            "CUADRILLA_SECRET_KEY": SecretStr(SECRET.decode()).get_secret_value(),
            "CUADRILLA_HOME": str(crew_settings.home),
        }
        async with (
            demonstration(settings, more=database) as address,
            httpx.AsyncClient(base_url=address, trust_env=False, timeout=PATIENCE) as http,
        ):
            yield http


async def says(demo: httpx.AsyncClient, phone: str, words: str) -> dict[str, object]:
    """Write ``words`` as the person of ``phone`` and wait for the reply; what the page shows then."""
    people = (await demo.get("/page/state")).json()["people"]
    person = next(one["id"] for one in people if one["phone"] == phone)
    before = len((await demo.get("/page/state", params={"person": person})).json()["telephone"])
    (await demo.post(f"/page/people/{person}/messages", data={"content": words})).raise_for_status()
    async with asyncio.timeout(PATIENCE):
        while True:
            shown: dict[str, object] = (await demo.get("/page/state", params={"person": person})).json()
            telephone = shown["telephone"]
            assert isinstance(telephone, list)
            if any(message["who"] == "bot" for message in telephone[before:]):
                return shown
            await asyncio.sleep(0.1)


async def test_a_client_is_answered_and_then_handed_over(demo: httpx.AsyncClient) -> None:
    shown = await says(demo, DEMO_CLIENT, "¿Cuándo vence mi garantía?")
    assert "XP400" in str(shown["telephone"])
    await says(demo, DEMO_CLIENT, "Quiero hablar con una persona")
    async with asyncio.timeout(PATIENCE):
        conversation: dict[str, object] = {}
        while conversation.get("status") != "open":
            person = shown["person"]
            conversation = (await demo.get("/page/state", params={"person": str(person)})).json()["conversation"]
            await asyncio.sleep(0.1)
    messages = conversation["messages"]
    assert isinstance(messages, list)
    assert any(message["private"] for message in messages), "the colleague is told what it is about"
    assert conversation["team"] == "Atención al cliente"


async def test_an_administrator_gets_a_chart(demo: httpx.AsyncClient) -> None:
    shown = await says(demo, DEMO_ADMIN, "¿Qué técnicos tienen más intervenciones abiertas?")
    person = shown["person"]
    async with asyncio.timeout(PATIENCE):
        while "'kind': 'image'" not in str(shown["telephone"]):
            shown = (await demo.get("/page/state", params={"person": str(person)})).json()
            await asyncio.sleep(0.1)


async def test_a_port_that_is_taken_is_said(demo: httpx.AsyncClient, crew_settings: Settings) -> None:
    taken = crew_settings.model_copy(update={"port": demo.base_url.port})
    with pytest.raises(Unavailable, match="PORT"):
        async with demonstration(taken):
            pass
