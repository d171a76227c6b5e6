"""The intent classifier: stem and letter features, a linear model, probabilities. Trained at start-up."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy.sparse import csr_matrix, hstack
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.svm import LinearSVC

from agents.brains.offline.routing.examples import Example
from agents.brains.offline.routing.features import Features, general, letters
from agents.brains.protocol import Intent
from policy.roles import Role

_REGULARISATION = 0.6
_SHARPNESS = 3.2
"""Slope that turns margins into probabilities; measured on messages held out of training."""


class IntentClassifier:
    """Says how likely each intent is for a piece of text said by a role."""

    def __init__(self, examples: Sequence[Example], features: Features) -> None:
        self._features = features
        self._words = TfidfVectorizer(analyzer=_as_is, sublinear_tf=True, dtype=np.float32)
        self._letters = TfidfVectorizer(analyzer=_as_is, sublinear_tf=True, min_df=2, dtype=np.float32)
        read = [general(example.text) for example in examples]
        words = [features.words(text, example.role) for text, example in zip(read, examples, strict=True)]
        spelt = [list(letters(text)) for text in read]
        matrix = hstack([self._words.fit_transform(words), self._letters.fit_transform(spelt)]).tocsr()
        self._model = LinearSVC(C=_REGULARISATION, tol=1e-2, random_state=0, class_weight=None)
        self._model.fit(matrix, [example.intent.value for example in examples])
        self._intents = tuple(Intent(name) for name in self._model.classes_)

    def probabilities(self, text: str, role: Role) -> dict[Intent, float]:
        """The probability of each intent; they add up to one."""
        read = general(text)
        words = self._words.transform([self._features.words(read, role)])
        spelt = self._letters.transform([list(letters(read))])
        margins = self._model.decision_function(csr_matrix(hstack([words, spelt])))[0] * _SHARPNESS
        odds = np.exp(margins - margins.max())
        return dict(zip(self._intents, (float(p) for p in odds / odds.sum()), strict=True))


def _as_is(features: list[str]) -> list[str]:
    return features
