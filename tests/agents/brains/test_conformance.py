"""What every brain must hold, whatever it is made of."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, get_args

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from agents.brains.protocol import (
    Brain,
    Clarify,
    Context,
    Draft,
    DraftOutcome,
    Facts,
    Intent,
    NotAllowed,
    NotUnderstood,
    Planned,
)
from agents.brains.thinking import thinking
from core.clock import FixedClock
from ingest.passages import Passage
from tools.sql.catalogue import Catalogue
from tools.sql.compile import compile_query

Speaking = Callable[..., Context]
OBLIGATIONS: dict[str, list[dict[str, Any]]] = yaml.safe_load(
    Path(__file__).with_name("obligations.yaml").read_text(encoding="utf-8")
)
MESSAGES = st.one_of(st.text(max_size=300), st.text(alphabet="¿?¡!.,;:\n 1043xXeE4aáñ*_`'\"-", max_size=200))


def every(kind: str) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("case", OBLIGATIONS[kind], ids=lambda case: next(iter(case.values()))[:40])


def passages(texts: list[str]) -> tuple[Passage, ...]:
    return tuple(
        Passage(at, at, "Manual", "user_manual", 1, "Uso", (), text, (), (), 1.0 - at / 10, 1.0)
        for at, text in enumerate(texts)
    )


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(text=MESSAGES, role=st.sampled_from(["client", "technician", "admin", "guest"]))
async def test_strange_text_never_raises(any_brain: Brain, speaking: Speaking, text: str, role: str) -> None:
    context = speaking(role)
    with thinking():
        route = await any_brain.route(text, context)
    assert route.language in ("es", "en") and route.asks
    for position, ask in enumerate(route.asks):
        assert ask.intent in Intent and 0.0 <= ask.confidence <= 1.0
        assert ask.needs is None or 0 <= ask.needs < position
    assert isinstance(await any_brain.plan(text, context), (Planned, Clarify, NotAllowed, NotUnderstood))
    assert isinstance(await any_brain.draft(text, context), get_args(DraftOutcome))
    assert await any_brain.answer(text, (), context) is None


async def test_the_same_message_is_read_the_same_way(any_brain: Brain, speaking: Speaking) -> None:
    message = "¿Cuándo vence mi garantía y cómo limpio los filtros?"
    routes = [await any_brain.route(message, speaking("client")) for _ in range(3)]
    assert routes[0] == routes[1] == routes[2]


@every("routes")
async def test_what_a_message_asks(any_brain: Brain, speaking: Speaking, case: dict[str, Any]) -> None:
    route = await any_brain.route(case["message"], speaking(case["role"]))
    assert [ask.intent.value for ask in route.asks] == case["intents"]
    assert route.language == case["language"]
    assert all(ask.text.strip() for ask in route.asks)


@every("plans")
async def test_a_plan_runs_for_whoever_asked(
    any_brain: Brain, speaking: Speaking, catalogue: Catalogue, case: dict[str, Any]
) -> None:
    context = speaking(case["role"])
    plan = await any_brain.plan(case["question"], context)
    assert isinstance(plan, Planned) and 0.0 < plan.confidence <= 1.0
    assert plan.query.entity == case["entity"]
    clock = FixedClock(context.now, context.now.tzinfo)  # type: ignore[arg-type]
    assert compile_query(plan.query, catalogue, context.principal, clock).sql.startswith("SELECT")


@every("plans")
async def test_what_was_thought_with_the_route_is_the_plan(
    any_brain: Brain, speaking: Speaking, case: dict[str, Any]
) -> None:
    context = speaking(case["role"])
    with thinking() as turn:
        route = await any_brain.route(case["question"], context)
        calls = turn.calls
        plan = await any_brain.plan(route.asks[0].text, context)
    assert isinstance(plan, Planned) and turn.calls == calls


@every("not_known")
async def test_what_no_data_holds_is_not_guessed(any_brain: Brain, speaking: Speaking, case: dict[str, Any]) -> None:
    assert not isinstance(await any_brain.plan(case["question"], speaking(case["role"])), Planned)


@every("drafts")
async def test_a_draft_says_what_will_be_written(any_brain: Brain, speaking: Speaking, case: dict[str, Any]) -> None:
    for language in ("es", "en"):
        draft = await any_brain.draft(case["request"], speaking(case["role"], language=language))
        assert isinstance(draft, Draft) and draft.action.value == case["action"]
        assert {key: draft.fields.get(key) for key in case["fields"]} == case["fields"]
        assert draft.summary.strip()


@every("refused")
async def test_what_a_role_may_not_write_is_not_drafted(
    any_brain: Brain, speaking: Speaking, case: dict[str, Any]
) -> None:
    assert not isinstance(await any_brain.draft(case["request"], speaking(case["role"])), Draft)


@every("answers")
async def test_an_answer_cites_what_it_says(any_brain: Brain, speaking: Speaking, case: dict[str, Any]) -> None:
    grounded = await any_brain.answer(case["question"], passages(case["passages"]), speaking("client"))
    assert grounded is not None and case["says"] in grounded.text
    assert grounded.used[0] == case["used"] and 0.0 < grounded.confidence <= 1.0


@every("unanswered")
async def test_what_no_passage_says_is_not_answered(any_brain: Brain, speaking: Speaking, case: dict[str, Any]) -> None:
    assert await any_brain.answer(case["question"], passages(case["passages"]), speaking("client")) is None


async def test_fixed_replies_are_in_the_language_of_the_person(any_brain: Brain, speaking: Speaking) -> None:
    spanish, english = [
        await any_brain.phrase(Facts("greeting"), speaking("client", language=language)) for language in ("es", "en")
    ]
    assert spanish.startswith("¡Hola") and english.startswith("Hello")
