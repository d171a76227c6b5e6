"""One decision of a model over real HTTP: its shape, its faults, its retries, its cost."""

from __future__ import annotations

import socket
from typing import Any

import pytest

from agents.brains.llm.chat import Chat
from agents.brains.llm.outputs import SqlOut
from agents.brains.llm.prompts import Prompts, Rendered, as_data
from agents.brains.thinking import thinking
from core.errors import (
    Misconfigured,
    ModelDown,
    ModelFailed,
    ModelFiltered,
    ModelOutputMalformed,
    ModelRateLimited,
    ModelRefused,
    ModelRejected,
    ModelSpent,
    ModelTimeout,
    ModelUnauthorised,
    ModelUnavailable,
)
from evals.model_standin.answers import (
    Answer,
    Fails,
    Recovers,
    Says,
    filtered,
    rate_limited,
    saying,
    unauthorised,
    when,
)
from evals.model_standin.app import Standin
from tests.agents.llm.conftest import Opens

PROMPT = Rendered("write_sql", 1, "You write SQL.", as_data({"question": "¿Cuántos?"}))
GOOD = saying({"sql": "SELECT 1"})


@pytest.mark.parametrize("method", ["json_schema", "function_calling", "json_mode"])
async def test_every_way_to_hold_a_model_to_a_shape(model: Standin, opens: Opens, method: str) -> None:
    model.rules = [when("sql", GOOD)]
    with thinking() as turn:
        answer = await Chat.of(opens(llm_output=method), Prompts()["shape"]).decide(PROMPT, SqlOut)
    assert answer == SqlOut(sql="SELECT 1")
    assert (turn.calls, turn.input_tokens, turn.output_tokens) == (1, model.input_tokens, model.output_tokens)
    assert turn.input_tokens > 0 and turn.output_tokens > 0
    asked = model.calls[0][0]
    assert asked.body["temperature"] == 0 and asked.headers["authorization"] == "Bearer sk-standin"


FAULTS: list[tuple[Answer, type[ModelFailed], int]] = [
    (unauthorised(), ModelUnauthorised, 1),
    (Fails(403, "forbidden"), ModelUnauthorised, 1),
    (Fails(429, "insufficient_quota"), ModelUnauthorised, 1),
    (rate_limited(3600), ModelRateLimited, 1),
    (rate_limited(0), ModelRateLimited, 3),
    (Fails(500), ModelUnavailable, 3),
    (Fails(503, body="<h1>503</h1>"), ModelUnavailable, 3),
    (Fails(0), ModelUnavailable, 3),
    (Fails(404, "model_not_found"), ModelRejected, 1),
    (Fails(400, "context_length_exceeded", "context_length_exceeded"), ModelRejected, 1),
    (filtered(), ModelFiltered, 1),
    (Fails(400, body='{"error": {"code": "content_filter", "message": "no"}}'), ModelFiltered, 1),
    (Says("", finish="content_filter"), ModelFiltered, 1),
    (Says(refusal="I cannot help with that."), ModelRefused, 1),
    (saying({"sql": "SELECT 1"}, cut=0.6), ModelOutputMalformed, 2),
    (Says('{"sql": "SELECT'), ModelOutputMalformed, 2),
    (Says("Claro, aquí tienes: SELECT 1"), ModelOutputMalformed, 2),
    (Says(""), ModelOutputMalformed, 2),
    (saying({"sql": ["SELECT 1"]}), ModelOutputMalformed, 2),
    (saying(["SELECT 1"]), ModelOutputMalformed, 2),
    (Fails(200, body="<html>A proxy says hello</html>"), ModelOutputMalformed, 2),
    (Fails(200, body='{"choices": []}'), ModelOutputMalformed, 2),
    (Fails(200, body="{}"), ModelOutputMalformed, 2),
]


@pytest.mark.parametrize(("fault", "expected", "tries"), FAULTS)
@pytest.mark.parametrize("method", ["json_schema", "function_calling"])
async def test_every_fault_is_an_error_of_ours(
    model: Standin, opens: Opens, fault: Answer, expected: type[ModelFailed], tries: int, method: str
) -> None:
    model.rules = [when("", fault)]
    with thinking() as turn, pytest.raises(expected) as caught:
        await Chat.of(opens(llm_output=method), Prompts()["shape"]).decide(PROMPT, SqlOut)
    assert type(caught.value) is expected
    assert len(model.calls) == tries == turn.calls
    assert "sk-standin" not in str(caught.value) and "SELECT" not in str(caught.value.details)


