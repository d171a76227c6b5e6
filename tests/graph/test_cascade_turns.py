"""Turns of a crew in cascade: the ordinary costs nothing, the rest is the model's, and its absence is not noticed."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest
import pytest_asyncio
from pydantic import SecretStr

from agents.brains.cascade.brain import CascadeBrain
from agents.brains.llm.brain import LlmBrain
from agents.brains.offline.brain import OfflineBrain
from evals.model_standin.answers import Fails, Rule, Says, rate_limited, saying, unauthorised, when
from evals.model_standin.app import KEY, Standin
from evals.model_standin.asked import Asked
from graph.app import Crew
from graph.messages import TurnRequest, TurnResult
from graph.telling import Piece, Restart, TurnEvent
from policy.roles import Role
from tests.conftest import PHONES
from tests.graph.llm_crews import PATIENT

Open = Callable[..., AbstractAsyncContextManager[Crew]]
STRANGE = "pues resulta que el chisme ese de mi cuñado no sé si lo suyo va o qué, vosotros veréis"
ORDINARY = {
    "¿Qué contratos tengo?": Role.CLIENT,
    "Mi caldera pierde agua, ¿podéis venir?": Role.CLIENT,
    "Quiero hablar con una persona": Role.CLIENT,
    "Hola, buenos días": Role.CLIENT,
    "¿Cuántos contratos vencen este mes?": Role.ADMIN,
    "¿Qué intervenciones tengo mañana?": Role.TECHNICIAN,
    "Estoy encerrado en el ascensor": Role.CLIENT,
}


@pytest.fixture
def with_model(standin: tuple[Standin, str], reopen: Open) -> Open:
    """Opens a crew with a model named: that alone makes it a cascade."""

    def opened(**changes: Any) -> AbstractAsyncContextManager[Crew]:
        return reopen(llm_base_url=f"{standin[1]}/v1", llm_api_key=SecretStr(KEY), **{**PATIENT, **changes})

    return opened


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def cascade(standin: tuple[Standin, str], reopen: Open) -> AsyncIterator[Crew]:
    async with reopen(llm_base_url=f"{standin[1]}/v1", llm_api_key=SecretStr(KEY), **PATIENT) as crew:
        yield crew


@pytest.fixture(autouse=True)
def record(standin: tuple[Standin, str]) -> Iterator[Standin]:
    """What this test asked of the model; rules that it puts before the others are gone after it."""
    rules = standin[0].rules
    standin[0].forget()
    yield standin[0]
    standin[0].rules = rules


def first(standin: Standin, *rules: Rule) -> None:
    standin.rules = [*rules, *standin.rules]


async def ask(crew: Crew, message: str, role: Role = Role.CLIENT, conversation: str = "") -> TurnResult:
    where = conversation or f"cascade-{uuid4()}"
    return await crew.turns.answer(TurnRequest(message=message, sender=PHONES[role], conversation_id=where))


def first_words(asked: Asked) -> str:
    """A quote of the first passage that is shown."""
    return str(asked.data["passages"][0]["text"]).partition("\n")[0][:60]


async def listen(crew: Crew, message: str, role: Role) -> tuple[list[TurnEvent], TurnResult]:
    request = TurnRequest(message=message, sender=PHONES[role], conversation_id=f"listen-{uuid4()}")
    *events, result = [event async for event in crew.turns.stream(request)]
    assert isinstance(result, TurnResult)
    return [event for event in events if not isinstance(event, TurnResult)], result


async def test_which_brain_it_is_one_setting_says(crew: Crew, cascade: Crew, with_model: Open) -> None:
    assert isinstance(crew.parts.brain, OfflineBrain)
    assert isinstance(cascade.parts.brain, CascadeBrain)
    async with with_model(brain="llm") as asked, with_model(brain="offline") as alone:
        assert isinstance(asked.parts.brain, LlmBrain)
        assert isinstance(alone.parts.brain, OfflineBrain)


@pytest.mark.parametrize("message", ORDINARY)
async def test_the_ordinary_costs_no_call(cascade: Crew, record: Standin, message: str) -> None:
    result = await ask(cascade, message, ORDINARY[message])
    assert result.error is None and result.reply
    assert record.calls == [] and result.usage.model_calls == 0


async def test_the_strange_is_the_models_and_is_paid_for(cascade: Crew, record: Standin) -> None:
    first(record, when("understood", saying({"language": "es", "asks": [{"text": STRANGE, "intent": "human"}]})))
    where = f"cascade-{uuid4()}"
    result = await ask(cascade, STRANGE, conversation=where)
    assert result.handoff is not None
    assert result.usage.model_calls == len(record.calls) == 1
    with cascade.engine.connect() as connection:
        query = "SELECT calls, input_tokens FROM model_spending WHERE conversation_id = %s"
        (row,) = connection.exec_driver_sql(query, (f"client:1/{where}",)).fetchall()
    assert tuple(row) == (1, result.usage.input_tokens)


@pytest.mark.parametrize(
    "fault",
    [
        Fails(500),
        Fails(0),
        rate_limited(),
        unauthorised(),
        Says('{"quotes"', finish="length"),
        Says("no JSON"),
        Says(refusal="no"),
    ],
    ids=["500", "dies", "429", "401", "truncated", "text", "refusal"],
)
async def test_a_model_that_fails_is_not_noticed(with_model: Open, record: Standin, fault: Any) -> None:
    first(record, when("", fault))
    async with with_model(llm_attempts=1) as crew:
        strange, plain = await ask(crew, STRANGE), await ask(crew, "¿Qué contratos tengo?")
    assert record.calls
    assert strange.error is None and strange.reply
    assert plain.error is None and "contratos" in plain.reply


async def test_a_model_that_hangs_costs_the_time_of_a_turn_and_then_none(with_model: Open, record: Standin) -> None:
    asked: list[Asked] = []

    def hangs(one: Asked) -> Says:
        asked.append(one)
        return saying({}, after=30.0)

    first(record, hangs)
    async with with_model(llm_seconds_a_turn=0.3, llm_attempts=1) as crew:
        results = [await ask(crew, f"{STRANGE} {at}") for at in range(8)]
    assert all(result.error is None and result.reply for result in results)
    assert min(result.timings_ms["total"] for result in results[:5]) >= 300
    assert len(asked) == 5, "whoever comes after the breaker opened does not ask, and so does not wait"


async def test_a_ceiling_that_is_reached_leaves_the_model_alone(with_model: Open, record: Standin) -> None:
    async with with_model(llm_monthly_ceiling=Decimal(0)) as crew:
        result = await ask(crew, STRANGE)
    assert record.calls == []
    assert result.error is None and result.reply


async def test_an_answer_is_told_while_it_is_written(with_model: Open, record: Standin) -> None:
    async with with_model(brain="llm") as crew:
        events, result = await listen(crew, "¿Qué significa el error E4 del XP400?", Role.TECHNICIAN)
    answers = [asked for asked, _, _ in record.calls if asked.shape == "answer"]
    assert answers and answers[0].streams
    assert result.usage.output_tokens == record.output_tokens > 0
    assert Restart() not in events
    assert "".join(event.text for event in events if isinstance(event, Piece)) == result.reply


async def test_who_does_not_listen_is_not_told(with_model: Open, record: Standin) -> None:
    async with with_model(brain="llm") as crew:
        await ask(crew, "¿Qué significa el error E4 del XP400?", Role.TECHNICIAN)
    assert not any(asked.streams for asked, _, _ in record.calls)


async def test_a_guess_that_the_model_was_not_there_to_confirm_stands(with_model: Open, record: Standin) -> None:
    first(record, when("", Fails(503)))
    question = "¿puedo controlar el XP400 desde Alexa?"
    async with with_model(llm_attempts=1) as crew:
        result = await ask(crew, question)
    assert result.error is None and result.feedback_id is not None


async def test_what_the_passages_do_not_carry_is_never_told(with_model: Open, record: Standin) -> None:
    def invents(asked: Asked) -> Says | None:
        if asked.shape != "answer":
            return None
        quote = first_words(asked)
        return saying({"quotes": [quote], "text": "Llame al 666 123 456. Le costará 9.999 euros."})

    first(record, invents)
    async with with_model(brain="llm") as crew:
        events, result = await listen(crew, "¿Qué significa el error E4 del XP400?", Role.TECHNICIAN)
    assert not any("666" in event.text or "9.999" in event.text for event in events if isinstance(event, Piece))
    assert "9.999" not in result.reply


async def test_what_was_told_early_gives_way_when_the_end_cannot_stand(with_model: Open, record: Standin) -> None:
    def begins_well(asked: Asked) -> Says | None:
        if asked.shape != "answer":
            return None
        quote = first_words(asked)
        begins = quote.replace(".", ",")
        return saying({"quotes": [quote], "text": f"{begins}. Le costará 9.999 euros. Adiós."})

    first(record, begins_well)
    async with with_model(brain="llm") as crew:
        events, result = await listen(crew, "¿Qué significa el error E4 del XP400?", Role.TECHNICIAN)
    assert Restart() in events
    assert isinstance(events[events.index(Restart()) - 1], Piece)
    assert not any("9.999" in event.text for event in events if isinstance(event, Piece))
    told = events[events.index(Restart()) + 1 :]
    assert "".join(event.text for event in told if isinstance(event, Piece)) == result.reply


async def test_many_at_once_while_it_is_down(with_model: Open, record: Standin) -> None:
    first(record, when("", Fails(503)))
    async with with_model(llm_attempts=1) as crew:

        async def wave(name: str) -> list[TurnResult]:
            asked = [ask(crew, f"{STRANGE} {at}", conversation=f"{name}-{at}-{uuid4()}") for at in range(20)]
            return await asyncio.gather(*asked)

        results = await wave("first")
        called = len(record.calls)  # however many had begun before the breaker opened
        results += await wave("second")
    assert all(result.reply and result.error is None for result in results)
    assert called >= 5
    assert len(record.calls) == called
