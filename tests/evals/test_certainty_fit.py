"""The calibration finds what tells, holds its figures on what it did not see, and writes what the cascade reads."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import numpy as np
import pytest
import yaml

from agents.brains.cascade.certainty import FILE, HERE, load_certainty
from agents.brains.cascade.signals import Decision, Kind
from core.errors import Misconfigured
from evals.calibrate import measured, written
from evals.certainty_fit import Example, chances, curve, fit, kept, nested, threshold


def examples(count: int = 600) -> list[Example]:
    """Turns, the likelier right the more of ``telling``; ``noise`` says nothing; every tenth was not decided."""
    random = np.random.default_rng(3)
    out = []
    for number in range(count):
        telling, undecided = float(random.random()), number % 10 == 0
        right = not undecided and bool(random.random() < 0.75 + 0.5 * telling)
        signals = None if undecided else {"telling": telling, "noise": float(random.random())}
        out.append(Example((Decision(Kind.DATA, signals),), right))
    return out


def test_what_tells_is_found() -> None:
    weights = fit(examples())[Kind.DATA].weights
    assert weights["telling"] > 4 * abs(weights["noise"])


def test_what_was_not_decided_is_never_certain() -> None:
    given = examples()
    found = chances(fit(given), given)
    assert found[0] == 0.0
    assert found[1] > 0.5


def test_the_least_certain_decision_speaks_for_the_turn() -> None:
    curves = fit(examples())
    sure, unsure = (Decision(Kind.DATA, {"telling": telling, "noise": 0.5}) for telling in (1.0, 0.0))
    both, alone = chances(curves, [Example((sure, unsure), True), Example((unsure,), True)])
    assert both == alone


def test_a_kind_that_was_never_wrong_is_trusted_and_an_empty_turn_too() -> None:
    curves = fit(examples())
    assert chances(curves, [Example((Decision(Kind.OTHER, {}),), True)])[0] == pytest.approx(0.99)
    assert chances(curves, [Example((), True)])[0] == 1.0


def test_documents_are_judged_by_their_route() -> None:
    told = [
        Example((Decision(Kind.DOCUMENTS, {"doubt": float(at % 2)}),), right=False, routed=at % 2 == 0)
        for at in range(80)
    ]
    assert fit(told)[Kind.DOCUMENTS].weights["doubt"] < 0


def test_the_threshold_is_the_lowest_that_holds_the_target() -> None:
    found = np.linspace(1, 0, 100)
    right = np.array([True] * 60 + [False] * 40)
    least = threshold(found, right, 0.98)
    assert kept(found, right, least).answered == 61
    assert curve(found, right, (0.6, 1.0)) == [(0.6, 1.0), (1.0, 0.6)]


def test_the_figures_are_of_what_the_fit_did_not_see() -> None:
    """Nothing can be told from noise, so no honest figure says that it can."""
    random = np.random.default_rng(5)
    given = [
        Example((Decision(Kind.DATA, {"noise": float(random.random())}),), bool(random.random() < 0.8))
        for _ in range(400)
    ]
    assert nested(given).precision < 0.9


def test_what_is_written_is_what_the_cascade_reads(tmp_path: Path) -> None:
    given = examples()
    certainty, figures = measured(given, ["dev" if at % 2 else "held" for at in range(len(given))])
    (tmp_path / FILE).write_text(written(certainty, figures, datetime(2026, 11, 18)), encoding="utf-8")
    read = load_certainty(tmp_path)
    assert read.threshold == pytest.approx(certainty.threshold, abs=1e-4)
    for example in given[:50]:
        assert read.of(example.decisions[0]) == pytest.approx(certainty.of(example.decisions[0]), abs=1e-3)


@pytest.mark.parametrize(
    "text",
    ["", "threshold: 0.9", "threshold: x\nkinds: {}", "threshold: 0.9\nkinds: {data: {bias: 1, weights: {}}}", "[1]"],
)
def test_what_is_no_calibration_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / FILE).write_text(text, encoding="utf-8")
    with pytest.raises(Misconfigured):
        load_certainty(tmp_path)


def test_the_calibration_that_is_shipped_holds_its_promise() -> None:
    """At least 60 % of the eval set without a call, at least 98 % of it right, on turns that the fit did not see."""
    told = yaml.safe_load((HERE / FILE).read_text(encoding="utf-8"))["measured"]
    for name in ("held_out_folds", "threshold_held_out_too"):
        assert told[name]["share"] >= 0.60
        assert told[name]["precision"] >= 0.98
