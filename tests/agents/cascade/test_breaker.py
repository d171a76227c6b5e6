"""The breaker, event by event."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.brains.cascade.breaker import Breaker


@dataclass
class Watch:
    """A clock that is moved by hand."""

    at: float = 0.0

    def __call__(self) -> float:
        return self.at


@pytest.fixture
def watch() -> Watch:
    return Watch()


@pytest.fixture
def breaker(watch: Watch) -> Breaker:
    return Breaker(least=3, window=60, pause=30, now=watch)


def call(breaker: Breaker, ok: bool | None, stay_away: float = 0.0) -> bool:
    """One call that ends as ``ok`` says (None: cancelled); False when it was not let through."""
    trial = breaker.enter()
    if trial is None:
        return False
    with trial:
        if ok:
            trial.succeeded()
        elif ok is False:
            trial.failing(stay_away)
    return True


def test_it_opens_after_failures_and_lets_nobody_through(breaker: Breaker) -> None:
    assert [call(breaker, False) for _ in range(5)] == [True, True, True, False, False]
    assert breaker.is_open


def test_one_failure_among_many_answers_opens_nothing(breaker: Breaker) -> None:
    for _ in range(20):
        call(breaker, True)
    assert all(call(breaker, False) for _ in range(5))
    assert not breaker.is_open


def test_half_of_them_failing_is_enough(breaker: Breaker) -> None:
    for _ in range(2):
        call(breaker, False)
        call(breaker, True)
    call(breaker, False)
    assert breaker.is_open


def test_old_failures_are_forgotten(breaker: Breaker, watch: Watch) -> None:
    for _ in range(4):
        call(breaker, False)
        watch.at += 40
    assert not breaker.is_open


def test_after_the_pause_one_caller_tries(breaker: Breaker, watch: Watch) -> None:
    for _ in range(3):
        call(breaker, False)
    watch.at = 31
    trial = breaker.enter()
    assert trial is not None
    assert breaker.enter() is None
    with trial:
        trial.succeeded()
    assert not breaker.is_open
    assert call(breaker, True)


def test_a_trial_that_fails_begins_another_pause(breaker: Breaker, watch: Watch) -> None:
    for _ in range(3):
        call(breaker, False)
    watch.at = 31
    assert call(breaker, False)
    watch.at = 60
    assert not call(breaker, True)
    watch.at = 62
    assert call(breaker, True)
    assert not breaker.is_open


def test_a_cancelled_trial_lets_the_next_one_try(breaker: Breaker, watch: Watch) -> None:
    for _ in range(3):
        call(breaker, False)
    watch.at = 31
    assert call(breaker, None)
    assert breaker.is_open
    assert call(breaker, True)
    assert not breaker.is_open


def test_who_asks_to_be_left_alone_is_left_alone_that_long(breaker: Breaker, watch: Watch) -> None:
    call(breaker, False, stay_away=100)
    watch.at = 99
    assert not call(breaker, True)
    watch.at = 101
    assert call(breaker, True)


def test_calls_under_way_when_it_opens_do_not_shorten_the_pause(breaker: Breaker, watch: Watch) -> None:
    late = breaker.enter()
    assert late is not None
    for _ in range(3):
        call(breaker, False)
    watch.at = 10
    with late:
        late.succeeded()
    assert breaker.is_open
    assert not call(breaker, True)


@given(st.lists(st.tuples(st.sampled_from([True, False, None]), st.floats(0, 50))))
def test_it_never_stays_shut_for_ever(events: list[tuple[bool | None, float]]) -> None:
    watch = Watch()
    breaker = Breaker(least=3, window=60, pause=30, now=watch)
    for ok, later in events:
        call(breaker, ok)
        watch.at += later
    watch.at += 31
    assert call(breaker, True)
    assert not breaker.is_open
