"""Whatever the model does, there is an answer: its own, or the one kept for otherwise."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

import pytest

from agents.brains.cascade.breaker import Breaker
from agents.brains.cascade.governor import STUDIO, Governor
from agents.brains.cascade.turn import ModelTurn, Spent, current_turn, model_turn
from core.errors import BadInput, CuadrillaError, Unavailable


@dataclass
class Purse:
    """Says what it is told to, and keeps what was paid."""

    open: bool = True
    paid: list[tuple[str, Spent]] = field(default_factory=list)

    async def allows(self, conversation: str) -> bool:
        return self.open and bool(conversation)

    async def pay(self, conversation: str, used: Spent) -> None:
        self.paid.append((conversation, used))


async def answers() -> str:
    turn = current_turn()
    assert turn is not None
    turn.use(Spent(1, 100, 10))
    return "model"


def fails(error: CuadrillaError) -> object:
    async def ask() -> str:
        raise error

    return ask


@pytest.fixture
def purse() -> Purse:
    return Purse()


@pytest.fixture
def governor(purse: Purse) -> Governor:
    return Governor(5.0, 2, Breaker(least=3), purse)


async def test_the_models_answer_is_paid_for(governor: Governor, purse: Purse) -> None:
    with model_turn(ModelTurn("c", 5.0, 2)) as turn:
        assert await governor.ask("route", answers, "offline") == "model"
    assert purse.paid == [("c", Spent(1, 100, 10))]
    assert turn.used == Spent(1, 100, 10)
    assert turn.calls == 1


async def test_outside_of_a_turn_it_is_paid_by_studio(governor: Governor, purse: Purse) -> None:
    assert await governor.ask("route", answers, "offline") == "model"
    assert purse.paid == [(STUDIO, Spent(1, 100, 10))]


@pytest.mark.parametrize("error", [Unavailable(), BadInput(), CuadrillaError()], ids=lambda error: error.code)
async def test_a_failure_gives_the_other_answer(governor: Governor, error: CuadrillaError) -> None:
    assert await governor.ask("route", fails(error), "offline") == "offline"  # type: ignore[arg-type]


async def test_a_turn_has_so_many_calls(governor: Governor) -> None:
    with model_turn(ModelTurn("c", 5.0, 2)):
        assert [await governor.ask("answer", answers, "offline") for _ in range(3)] == ["model", "model", "offline"]


async def test_a_model_that_takes_too_long_is_not_waited_for_twice(governor: Governor) -> None:
    async def hangs() -> str:
        await asyncio.sleep(60)
        return "model"

    with model_turn(ModelTurn("c", 0.02, 9)) as turn:
        assert await governor.ask("route", hangs, "offline") == "offline"
        assert turn.seconds <= 0
        assert await governor.ask("plan", answers, "offline") == "offline"


async def test_no_money_no_call(governor: Governor, purse: Purse) -> None:
    purse.open = False
    assert await governor.ask("route", answers, "offline") == "offline"
    assert purse.paid == []


async def test_a_model_that_is_down_is_left_alone(governor: Governor) -> None:
    asked = 0

    async def down() -> str:
        nonlocal asked
        asked += 1
        raise Unavailable

    assert [await governor.ask("route", down, "offline") for _ in range(10)] == ["offline"] * 10
    assert asked == 3


async def test_answers_that_make_no_sense_do_not_make_it_down(governor: Governor) -> None:
    for _ in range(5):
        await governor.ask("route", fails(BadInput()), "offline")  # type: ignore[arg-type]
    assert await governor.ask("route", answers, "offline") == "model"


async def test_retry_after_is_honoured(governor: Governor) -> None:
    await governor.ask("route", fails(Unavailable(retry_after=20.0)), "offline")  # type: ignore[arg-type]
    assert governor.breaker.is_open


async def test_a_turn_that_is_cancelled_is_no_failure_of_the_model(governor: Governor) -> None:
    async def hangs() -> str:
        await asyncio.sleep(60)
        return "model"

    for _ in range(5):
        task = asyncio.create_task(governor.ask("route", hangs, "offline"))
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
    assert not governor.breaker.is_open


async def test_what_a_failed_call_used_is_paid(governor: Governor, purse: Purse) -> None:
    async def truncated() -> str:
        await answers()
        raise BadInput

    with model_turn(ModelTurn("c", 5.0, 2)):
        assert await governor.ask("route", truncated, "offline") == "offline"
    assert purse.paid == [("c", Spent(1, 100, 10))]
