"""The intent classifier: word and letter features, a linear model, calibrated probabilities. Trained at start-up."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy.sparse import csr_matrix, hstack
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression

from agents.brains.offline.routing.examples import Example
from agents.brains.offline.routing.features import letters_of, words_of
from agents.brains.protocol import Intent
from policy.roles import Role

_INVERSE_REGULARISATION = 12.0


class IntentClassifier:
    """Says how likely each intent is for a piece of text said by a role."""

    def __init__(self, examples: Sequence[Example]) -> None:
        self._words = TfidfVectorizer(analyzer=lambda item: words_of(*item), sublinear_tf=True, dtype=np.float32)
        self._letters = TfidfVectorizer(
            analyzer=lambda item: list(letters_of(item[0])), sublinear_tf=True, min_df=2, dtype=np.float32
        )
        items = [(example.text, example.role) for example in examples]
        matrix = hstack([self._words.fit_transform(items), self._letters.fit_transform(items)]).tocsr()
        self._model = LogisticRegression(C=_INVERSE_REGULARISATION, max_iter=60, tol=1e-2)
        self._model.fit(matrix, [example.intent.value for example in examples])
        self._intents = tuple(Intent(name) for name in self._model.classes_)

    def probabilities(self, text: str, role: Role) -> dict[Intent, float]:
        """The probability of each intent; they add up to one."""
        item = [(text, role)]
        row = csr_matrix(hstack([self._words.transform(item), self._letters.transform(item)]))
        return dict(zip(self._intents, (float(p) for p in self._model.predict_proba(row)[0]), strict=True))
