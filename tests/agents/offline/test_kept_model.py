"""The trained model survives a restart, judges as scikit-learn does, and is trained again when its sources change."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from scipy.sparse import hstack
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.svm import LinearSVC

from agents.brains.offline.routing.kept import kept_or_trained
from agents.brains.offline.routing.model import TrainedModel
from tools.sql.catalogue import Catalogue

TEXTS = ["que hora es", "que dia es hoy", "la caldera pierde agua", "la caldera no calienta", "hola que tal", "hola"]
LABELS = ["data", "data", "ticket", "ticket", "greeting", "greeting"]


def _grams(text: str) -> list[str]:
    return [text[at : at + 3] for at in range(len(text) - 2)]


@pytest.fixture(scope="module")
def fitted() -> tuple[TrainedModel, Callable[[str], np.ndarray]]:
    words = TfidfVectorizer(analyzer=str.split, sublinear_tf=True, dtype=np.float32)
    grams = TfidfVectorizer(analyzer=_grams, sublinear_tf=True, dtype=np.float32)
    svc = LinearSVC(random_state=0).fit(hstack([words.fit_transform(TEXTS), grams.fit_transform(TEXTS)]), LABELS)
    model = TrainedModel(
        words=tuple(words.get_feature_names_out()),
        letters=tuple(grams.get_feature_names_out()),
        labels=tuple(svc.classes_),
        common=("hola",),
        words_idf=words.idf_.astype(np.float32),
        letters_idf=grams.idf_.astype(np.float32),
        weights=svc.coef_.T.astype(np.float32),
        intercept=svc.intercept_.astype(np.float32),
    )
    return model, lambda text: svc.decision_function(hstack([words.transform([text]), grams.transform([text])]))[0]


@pytest.mark.parametrize("text", [*TEXTS, "la la la caldera", "nada conocido zzz", "", "hola hola que agua"])
def test_margins_are_those_of_scikit_learn(fitted: tuple[TrainedModel, Callable[[str], np.ndarray]], text: str) -> None:
    model, expected = fitted
    np.testing.assert_allclose(model.margins(text.split(), _grams(text)), expected(text), atol=1e-5)


def test_what_is_kept_is_read_back(
    fitted: tuple[TrainedModel, Callable[[str], np.ndarray]], catalogue: Catalogue, tmp_path: Path
) -> None:
    model, _ = fitted
    times: list[int] = []

    def train() -> TrainedModel:
        times.append(1)
        return model

    kept_or_trained(tmp_path, catalogue, train)
    again = kept_or_trained(tmp_path, catalogue, train)
    assert len(times) == 1
    assert (again.words, again.labels, again.common) == (model.words, model.labels, model.common)
    np.testing.assert_array_equal(again.weights, model.weights)


@pytest.mark.parametrize("harm", ["other sources", "broken file"])
def test_trained_again_when_what_is_kept_is_of_no_use(
    fitted: tuple[TrainedModel, Callable[[str], np.ndarray]], catalogue: Catalogue, tmp_path: Path, harm: str
) -> None:
    model, _ = fitted
    kept_or_trained(tmp_path, catalogue, lambda: model)
    if harm == "broken file":
        next(tmp_path.glob("*.npz")).write_bytes(b"PK\x03\x04 not a model")
    else:
        catalogue = catalogue.model_copy(update={"headings": {}})
    fresh = replace(model, common=("otra",))
    assert kept_or_trained(tmp_path, catalogue, lambda: fresh).common == ("otra",)
    assert len(list(tmp_path.iterdir())) == 1


def test_a_kept_model_needs_no_scikit_learn(tmp_path: Path) -> None:
    build = (
        "import sys; from pathlib import Path; from tools.sql.catalogue import load_catalogue;"
        "from agents.brains.offline.brain import OfflineBrain;"
        f"OfflineBrain.build(load_catalogue(), None, Path({str(tmp_path)!r}));"
        "print(sum(name.partition('.')[0] in ('sklearn', 'scipy') for name in sys.modules))"
    )
    command = [sys.executable, "-c", build]
    seen = [int(subprocess.run(command, capture_output=True, text=True, check=True).stdout) for _ in range(2)]  # noqa: S603
    assert seen[0] > 0
    assert seen[1] == 0
