"""The composition root of the HTTP server: ``python server.py``."""

from __future__ import annotations

import gc

if __name__ == "__main__":
    gc.disable()  # all that loads now stays: collecting meanwhile is a quarter of the start. The crew enables it again

import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import uvicorn
from fastapi import FastAPI
from starlette.middleware.trustedhost import TrustedHostMiddleware

from api.bodies import BodyGuard
from api.errors import install_errors
from api.health import health_routes
from api.langserve import PATH, mount_agent
from core.errors import CuadrillaError, Unavailable
from core.logging import configure_logging
from core.settings import Settings, load_settings
from db.seed import DEMO_ADMIN, DEMO_CLIENT, DEMO_TECHNICIAN
from graph.app import Crew, open_crew
from graph.turn import TurnService

LOCAL_NAMES = ["localhost", "127.0.0.1"]


def create_app(settings: Settings) -> FastAPI:
    """The application for ``settings``; everything is opened when it starts and closed when it stops."""
    opened: list[Crew] = []

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        async with open_crew(settings) as crew:
            opened.append(crew)
            sys.stdout.write(welcome(settings))
            sys.stdout.flush()
            yield
            opened.clear()

    def turns() -> TurnService:
        if not opened:
            raise Unavailable
        return opened[0].turns

    app = FastAPI(title="Cuadrilla", lifespan=lifespan)
    install_errors(app)
    app.add_middleware(BodyGuard)
    if settings.mode == "demo":
        app.add_middleware(TrustedHostMiddleware, allowed_hosts=LOCAL_NAMES)
    app.include_router(health_routes(lambda: opened[0] if opened else None))
    mount_agent(app, turns, settings.api_key if settings.mode == "production" else None)
    return app


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
        ]
    return "\n".join([*lines, "", ""])


def main() -> int:
    """Serve until told to stop."""
    try:
        settings = load_settings()
        configure_logging(settings.log_level, settings.home)
        uvicorn.run(create_app(settings), host=settings.host, port=settings.port, log_config=None, access_log=False)
    except CuadrillaError as error:
        sys.stderr.write(f"{error.message}\n")
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
