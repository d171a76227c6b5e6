"""How much a message is like known dangers and unlike ordinary talk: for wordings that no sign foresees."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from agents.brains.offline.data import load_data
from agents.brains.offline.routing.examples import load_examples
from agents.brains.offline.routing.features import letters
from agents.brains.offline.routing.model import TrainedModel

if TYPE_CHECKING:
    from sklearn.feature_extraction.text import TfidfVectorizer

ORDINARY = "ordinary"
ALIKE = 0.12
"""How far on the side of ordinary talk a message may still lie to be taken for danger: missing one is worse."""
_REGULARISATION = 0.6


@dataclass(frozen=True, slots=True)
class Heard:
    """A message as the sense takes it: its folded words and the concepts that they name."""

    words: Sequence[str]
    concepts: Sequence[str]

    def features(self) -> Iterator[str]:
        """Concepts, what they are named together with, words and pairs of words."""
        yield from (f"c={name}" for name in self.concepts)
        yield from (f"{a}&{b}" for a, b in itertools.combinations(self.concepts, 2))
        yield from (f"w={word}" for word in self.words)
        yield from (f"{a}_{b}" for a, b in itertools.pairwise(self.words))


class DangerSense:
    """Judges by a trained model."""

    def __init__(self, model: TrainedModel) -> None:
        self._model = model
        self._ordinary = model.labels.index(ORDINARY)

    def kind(self, heard: Heard) -> str | None:
        """The kind of danger that ``heard`` is most like; None when it is like ordinary talk."""
        margins = self._model.margins(list(heard.features()), letters(list(heard.words)))
        if margins[self._ordinary] > ALIKE:
            return None
        margins[self._ordinary] = -np.inf
        return self._model.labels[int(margins.argmax())]


def known_messages() -> Iterator[tuple[str, str]]:
    """Messages and the kind of danger they tell of, or :data:`ORDINARY`."""
    data: Mapping[str, Any] = load_data("emergency_examples.yaml")
    for kind, messages in data["dangers"].items():
        yield from ((str(message), kind) for message in messages)
    yield from ((str(message), ORDINARY) for message in data["ordinary"])
    yield from ((example.text, ORDINARY) for example in load_examples())


def train(messages: Sequence[tuple[Heard, str]]) -> TrainedModel:
    """A linear model that tells the kinds of ``messages`` apart. The only use of scikit-learn here."""
    from scipy.sparse import hstack  # seconds to import, that only a first start needs
    from sklearn.svm import LinearSVC

    named, spelt = _vectorizer(), _vectorizer()
    matrix = hstack(
        [
            named.fit_transform([list(heard.features()) for heard, _ in messages]),
            spelt.fit_transform([list(letters(list(heard.words))) for heard, _ in messages]),
        ]
    ).tocsr()
    svm = LinearSVC(C=_REGULARISATION, tol=1e-2, random_state=0).fit(matrix, [kind for _, kind in messages])
    return TrainedModel(
        words=tuple(named.get_feature_names_out()),
        letters=tuple(spelt.get_feature_names_out()),
        labels=tuple(str(name) for name in svm.classes_),
        common=(),
        words_idf=named.idf_.astype(np.float32),
        letters_idf=spelt.idf_.astype(np.float32),
        weights=np.ascontiguousarray(svm.coef_.T, dtype=np.float32),
        intercept=svm.intercept_.astype(np.float32),
    )


def _vectorizer() -> TfidfVectorizer:
    from sklearn.feature_extraction.text import TfidfVectorizer

    return TfidfVectorizer(analyzer=_as_is, sublinear_tf=True, min_df=2, dtype=np.float32)


def _as_is(features: list[str]) -> list[str]:
    return features
