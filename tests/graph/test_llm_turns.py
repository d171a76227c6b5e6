"""Turns of a crew that asks a language model: as few calls as may be, counted, and the same guarantees."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from evals.model_standin.app import Standin
from graph.app import Crew
from policy.roles import Role


@pytest.fixture(autouse=True)
def record(standin: tuple[Standin, str]) -> Iterator[Standin]:
    """What this test asked of the model."""
    standin[0].forget()
    yield standin[0]


@pytest.fixture
def talk_llm(talk: Callable[..., Any], llm_crew: Crew) -> Callable[[Role], Any]:
    return lambda role: talk(role).on(llm_crew)


async def test_a_question_to_the_data_costs_one_call(talk_llm: Callable[[Role], Any], record: Standin) -> None:
    result = await talk_llm(Role.ADMIN)("¿Cuántos contratos están por vencer este mes?")
    assert result.intents == ["data"] and result.specialists == ["sql_reader"] and result.sql
    assert [asked.shape for asked, _, _ in record.calls] == ["understood"]
    assert result.usage.model_calls == 1
    assert (result.usage.input_tokens, result.usage.output_tokens) == (record.input_tokens, record.output_tokens)


async def test_a_question_to_the_documents_costs_two(talk_llm: Callable[[Role], Any], record: Standin) -> None:
    result = await talk_llm(Role.TECHNICIAN)("¿Qué significa el error E4 del XP400?")
    assert result.citations and result.specialists == ["rag_docs"]
    assert [asked.shape for asked, _, _ in record.calls] == ["understood", "answer"]
    assert result.usage.model_calls == 2


async def test_a_visit_is_drafted_in_one_call_and_waits_for_a_yes(
    talk_llm: Callable[[Role], Any], record: Standin
) -> None:
    says = talk_llm(Role.CLIENT)
    result = await says("Mi caldera pierde agua, ¿podéis venir?")
    assert result.pending_confirmation is not None and result.pending_confirmation.action == "request_visit"
    assert not result.written and result.usage.model_calls == 1
    refused = await says("no, déjalo")
    assert not refused.written and refused.pending_confirmation is None


async def test_an_emergency_asks_no_model(talk_llm: Callable[[Role], Any], record: Standin) -> None:
    result = await talk_llm(Role.CLIENT)("Estoy encerrado en el ascensor")
    assert result.handoff is not None and result.handoff.priority == "urgent"
    assert record.calls == [] and result.usage.model_calls == 0
