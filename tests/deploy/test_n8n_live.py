"""The flow on the real n8n, between the stand-in of Chatwoot and the real agent door. Needs ``n8n`` on the PATH."""

from __future__ import annotations

import asyncio
import shutil
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from fastapi import FastAPI
from pydantic import SecretStr

from api.langserve import mount_agent
from channels.standin.app import serving
from channels.standin.config import StandinConfig
from channels.standin.model import Contact, Message
from channels.standin.standin import Standin
from core.clock import SystemClock
from db.seed import DEMO_ADMIN, DEMO_CLIENT
from graph.app import Crew
from tests.channels.chatwoot_contract import inspector
from tests.deploy.n8n_flow import credentials, pointed_at, running_n8n
from tests.graph.crews import crew, crew_settings, crew_url
from tests.serving import served

__all__ = ["crew", "crew_settings", "crew_url"]
N8N = shutil.which("n8n")
KEY = "the key of the agent door"
_PATIENT = StandinConfig(delivery_wait=0.0, webhook_timeout=60.0)
"""A busy machine is no failure of the flow."""


def agent_door(crew: Crew) -> AbstractAsyncContextManager[str]:
    """The LangServe door of ``crew``, with its key."""
    app = FastAPI()
    mount_agent(app, lambda: crew.turns, SecretStr(KEY))
    return served(app)


async def replies(standin: Standin, who: Contact, wanted: int) -> list[Message]:
    """What the bot posted to ``who``, once there are ``wanted`` messages or a minute went by."""
    found: list[Message] = []
    for _ in range(180):
        conversation = standin.desk.current(who)
        found = [one for one in conversation.messages if one.sender is standin.world.bot] if conversation else []
        if len(found) >= wanted:
            break
        await asyncio.sleep(0.5)
    await asyncio.sleep(1.5)
    return found


@pytest.mark.skipif(N8N is None, reason="n8n is not installed: see deploy/n8n/README.md, section Prueba")
async def test_a_message_goes_all_the_way_and_back(crew: Crew, tmp_path: Path) -> None:
    standin = Standin(SystemClock(ZoneInfo("Europe/Madrid")), _PATIENT, inspect=inspector())
    async with serving(standin) as chatwoot, agent_door(crew) as cuadrilla:
        keys = credentials("chatwoot", "secreto", KEY, standin.world.bot.access_token)
        async with running_n8n(str(N8N), tmp_path, pointed_at(chatwoot, cuadrilla), keys) as n8n:
            standin.connect(n8n.replace("http://", "http://chatwoot:secreto@") + "/webhook/chatwoot")
            client = standin.world.meet("Lucía", DEMO_CLIENT)
            standin.desk.receive(client, "Mi caldera pierde agua, ¿podéis venir?")
            (asked,) = await replies(standin, client, 1)
            assert asked.content_type == "input_select" and "**avería**" in asked.content
            standin.desk.receive(client, "No")
            assert len(await replies(standin, client, 2)) == 2

            admin = standin.world.meet("Marta", DEMO_ADMIN)
            standin.desk.receive(admin, "¿Qué técnicos tienen más intervenciones abiertas? Hazme un gráfico")
            *words, chart, table = await replies(standin, admin, 3)
            assert len(words) == 1
            assert [one.attachments[0].name for one in (chart, table)] == ["intervenciones.png", "intervenciones.csv"]

            standin.desk.receive(client, "Quiero hablar con una persona")
            said, note = (await replies(standin, client, 4))[2:]
            conversation = standin.desk.current(client)
            assert conversation is not None
            assert not said.private and note.private and "Lucía" in note.content
            for _ in range(60):
                if conversation.status == "open" and conversation.labels:
                    break
                await asyncio.sleep(0.5)
            assert conversation.status == "open" and "asked_for_person" in conversation.labels
            standin.desk.receive(client, "¿hola?")
            await asyncio.sleep(5)
            assert len(await replies(standin, client, 4)) == 4, "a person has it now"
    assert standin.violations == []
