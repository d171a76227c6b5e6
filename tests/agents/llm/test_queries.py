"""Semantic queries as the model writes them: they come back as they went, and nonsense is refused."""

from __future__ import annotations

import json
from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from pydantic import ValidationError

from agents.brains.llm.outputs import PlanOut, QueryOut, UnderstoodOut, schema_of
from agents.brains.llm.queries import QueryReader, write_query
from agents.brains.offline.planning.period_words import load_period_words
from core.errors import QueryInvalid
from tests.agents.llm.any_query import CATALOGUE, queries
from tools.sql.query import (
    Query,
    TimeWindow,
)

READER = QueryReader(CATALOGUE, load_period_words())


def plain(query: Query) -> Query:
    """``query`` without the words of its periods, which are ours and not the model's."""

    def bare(window: TimeWindow | None) -> TimeWindow | None:
        return replace(window, period=replace(window.period, label="")) if window is not None else None

    return replace(
        query,
        window=bare(query.window),
        compare=tuple(b for window in query.compare if (b := bare(window)) is not None),
        related=tuple(replace(item, window=bare(item.window)) for item in query.related),
        having=tuple(replace(item, value=Decimal(str(float(item.value)))) for item in query.having),
    )


@given(queries())
def test_a_query_comes_back_as_it_went(query: Query) -> None:
    wire = json.loads(json.dumps(write_query(query), ensure_ascii=False))
    assert plain(READER.read(QueryOut.model_validate(wire), "es")) == plain(query)


@pytest.mark.parametrize(
    "wrong",
    [
        {"entity": "contract", "period": {"since": "2026-02-01", "to": "2026-02-01"}},
        {"entity": "contract", "group": ["starts_on:fortnight"]},
        {"entity": "contract", "order": ["#first"]},
    ],
)
def test_what_says_nothing_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(QueryInvalid):
        READER.read(QueryOut.model_validate(wrong), "es")


@pytest.mark.parametrize(
    "wrong",
    [
        {"query": {"entity": "contract", "filters": [{"field": "number", "op": "like"}]}},
        {"query": {"entity": "contract", "period": {"since": "ayer"}}},
        {"query": {"entity": "contract", "period": {"weekdays": [0]}}},
        {"query": {"entity": "contract", "measures": [{"agg": "count"}] * 21}},
        {"query": {}},
    ],
)
def test_another_shape_is_no_query(wrong: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        PlanOut.model_validate(wrong)


def test_null_is_what_was_left_out() -> None:
    said = {"entity": "contract", "measures": None, "filters": None, "limit": None, "period": {"since": None}}
    assert READER.read(QueryOut.model_validate(said), "es") == Query("contract")


def test_periods_are_said_back_in_our_words() -> None:
    out = QueryOut.model_validate({"entity": "contract", "period": {"since": "2026-11-01", "to": "2026-12-01"}})
    labels = [window.period.label for language in ("es", "en") if (window := READER.read(out, language).window)]
    assert labels == ["noviembre de 2026", "November 2026"]


@pytest.mark.parametrize(
    ("period", "said"),
    [
        ({"weekdays": [1]}, "los lunes"),
        ({"weekdays": [4, 2, 2]}, "los martes y jueves"),
        ({"weekdays": [6, 7], "since": "2026-01-01", "to": "2027-01-01"}, "los fines de semana, 2026"),
    ],
)
def test_days_of_each_week_are_read_and_said_back(period: dict[str, object], said: str) -> None:
    window = READER.read(QueryOut.model_validate({"entity": "intervention", "period": period}), "es").window
    assert window is not None and window.period.label == said
    assert window.period.weekdays == tuple(sorted(set(period["weekdays"])))  # type: ignore[call-overload]


def test_the_schema_is_short_and_plain() -> None:
    text = json.dumps(schema_of(UnderstoodOut))
    assert '"null"' not in text and "description" not in text.replace('"description": {"type": "string"}', "")
    assert len(text) < 4200
