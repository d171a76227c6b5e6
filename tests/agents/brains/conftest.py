"""Every brain, under the same fixtures: add yours to ``BRAINS``."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable

import pytest
import pytest_asyncio
from pydantic import SecretStr

from agents.brains.cascade.brain import CascadeBrain
from agents.brains.cascade.certainty import load_certainty
from agents.brains.cascade.governor import Governor
from agents.brains.cascade.signals import Signals
from agents.brains.llm.queries import QueryReader
from agents.brains.making import make_brain
from agents.brains.offline.brain import OfflineBrain
from agents.brains.offline.planning.period_words import load_period_words
from agents.brains.protocol import Brain, Context
from core.settings import Settings
from evals.model_standin.app import KEY, Standin
from evals.model_standin.competent import Competent
from policy.roles import Role
from tests.agents.offline.conftest import brain, catalogue, speaking
from tests.serving import served
from tools.sql.catalogue import Catalogue

__all__ = ["brain", "catalogue", "speaking"]

BRAINS = {"offline": "brain", "llm": "llm_brain", "cascade": "cascade_brain"}


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def llm_brain(
    brain: OfflineBrain, catalogue: Catalogue, speaking: Callable[..., Context]
) -> AsyncIterator[Brain]:
    """The brain that asks a model: a competent stand-in, over real HTTP."""

    async def known(role: Role) -> Context:
        return speaking(role.value)

    standin = Standin(rules=[Competent(brain, QueryReader(catalogue, load_period_words()), known)])
    async with served(standin.app()) as address:
        settings = Settings(
            _env_file=None,  # type: ignore[call-arg]
            brain="llm",
            llm_base_url=f"{address}/v1",
            llm_api_key=SecretStr(KEY),
            llm_timeout_seconds=30,
        )
        yield make_brain(settings, catalogue, brain)


@pytest.fixture(scope="session")
def cascade_brain(brain: OfflineBrain, llm_brain: Brain, catalogue: Catalogue) -> Brain:
    """Both of them as one."""
    return CascadeBrain(brain, llm_brain, load_certainty(), Signals(catalogue), Governor())


@pytest.fixture(params=BRAINS, scope="session")
def any_brain(request: pytest.FixtureRequest) -> Brain:
    """Each brain in turn."""
    found: Brain = request.getfixturevalue(BRAINS[request.param])
    return found
