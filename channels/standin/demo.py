"""The demonstration: a stand-in with people in it, and our server beside it, wired to each other with fresh secrets."""

from __future__ import annotations

import asyncio
import contextlib
import json
import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx
import yaml

from channels.standin.app import serving
from channels.standin.config import StandinConfig
from channels.standin.model import Team
from channels.standin.standin import Standin
from core.clock import Clock, SystemClock
from core.errors import Unavailable
from core.settings import Settings, child_environment

ROOT = Path(__file__).resolve().parents[2]
CAST = Path(__file__).with_name("demo.yaml")
START_SECONDS = 300.0
STOP_SECONDS = 30.0
FIRST_DAY = 1_767_225_600
"""Numbers count from the first second of 2026, so that another start of the demo names nothing by an old number."""


@dataclass(frozen=True, slots=True)
class Cast:
    """Who is in the demonstration, as ``demo.yaml`` tells."""

    people: list[Mapping[str, Any]]
    colleagues: list[Mapping[str, str]]
    teams: Mapping[str, list[str]]
    templates: Mapping[str, str]
    template: str
    strangers: list[str]
    place: Mapping[str, Any]

    @classmethod
    def read(cls) -> Cast:
        """The cast of the file."""
        found: dict[str, Any] = yaml.safe_load(CAST.read_text(encoding="utf-8"))
        return cls(**found)


def config(now: datetime, company: str) -> StandinConfig:
    """The account of the demonstration."""
    seconds = int(now.timestamp()) - FIRST_DAY
    return StandinConfig(
        account_name=company,
        inbox_name=company,
        bot_name="Cuadrilla",
        locale="es",
        first_conversation=seconds // 60,
        first_message=seconds,
        delivery_wait=0.15,
    )


def people(standin: Standin, cast: Cast) -> dict[str, Team]:
    """Fill ``standin`` with ``cast``; the team of each reason to hand over."""
    world = standin.world
    for one in cast.people:
        contact = world.meet(one["name"], one["phone"])
        world.titles[contact.id] = one["title"]
    for colleague in cast.colleagues:
        world.hire(colleague["name"], colleague["email"])
    world.inbox.templates.update(cast.templates)
    says = {one["phone"]: one["says"] for one in cast.people}
    standin.script.update(says={**says, "default": list(cast.strangers)}, place=dict(cast.place))
    return {
        reason: team for name, reasons in cast.teams.items() for team in [world.form_team(name)] for reason in reasons
    }


def wiring(standin: Standin, cast: Cast, teams: Mapping[str, Team], port: int) -> dict[str, str]:
    """The environment that makes our server attend ``standin``."""
    bot = standin.world.bot
    return {
        "HOST": "127.0.0.1",
        "PORT": str(port),
        "CUADRILLA_MODE": "demo",
        "CUADRILLA_CHATWOOT_URL": standin.world.base_url,
        "CUADRILLA_CHATWOOT_BOT_ID": str(bot.id),
        "CUADRILLA_CHATWOOT_BOT_TOKEN": bot.access_token,
        "CUADRILLA_CHATWOOT_BOT_SECRET": bot.secret,
        "CUADRILLA_CHATWOOT_USER_TOKEN": standin.world.agents[0].access_token,
        "CUADRILLA_CHATWOOT_TEMPLATE": cast.template,
        "CUADRILLA_CHATWOOT_TEAMS": json.dumps({reason: team.id for reason, team in teams.items()}),
        "CUADRILLA_CHATWOOT_DEBOUNCE_SECONDS": "1",
        "CUADRILLA_WORKER_IN_SERVER": "true",
        "PYTHONUNBUFFERED": "1",
    }


@asynccontextmanager
async def demonstration(
    settings: Settings, clock: Clock | None = None, more: Mapping[str, str] | None = None
) -> AsyncIterator[str]:
    """Start both, wire them, and give the address of the page once our server is ready.

    ``more``: what else the environment of our server should say.
    Raises :class:`Unavailable` when the port is taken or our server does not come up.
    """
    clock = clock or SystemClock(settings.zone)
    cast = Cast.read()
    standin = Standin(clock, config(clock.now(), settings.company))
    teams = people(standin, cast)
    try:
        stack = contextlib.AsyncExitStack()
        address = await stack.enter_async_context(serving(standin, settings.port))
    except OSError as error:
        raise Unavailable(f"Port {settings.port} is taken: set PORT to another one.") from error
    async with stack:
        port = free_port()
        log = settings.home / "demo-server.log"
        with our_server({**wiring(standin, cast, teams, port), **(more or {})}, log) as server:
            await ready(f"http://127.0.0.1:{port}/ready", server, log)
            standin.connect(f"http://127.0.0.1:{port}/chatwoot/webhook")
            yield address


@contextmanager
def our_server(environment: Mapping[str, str], log: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Our server as a process of its own, as ``make run`` starts it."""
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("wb") as output:
        server = subprocess.Popen(
            [sys.executable, "server.py"],
            cwd=ROOT,
            env=child_environment(environment),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            yield server
        finally:
            server.terminate()
            try:
                server.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                server.kill()
                server.wait()


async def ready(address: str, server: subprocess.Popen[bytes], log: Path) -> None:
    """Return when our server takes traffic; raises :class:`Unavailable` when it does not come up."""
    deadline = asyncio.get_running_loop().time() + START_SECONDS
    async with httpx.AsyncClient(trust_env=False, timeout=5) as http:
        while asyncio.get_running_loop().time() < deadline:
            if server.poll() is not None:
                raise Unavailable(f"The server stopped while starting: {_said(log)}")
            with contextlib.suppress(httpx.HTTPError):
                if (await http.get(address)).is_success:
                    return
            await asyncio.sleep(0.2)
    raise Unavailable(f"The server did not come up in {START_SECONDS:.0f} seconds; see {log}.")


def _said(log: Path) -> str:
    return log.read_text(encoding="utf-8", errors="replace").strip()[-2000:]


def free_port() -> int:
    """A port of this machine that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        found: int = listener.getsockname()[1]
        return found
