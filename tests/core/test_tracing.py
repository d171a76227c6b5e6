from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.tracing import current_trace, trace_of, traced

PARENT = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"


@pytest.mark.parametrize(
    ("headers", "trace"),
    [
        ({"traceparent": PARENT}, "4bf92f3577b34da6a3ce929d0e0e4736"),
        ({"traceparent": PARENT, "x-request-id": "abc"}, "4bf92f3577b34da6a3ce929d0e0e4736"),
        ({"traceparent": f"{PARENT}-more"}, "4bf92f3577b34da6a3ce929d0e0e4736"),
        ({"x-request-id": "req_1.2-3"}, "req_1.2-3"),
    ],
)
def test_a_trace_that_comes_with_the_request_is_kept(headers: dict[str, str], trace: str) -> None:
    assert trace_of(headers) == trace


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"traceparent": "00-00000000000000000000000000000000-00f067aa0ba902b7-01"},
        {"traceparent": "garbage"},
        {"x-request-id": "a b"},
        {"x-request-id": "x" * 65},
        {"x-request-id": "{evil}\n"},
    ],
)
def test_anything_else_gets_a_new_one(headers: dict[str, str]) -> None:
    trace = trace_of(headers)
    assert len(trace) == 32
    assert trace != trace_of(headers)


@given(st.dictionaries(st.sampled_from(["traceparent", "x-request-id"]), st.text()))
def test_whatever_comes_a_trace_is_short_and_harmless(headers: dict[str, str]) -> None:
    trace = trace_of(headers)
    assert 1 <= len(trace) <= 64
    assert trace.replace("-", "").replace("_", "").replace(".", "").isascii()
    assert not set(trace) & set(" \r\n\"'{}")


def test_a_trace_is_bound_in_its_block_only() -> None:
    with traced("outer"):
        with traced(""):
            assert current_trace() == "outer"
        with traced("inner"):
            assert current_trace() == "inner"
        assert current_trace() == "outer"
    assert current_trace() == ""
