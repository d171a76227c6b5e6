"""The judges: fair about form, strict about substance."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest

from evals.cases import Expect
from evals.judges import Evidence, Row, agrees, judge
from evals.values import Reply, load_words
from graph.messages import Citation, Denial, Handoff, PendingConfirmation, TurnResult

WORDS = load_words()


def said(text: str) -> Reply:
    return Reply(text, WORDS, ZoneInfo("Europe/Madrid"))


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (Decimal("1234.50"), "En total, 1.234,50 €."),
        (Decimal("1234.50"), "That is €1,234.50 in all."),
        (Decimal("1234.50"), "Son 1234,5 euros"),
        (Decimal("3.4667"), "3,47 horas de media"),
        (Decimal("2.5"), "Tardas 2 h 30 min de media"),
        (Decimal("1.3333"), "1 h y 20 min"),
        (Decimal("51.0333"), "mantenimiento: *51 %*"),
        (Decimal("2.0042"), "mantenimiento: *2 horas*"),
        (Decimal("27.4"), "1 día y 3 horas de media"),
        (12, "Vencen **12** contratos."),
        (3, "Tienes tres equipos."),
        (0, "No hay ninguno."),
        (1000, "1.000 intervenciones"),
        (date(2026, 3, 15), "Vence el 15 de marzo de 2026."),
        (date(2026, 3, 15), "15/03/2026"),
        (date(2026, 3, 5), "el 5/3/26"),
        (date(2026, 3, 5), "el jueves 5 de marzo a las 10:00"),
        (date(2026, 3, 15), "March 15, 2026"),
        (date(2026, 3, 15), "15 March 2026"),
        ("+34600123456", "Teléfono: 600 12 34 56"),
        ("completed", "La visita está completada."),
        ("Lucía Pérez Gómez", "- LUCIA PEREZ GOMEZ: 3"),
    ],
)
def test_says_however_it_is_written(value: object, text: str) -> None:
    assert said(text).says(value)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (400, "El XP400 está en Madrid."),
        (15, "Vence el 15/03/2026."),
        (15, "Vence el 15 de marzo de 2026."),
        (10, "Viene a las 10:30."),
        (Decimal("3.47"), "Unas 3 horas"),
        (Decimal("30"), "1 día y 3 horas de media"),
        (12, "Son 120 contratos."),
        (date(2026, 3, 15), "15 de marzo de 2025"),
        (date(2026, 3, 15), "15/03/2025"),
        (date(2026, 3, 5), "el 15 de marzo"),
        (2, "1. uno\n2. otro"),
    ],
)
def test_does_not_say(value: object, text: str) -> None:
    assert not said(text).says(value)


@pytest.mark.parametrize(
    ("match", "rows", "text", "ok"),
    [
        ("number", ((7,),), "Vencen 7 contratos este mes.", True),
        ("number", ((7,),), "Vencen 17 contratos este mes.", False),
        ("number", ((None,),), "No has gastado nada: 0 €", True),
        ("set", (("A-1",), ("A-2",)), "- A-1\n- A-2", True),
        ("set", (("A-1",), ("A-2",)), "- A-1\n- A-2\n- A-3", False),
        ("set", (("A-1",), ("A-2",)), "- A-1", False),
        ("set", tuple((f"N-{n}",) for n in range(100, 120)), "\n".join(f"- N-{n}" for n in range(100, 110)), False),
        (
            "set",
            tuple((f"N-{n}",) for n in range(100, 120)),
            "Hay 20:\n" + "\n".join(f"- N-{n}" for n in range(100, 110)),
            True,
        ),
        (
            "set",
            tuple((f"N-{n}",) for n in range(100, 120)),
            "\n".join(f"{n - 99}. N-{n}" for n in range(100, 110)) + "\n…y 10 más",
            True,
        ),
        ("set", (("A-1",),), "*1 equipo*:\n- Modelo: *A-1*\n- Lugar: *salón*", True),
        ("set", (("A-1",),), "1. A-1\n2. A-2", False),
        ("ordered", (("Ana",), ("Luis",)), "1. Ana\n2. Luis", True),
        ("ordered", (("Ana",), ("Luis",)), "1. Luis\n2. Ana", False),
        ("ordered", ((9,), (4,)), "a: 9\nb: 4", True),
        ("ordered", ((9,), (4,)), "b: 4\na: 9", False),
        ("yesno", ((True,),), "Sí, tienes un contrato en vigor.", True),
        ("yesno", ((False,),), "No, no tienes ninguno.", True),
        ("yesno", ((True,),), "No tienes contrato.", False),
        ("empty", (), "No hay pedidos de 2019.", True),
        ("empty", (), "Aquí tienes: 3 pedidos", False),
        ("contains", (), "No hay nada", False),
        ("set_or_empty", (), "No hay ninguno.", True),
        ("any", (("a-9",), ("b-8",)), "es el b-8", True),
    ],
)
def test_agrees(match: str, rows: tuple[Row, ...], text: str, ok: bool) -> None:
    assert agrees(said(text), rows, match) is ok  # type: ignore[arg-type]


def result(**values: object) -> TurnResult:
    return TurnResult.model_validate({"turn_id": uuid4(), "reply": "", **values})


def failed(expect: Expect, answer: TurnResult, evidence: Evidence | None = None) -> list[str]:
    verdicts = judge(
        expect, said(answer.reply), answer, evidence or Evidence(options=(Evidence(),) * len(expect.any_of))
    )
    return [verdict.metric for verdict in verdicts if not verdict.ok]


def test_everything_expected_is_judged() -> None:
    expect = Expect(
        specialists=frozenset({"rag_docs"}), intents=("documents",), document="xp400", contains=("aa",), language="es"
    )
    good = result(
        reply="Lleva dos pilas AA.",
        specialists=["rag_docs"],
        intents=["documents"],
        citations=[Citation(document="Manual de usuario Norvento XP400")],
    )
    assert failed(expect, good) == []
    assert failed(expect, result(reply="No lo sé.", language="en")) == [
        "routing",
        "routing",
        "retrieval",
        "facts",
        "language",
    ]


def test_abstaining_is_no_citation_and_a_way_out() -> None:
    expect = Expect(abstain=True)
    assert failed(expect, result(reply="No lo sé", feedback_id=3)) == []
    assert failed(expect, result(reply="No lo sé")) == ["abstention"]
    assert failed(expect, result(reply="Sí", feedback_id=3, citations=[Citation(document="x")])) == ["abstention"]


def test_emergency_is_urgent_and_names_112() -> None:
    urgent = Handoff(reason="emergency", priority="urgent")
    assert failed(Expect(emergency=True), result(reply="Llame al 112", handoff=urgent)) == []
    assert failed(Expect(emergency=True), result(reply="Ahora vamos", handoff=urgent)) == ["emergency"]
    assert failed(Expect(emergency=False), result(reply="Llame al 112", handoff=urgent)) == ["emergency"]


def test_effects() -> None:
    pending = PendingConfirmation(action="request_visit", summary="Visita")
    assert failed(Expect(pending="request_visit", written="none"), result(pending_confirmation=pending)) == []
    assert failed(Expect(pending="none"), result(pending_confirmation=pending)) == ["tickets"]
    assert failed(Expect(holds_sql="SELECT true"), result(), Evidence(holds=False)) == ["tickets"]


def test_any_of_and_leaks() -> None:
    expect = Expect(any_of=(Expect(denied=True), Expect(contains=("no puedo",))), leak_sql="SELECT 1")
    options = (Evidence(), Evidence())
    denied = result(denied=Denial(what="clients", reason="table_not_granted"), reply="Eso no.")
    assert failed(expect, denied, Evidence(options=options)) == []
    assert failed(expect, result(reply="Claro"), Evidence(options=options)) == ["denial"]
    leaky = result(reply="No puedo, pero es Ana Gil")
    assert failed(expect, leaky, Evidence(options=options, forbidden=("Ana Gil",))) == ["safety"]
