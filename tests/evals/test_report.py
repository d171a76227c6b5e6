"""Adding a run up, and the floors below which it fails."""

from __future__ import annotations

from pathlib import Path
from uuid import uuid4

from evals.asking import Asked, Outcome
from evals.cases import Case, Expect
from evals.judges import Verdict
from evals.report import FLOORS, TITLES, as_json, below_floors, failures, score
from graph.messages import TurnResult


def outcome(name: str, *marks: tuple[str, bool], split: str = "dev", ms: float = 10) -> Outcome:
    case = Case.model_validate(
        {"id": name, "split": split, "role": "client", "tags": ["sql"], "ask": "hola", "expect": Expect()}
    )
    verdicts = tuple(Verdict(metric, ok, f"wanted of {name}") for metric, ok in marks)
    return Outcome(case, (Asked("hola", TurnResult(turn_id=uuid4(), reply="¡Hola!"), ms, verdicts),))


def test_a_case_counts_once_in_each_metric_and_holds_whole() -> None:
    found = score([outcome("a", ("sql", True), ("sql", False)), outcome("b", ("sql", True), ("routing", True), ms=30)])
    assert (found.metrics["sql"].right, found.metrics["sql"].total) == (1, 2)
    assert found.metrics["routing"].rate == 1
    assert (found.metrics["end_to_end"].right, found.metrics["end_to_end"].total) == (1, 2)
    assert found.tags["sql"].total == 2
    assert found.p50_ms == 20


def test_what_falls_below_its_floor_is_named(tmp_path: Path) -> None:
    floors = tmp_path / "floors.yaml"
    floors.write_text("sql: 0.9\np95_ms: 5\n", encoding="utf-8")
    fallen = below_floors(score([outcome("a", ("sql", False))]), floors)
    assert [line.split(":")[0] for line in fallen] == ["sql", "p95 latency"]
    floors.write_text("sql: 0.0\np95_ms: 50\n", encoding="utf-8")
    assert below_floors(score([outcome("a", ("sql", False))]), floors) == []


def test_the_recorded_floors_name_metrics_that_exist() -> None:
    names = {line.split(":")[0] for line in FLOORS.read_text(encoding="utf-8").splitlines() if line[0] != "#"}
    assert names <= {*TITLES, "p95_ms"}
    assert {"end_to_end", "p95_ms"} <= names


def test_held_out_questions_stay_unseen() -> None:
    outcomes = [outcome("seen", ("sql", False)), outcome("unseen", ("sql", False), split="held")]
    shown = failures(outcomes)
    assert "wanted of seen" in shown
    assert "unseen" not in shown
    failed = as_json({"all": score(outcomes)}, outcomes)["failed"]
    assert [set(one) & {"id", "turns"} for one in failed] == [{"id", "turns"}, set()]
