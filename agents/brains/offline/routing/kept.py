"""Keeps the trained model between starts, for as long as nothing that it was trained from has changed."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path

import ingest
from agents.brains.offline.data import HERE
from agents.brains.offline.routing.model import TrainedModel
from tools.sql.catalogue import Catalogue

_OURS = ("*.py", "*.yaml", "routing/*.py", "routing/*.yaml", "routing/utterances/*.yaml")
_OF_INGEST = ("lexicon.py", "terms.py", "*.yaml")
_NAME = "{name}-{digest}.npz"
INTENTS = "intents"


def kept_or_trained(
    folder: Path | None, catalogue: Catalogue, train: Callable[[], TrainedModel], name: str = INTENTS
) -> TrainedModel:
    """The model ``name`` kept in ``folder`` that was trained from what stands now; otherwise ``train`` it and keep it.

    ``folder`` None keeps nothing. Models trained from what has changed since are deleted.
    """
    if folder is None:
        return train()
    path = folder / _NAME.format(name=name, digest=_digest(catalogue))
    model = TrainedModel.load(path)
    if model is None:
        model = train()
        folder.mkdir(parents=True, exist_ok=True)
        for old in folder.glob(_NAME.format(name=name, digest="*")):
            old.unlink(missing_ok=True)
        model.save(path)
    return model


def _digest(catalogue: Catalogue) -> str:
    """Changes with the utterances, the words, the code that reads them, the catalogue and the library that trains."""
    seen = hashlib.sha256(f"{version('scikit-learn')} {catalogue.model_dump_json()}".encode())
    words = Path(ingest.__file__).parent
    sources = [path for pattern in _OURS for path in HERE.glob(pattern)]
    sources += [path for pattern in _OF_INGEST for path in words.glob(pattern)]
    for path in sorted(sources):
        seen.update(path.name.encode())
        seen.update(path.read_bytes())
    return seen.hexdigest()[:16]