async def test_what_the_service_asks_to_wait_is_told(model: Standin, chat: Chat) -> None:
    model.rules = [when("", rate_limited(3600))]
    with pytest.raises(ModelRateLimited) as caught:
        await chat.decide(PROMPT, SqlOut)
    assert caught.value.details["retry_after"] == 3600


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"Retry-After-Ms": "1500"}, 1.5),
        ({"Retry-After": "Wed, 18 Nov 1998 10:00:30 GMT"}, 0.0),
        ({"Retry-After": "soon"}, None),
        ({}, None),
    ],
)
async def test_every_way_to_say_how_long_to_wait(
    model: Standin, opens: Opens, headers: dict[str, str], seconds: float | None
) -> None:
    model.rules = [when("", Fails(429, headers=headers))]
    with pytest.raises(ModelRateLimited) as caught:
        await Chat.of(opens(llm_attempts=1), Prompts()["shape"]).decide(PROMPT, SqlOut)
    assert caught.value.details["retry_after"] == seconds


@pytest.mark.parametrize(
    "fault", [rate_limited(0.05), Fails(500), Fails(0), Says("no JSON"), saying({"sql": 7})], ids=repr
)
async def test_what_passes_is_tried_again(model: Standin, chat: Chat, fault: Answer) -> None:
    model.rules = [Recovers(fault, when("", GOOD))]
    with thinking() as turn:
        answer = await chat.decide(PROMPT, SqlOut)
    assert answer.sql == "SELECT 1" and turn.calls == 2


async def test_a_slow_model_is_given_up_within_the_budget(model: Standin, opens: Opens) -> None:
    model.rules = [when("", saying({"sql": "SELECT 1"}, after=30))]
    with thinking() as turn, pytest.raises(ModelTimeout):
        await Chat.of(opens(llm_timeout_seconds=0.3), Prompts()["shape"]).decide(PROMPT, SqlOut)
    assert turn.calls == 1


async def test_what_else_a_model_takes(model: Standin, opens: Opens) -> None:
    model.rules = [when("", GOOD)]
    chat = Chat.of(opens(llm_options={"temperature": None, "seed": 7}), Prompts()["shape"])
    await chat.decide(PROMPT, SqlOut)
    assert "temperature" not in model.calls[0][0].body and model.calls[0][0].body["seed"] == 7


@pytest.mark.parametrize("name", ["nobody:model", "no-such-model"])
def test_a_model_that_nobody_knows_is_misconfigured(opens: Opens, name: str) -> None:
    with pytest.raises(Misconfigured):
        Chat.of(opens(llm_model=name), Prompts()["shape"])


async def test_nobody_listens(opens: Opens) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    closed = Chat.of(opens(llm_base_url=f"http://127.0.0.1:{port}/v1"), Prompts()["shape"])
    with pytest.raises(ModelUnavailable):
        await closed.decide(PROMPT, SqlOut)


async def test_a_turn_asks_only_so_often(model: Standin, opens: Opens) -> None:
    model.rules = [when("", GOOD)]
    chat = Chat.of(opens(llm_calls_a_turn=2), Prompts()["shape"])
    with thinking(), pytest.raises(ModelSpent):
        for _ in range(3):
            await chat.decide(PROMPT, SqlOut)
    assert len(model.calls) == 2


async def test_turns_at_the_same_time_are_counted_apart(model: Standin, chat: Chat) -> None:
    model.rules = [when("", GOOD)]
    with thinking() as first:
        await chat.decide(PROMPT, SqlOut)
        with thinking() as second:
            await chat.decide(PROMPT, SqlOut)
    assert (first.calls, second.calls) == (1, 1)


def test_errors_that_speak_of_the_service_are_told_from_those_of_one_question() -> None:
    down: tuple[Any, ...] = (ModelUnauthorised, ModelRateLimited, ModelUnavailable, ModelTimeout, ModelRejected)
    assert all(issubclass(kind, ModelDown) for kind in down)
    assert not any(issubclass(kind, ModelDown) for kind in (ModelOutputMalformed, ModelRefused, ModelFiltered))
