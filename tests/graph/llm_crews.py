"""The crew with a language model behind it: the stand-in, over real HTTP."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager

import pytest_asyncio
from pydantic import SecretStr

from evals.model_standin.app import KEY, Standin
from evals.model_standin.competing import competent
from graph.app import Crew
from tests.serving import served


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def standin(crew: Crew) -> AsyncIterator[tuple[Standin, str]]:
    """A competent stand-in and its address."""
    standin = Standin(rules=[competent(crew)])
    async with served(standin.app()) as address:
        yield standin, address


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def llm_crew(
    standin: tuple[Standin, str], reopen: Callable[..., AbstractAsyncContextManager[Crew]]
) -> AsyncIterator[Crew]:
    """The crew on the same database, with ``brain=llm``."""
    async with reopen(brain="llm", llm_base_url=f"{standin[1]}/v1", llm_api_key=SecretStr(KEY)) as crew:
        yield crew
