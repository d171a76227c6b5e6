"""What every brain must hold, whatever it is made of."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import get_args

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from agents.brains.protocol import (
    Brain,
    Clarify,
    Context,
    Draft,
    DraftOutcome,
    Intent,
    NotAllowed,
    NotUnderstood,
    Planned,
)

Speaking = Callable[..., Context]
BRAINS = ("offline",)
MESSAGES = st.one_of(st.text(max_size=300), st.text(alphabet="¿?¡!.,;:\n 1043xXeE4aáñ*_`'\"-", max_size=200))


@pytest.fixture(params=BRAINS, scope="session")
def any_brain(request: pytest.FixtureRequest) -> Brain:
    brain: Brain = request.getfixturevalue({"offline": "brain"}[request.param])
    return brain


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(text=MESSAGES, role=st.sampled_from(["client", "technician", "admin", "guest"]))
def test_strange_text_never_raises(any_brain: Brain, speaking: Speaking, text: str, role: str) -> None:
    context = speaking(role)

    async def everything() -> None:
        route = await any_brain.route(text, context)
        assert route.language in ("es", "en") and route.asks
        for position, ask in enumerate(route.asks):
            assert ask.intent in Intent and 0.0 <= ask.confidence <= 1.0
            assert ask.needs is None or 0 <= ask.needs < position
        assert isinstance(await any_brain.plan(text, context), (Planned, Clarify, NotAllowed, NotUnderstood))
        assert isinstance(await any_brain.draft(text, context), get_args(DraftOutcome))
        assert await any_brain.answer(text, (), context) is None

    asyncio.run(everything())


async def test_the_same_message_is_read_the_same_way(any_brain: Brain, speaking: Speaking) -> None:
    message = "¿Cuándo vence mi garantía y cómo limpio los filtros?"
    routes = [await any_brain.route(message, speaking("client")) for _ in range(3)]
    assert routes[0] == routes[1] == routes[2]


async def test_a_guest_writes_nothing(any_brain: Brain, speaking: Speaking) -> None:
    for text in ("mi caldera pierde agua, ¿podéis venir?", "cierra la 1043", "asigna la 1050 a Laura"):
        assert not isinstance(await any_brain.draft(text, speaking("guest")), Draft)
