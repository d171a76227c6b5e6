"""Averages over groups, the n-th of a ranking, shares of those that have related rows, conditions on durations."""

from __future__ import annotations

from decimal import Decimal

import pytest

from core.errors import QueryInvalid
from policy.roles import Principal, Role
from tools.sql.query import Aggregate, Filter, Grain, Grouping, Measure, Op, Order, Query, Related, Segment
from tools.sql.reader import SqlReader

ADMIN = Principal(Role.ADMIN, 1)
COUNT = Measure(Aggregate.COUNT)
BY_TECHNICIAN = Grouping("technician.name")
RANKED = Query("intervention", measures=(COUNT,), group_by=(BY_TECHNICIAN,), order=(Order(measure=0, descending=True),))


async def test_average_per_group_is_the_mean_of_the_groups(reader: SqlReader) -> None:
    assigned = (Filter("technician.number", Op.NOT_NULL),)
    groups = await reader.run(
        Query("intervention", measures=(COUNT,), group_by=(BY_TECHNICIAN,), filters=assigned), ADMIN
    )
    mean = Query("intervention", measures=(Measure(Aggregate.AVG, per=BY_TECHNICIAN),), filters=assigned)
    answered = (await reader.run(mean, ADMIN)).rows[0][0]
    counts = [Decimal(str(row[1])) for row in groups.rows]
    assert round(Decimal(str(answered)), 4) == round(sum(counts) / len(counts), 4)


async def test_average_sum_per_month(reader: SqlReader) -> None:
    month = Grouping("ordered_at", Grain.MONTH)
    groups = await reader.run(Query("order", measures=(Measure(Aggregate.SUM, "total"),), group_by=(month,)), ADMIN)
    mean = await reader.run(Query("order", measures=(Measure(Aggregate.AVG, "total", per=month),)), ADMIN)
    sums = [Decimal(str(row[1])) for row in groups.rows]
    assert mean.columns[0].kind == "money"
    assert round(Decimal(str(mean.rows[0][0])), 2) == round(sum(sums) / len(sums), 2)


@pytest.mark.parametrize("aggregate", [Aggregate.SUM, Aggregate.MAX, Aggregate.COUNT])
async def test_only_averages_are_per_group(aggregate: Aggregate, reader: SqlReader) -> None:
    with pytest.raises(QueryInvalid):
        await reader.run(Query("order", measures=(Measure(aggregate, "total", per=Grouping("status")),)), ADMIN)


async def test_the_second_of_a_ranking(reader: SqlReader) -> None:
    whole = await reader.run(RANKED, ADMIN)
    second = Query(RANKED.entity, measures=(COUNT,), group_by=(BY_TECHNICIAN,), order=RANKED.order, limit=1, offset=1)
    assert (await reader.run(second, ADMIN)).rows == whole.rows[1:2]


async def test_the_second_of_each_group_and_of_a_list(reader: SqlReader) -> None:
    order = (Order(field="price", descending=True),)
    first_two = await reader.run(
        Query("product", select=("category", "sku"), order=order, limit=2, limit_per="category"), ADMIN
    )
    second = await reader.run(
        Query("product", select=("category", "sku"), order=order, limit=1, limit_per="category", offset=1), ADMIN
    )
    assert second.rows == first_two.rows[1::2]
    listed = await reader.run(Query("product", select=("sku",), order=order, limit=3), ADMIN)
    third = await reader.run(Query("product", select=("sku",), order=order, limit=1, offset=2), ADMIN)
    assert third.rows == listed.rows[2:]


async def test_too_far_is_refused(reader: SqlReader) -> None:
    with pytest.raises(QueryInvalid):
        await reader.run(Query("product", offset=10_000), ADMIN)


async def test_share_of_those_with_related_rows(reader: SqlReader) -> None:
    covered = Related("contract", "client", segments=(Segment("maintenance"),))
    share = await reader.run(
        Query("client", measures=(Measure(Aggregate.COUNT, share=True, related=(covered,)),)), ADMIN
    )
    some = await reader.run(Query("client", measures=(COUNT,), related=(covered,)), ADMIN)
    everybody = await reader.run(Query("client", measures=(COUNT,)), ADMIN)
    expected = Decimal(str(some.rows[0][0])) / Decimal(str(everybody.rows[0][0]))
    assert round(Decimal(str(share.rows[0][0])), 6) == round(expected, 6)


async def test_a_duration_is_a_condition_and_a_column(reader: SqlReader) -> None:
    longest = Query(
        "intervention",
        select=("number", "duration_hours"),
        filters=(Filter("duration_hours", Op.GT, (3,)),),
        order=(Order(field="duration_hours", descending=True),),
        limit=5,
    )
    hours = [Decimal(str(row[1])) for row in (await reader.run(longest, ADMIN)).rows]
    assert hours == sorted(hours, reverse=True)
    assert min(hours) > 3


async def test_distinct_values_leave_out_nothing_said(reader: SqlReader) -> None:
    rows = await reader.run(Query("contract", select=("city",), distinct=True), ADMIN)
    assert None not in [row[0] for row in rows.rows]
