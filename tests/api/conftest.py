"""The real server on a free port of this machine, with the demo company and its documents."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator

import httpx
import pytest
import uvicorn

from core.settings import Settings
from server import create_app
from tests.graph.crews import crew_settings as crew_settings
from tests.graph.crews import crew_url as crew_url

START_SECONDS = 240
OFTEN = {"rate_calls": "100000/minute", "rate_questions": "100000/minute", "rate_sign_ins": "100000/minute"}


@pytest.fixture(scope="session")
def address(crew_settings: Settings) -> Iterator[str]:
    """Base URL of a running server."""
    server = uvicorn.Server(uvicorn.Config(create_app(crew_settings.model_copy(update=OFTEN)), port=0, log_config=None))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    deadline = time.monotonic() + START_SECONDS
    while not server.started:
        assert thread.is_alive() and time.monotonic() < deadline, "the server did not start"
        time.sleep(0.05)
    port = server.servers[0].sockets[0].getsockname()[1]
    yield f"http://127.0.0.1:{port}"
    server.should_exit = True
    thread.join(timeout=120)


@pytest.fixture
def http(address: str) -> Iterator[httpx.Client]:
    """A client of the running server."""
    with httpx.Client(base_url=address, timeout=120) as client:
        yield client
