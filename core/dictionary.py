"""The words of Spanish and English, so that one of them is never taken for a misspelling of ours.

They are wordfreq's lists of frequent words. Only its data are read: the package itself brings tokenizers of forty
languages, which cost ten times what the words do.
"""

from __future__ import annotations

import gzip
from collections.abc import Iterable
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path

import msgpack

from core.errors import Misconfigured

_LISTS = ("small_es", "small_en")
SHORTEST = 3
"""Shorter words are never respelled."""
_UNACCENTED = str.maketrans("áéíóúüñàèòçï", "aeiouunaeoci")


@lru_cache(maxsize=2)
def load_dictionary(lists: tuple[str, ...] = _LISTS) -> frozenset[str]:
    """Every word of those lists, folded; raises Misconfigured when wordfreq is not installed."""
    spec = find_spec("wordfreq")
    if spec is None or not spec.submodule_search_locations:
        raise Misconfigured("wordfreq is not installed.")
    folder = Path(spec.submodule_search_locations[0]) / "data"
    return frozenset(word for name in lists for word in _words(folder / f"{name}.msgpack.gz"))


def _words(path: Path) -> Iterable[str]:
    # A header, then the words of each hundredth of a bel, most frequent first.
    with gzip.open(path) as packed:
        _header, *groups = msgpack.load(packed)
    return (
        word.translate(_UNACCENTED) for group in groups for word in group if len(word) >= SHORTEST and word.isalpha()
    )
