"""The crew with a language model behind it: the stand-in, over real HTTP."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager
from types import MappingProxyType

import pytest_asyncio
from pydantic import SecretStr

from evals.model_standin.app import KEY, Standin
from evals.model_standin.competing import competent
from graph.app import Crew
from tests.serving import served

PATIENT: Mapping[str, float] = MappingProxyType(
    {"llm_timeout_seconds": 60.0, "llm_seconds_a_turn": 60.0, "turn_budget_seconds": 120.0}
)
"""A machine that is busy with other things is no failure of a model."""


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
    async with reopen(brain="llm", llm_base_url=f"{standin[1]}/v1", llm_api_key=SecretStr(KEY), **PATIENT) as crew:
        yield crew
