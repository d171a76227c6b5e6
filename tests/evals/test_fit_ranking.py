"""The fit finds the feature that tells right answers, and says how sure it is."""

from __future__ import annotations

import numpy as np
import pytest

from evals.answer_examples import Example
from evals.fit_ranking import fit, threshold


def examples(count: int = 80) -> list[Example]:
    """Looks of three candidates, of which the right one has more of ``telling``; ``noise`` says nothing."""
    random = np.random.default_rng(7)
    out = []
    for number in range(count):
        answerable = number % 4 != 0
        right = np.array([False, False, False])
        right[random.integers(3)] = answerable
        rows = tuple(
            {"telling": float(0.8 * is_right + 0.2 * random.random()), "noise": float(random.random())}
            for is_right in right
        )
        out.append(Example(number, rows, rows, (0, 1, 2), right, answerable))
    return out


def test_the_telling_feature_is_found_and_the_noise_is_not() -> None:
    said: list[str] = []
    ranking, figures = fit(examples(800), said.append)
    assert ranking.order["telling"] > 5 * abs(ranking.order["noise"])
    sure, unsure = (ranking.confidence({"telling": t}, ranking.score({"telling": t}), 1.0) for t in (0.9, 0.1))
    assert sure > ranking.least > unsure
    assert said == [figures] and "first 100.0%" in figures


@pytest.mark.parametrize(("cost", "least"), [(1.0, 0.5), (3.0, 0.75)])
def test_the_more_a_wrong_answer_costs_the_surer_one_must_be(cost: float, least: float) -> None:
    assert threshold(cost) == pytest.approx(least)
