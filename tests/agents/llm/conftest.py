"""A stand-in for the service of a language model, and chats that talk to it over real HTTP."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
import pytest_asyncio
from pydantic import SecretStr

from agents.brains.llm.chat import Chat
from agents.brains.llm.prompts import Prompts
from core.settings import Settings
from evals.model_standin.app import KEY, Standin
from tests.serving import served

Opens = Callable[..., Settings]


@pytest.fixture
def model() -> Standin:
    """The server: give it rules."""
    return Standin()


@pytest_asyncio.fixture
async def opens(model: Standin) -> AsyncIterator[Opens]:
    """Settings that point at the server, possibly changed."""
    async with served(model.app()) as address:

        def of(**changes: Any) -> Settings:
            values: dict[str, Any] = {
                "brain": "llm",
                "llm_base_url": f"{address}/v1",
                "llm_api_key": SecretStr(KEY),
                "llm_timeout_seconds": 5.0,
            }
            return Settings(_env_file=None, **{**values, **changes})  # type: ignore[call-arg]

        yield of


@pytest.fixture
def chat(opens: Opens) -> Chat:
    """A chat with the server."""
    return Chat.of(opens(), Prompts()["shape"])
