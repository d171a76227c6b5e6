"""The stand-in as an application, and as a server that runs beside other work."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager

import uvicorn
from fastapi import FastAPI

from channels.standin.api import serve_api
from channels.standin.failing import FailingCalls
from channels.standin.files import router as files
from channels.standin.page import router as page
from channels.standin.standin import Standin


def create_app(standin: Standin) -> FastAPI:
    """The API, the files and the page of ``standin``."""
    app = FastAPI(title="Chatwoot stand-in", docs_url=None, redoc_url=None, openapi_url=None)
    app.state.standin = standin
    app.add_middleware(FailingCalls, faults=standin.faults, record=standin.record)
    serve_api(app)
    app.include_router(files)
    app.include_router(page)
    return app


@asynccontextmanager
async def serving(standin: Standin, port: int = 0) -> AsyncIterator[str]:
    """Serve ``standin`` on this machine and give its address; on a free port when none is named."""
    listener = socket.create_server(("127.0.0.1", port))
    address = f"http://127.0.0.1:{listener.getsockname()[1]}"
    standin.world.base_url = address
    config = uvicorn.Config(
        create_app(standin),
        log_config=None,
        log_level="critical",  # a connection that dies on demand is no error
        access_log=False,
        lifespan="off",
        timeout_graceful_shutdown=2,
    )
    server = _Guest(config)
    task = asyncio.create_task(server.serve(sockets=[listener]))
    try:
        yield address
    finally:
        await standin.close()
        server.should_exit = True
        await task


class _Guest(uvicorn.Server):
    """A server inside somebody else's process: signals are the host's."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield
