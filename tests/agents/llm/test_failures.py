"""Whatever client a chat model talks with, what it raises is an error of ours: over HTTP, with classes unheard of."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx
import pytest
from langchain_core.language_models import SimpleChatModel
from langchain_core.messages import BaseMessage
from langchain_core.outputs import ChatResult

from agents.brains.llm.failures import mapped
from core.errors import (
    ModelFailed,
    ModelFiltered,
    ModelOutputMalformed,
    ModelRateLimited,
    ModelRejected,
    ModelTimeout,
    ModelUnauthorised,
    ModelUnavailable,
)
from evals.model_standin.answers import Answer, Fails, Says, filtered, rate_limited, saying, unauthorised, when
from evals.model_standin.app import KEY, Standin
from tests.agents.llm.conftest import Opens


class StrangeError(Exception):
    """As clients of other providers have: a status of its own, the answer beside it."""

    def __init__(self, response: httpx.Response) -> None:
        super().__init__("strange")
        self.status_code, self.response = response.status_code, response


class NumberedError(Exception):
    """As Google's: the status is its ``code``."""

    def __init__(self, response: httpx.Response) -> None:
        super().__init__("numbered")
        self.code, self.response = response.status_code, response


class DeadlineTimeoutError(Exception):
    """A timeout by its name only."""


def as_httpx(response: httpx.Response) -> None:
    response.raise_for_status()


def strange(response: httpx.Response) -> None:
    if response.is_error:
        raise StrangeError(response)


def numbered(response: httpx.Response) -> None:
    if response.is_error:
        raise NumberedError(response)


class OtherModel(SimpleChatModel):
    """A chat model of LangChain over another client than OpenAI's."""

    url: str
    raises: Callable[[httpx.Response], None]
    seconds: float = 30.0

    @property
    def _llm_type(self) -> str:
        return "other"

    def _call(self, messages: list[BaseMessage], *given: Any, **more: Any) -> str:
        raise AssertionError(f"It is only ever awaited: {messages} {given} {more}")

    async def _agenerate(self, messages: list[BaseMessage], *_given: Any, **_more: Any) -> ChatResult:
        body = {"model": "other", "messages": [{"role": "user", "content": str(messages[0].content)}]}
        async with httpx.AsyncClient(trust_env=False, timeout=self.seconds) as http:
            answer = await http.post(
                f"{self.url}/chat/completions", json=body, headers={"authorization": f"Bearer {KEY}"}
            )
            self.raises(answer)
            raise LookupError(answer.json()["choices"][0]["message"]["nothing of the kind"])


FAULTS: list[tuple[Answer, type[ModelFailed]]] = [
    (unauthorised(), ModelUnauthorised),
    (Fails(403, "forbidden"), ModelUnauthorised),
    (Fails(429, "insufficient_quota"), ModelUnauthorised),
    (rate_limited(7), ModelRateLimited),
    (Fails(500), ModelUnavailable),
    (Fails(529), ModelUnavailable),
    (Fails(503, body="<h1>503</h1>"), ModelUnavailable),
    (Fails(0), ModelUnavailable),
    (Fails(408), ModelTimeout),
    (Fails(404, "model_not_found"), ModelRejected),
    (filtered(), ModelFiltered),
    (Says("not what was asked"), ModelOutputMalformed),
    (Fails(200, body="<html>A proxy says hello</html>"), ModelOutputMalformed),
]


@pytest.mark.parametrize("raises", [as_httpx, strange, numbered])
@pytest.mark.parametrize(("fault", "expected"), FAULTS)
async def test_any_client(
    model: Standin,
    opens: Opens,
    fault: Answer,
    expected: type[ModelFailed],
    raises: Callable[[httpx.Response], None],
) -> None:
    model.rules = [when("", fault)]
    other = OtherModel(url=str(opens().llm_base_url), raises=raises)
    with pytest.raises(expected) as caught, mapped():
        await other.ainvoke("hola")
    assert type(caught.value) is expected
    if expected is ModelRateLimited:
        assert caught.value.details["retry_after"] == 7


async def test_a_client_that_waits_too_long(model: Standin, opens: Opens) -> None:
    model.rules = [when("", saying({}, after=30.0))]
    other = OtherModel(url=str(opens().llm_base_url), raises=as_httpx, seconds=0.2)
    with pytest.raises(ModelTimeout), mapped():
        await other.ainvoke("hola")


def test_a_timeout_is_known_by_its_name_or_its_cause() -> None:
    with pytest.raises(ModelTimeout), mapped():
        raise DeadlineTimeoutError
    with pytest.raises(ModelTimeout), mapped():
        raise RuntimeError from TimeoutError()


def test_what_nobody_knows_is_the_services() -> None:
    with pytest.raises(ModelUnavailable) as caught, mapped():
        raise RuntimeError("sk-secret")
    assert caught.value.details == {"cause": "RuntimeError"}


def test_ours_pass() -> None:
    with pytest.raises(ModelRejected), mapped():
        raise ModelRejected
