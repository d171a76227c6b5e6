"""The composition root of the HTTP server: ``python server.py``."""

from __future__ import annotations

import gc

if __name__ == "__main__":
    gc.disable()  # all that loads now stays: collecting meanwhile is a quarter of the start. The crew enables it again

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Protocol

import uvicorn
from fastapi import FastAPI
from starlette.middleware.trustedhost import TrustedHostMiddleware

from api.auth_routes import TOKEN_PATH
from api.bodies import BodyGuard
from api.chat_playground import PATH as CHAT
from api.chat_playground import Persona, mount_chat
from api.desk import open_desk
from api.errors import install_errors
from api.headers import SafeHeaders
from api.health import health_routes
from api.langserve import PATH, mount_agent
from api.metrics import metrics_routes
from api.openapi import install_openapi
from api.sweep import sweep_for_ever
from api.tracing import TraceIds
from api.v1.documents import UPLOAD_BYTES, UPLOAD_PATH
from api.v1.learning import TABLE_BYTES, TABLE_PATH
from api.v1.router import install_rest
from channels.chatwoot.service import open_door, open_worker, pressing
from channels.chatwoot.webhook import PATH as WEBHOOK
from channels.chatwoot.webhook import Door, webhook_routes
from channels.paging import make_pager
from channels.paging_routes import paging_routes
from channels.watching import Watch
from core.alerts import AlertHandler, Alerts
from core.clock import SystemClock
from core.command import exit_code
from core.errors import Unavailable
from core.logging import configure_logging
from core.mail import Mailer
from core.metrics import Metrics
from core.settings import Settings, load_settings
from db.crud.alert_groups import SharedGroups
from db.figures import Figures, FiguresCollector
from db.seed import DEMO_ADMIN, DEMO_CLIENT, DEMO_TECHNICIAN
from graph.app import Crew, open_crew
from graph.turn import TurnService
from ingest.background import beside


class Runs(Protocol):
    """Something that goes on beside the requests."""

    async def run(self, stop: asyncio.Event) -> None: ...


LOCAL_NAMES = ["localhost", "127.0.0.1"]
PERSONAS = {
    "client": Persona(DEMO_CLIENT, "cliente"),
    "technician": Persona(DEMO_TECHNICIAN, "técnico"),
    "admin": Persona(DEMO_ADMIN, "administradora"),
    "guest": Persona("+34611223344", "alguien que no conocemos"),
}


def make_alerts(settings: Settings) -> Alerts:
    """Who tells of serious failures, in a process with ``settings``."""
    return Alerts(settings, SystemClock(settings.zone), Mailer(settings))


def create_app(settings: Settings, alerts: Alerts | None = None) -> FastAPI:
    """The application for ``settings``, opened when it starts and closed when it stops; ``alerts`` tells what fails."""
    opened: list[Crew] = []
    doors: list[Door] = []
    metrics = Metrics()
    alerts = alerts or make_alerts(settings)
    alerts.count = metrics.alert

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with open_crew(settings, metrics=metrics) as crew, AsyncExitStack() as stack:
            if settings.chatwoot_url is not None:
                doors.append(await stack.enter_async_context(chatwoot(settings, crew)))
            alerts.groups = SharedGroups(crew.engine)
            app.state.desk = stack.enter_context(open_desk(settings, crew))
            await stack.enter_async_context(beside(sweep_for_ever(app.state.desk)))
            watch = Watch(alerts, crew.engine, crew.url, settings)
            await stack.enter_async_context(running(alerts, watch))
            metrics.add(figures := FiguresCollector(Figures(crew.engine)))
            stack.callback(metrics.registry.unregister, figures)
            opened.append(crew)
            sys.stdout.write(welcome(settings))
            sys.stdout.flush()
            yield
            opened.clear()
            app.state.desk = None
            doors.clear()

    def turns() -> TurnService:
        if not opened:
            raise Unavailable
        return opened[0].turns

    def door() -> Door:
        if not doors:
            raise Unavailable
        return doors[0]

    app = FastAPI(title="Cuadrilla", lifespan=lifespan)
    install_errors(app)
    install_openapi(app)
    app.add_middleware(SafeHeaders)
    forms = {TOKEN_PATH: 10_000, UPLOAD_PATH: UPLOAD_BYTES, TABLE_PATH: TABLE_BYTES}
    app.add_middleware(BodyGuard, apart=frozenset({WEBHOOK}), forms=forms)
    if settings.mode == "demo":
        app.add_middleware(TrustedHostMiddleware, allowed_hosts=LOCAL_NAMES)
        mount_chat(app, turns, PERSONAS)
    app.add_middleware(TraceIds)
    app.include_router(health_routes(lambda: opened[0] if opened else None))
    app.include_router(metrics_routes(metrics, settings.metrics_key))
    install_rest(app)
    mount_agent(app, turns, settings.api_key if settings.mode == "production" else None)
    if settings.chatwoot_url is not None:
        app.include_router(webhook_routes(door))
        app.include_router(paging_routes(lambda: make_pager(door().inbox.pool, settings)))
    return app


@asynccontextmanager
async def chatwoot(settings: Settings, crew: Crew) -> AsyncIterator[Door]:
    """The door of Chatwoot, with a worker beside it when the settings want one here."""
    async with open_door(settings, crew.url, pressing(crew), crew.metrics.event) as (queue, door):
        if not settings.worker_in_server:
            yield door
            return
        async with open_worker(settings, crew, queue, door) as worker, running(worker):
            yield door


@asynccontextmanager
async def running(*parts: Runs) -> AsyncIterator[None]:
    """``parts`` at work; at the end what is under way ends or is given back."""
    stop = asyncio.Event()
    work = [asyncio.create_task(part.run(stop)) for part in parts]
    try:
        yield
    finally:
        stop.set()
        await asyncio.gather(*work)


def welcome(settings: Settings) -> str:
    """What the operator reads when the server is ready."""
    address = f"http://{settings.host}:{settings.port}"
    lines = ["", f"Cuadrilla is ready: {address}{PATH}/playground/"]
    if settings.mode == "demo":
        lines += [
            "  Demo mode: no authentication, any sender, so it listens on this machine only (loopback).",
            f"  client        {DEMO_CLIENT}",
            f"  technician    {DEMO_TECHNICIAN}",
            f"  administrator {DEMO_ADMIN}",
            "  any other number is a guest",
            f"  or chat as one of them: {address}{CHAT}/playground/",
        ]
    return "\n".join([*lines, "", ""])


def main() -> None:
    """Serve until told to stop."""
    settings = load_settings()
    alerts = make_alerts(settings)
    configure_logging(settings.log_level, settings.home, AlertHandler(alerts))
    uvicorn.run(create_app(settings, alerts), host=settings.host, port=settings.port, log_config=None, access_log=False)


if __name__ == "__main__":
    sys.exit(exit_code(main))
