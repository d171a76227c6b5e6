"""Who decides: offline when it is certain, the model otherwise, offline again when the model fails."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from agents.brains.cascade.brain import CascadeBrain
from agents.brains.cascade.certainty import NEVER
from agents.brains.offline.brain import OfflineBrain
from agents.brains.protocol import Brain, Context, Draft, Facts, Intent, Planned
from agents.brains.thinking import Reading, Thinking, thinking
from agents.sql_text import SqlWriter
from core.errors import ModelOutputMalformed, ModelUnavailable
from ingest.passages import Passage
from tests.agents.cascade.conftest import MODEL_ANSWER, MODEL_DRAFT, MODEL_PLAN, MODEL_ROUTE, ScriptedModel

Speaking = Callable[..., Context]
ORDINARY = [
    ("client", "¿Qué equipos tengo instalados?", Intent.DATA),
    ("client", "Quiero hablar con una persona", Intent.HUMAN),
    ("client", "Hola, buenos días", Intent.GREETING),
    ("client", "Mi caldera pierde agua, ¿podéis venir?", Intent.TICKET),
    ("technician", "¿Qué intervenciones tengo mañana?", Intent.DATA),
    ("admin", "¿Cuántos contratos vencen este mes?", Intent.DATA),
    ("client", "¿Cómo limpio los filtros del aire?", Intent.DOCUMENTS),
]
STRANGE = "pues resulta que el chisme ese de mi cuñado no sé si lo suyo va o qué, vosotros veréis"
FILTERS = "Cada dos semanas, limpie los filtros de aire con agua templada y déjelos secar a la sombra."


def passage(content: str, coverage: float = 0.9) -> Passage:
    return Passage(
        1, 1, "Manual", "user_manual", 3, "Limpieza de los filtros", ("Cuidados",), content, (), (), 1.0, coverage
    )


@pytest.mark.parametrize(("role", "message", "intent"), ORDINARY)
async def test_the_ordinary_costs_no_call(
    cascade: CascadeBrain, model: ScriptedModel, speaking: Speaking, role: str, message: str, intent: Intent
) -> None:
    route = await cascade.route(message, speaking(role))
    assert {ask.intent for ask in route.asks} == {intent}
    assert model.asked == []


async def test_the_strange_is_the_models(cascade: CascadeBrain, model: ScriptedModel, speaking: Speaking) -> None:
    assert await cascade.route(STRANGE, speaking("client")) == MODEL_ROUTE
    assert model.asked == ["route"]


async def test_what_the_model_routed_it_plans_and_drafts(cascade: CascadeBrain, speaking: Speaking) -> None:
    with thinking(Thinking("c", 5.0)) as turn:
        await cascade.route(STRANGE, speaking("client"))
        assert turn.by_model
        assert await cascade.plan("¿Qué equipos tengo instalados?", speaking("client")) == MODEL_PLAN
        assert await cascade.draft("Mi caldera pierde agua, ¿podéis venir?", speaking("client")) == MODEL_DRAFT


async def test_what_offline_routed_it_plans(cascade: CascadeBrain, model: ScriptedModel, speaking: Speaking) -> None:
    with thinking(Thinking("c", 5.0)):
        message = "¿Qué equipos tengo instalados?"
        await cascade.route(message, speaking("client"))
        assert isinstance(await cascade.plan(message, speaking("client")), Planned)
        assert isinstance(await cascade.draft("Mi caldera pierde agua, ¿podéis venir?", speaking("client")), Draft)
    assert model.asked == []


async def test_passages_that_answer_are_quoted_without_a_call(
    cascade: CascadeBrain, model: ScriptedModel, speaking: Speaking
) -> None:
    likely = replace(cascade, certainty=replace(cascade.certainty, threshold=0.5))
    found = await likely.answer("¿Cada cuánto limpio los filtros de aire?", (passage(FILTERS),), speaking("client"))
    assert found is not None and "dos semanas" in found.text
    assert model.asked == []


async def test_a_question_that_offline_only_guesses_is_read_with_what_was_found(
    cascade: CascadeBrain, model: ScriptedModel, speaking: Speaking
) -> None:
    question, unsure = "¿Cada cuánto limpio los filtros de aire?", replace(cascade, certainty=NEVER)
    likely = replace(cascade, certainty=replace(cascade.certainty, threshold=0.5))
    with thinking(Thinking("c", 5.0)) as turn:
        route = await unsure.route(question, speaking("client"))
        assert [ask.intent for ask in route.asks] == [Intent.DOCUMENTS] and model.asked == []
        assert turn.reading is Reading.GUESSED
        assert await likely.answer(question, (passage(FILTERS),), speaking("client")) == MODEL_ANSWER
        turn.reading = Reading.MISREAD
        assert await unsure.route(question, speaking("client")) == MODEL_ROUTE


async def test_while_an_answer_is_waited_for_nothing_is_guessed(cascade: CascadeBrain, speaking: Speaking) -> None:
    waiting = replace(speaking("client"), options=("CB24", "XP400"))
    unsure = replace(cascade, certainty=NEVER)
    assert await unsure.route("¿Cada cuánto limpio los filtros de aire?", waiting) == MODEL_ROUTE


async def test_a_second_opinion_that_offline_sees_no_query_in_costs_no_call(
    cascade: CascadeBrain, model: ScriptedModel, speaking: Speaking
) -> None:
    with thinking(Thinking("c", 5.0, to_documents=frozenset({STRANGE}))):
        assert not isinstance(await cascade.plan(STRANGE, speaking("client")), Planned)
    assert model.asked == []


async def test_passages_that_do_not_are_read_by_the_model(
    cascade: CascadeBrain, model: ScriptedModel, speaking: Speaking
) -> None:
    shown = (passage("La garantía cubre dos años.", 0.1),)
    assert await cascade.answer("¿Cada cuánto limpio los filtros?", shown, speaking("client")) == MODEL_ANSWER
    assert model.asked == ["answer"]


@pytest.mark.parametrize("error", [ModelUnavailable(), ModelOutputMalformed()], ids=lambda error: error.code)
async def test_when_the_model_fails_offline_answers(
    cascade: CascadeBrain, brain: OfflineBrain, model: ScriptedModel, speaking: Speaking, error: ModelUnavailable
) -> None:
    model.error = error
    context, shown = speaking("client"), (passage("La garantía cubre dos años.", 0.1),)
    with thinking(Thinking("c", 5.0)) as turn:
        assert await cascade.route(STRANGE, context) == await brain.route(STRANGE, context)
        assert not turn.by_model
        assert await cascade.plan(STRANGE, context) == await brain.plan(STRANGE, context)
        assert await cascade.draft(STRANGE, context) == await brain.draft(STRANGE, context)
        assert await cascade.answer(STRANGE, shown, context) == await brain.answer(STRANGE, shown, context)
        assert await cascade.write_sql(STRANGE, "", (), context) is None
    assert model.asked


async def test_words_are_never_the_models(cascade: CascadeBrain, model: ScriptedModel, speaking: Speaking) -> None:
    assert await cascade.phrase(Facts("thanks"), speaking("client"))
    assert model.asked == []


async def test_it_writes_sql_where_the_model_does(cascade: CascadeBrain, speaking: Speaking) -> None:
    assert isinstance(cascade, SqlWriter)
    assert await cascade.write_sql("x", "", (), speaking("admin")) == "SELECT 1"


async def test_without_certainty_everything_is_the_models(cascade: CascadeBrain, speaking: Speaking) -> None:
    everything: Brain = replace(cascade, certainty=NEVER)
    assert await everything.route("Hola, buenos días", speaking("client")) == MODEL_ROUTE
    assert await everything.plan("¿Qué equipos tengo instalados?", speaking("client")) == MODEL_PLAN
