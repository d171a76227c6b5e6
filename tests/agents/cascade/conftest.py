"""The offline brain of the session beside a model that says what it is told to."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pytest

from agents.brains.cascade.brain import CascadeBrain
from agents.brains.cascade.breaker import Breaker
from agents.brains.cascade.certainty import Certainty, load_certainty
from agents.brains.cascade.governor import Governor
from agents.brains.cascade.signals import Signals
from agents.brains.offline.brain import OfflineBrain
from agents.brains.protocol import Ask, Draft, DraftOutcome, Grounded, Intent, Plan, Planned, Route
from core.errors import CuadrillaError
from policy.grants import Write
from tests.agents.offline.conftest import brain as brain
from tests.agents.offline.conftest import catalogue as catalogue
from tests.agents.offline.conftest import speaking as speaking
from tools.sql.catalogue import Catalogue
from tools.sql.query import Query

MODEL_ROUTE = Route("es", (Ask("what the model read", Intent.DATA, 0.9),))
MODEL_PLAN = Planned(Query("order"), 0.9)
MODEL_DRAFT = Draft(Write.REQUEST_VISIT, {}, "what the model drafted")
MODEL_ANSWER = Grounded("what the model found", (0,), 0.9)


@dataclass
class ScriptedModel:
    """A brain that answers the same to everything, or fails with ``error``; ``asked`` are the questions it was put."""

    error: CuadrillaError | None = None
    asked: list[str] = field(default_factory=list)

    def _answer(self, what: str, answer: Any) -> Any:
        self.asked.append(what)
        if self.error is not None:
            raise self.error
        return answer

    async def route(self, *_: Any) -> Route:
        return self._answer("route", MODEL_ROUTE)  # type: ignore[no-any-return]

    async def plan(self, *_: Any) -> Plan:
        return self._answer("plan", MODEL_PLAN)  # type: ignore[no-any-return]

    async def draft(self, *_: Any) -> DraftOutcome:
        return self._answer("draft", MODEL_DRAFT)  # type: ignore[no-any-return]

    async def answer(self, *_: Any) -> Grounded | None:
        return self._answer("answer", MODEL_ANSWER)  # type: ignore[no-any-return]

    async def phrase(self, *_: Any) -> str:
        return self._answer("phrase", "")  # type: ignore[no-any-return]

    async def present(self, *_: Any) -> str:
        return self._answer("present", "")  # type: ignore[no-any-return]

    async def write_sql(self, *_: Any) -> str | None:
        return self._answer("write_sql", "SELECT 1")  # type: ignore[no-any-return]


@pytest.fixture
def model() -> ScriptedModel:
    return ScriptedModel()


@pytest.fixture(scope="session")
def certainty() -> Certainty:
    return load_certainty()


@pytest.fixture
def cascade(brain: OfflineBrain, model: ScriptedModel, certainty: Certainty, catalogue: Catalogue) -> CascadeBrain:
    return CascadeBrain(brain, model, certainty, Signals(catalogue), Governor(Breaker()))
