"""The intent classifier: stem and letter features, a linear model, probabilities. Trained at start-up."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_matrix, hstack
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.svm import LinearSVC

from agents.brains.offline.routing.examples import Example
from agents.brains.offline.routing.features import Features, letters
from agents.brains.protocol import Intent
from policy.roles import Role

_REGULARISATION = 0.6
_SHARPNESS = 3.2
"""Slope that turns margins into probabilities; measured on messages held out of training."""


@dataclass(frozen=True, slots=True)
class Judged:
    """The probability of each intent, adding up to one, and the likeliest reason for those that have reasons."""

    scores: dict[Intent, float]
    reasons: Mapping[Intent, str]


class IntentClassifier:
    """Says how likely each intent is for a piece of text said by a role."""

    def __init__(self, examples: Sequence[Example], features: Features) -> None:
        self._features = features
        self._words = TfidfVectorizer(analyzer=_as_is, sublinear_tf=True, min_df=2, dtype=np.float32)
        self._letters = TfidfVectorizer(analyzer=_as_is, sublinear_tf=True, min_df=2, dtype=np.float32)
        read = [features.read(example.text) for example in examples]
        features.learn(
            text for text, example in zip(read, examples, strict=True) if example.intent is not Intent.OUT_OF_SCOPE
        )
        words = [features.words(text, example.role) for text, example in zip(read, examples, strict=True)]
        spelt = [list(letters(text)) for text in read]
        matrix = hstack([self._words.fit_transform(words), self._letters.fit_transform(spelt)]).tocsr()
        self._model = LinearSVC(C=_REGULARISATION, tol=1e-2, random_state=0, class_weight=None)
        self._model.fit(matrix, [_label(example) for example in examples])
        self._classes = tuple(_read_label(label) for label in self._model.classes_)

    def judge(self, text: str, role: Role) -> Judged:
        """How likely each intent is, and why a person would be needed."""
        read = self._features.read(text)
        words = self._words.transform([self._features.words(read, role)])
        spelt = self._letters.transform([list(letters(read))])
        margins = self._model.decision_function(csr_matrix(hstack([words, spelt])))[0] * _SHARPNESS
        odds = np.exp(margins - margins.max())
        scores: dict[Intent, float] = dict.fromkeys(Intent, 0.0)
        reasons: dict[Intent, str] = {}
        best: dict[Intent, float] = {}
        for (intent, why), share in zip(self._classes, odds / odds.sum(), strict=True):
            scores[intent] += float(share)
            if share > best.get(intent, 0.0):
                best[intent], reasons[intent] = float(share), why
        return Judged(scores, reasons)


def _label(example: Example) -> str:
    return f"{example.intent.value}/{example.reason}" if example.reason else example.intent.value


def _read_label(label: str) -> tuple[Intent, str]:
    intent, _, reason = label.partition("/")
    return Intent(intent), reason


def _as_is(features: list[str]) -> list[str]:
    return features
