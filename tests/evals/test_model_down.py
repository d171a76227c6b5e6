"""The bench of an outage, in small: every message gets an answer or a person, and none an error text."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager

import pytest
from pydantic import SecretStr
from rich.console import Console

from bench.model_down import FAULTS, Heard, measure, report
from evals.model_standin.app import KEY, Standin
from graph.app import Crew
from graph.messages import TurnResult
from tests.graph.conftest import crew as crew
from tests.graph.conftest import crew_settings as crew_settings
from tests.graph.conftest import crew_url as crew_url
from tests.graph.conftest import reopen as reopen
from tests.graph.conftest import standin as standin


async def test_nobody_notices_that_the_model_is_away(
    standin: tuple[Standin, str], reopen: Callable[..., AbstractAsyncContextManager[Crew]]
) -> None:
    model, address = standin
    rules = model.rules
    named = {"llm_base_url": f"{address}/v1", "llm_api_key": SecretStr(KEY)}
    async with reopen(brain="cascade", llm_seconds_a_turn=0.5, llm_attempts=1, **named) as crew:
        heard, _ = await measure(crew, model, 3.0, 6.0, calm=0.5, patience=0.1)
    model.rules = rules
    assert {item.phase for item in heard} == {"up", "back", *FAULTS}
    assert [item.result.reply for item in heard if item.broken] == []
    figures, _ = report(Console(quiet=True), heard, 1.0)
    assert sum(found["messages"] for name, found in figures.items() if name != "asked_again_s") == len(heard)


@pytest.mark.parametrize(("seconds", "broken", "holds"), [(1.0, False, True), (16.0, False, False), (1.0, True, False)])
def test_what_must_hold(seconds: float, broken: bool, holds: bool) -> None:
    result = TurnResult(turn_id="00000000-0000-0000-0000-000000000000", reply="Hola")  # type: ignore[arg-type]
    heard = [Heard("hangs", 0.0, seconds, result, broken)] * 3
    assert report(Console(quiet=True), heard, 1.0)[1] is holds
    assert not report(Console(quiet=True), heard, None)[1]
