"""How likely the offline brain is right, from the signals of a decision, and whether that is certain enough.

The numbers stand in ``certainty.yaml``, which ``python -m evals.calibrate`` writes.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from agents.brains.cascade.signals import Decision, Kind
from agents.brains.offline.data import load_data
from core.errors import Misconfigured

HERE = Path(__file__).parent
FILE = "certainty.yaml"


@dataclass(frozen=True, slots=True)
class Curve:
    """A logistic curve over the signals of one kind of decision."""

    bias: float
    weights: Mapping[str, float]

    def probability(self, signals: Mapping[str, float]) -> float:
        """How likely it is right, 0 to 1; a signal that is missing counts as zero."""
        total = self.bias + sum(weight * signals.get(name, 0.0) for name, weight in self.weights.items())
        return 1 / (1 + math.exp(-max(min(total, 50.0), -50.0)))


@dataclass(frozen=True, slots=True)
class Certainty:
    """One curve for each kind, and the probability from which a decision needs no model."""

    threshold: float
    curves: Mapping[Kind, Curve]

    def of(self, decision: Decision) -> float:
        """How likely the offline brain is right about ``decision``; 0 where it did not decide."""
        return self.curves[decision.kind].probability(decision.signals) if decision.signals is not None else 0.0

    def enough(self, *decisions: Decision) -> bool:
        """Are all ``decisions`` certain?"""
        return all(self.of(decision) >= self.threshold for decision in decisions)


NEVER = Certainty(math.inf, {kind: Curve(0.0, {}) for kind in Kind})
"""Leaves every decision to the model."""


def load_certainty(folder: Path = HERE) -> Certainty:
    """The calibration; raises :class:`Misconfigured` when it is not one."""
    raw: Any = load_data(FILE, folder)
    try:
        curves = {
            Kind(kind): Curve(float(curve["bias"]), {name: float(weight) for name, weight in curve["weights"].items()})
            for kind, curve in raw["kinds"].items()
        }
        certainty = Certainty(float(raw["threshold"]), curves)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise Misconfigured(f"{FILE} is no calibration: {error}") from error
    if set(curves) != set(Kind):
        raise Misconfigured(f"{FILE} lacks {sorted(set(Kind) - set(curves))}.")
    return certainty
