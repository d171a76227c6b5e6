"""How much a word tells, whatever the library: rare words of the language much, those of every day little."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from functools import lru_cache

from core.dictionary import load_rarities
from core.text import fold
from ingest.terms import stems

_COMMON, _RARE = 2.5, 6.0
_LEAST, _MOST = 0.05, 1.1
_NUMBER = 0.6


def telling(word: str) -> float:
    """From 0.05 for the commonest to 1.1 for what no list of frequent words has; all forms of a word count alike."""
    return max((_telling(part) for part in fold(word).split()), default=_LEAST)


@lru_cache(maxsize=20_000)
def _telling(folded: str) -> float:
    if folded[:1].isdigit():
        return _NUMBER
    rarity = _by_stem().get(stems().of(folded), _RARE + 1)
    return min(max((rarity - _COMMON) / (_RARE - _COMMON), _LEAST), _MOST)


@lru_cache(maxsize=1)
def _by_stem() -> Mapping[str, float]:
    """The rarity of the commonest form of each stem."""
    found: dict[str, float] = defaultdict(lambda: _RARE + 1)
    for word, rarity in load_rarities().items():
        stem = stems().of(word)
        found[stem] = min(found[stem], rarity)
    return found
