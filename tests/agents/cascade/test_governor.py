"""Whatever the model does, there is an answer: its own, or the one kept for otherwise."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from agents.brains.cascade.breaker import Breaker
from agents.brains.cascade.governor import Governor
from agents.brains.thinking import Thinking, thinking
from core.errors import (
    BadInput,
    CuadrillaError,
    ModelFailed,
    ModelOutputMalformed,
    ModelRateLimited,
    ModelRefused,
    ModelSpent,
    ModelTimeout,
    ModelUnavailable,
)

Ask = Callable[[], Awaitable[str]]


async def answers() -> str:
    return "model"


async def hangs() -> str:
    await asyncio.sleep(60)
    return "model"


def fails(error: CuadrillaError) -> Ask:
    async def ask() -> str:
        raise error

    return ask


@pytest.fixture
def governor() -> Governor:
    return Governor(Breaker(least=3))


async def test_the_model_answers_and_its_time_is_counted(governor: Governor) -> None:
    with thinking(Thinking("c", 5.0)) as turn:
        assert await governor.ask("route", answers, "offline") == "model"
    assert turn.seconds < 5.0


async def test_outside_of_a_turn_it_is_asked_too(governor: Governor) -> None:
    assert await governor.ask("route", answers, "offline") == "model"


@pytest.mark.parametrize(
    "error",
    [
        ModelUnavailable(),
        ModelTimeout(),
        ModelOutputMalformed(),
        ModelRefused(),
        ModelSpent(),
        ModelFailed(),
        BadInput(),
    ],
    ids=lambda error: error.code,
)
async def test_a_failure_gives_the_other_answer(governor: Governor, error: CuadrillaError) -> None:
    assert await governor.ask("route", fails(error), "offline") == "offline"


async def test_a_model_that_takes_too_long_is_not_waited_for_twice(governor: Governor) -> None:
    with thinking(Thinking("c", 0.02)) as turn:
        assert await governor.ask("route", hangs, "offline") == "offline"
        assert turn.seconds <= 0
        assert await governor.ask("plan", answers, "offline") == "offline"


async def test_a_model_that_is_down_is_left_alone(governor: Governor) -> None:
    asked = 0

    async def down() -> str:
        nonlocal asked
        asked += 1
        raise ModelUnavailable

    assert [await governor.ask("route", down, "offline") for _ in range(10)] == ["offline"] * 10
    assert asked == 3


@pytest.mark.parametrize("error", [ModelOutputMalformed(), ModelRefused(), ModelSpent()], ids=lambda error: error.code)
async def test_what_makes_no_sense_or_costs_too_much_does_not_make_it_down(
    governor: Governor, error: CuadrillaError
) -> None:
    for _ in range(5):
        await governor.ask("route", fails(error), "offline")
    assert await governor.ask("route", answers, "offline") == "model"


async def test_retry_after_is_honoured(governor: Governor) -> None:
    await governor.ask("route", fails(ModelRateLimited(retry_after=20.0)), "offline")
    assert governor.breaker.is_open


async def test_a_turn_that_is_cancelled_is_no_failure_of_the_model(governor: Governor) -> None:
    for _ in range(5):
        task = asyncio.create_task(governor.ask("route", hangs, "offline"))
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
    assert not governor.breaker.is_open
