"""The crew with a language model behind it: the stand-in, over real HTTP."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager

import pytest_asyncio
from pydantic import SecretStr

from agents.brains.llm.queries import QueryReader
from agents.brains.offline.planning.period_words import load_period_words
from agents.brains.protocol import Context
from evals.model_standin.app import KEY, Standin
from evals.model_standin.competent import Competent
from graph.app import Crew
from graph.memory import Memory
from policy.roles import Principal, Role
from tests.serving import served


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def standin(crew: Crew, principals: Mapping[Role, Principal]) -> AsyncIterator[tuple[Standin, str]]:
    """A competent stand-in and its address."""

    async def known(role: Role) -> Context:
        return await crew.parts.context(principals[role], Memory("standin"))

    competent = Competent(crew.parts.words, QueryReader(crew.catalogue, load_period_words()), known)
    standin = Standin(rules=[competent])
    async with served(standin.app()) as address:
        yield standin, address


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def llm_crew(
    standin: tuple[Standin, str], reopen: Callable[..., AbstractAsyncContextManager[Crew]]
) -> AsyncIterator[Crew]:
    """The crew on the same database, with ``brain=llm``."""
    async with reopen(brain="llm", llm_base_url=f"{standin[1]}/v1", llm_api_key=SecretStr(KEY)) as crew:
        yield crew
