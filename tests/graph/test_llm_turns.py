"""Turns of a crew that asks a language model: as few calls as may be, counted, and the same guarantees."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from evals.model_standin.answers import Answer, Fails, Recovers, Rule, Says, rate_limited, saying, unauthorised, when
from evals.model_standin.app import Standin
from evals.model_standin.asked import Asked
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


@pytest.fixture
def script(standin: tuple[Standin, str]) -> Iterator[Callable[..., None]]:
    """Has the model answer by rules of this test, before it is competent."""
    usual = standin[0].rules

    def begin(*rules: Rule) -> None:
        standin[0].rules = [*rules, *usual]

    yield begin
    standin[0].rules = usual


async def test_a_question_to_the_data_costs_one_call(talk_llm: Callable[[Role], Any], record: Standin) -> None:
    result = await talk_llm(Role.ADMIN)("¿Cuántos contratos están por vencer este mes?")
    assert result.intents == ["data"] and result.specialists == ["sql_reader"] and result.sql
    assert [asked.shape for asked, _, _ in record.calls] == ["understood"]
    assert result.usage.model_calls == 1
    assert (result.usage.input_tokens, result.usage.output_tokens) == (record.input_tokens, record.output_tokens)


def shapes(standin: Standin) -> list[str]:
    return [asked.shape for asked, _, _ in standin.calls]


async def test_a_question_to_the_documents_costs_one_too(talk_llm: Callable[[Role], Any], record: Standin) -> None:
    result = await talk_llm(Role.TECHNICIAN)("¿Qué significa el error E4 del XP400?")
    assert result.citations and result.specialists == ["rag_docs"]
    assert shapes(record) == ["answer"] and result.usage.model_calls == 1


async def test_what_the_documents_do_not_say_is_not_looked_for_in_the_data(
    talk_llm: Callable[[Role], Any], record: Standin
) -> None:
    result = await talk_llm(Role.CLIENT)("¿puedo controlar el XP400 desde Alexa?")
    assert not result.citations and result.feedback_id is not None
    assert shapes(record) == ["answer"]


@pytest.mark.parametrize("said", [{"other": True}, {"other": True, "quotes": ["E4"], "text": "El error E4."}])
async def test_what_was_guessed_wrong_is_read_anew(
    talk_llm: Callable[[Role], Any], script: Callable[..., None], record: Standin, said: dict[str, Any]
) -> None:
    asks = [{"intent": "human", "reason": "complaint"}]
    script(when("answer", saying(said)), when("understood", saying({"language": "es", "asks": asks})))
    result = await talk_llm(Role.TECHNICIAN)("¿Qué significa el error E4 del XP400?")
    assert result.intents == ["human"] and result.handoff is not None and not result.citations
    assert shapes(record) == ["answer", "understood"]


async def test_of_several_things_each_is_answered_when_one_was_guessed(
    talk_llm: Callable[[Role], Any], script: Callable[..., None], record: Standin
) -> None:
    asks = [{"intent": "documents"}, {"text": "¿Cuántos clientes tenemos?", "intent": "data", "query": COUNT}]

    def wants_more(asked: Asked) -> Answer | None:
        return saying({"other": True}) if asked.shape == "answer" and "`other`" in asked.system else None

    script(wants_more, when("understood", saying({"language": "es", "asks": asks})))
    result = await talk_llm(Role.ADMIN)("¿Qué significa el error E4 del XP400?")
    assert result.citations and result.sql
    assert shapes(record) == ["answer", "understood", "answer"]


async def test_a_fact_of_the_company_is_told(talk_llm: Callable[[Role], Any], record: Standin) -> None:
    result = await talk_llm(Role.CLIENT)("vuestro CIF")
    assert "B99000001" in result.reply


async def test_nobody_is_asked_again_for_what_was_told(talk_llm: Callable[[Role], Any], record: Standin) -> None:
    result = await talk_llm(Role.CLIENT)("me ha salido FC en la pantalla")
    assert result.citations and shapes(record) == ["answer"]


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


DOWN: list[Answer] = [unauthorised(), rate_limited(3600), Fails(500), Fails(0), Says("no JSON"), Says(refusal="No.")]


@pytest.mark.parametrize("fault", DOWN, ids=repr)
async def test_without_an_answer_of_the_model_a_person_takes_over(
    talk_llm: Callable[[Role], Any], script: Callable[..., None], fault: Answer
) -> None:
    script(when("understood", fault))
    result = await talk_llm(Role.CLIENT)("¿Cuándo vence mi garantía?")
    assert result.handoff is not None and result.handoff.reason == "model_down"
    assert "garantía" in result.handoff.summary
    assert "persona del equipo" in result.reply and result.error is not None and result.error.startswith("model_")
    assert result.usage.model_calls >= 1


async def test_a_model_that_fails_on_the_way_leaves_it_to_a_person(
    talk_llm: Callable[[Role], Any], script: Callable[..., None]
) -> None:
    script(when("answer", Fails(500)))
    result = await talk_llm(Role.TECHNICIAN)("¿Qué significa el error E4 del XP400?")
    assert result.handoff is not None and result.handoff.reason == "model_down"
    assert result.error == "model_unavailable" and not result.citations


async def test_what_passes_is_not_noticed(talk_llm: Callable[[Role], Any], script: Callable[..., None]) -> None:
    understood = {"language": "es", "asks": [{"text": "¿Cuántos clientes?", "intent": "data", "query": COUNT}]}
    script(Recovers(Fails(503), when("understood", saying(understood))))
    result = await talk_llm(Role.ADMIN)("¿Cuántos clientes tenemos, por cierto?")
    assert result.specialists == ["sql_reader"] and result.usage.model_calls == 2


COUNT = {"entity": "client", "measures": [{"agg": "count"}]}


async def test_a_query_that_makes_no_sense_is_mended_once(
    talk_llm: Callable[[Role], Any], script: Callable[..., None], record: Standin
) -> None:
    wrong = {**COUNT, "filters": [{"field": "colour", "op": "eq", "values": ["red"]}]}
    understood = {"language": "es", "asks": [{"text": "¿Cuántos clientes rojos?", "intent": "data", "query": wrong}]}
    script(when("understood", saying(understood)), when("plan", saying({"query": COUNT}), about="colour"))
    result = await talk_llm(Role.ADMIN)("¿Cuántos clientes rojos tenemos?")
    assert result.specialists == ["sql_reader"] and result.usage.model_calls == 2
    refused = record.calls[1][0].data["refused"][0]
    assert refused["query"] == wrong and "colour" in refused["problem"]


async def test_a_turn_with_several_things_costs_no_more_calls(talk_llm: Callable[[Role], Any], record: Standin) -> None:
    result = await talk_llm(Role.ADMIN)("¿Cuántos contratos vencen este mes? ¿Y cuántos técnicos tenemos?")
    assert len(result.sql or []) == 2 and result.usage.model_calls == 1


async def test_what_is_asked_next_is_read_in_its_conversation(talk_llm: Callable[[Role], Any], record: Standin) -> None:
    says = talk_llm(Role.ADMIN)
    await says("¿Cuántos contratos vencen este mes?")
    record.forget()
    result = await says("¿y el mes que viene?")
    shown = record.calls[0][0].data
    assert shown["last_query"]["entity"] == "contract" and shown["earlier"][0]["said"].startswith("¿Cuántos")
    assert result.specialists == ["sql_reader"]


async def test_what_is_withheld_is_said_to_be_withheld(
    talk_llm: Callable[[Role], Any], script: Callable[..., None]
) -> None:
    asks = [{"text": "¿Cuántos XP400 tenéis en el almacén de Madrid?", "intent": "data"}]
    script(when("understood", saying({"language": "es", "asks": asks})))
    result = await talk_llm(Role.CLIENT)("¿Cuántos XP400 tenéis en el almacén de Madrid?")
    assert result.denied is not None and result.usage.model_calls == 1
