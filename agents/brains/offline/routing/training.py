"""Trains the intent classifier on the labelled utterances: the only importer of scikit-learn, and only to train."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from agents.brains.offline.routing.examples import Example
from agents.brains.offline.routing.features import Features, letters
from agents.brains.offline.routing.model import TrainedModel
from agents.brains.protocol import Intent

if TYPE_CHECKING:
    from sklearn.feature_extraction.text import TfidfVectorizer

_REGULARISATION = 0.6


def train(examples: Sequence[Example], features: Features) -> TrainedModel:
    """A linear model that tells the intents of ``examples`` apart by what ``features`` sees of them."""
    from scipy.sparse import hstack  # seconds to import, that only a first start needs
    from sklearn.svm import LinearSVC

    read = [features.read(example.text) for example in examples]
    common = features.common_in(
        text for text, example in zip(read, examples, strict=True) if example.intent is not Intent.OUT_OF_SCOPE
    )
    features.learn(common)
    seen = [features.words(text, example.role) for text, example in zip(read, examples, strict=True)]
    spelt = [list(letters(text)) for text in read]
    words, spellings = _vectorizer(), _vectorizer()
    matrix = hstack([words.fit_transform(seen), spellings.fit_transform(spelt)]).tocsr()
    model = LinearSVC(C=_REGULARISATION, tol=1e-2, random_state=0, class_weight=None)
    model.fit(matrix, [label(example) for example in examples])
    return TrainedModel(
        words=tuple(words.get_feature_names_out()),
        letters=tuple(spellings.get_feature_names_out()),
        labels=tuple(str(name) for name in model.classes_),
        common=tuple(sorted(common)),
        words_idf=words.idf_.astype(np.float32),
        letters_idf=spellings.idf_.astype(np.float32),
        weights=np.ascontiguousarray(model.coef_.T, dtype=np.float32),
        intercept=model.intercept_.astype(np.float32),
    )


def label(example: Example) -> str:
    """What is told apart: the intent, and for a person the reason."""
    return f"{example.intent.value}/{example.reason}" if example.reason else example.intent.value


def _vectorizer() -> TfidfVectorizer:
    from sklearn.feature_extraction.text import TfidfVectorizer

    return TfidfVectorizer(analyzer=_as_is, sublinear_tf=True, min_df=2, dtype=np.float32)


def _as_is(features: list[str]) -> list[str]:
    return features
