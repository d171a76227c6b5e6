"""The trained classifier as numbers: judging a message needs no more than these and numpy.

Training needs scikit-learn, which takes longer to import than everything else of a start; a server whose model is kept
never imports it.
"""

from __future__ import annotations

import io
import json
import os
import zipfile
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.float32]
_NUMBERS = ("words_idf", "letters_idf", "weights", "intercept")
_NAMES = ("words", "letters", "labels", "common")


@dataclass(frozen=True)
class TrainedModel:
    """One-against-the-rest linear margins over two TF-IDF blocks, each of unit length, as scikit-learn fitted them.

    ``words`` and ``letters`` name the features in their order, ``*_idf`` weigh them; ``weights`` is features x labels,
    words first; ``common`` are the stems that several examples hold.
    """

    words: tuple[str, ...]
    letters: tuple[str, ...]
    labels: tuple[str, ...]
    common: tuple[str, ...]
    words_idf: Numbers
    letters_idf: Numbers
    weights: Numbers
    intercept: Numbers

    def margins(self, words: Sequence[str], letters: Iterable[str]) -> Numbers:
        """How far on each label's side a message with these features lies."""
        at, values = _block(words, self._word_places, self.words_idf)
        letters_at, letter_values = _block(letters, self._letter_places, self.letters_idf)
        rows = np.concatenate([at, letters_at + len(self.words)])
        found: Numbers = np.concatenate([values, letter_values]) @ self.weights[rows] + self.intercept
        return found

    @cached_property
    def _word_places(self) -> Mapping[str, int]:
        return {name: place for place, name in enumerate(self.words)}

    @cached_property
    def _letter_places(self) -> Mapping[str, int]:
        return {name: place for place, name in enumerate(self.letters)}

    def save(self, path: Path) -> None:
        """Write to ``path`` whole or not at all."""
        buffer = io.BytesIO()
        names = json.dumps({name: getattr(self, name) for name in _NAMES})
        np.savez(buffer, names=np.array(names), **{name: getattr(self, name) for name in _NUMBERS})
        part = path.with_suffix(f".{os.getpid()}")
        part.write_bytes(buffer.getvalue())
        part.replace(path)

    @classmethod
    def load(cls, path: Path) -> TrainedModel | None:
        """The model kept at ``path``; None when there is none that can be read."""
        try:
            with np.load(io.BytesIO(path.read_bytes()), allow_pickle=False) as kept:
                names = json.loads(str(kept["names"]))
                numbers = {name: kept[name] for name in _NUMBERS}
        except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile):
            return None
        words, letters, labels, common = (tuple(names[name]) for name in _NAMES)
        return cls(words, letters, labels, common, *(numbers[name] for name in _NUMBERS))


def _block(features: Iterable[str], places: Mapping[str, int], idf: Numbers) -> tuple[NDArray[np.intp], Numbers]:
    """Rows and values of the known ones of ``features``: (1 + log count) x idf, of unit length."""
    counts = Counter(place for feature in features if (place := places.get(feature)) is not None)
    rows = np.fromiter(counts.keys(), dtype=np.intp, count=len(counts))
    values = (1 + np.log(np.fromiter(counts.values(), dtype=np.float32, count=len(counts)))) * idf[rows]
    length = float(np.linalg.norm(values))
    return rows, values / length if length else values
