"""What features are worth: weights fitted to questions whose answers are known, kept in ``ranking.yaml``."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from agents.brains.offline.data import HERE, load_data

MOST_AHEAD = 5.0
"""Being further ahead tells nothing more."""
WEIGHTS = HERE / "answering" / "ranking.yaml"


@dataclass(frozen=True, slots=True)
class Ranking:
    """``order``: of candidates among each other; ``sure``: whether the best of them answers at all, above ``least``."""

    order: Mapping[str, float]
    sure: Mapping[str, float]
    start: float
    least: float

    def score(self, features: Mapping[str, float]) -> float:
        """The worth of a candidate beside the others of the same question; a difference of 1 is a factor of e."""
        order = self.order
        return sum(order.get(name, 0.0) * value for name, value in features.items())

    def confidence(self, features: Mapping[str, float], score: float, ahead: float) -> float:
        """How likely it is, 0 to 1, that a candidate answers with these ``features`` and this ``score``, which is
        ``ahead`` of that of any other passage by so much."""
        sure = self.sure
        told = sum(sure.get(name, 0.0) * value for name, value in features.items())
        told += sure.get("score", 0.0) * score + sure.get("ahead", 0.0) * min(ahead, MOST_AHEAD)
        return 1 / (1 + math.exp(-(self.start + told)))


def load_ranking() -> Ranking:
    """Read ``ranking.yaml``."""
    data: Any = load_data(WEIGHTS.name, WEIGHTS.parent)
    return Ranking(data["order"], data["sure"], float(data["start"]), float(data["least"]))


def write_ranking(ranking: Ranking, figures: str, path: Path = WEIGHTS) -> None:
    """Write ``ranking`` to ``path``. ``figures``: how well it did on questions that it was not fitted to."""
    head = (
        "# What the features of answering/features.py are worth. `python -m evals.fit_ranking` writes this file.\n"
        f"# {figures}\n"
    )
    data = {
        "least": round(ranking.least, 3),
        "start": round(ranking.start, 3),
        "order": _rounded(ranking.order),
        "sure": _rounded(ranking.sure),
    }
    path.write_text(head + yaml.safe_dump(data, sort_keys=False, allow_unicode=True), encoding="utf-8")


def _rounded(weights: Mapping[str, float]) -> dict[str, float]:
    return {name: round(float(weight), 3) for name, weight in sorted(weights.items()) if round(float(weight), 3)}
