"""The intent classifier: stem and letter features, a linear model, probabilities."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from agents.brains.offline.routing.features import Features, letters
from agents.brains.offline.routing.model import TrainedModel
from agents.brains.protocol import Intent
from policy.roles import Role

_SHARPNESS = 3.2
"""Slope that turns margins into probabilities; measured on messages held out of training."""


@dataclass(frozen=True, slots=True)
class Judged:
    """The probability of each intent, adding up to one, and the likeliest reason for those that have reasons."""

    scores: dict[Intent, float]
    reasons: Mapping[Intent, str]

    @property
    def likeliest(self) -> Intent:
        """The intent of the highest score."""
        return max(self.scores, key=lambda intent: self.scores[intent])


class IntentClassifier:
    """Says how likely each intent is for a piece of text said by a role."""

    def __init__(self, model: TrainedModel, features: Features) -> None:
        self._model = model
        self._features = features
        features.learn(model.common)
        self._classes = tuple(_read_label(label) for label in model.labels)

    def judge(self, text: str, role: Role) -> Judged:
        """How likely each intent is, and why a person would be needed."""
        read = self._features.read(text)
        margins = self._model.margins(self._features.words(read, role), letters(read)) * _SHARPNESS
        odds = np.exp(margins - margins.max())
        scores: dict[Intent, float] = dict.fromkeys(Intent, 0.0)
        reasons: dict[Intent, str] = {}
        best: dict[Intent, float] = {}
        for (intent, why), share in zip(self._classes, odds / odds.sum(), strict=True):
            scores[intent] += float(share)
            if share > best.get(intent, 0.0):
                best[intent], reasons[intent] = float(share), why
        return Judged(scores, reasons)


def _read_label(label: str) -> tuple[Intent, str]:
    intent, _, reason = label.partition("/")
    return Intent(intent), reason
