"""Which figures of an answer add up."""

from __future__ import annotations

import pytest

from agents.brains.offline.presenting.totals import adds_up, money_asked
from tools.sql.catalogue import load_catalogue
from tools.sql.query import Aggregate, Grouping, Measure, Query

_COUNT = Measure(Aggregate.COUNT)
_BY_KIND = (Grouping("kind"),)


@pytest.mark.parametrize(
    ("query", "whole"),
    [
        (Query("intervention", measures=(_COUNT,), group_by=_BY_KIND), True),
        (Query("intervention", measures=(Measure(Aggregate.SUM, "cost"),), group_by=_BY_KIND), True),
        (Query("intervention", measures=(Measure(Aggregate.AVG, "cost"),), group_by=_BY_KIND), False),
        (Query("intervention", measures=(Measure(Aggregate.COUNT, share=True),), group_by=_BY_KIND), False),
        (Query("intervention", measures=(_COUNT,), group_by=_BY_KIND, limit=3), False),
        (Query("intervention", measures=(_COUNT,)), False),
    ],
)
def test_only_plain_counts_and_sums_of_all_groups_add_up(query: Query, whole: bool) -> None:
    assert adds_up(query) is whole


def test_prices_of_a_year_add_up_and_those_of_a_catalogue_do_not() -> None:
    catalogue = load_catalogue()
    assert money_asked(Query("contract", select=("service_type", "annual_price")), catalogue) == "annual_price"
    assert money_asked(Query("product", select=("sku", "price")), catalogue) is None
    assert money_asked(Query("contract"), catalogue) is None
