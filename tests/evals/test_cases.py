"""The golden questions: they load, they are enough, they are split fairly, and their gold runs on the demo company."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest
from sqlalchemy import Engine

from core.clock import FixedClock
from core.errors import Misconfigured
from evals.cases import Case, Expect, load_cases
from evals.facts import Facts

CASES = load_cases()
ROWS = [f"row{number:02d}" for number in range(1, 17)]
MAY_BE_EMPTY = {"empty", "set_or_empty", "contains_or_empty"}


def expectations(case: Case) -> list[Expect]:
    """Everything that is expected in a case, alternatives included."""
    expected = [turn.expect for turn in case.turns if turn.expect]
    return expected + [option for expect in expected for option in expect.any_of]


def test_there_are_enough_questions_for_every_row() -> None:
    tags = Counter(tag for case in CASES for tag in case.tags)
    assert len(CASES) >= 320
    assert {row: tags[row] for row in ROWS if tags[row] < 10} == {}


def test_the_halves_are_about_equal() -> None:
    """In every topic but those of questions that were examined one by one: what was looked at is not held out."""
    examined = {case.topic for case in CASES if case.topic.startswith("examined")}
    for topic in {case.topic for case in CASES} - examined:
        dev = [case.split == "dev" for case in CASES if case.topic == topic]
        assert 0.4 <= sum(dev) / len(dev) <= 0.6, topic
    assert all(case.split == "dev" for case in CASES if case.topic in examined)
    # What was examined while the crew was mended can never be held out, so that half grows.
    assert 0.4 <= sum(case.split == "dev" for case in CASES) / len(CASES) <= 0.65


def test_every_role_asks() -> None:
    assert {case.role for case in CASES} == {"client", "technician", "admin", "guest"}


@pytest.fixture(scope="module")
def facts(engine: Engine, clock: FixedClock) -> Facts:
    return Facts(engine, clock)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_gold_runs_and_finds_rows(case: Case, facts: Facts) -> None:
    params = facts.params(case)
    assert all(params[name] is not None for name in case.let), "a let found nothing"
    for turn in case.turns:
        assert turn.ask.format_map(params) if case.let else True
    for expect in expectations(case):
        evidence = facts.evidence(expect, params)
        if expect.match == "empty":
            assert not any(evidence.gold)
        elif expect.gold_sql and expect.match not in MAY_BE_EMPTY:
            assert any(evidence.gold), "no reading of the question has rows"


def test_a_wrong_file_is_refused_by_name(tmp_path: Path) -> None:
    (tmp_path / "wrong.yaml").write_text(
        "topic: x\ncases:\n- {id: a, split: dev, role: client, tags: [x], ask: hola}\n"
    )
    with pytest.raises(Misconfigured, match=r"wrong\.yaml"):
        load_cases(tmp_path)


def test_two_cases_with_one_name_are_refused(tmp_path: Path) -> None:
    case = "- {id: a, split: dev, role: client, tags: [x], ask: hola, expect: {nonempty: true}}\n"
    (tmp_path / "twice.yaml").write_text(f"topic: x\ncases:\n{case}{case}")
    with pytest.raises(Misconfigured, match="a"):
        load_cases(tmp_path)
