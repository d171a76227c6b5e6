"""Every part of the catalogue compiles for every role, or is denied, as the grants say."""

from __future__ import annotations

import pytest

from core.clock import FixedClock
from core.errors import Denied, QueryInvalid
from policy.decide import may_read
from policy.roles import GUEST, Principal, Role
from tools.sql.catalogue import Catalogue, Entity, load_catalogue
from tools.sql.compile import compile_query
from tools.sql.guard import check
from tools.sql.query import (
    Aggregate,
    Filter,
    Grain,
    Grouping,
    Having,
    Measure,
    Op,
    Order,
    Period,
    Query,
    Related,
    Segment,
    TimeWindow,
)

CATALOGUE = load_catalogue()
COUNT = Measure(Aggregate.COUNT)


def parts(kind: str) -> list[tuple[str, str]]:
    return [(name, part) for name, entity in CATALOGUE.entities.items() for part in getattr(entity, kind)]


def dimension_readable(role: Role, entity: Entity, name: str) -> bool:
    """The grants' answer, worked out without the compiler."""
    dimension = entity.dimensions[name]
    if not may_read(role, entity.table).allowed:
        return False
    if dimension.paths:
        return any(path_readable(role, entity, path) for path in dimension.paths)
    return any(may_read(role, *_split(column)).allowed for column in dimension.columns)


def path_readable(role: Role, entity: Entity, path: str) -> bool:
    step, dot, rest = path.partition(".")
    if not dot:
        return dimension_readable(role, entity, path)
    join = entity.joins[step]
    target = CATALOGUE.entities[join.entity]
    granted = (
        may_read(role, entity.table, (join.column,)).allowed and may_read(role, target.table, (target.key,)).allowed
    )
    return granted and path_readable(role, target, rest)


def _split(column: str) -> tuple[str, tuple[str, ...]]:
    table, _, name = column.partition(".")
    return table, (name,)


def somebody(role: Role) -> Principal:
    return GUEST if role is Role.GUEST else Principal(role, 1)


def accepted(query: Query, role: Role, clock: FixedClock, catalogue: Catalogue = CATALOGUE) -> bool:
    """Compiles and passes the guard; False when denied."""
    try:
        compiled = compile_query(query, catalogue, somebody(role), clock)
    except Denied as denied:
        assert denied.details["what"]
        assert denied.details["reason"] in {"table_not_granted", "column_not_granted"}
        return False
    decision = check(compiled.sql, role, parameters=len(compiled.parameters), subject=compiled.subject)
    assert decision.allowed, f"{decision.reason} in {compiled.sql}"
    return True


@pytest.mark.parametrize("role", list(Role))
@pytest.mark.parametrize(("entity", "dimension"), parts("dimensions"))
def test_dimension(entity: str, dimension: str, role: Role, clock: FixedClock) -> None:
    wanted = dimension_readable(role, CATALOGUE.entities[entity], dimension)
    assert accepted(Query(entity, select=(dimension,)), role, clock) is wanted


@pytest.mark.parametrize("role", list(Role))
@pytest.mark.parametrize(("entity", "measure"), parts("measures"))
def test_measure(entity: str, measure: str, role: Role, clock: FixedClock) -> None:
    default = CATALOGUE.entities[entity].measures[measure].default_aggregate
    query = Query(entity, measures=(Measure(Aggregate(default), measure),))
    table = CATALOGUE.entities[entity].table
    if role is Role.ADMIN:
        assert accepted(query, role, clock)
    elif not may_read(role, table).allowed:
        assert not accepted(query, role, clock)
    else:
        accepted(query, role, clock)


@pytest.mark.parametrize("role", list(Role))
@pytest.mark.parametrize(("entity", "segment"), parts("segments"))
def test_segment(entity: str, segment: str, role: Role, clock: FixedClock) -> None:
    for negated in (False, True):
        query = Query(entity, measures=(COUNT,), segments=(Segment(segment, negated),))
        got = accepted(query, role, clock)
        assert got or role is not Role.ADMIN
        assert not got or may_read(role, CATALOGUE.entities[entity].table).allowed


@pytest.mark.parametrize("role", list(Role))
@pytest.mark.parametrize("entity", list(CATALOGUE.entities))
def test_default_list(entity: str, role: Role, clock: FixedClock) -> None:
    got = accepted(Query(entity), role, clock)
    assert got is may_read(role, CATALOGUE.entities[entity].table).allowed


def test_default_list_leaves_out_what_may_not_be_read(clock: FixedClock) -> None:
    columns = compile_query(Query("technician"), CATALOGUE, somebody(Role.CLIENT), clock).columns
    assert [column.key for column in columns] == ["name", "specialty"]


@pytest.mark.parametrize(
    ("role", "query", "what"),
    [
        (Role.TECHNICIAN, Query("contract"), "contracts"),
        (Role.TECHNICIAN, Query("client", select=("tax_id",)), "clients.tax_id"),
        (Role.CLIENT, Query("technician", select=("phone",)), "technicians.phone_number"),
        (Role.CLIENT, Query("stock", measures=(COUNT,)), "stock"),
        (Role.CLIENT, Query("product", segments=(Segment("in_stock"),)), "stock"),
        (Role.CLIENT, Query("client", filters=(Filter("name", Op.EQ, ("x",)),), related=(Related("stock", "product"),)),
         "stock"),
        (Role.GUEST, Query("client"), "clients"),
        (Role.TECHNICIAN, Query("intervention", order=(Order("document"),)), "interventions.document_path"),
        (Role.TECHNICIAN, Query("equipment", segments=(Segment("under_warranty"),)), "contracts"),
    ],
)  # fmt: skip
def test_denials_say_what(role: Role, query: Query, what: str, clock: FixedClock) -> None:
    with pytest.raises(Denied) as denied:
        compile_query(query, CATALOGUE, somebody(role), clock)
    assert denied.value.details["what"] == what


