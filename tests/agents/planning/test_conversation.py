"""Follow-ups edit the last query; questions that stand alone do not; and text of any kind is survived."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agents.brains.offline.planning import Planner
from agents.brains.protocol import Clarify, Context, Plan, Planned
from core.clock import FixedClock
from policy.roles import Principal, Role
from tools.sql.catalogue import load_catalogue
from tools.sql.compile import compile_query
from tools.sql.guard import check
from tools.sql.query import Column, Rows

from .conftest import NOW, PRINCIPALS
from .notation import write

ContextOf = Callable[[str], Context]
WHOLE = Planner(load_catalogue())

WORDS = """
cuántos qué no sin más menos de por cada contratos técnicos clientes vencen 5 1043 2025 este mes año último Madrid xp400
abiertas urgentes media frente al anterior y o con garantía stock pedidos euros 1.000 segundo porcentaje próximo top
entre hasta cuándo dónde quién gráfico ordenados zona averías
"""

TALKS = [
    (
        "admin",
        "¿Cuántas averías hubo en Zaragoza este mes?",
        [
            (
                "¿y en Madrid?",
                "intervention | count rows | city eq Madrid | kind eq repair | in scheduled_at 2026-11-01..2026-12-01",
            ),
            (
                "¿y el mes pasado?",
                "intervention | count rows | city eq Madrid | kind eq repair | in scheduled_at 2026-10-01..2026-11-01",
            ),
            (
                "¿y por técnico?",
                "intervention | count rows | by technician.name | city eq Madrid | kind eq repair"
                " | in scheduled_at 2026-10-01..2026-11-01 | order 0 desc",
            ),
        ],
    ),
    (
        "admin",
        "intervenciones abiertas de Zaragoza",
        [
            ("solo las urgentes", "intervention | city eq Zaragoza | open | urgent"),
            ("¿y cuántas son?", "intervention | count rows | city eq Zaragoza | open | urgent"),
            ("ordénalas por fecha", "intervention | city eq Zaragoza | open | urgent | order scheduled_at"),
        ],
    ),
    (
        "client",
        "¿qué equipos tengo instalados en febrero del año pasado?",
        [("¿y el del año anterior?", "equipment | in installed_on 2024-02-01..2024-03-01")],
    ),
    (
        "technician",
        "¿qué tengo hoy?",
        [("y mañana?", "intervention | in scheduled_at 2026-11-23..2026-11-24 | order scheduled_at")],
    ),
    (
        "admin",
        "cuantos XP400 tenemos en Madrid",
        [
            ("valor del stock por almacén", "stock | sum value | by warehouse.name | order 0 desc"),
            ("¿y en Zaragoza?", "stock | sum value | by warehouse.name | warehouse.city eq Zaragoza | order 0 desc"),
        ],
    ),
    (
        "technician",
        "cuántos XP400 quedan en Zaragoza",
        [
            ("y del CB35", "stock | sum quantity | product.sku eq CB35 | warehouse.city eq Zaragoza"),
            ("mis visitas de mañana", "intervention | in scheduled_at 2026-11-23..2026-11-24 | order scheduled_at"),
        ],
    ),
    (
        "admin",
        "¿Cuántos clientes tenemos en Zaragoza?",
        [
            ("dime cuántos son empresas", "client | count rows | city eq Zaragoza | kind eq company"),
            ("ponlo en un gráfico", "client | count rows | city eq Zaragoza | kind eq company | chart"),
            ("y en qué ciudades", "client | count rows | by city | kind eq company | order 0 desc"),
            ("cuáles son los técnicos de Valencia", "technician | zone eq Valencia"),
        ],
    ),
    (
        "admin",
        "qué técnicos tienen más averías este año",
        [
            (
                "y la última",
                "intervention | kind eq repair | closed | in scheduled_at 2026-01-01..2027-01-01"
                " | order completed_at desc | limit 1",
            )
        ],
    ),
    (
        "admin",
        "compara octubre y noviembre en número de intervenciones",
        [("y cuáles son", "intervention | in scheduled_at 2026-11-01..2026-12-01")],
    ),
    (
        "admin",
        "contratos por vencer",
        [
            ("cuántos son de garantía", "contract | count rows | expiring | warranty"),
            ("¿y el mes que viene?", "contract | count rows | expiring | warranty | in ends_on 2026-12-01..2027-01-01"),
        ],
    ),
    (
        "admin",
        "contratos que vencen este mes",
        [
            ("¿y los clientes sin contrato?", "client | without contract"),
            ("cuántos técnicos hay en Madrid", "technician | count rows | zone eq Madrid"),
        ],
    ),
    (
        "admin",
        "técnicos de Valencia",
        [
            (
                "cuántas averías tiene cada uno este mes",
                "intervention | count rows | by technician.name | kind eq repair | technician.zone eq Valencia"
                " | in scheduled_at 2026-11-01..2026-12-01 | order 0 desc",
            )
        ],
    ),
    (
        "admin",
        "cuánto facturamos en pedidos en octubre",
        [("¿y en visitas?", "intervention | sum cost | in scheduled_at 2026-10-01..2026-11-01")],
    ),
    (
        "admin",
        "cuántas visitas hay los lunes",
        [("¿y este año?", "intervention | count rows | in scheduled_at 2026-01-01..2027-01-01 on 1")],
    ),
    (
        "admin",
        "clientes de Zaragoza",
        [("¿y cuántos no tienen contrato?", "client | count rows | city eq Zaragoza | without contract")],
    ),
    (
        "admin",
        "equipos del Gimnasio Chamberí",
        [
            (
                "cuándo fue la última revisión de cada uno",
                "intervention | show equipment.product.name number scheduled_at completed_at"
                " | client.name eq Gimnasio Chamberí, S.L. | kind in maintenance, inspection | closed"
                " | order completed_at desc | limit 1 | per equipment.number",
            )
        ],
    ),
    (
        "client",
        "qué garantías tengo",
        [
            (
                "¿cuál vence antes?",
                "contract | show service_type equipment.product.sku ends_on | warranty | order ends_on | limit 1",
            )
        ],
    ),
    (
        "admin",
        "equipos de Zaragoza",
        [("¿qué averías han tenido?", "intervention | city eq Zaragoza | kind eq repair")],
    ),
    (
        "admin",
        "técnicos de Zaragoza",
        [("¿cuáles tienen visitas abiertas?", "technician | zone eq Zaragoza | with intervention (open)")],
    ),
    (
        "admin",
        "top 3 técnicos por visitas",
        [
            ("¿y los 3 peores?", "intervention | count rows | by technician.name | order 0 | limit 3"),
            ("¿y el que más?", "intervention | count rows | by technician.name | order 0 desc | limit 1"),
        ],
    ),
]


@pytest.mark.parametrize(("role", "first", "rest"), TALKS, ids=[t[1] for t in TALKS])
def test_follow_ups(
    role: str, first: str, rest: list[tuple[str, str]], planner: Planner, context_of: ContextOf
) -> None:
    plan: Plan = planner.plan(first, context_of(role))
    for ask, expected in rest:
        assert isinstance(plan, Planned)
        plan = planner.plan(ask, replace(context_of(role), last_query=plan.query))
        assert write(plan) == expected


def _rows(keys: tuple[object, ...], columns: tuple[str, ...], *rows: tuple[object, ...]) -> Rows:
    return Rows(tuple(Column(c, "text") for c in columns), rows, "", keys=keys)


def test_a_row_of_the_last_answer(planner: Planner, context_of: ContextOf) -> None:
    first = planner.plan("¿qué equipos tengo?", context_of("client"))
    assert isinstance(first, Planned)
    rows = _rows((1, 2), ("product.sku",), ("XP400",), ("CB24",))
    seen = replace(context_of("client"), last_query=first.query, last_rows=rows)
    assert write(planner.plan("el segundo", seen)) == "equipment | number eq 2"


def test_what_comes_first_is_no_row_of_the_last_answer(planner: Planner, context_of: ContextOf) -> None:
    first = planner.plan("¿qué contratos tengo?", context_of("client"))
    assert isinstance(first, Planned)
    rows = _rows((9, 4), ("service_type",), ("warranty",), ("preventive",))
    seen = replace(context_of("client"), last_query=first.query, last_rows=rows)
    plan = planner.plan("¿y cuál me vence primero?", seen)
    assert isinstance(plan, Planned)
    assert plan.query.order[0].field == "ends_on" and plan.query.limit == 1 and not plan.query.filters


def test_a_group_of_the_last_answer(planner: Planner, context_of: ContextOf) -> None:
    first = planner.plan("los 3 clientes que más han gastado este año", context_of("admin"))
    assert isinstance(first, Planned)
    rows = _rows((), ("client.name", "sum_total"), ("Hotel Ebro", 3), ("Talleres Sanz", 2))
    seen = replace(context_of("admin"), last_query=first.query, last_rows=rows)
    assert write(planner.plan("el teléfono del primero", seen)) == "client | show name phone | name eq Hotel Ebro"


def test_a_machine_seen_from_its_visits(planner: Planner, context_of: ContextOf) -> None:
    first = planner.plan("número de serie de mi caldera", context_of("client"))
    assert isinstance(first, Planned)
    seen = replace(context_of("client"), last_query=first.query, last_rows=_rows((2,), ("serial_number",), ("CB24-1",)))
    plan = write(planner.plan("¿cuándo fue su última revisión?", seen))
    assert plan.startswith("intervention") and "equipment.number eq 2" in plan


def test_a_shared_surname_is_asked_about(planner: Planner, context_of: ContextOf) -> None:
    values = {("client", "name"): ("Juan García Ruiz", "Ana García"), ("technician", "name"): ("Pedro García Sanz",)}
    plan = planner.plan("intervenciones de García", replace(context_of("admin"), values=values))
    assert isinstance(plan, Clarify)
    assert plan.options == ("el cliente García", "el técnico García")


def test_unknown_names_are_looked_up_or_refused(planner: Planner, context_of: ContextOf) -> None:
    assert write(planner.plan("pedidos de Zutano", context_of("admin"))) == "order | client.name contains zutano"
    assert write(planner.plan("pedidos de Zutano", context_of("client"))) == "denied clients other_people"


@pytest.mark.parametrize("ask", ["qué equipo es el de la", "precio de la", "visitas por la", "de la", "the", "por"])
def test_a_question_cut_short_is_survived(ask: str, planner: Planner, context_of: ContextOf) -> None:
    for role in ("client", "technician", "admin"):
        assert isinstance(planner.plan(ask, context_of(role)), Plan)


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=200), st.sampled_from(sorted(PRINCIPALS)))
def test_any_text_is_survived(text: str, role: str) -> None:
    assert isinstance(WHOLE.plan(text, Context(PRINCIPALS[role], NOW)), Plan)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.sampled_from(WORDS.split()),
        max_size=12,
    ),
    st.sampled_from(["client", "technician", "admin"]),
)
def test_any_words_give_a_valid_query(words: list[str], role: str) -> None:
    last = WHOLE.plan("intervenciones abiertas de este mes", Context(PRINCIPALS[role], NOW))
    seen = Context(PRINCIPALS[role], NOW, last_query=last.query if isinstance(last, Planned) else None)
    plan = WHOLE.plan(" ".join(words), seen)
    if isinstance(plan, Planned):
        compiled = compile_query(
            plan.query, load_catalogue(), Principal(Role.ADMIN, 1), FixedClock(NOW, ZoneInfo(str(NOW.tzinfo)))
        )
        assert check(compiled.sql, Role.ADMIN, parameters=len(compiled.parameters)).allowed


def test_a_part_is_found_by_its_own_code(planner: Planner, context_of: ContextOf) -> None:
    known = {("product", "sku"): ("NV-R40", "XP400"), ("product", "name"): ("Mando a distancia XP400", "Split XP400")}
    context = replace(context_of("admin"), values=known)
    assert "product.sku eq NV-R40" in write(planner.plan("cuántas piezas de NV-R40 hay", context))
    assert "product.name contains XP400" in write(planner.plan("cuántas piezas del XP400 hay", context))


def test_days_ahead_of_people_are_those_of_their_visits(planner: Planner, context_of: ContextOf) -> None:
    for role in ("technician", "admin"):
        assert "scheduled_at 2026-11-23..2026-11-24" in write(
            planner.plan("qué clientes tengo mañana", context_of(role))
        )
    assert "created_at" in write(planner.plan("clientes nuevos de este año", context_of("admin")))


def test_somebodys_attribute_stands_by_itself(planner: Planner, context_of: ContextOf) -> None:
    first = planner.plan("intervenciones de este año", context_of("admin"))
    assert isinstance(first, Planned)
    after = replace(context_of("admin"), last_query=first.query)
    asked = planner.plan("dime el teléfono de Pérez", after)
    assert not isinstance(asked, Planned) or not asked.followup


def test_a_second_reading_is_kept_for_when_the_first_finds_nothing(planner: Planner, context_of: ContextOf) -> None:
    plan = planner.plan("¿dónde queda el ventilador del XP250?", context_of("technician"))
    assert isinstance(plan, Planned)
    assert plan.otherwise is not None
    assert {plan.query.entity, plan.otherwise.entity} == {"equipment", "stock"}


def test_figures_have_no_second_reading(planner: Planner, context_of: ContextOf) -> None:
    plan = planner.plan("¿cuántas averías hubo este mes?", context_of("admin"))
    assert isinstance(plan, Planned)
    assert plan.otherwise is None
