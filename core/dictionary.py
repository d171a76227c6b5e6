"""The words of Spanish and English, so that one of them is never taken for a misspelling of ours.

They are wordfreq's lists of frequent words. Only its data are read: the package itself brings tokenizers of forty
languages, which cost ten times what the words do.
"""

from __future__ import annotations

import gzip
from collections.abc import Sequence
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
    words = (word for name in lists for group in _groups(name) for word in group)
    return frozenset(word.translate(_UNACCENTED) for word in words if len(word) >= SHORTEST and word.isalpha())


@lru_cache(maxsize=1)
def load_rarities() -> dict[str, float]:
    """How rare each Spanish and English word is, folded: 3 for one in a thousand words, 6 for one in a million; raises
    Misconfigured when wordfreq is not installed."""
    found: dict[str, float] = {}
    for name in _LISTS:
        for hundredths, group in enumerate(_groups(name)):
            for word in group:
                found.setdefault(word.translate(_UNACCENTED), hundredths / 100)
    return found


@lru_cache(maxsize=1)
def load_written() -> dict[str, float]:
    """How rare each Spanish word is, as it is written, the most frequent first; raises Misconfigured when wordfreq is
    not installed."""
    groups = enumerate(_groups(_LISTS[0]))
    return {word: hundredths / 100 for hundredths, group in groups for word in group if word.isalpha()}


def _groups(name: str) -> Sequence[Sequence[str]]:
    """The words of a list by the hundredths of a bel that they are rare, most frequent first."""
    spec = find_spec("wordfreq")
    if spec is None or not spec.submodule_search_locations:
        raise Misconfigured("wordfreq is not installed.")
    with gzip.open(Path(spec.submodule_search_locations[0]) / "data" / f"{name}.msgpack.gz") as packed:
        groups: list[list[str]] = msgpack.load(packed)[1:]  # after a header
    return groups