INVALID = {
    "entity": Query("invoice"),
    "dimension": Query("client", select=("shoe_size",)),
    "join": Query("client", select=("boss.name",)),
    "segment": Query("client", segments=(Segment("asleep"),)),
    "enum value": Query("order", filters=(Filter("status", Op.EQ, ("lost",)),)),
    "number": Query("order", filters=(Filter("total", Op.GT, ("much",)),)),
    "not a number": Query("order", filters=(Filter("total", Op.GT, ("NaN",)),)),
    "date": Query("order", filters=(Filter("ordered_at", Op.GT, ("soon",)),)),
    "boolean": Query("contract", filters=(Filter("auto_renew", Op.EQ, ("perhaps",)),)),
    "order of yes and no": Query("contract", filters=(Filter("auto_renew", Op.LT, (True,)),)),
    "no values": Query("order", filters=(Filter("total", Op.EQ),)),
    "between one": Query("order", filters=(Filter("total", Op.BETWEEN, (1,)),)),
    "contains a number": Query("order", filters=(Filter("total", Op.CONTAINS, ("1",)),)),
    "document as a whole": Query("product", filters=(Filter("specs", Op.EQ, ("x",)),)),
    "sum of text": Query("client", measures=(Measure(Aggregate.SUM, "name"),)),
    "sum of nothing": Query("client", measures=(Measure(Aggregate.SUM),)),
    "share of a mean": Query("order", measures=(Measure(Aggregate.AVG, "total", share=True),)),
    "grain of text": Query("client", measures=(COUNT,), group_by=(Grouping("name", Grain.MONTH),)),
    "group by document": Query("product", measures=(COUNT,), group_by=(Grouping("specs"),)),
    "groups without measures": Query("client", group_by=(Grouping("city"),)),
    "columns and measures": Query("client", select=("name",), measures=(COUNT,)),
    "having of no measure": Query(
        "client", measures=(COUNT,), group_by=(Grouping("city"),), having=(Having(3, Op.GT, 1),)
    ),
    "having that contains": Query(
        "client", measures=(COUNT,), group_by=(Grouping("city"),), having=(Having(0, Op.CONTAINS, 1),)
    ),
    "order by no group": Query("client", measures=(COUNT,), group_by=(Grouping("city"),), order=(Order("name"),)),
    "order of a list by measure": Query("client", order=(Order(measure=0),)),
    "limit": Query("client", limit=0),
    "window of what has no date": Query("zone", window=TimeWindow(Period(None, None))),
    "window of text": Query("client", window=TimeWindow(Period(None, None), "name")),
    "comparison within a window": Query(
        "order", measures=(COUNT,), window=TimeWindow(Period(None, None)), compare=(TimeWindow(Period(None, None)),)
    ),
    "comparison of a list": Query("order", compare=(TimeWindow(Period(None, None)),)),
    "related to something else": Query("client", related=(Related("order_item", "product"),)),
    "related without a way": Query("client", related=(Related("order", ""),)),
    "too many parts": Query("client", filters=(Filter("name", Op.NOT_NULL),) * 50),
}


@pytest.mark.parametrize("name", list(INVALID))
def test_invalid(name: str, clock: FixedClock) -> None:
    with pytest.raises(QueryInvalid):
        compile_query(INVALID[name], CATALOGUE, somebody(Role.ADMIN), clock)


def test_every_value_is_a_parameter(clock: FixedClock) -> None:
    query = Query("client", filters=(Filter("name", Op.CONTAINS, ("x'; DROP TABLE clients --",)),))
    compiled = compile_query(query, CATALOGUE, somebody(Role.ADMIN), clock)
    assert "DROP" not in compiled.sql
    assert compiled.parameters == ("x'; drop table clients --",)


def test_headings_are_words(clock: FixedClock) -> None:
    query = Query(
        "intervention",
        measures=(COUNT, Measure(Aggregate.AVG, "duration_hours"), Measure(Aggregate.COUNT_DISTINCT, "client.name")),
        group_by=(Grouping("technician.name"),),
    )
    columns = compile_query(query, CATALOGUE, somebody(Role.ADMIN), clock).columns
    spanish = [column.labels["es"] for column in columns]
    assert spanish == ["técnico", "intervenciones", "duración (media)", "clientes distintos"]
    assert [column.kind for column in columns] == ["text", "integer", "hours", "integer"]


def test_no_words_are_missing() -> None:
    for name, entity in CATALOGUE.entities.items():
        pieces = {**entity.dimensions, **entity.measures, **entity.segments}
        for part, words in [(name, entity), *pieces.items()]:
            assert set(words.label) == {"es", "en"}, (name, part)
            assert words.synonyms.get("es"), (name, part)
            assert words.synonyms.get("en"), (name, part)


def test_days_of_the_week_need_no_dates(clock: FixedClock) -> None:
    query = Query(
        "intervention", measures=(COUNT,), window=TimeWindow(Period(None, None, "los lunes", weekdays=(1, 5)))
    )
    compiled = compile_query(query, CATALOGUE, somebody(Role.ADMIN), clock)
    assert "isodow" in compiled.sql.lower()
    assert ">=" not in compiled.sql
    check(compiled.sql, Role.ADMIN)
