"""Long messages: what only gives the reason, greets or corrects does not count against the question."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from agents.brains.offline.planning import Planner
from agents.brains.offline.planning.clauses import clauses_of, without_reasons
from agents.brains.protocol import Context, NotUnderstood

from .notation import write


@pytest.mark.parametrize(
    ("ask", "plain"),
    [
        (
            "mañana tengo reunión con el jefe y me pide el dato de cuántos contratos vencen este mes, "
            "me lo puedes decir?",
            "cuántos contratos vencen este mes",
        ),
        (
            "estoy preparando el pedido de material y me hace falta saber qué recambios están por debajo del mínimo en "
            "Madrid",
            "qué recambios están por debajo del mínimo en Madrid",
        ),
        ("averías abiertas en Sevilla, tengo que llamar a los vecinos", "averías abiertas en Sevilla"),
        ("teléfono de Lucía Ferrer es para un presupuesto", "teléfono de Lucía Ferrer"),
        ("¿qué contratos vencen este mes? Trabajo fuera y tengo que pedir permiso", "qué contratos vencen este mes"),
        ("cuándo se me acaba el contrato 12, es que quiero cambiarme de compañía", "cuándo se me acaba el contrato 12"),
        ("dónde está el pedido 12, soy nuevo y no entiendo de esto", "dónde está el pedido 12"),
    ],
)
def test_the_clause_that_asks_is_what_counts(
    ask: str, plain: str, planner: Planner, context_of: Callable[[str], Context]
) -> None:
    assert write(planner.plan(ask, context_of("admin"))) == write(planner.plan(plain, context_of("admin")))


@pytest.mark.parametrize(
    "ask",
    [
        "clientes con contrato, pero que no tienen gato",
        "cuántas averías hubo por culpa del gato",
        "stock bajo mínimos en Zaragoza y cuánto falta para llegar a la luna",
    ],
)
def test_a_condition_nobody_understands_is_not_dropped(
    ask: str, planner: Planner, context_of: Callable[[str], Context]
) -> None:
    assert isinstance(planner.plan(ask, context_of("admin")), NotUnderstood)


def test_clauses() -> None:
    assert clauses_of("Hola. Tengo prisa, ¿cuántas hay?") == ["Hola", "Tengo prisa", "¿cuántas hay"]
    asks = "dime".__contains__
    assert without_reasons("dónde está, tengo que ir", ("tengo que",), asks) == "dónde está,"
    assert without_reasons("tengo que ir", ("tengo que",), asks) == "tengo que ir"
