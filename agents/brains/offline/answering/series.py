"""Models as they are written: the letters of their series and their number ("xp400" is of "xp")."""

from __future__ import annotations

import re
from collections.abc import Collection
from functools import lru_cache

from core.text import fold, tokens

_MODEL = re.compile(r"^([a-z]{2,4})\d{2,4}$")


@lru_cache(maxsize=4000)
def models_in(text: str, series: frozenset[str] | None = None) -> frozenset[str]:
    """Models that ``text`` names, as one word each; of ``series`` (letters that models begin with), or of any."""
    words = (fold(t.text).replace("-", "") for t in tokens(text))
    named = ((word, series_of(word)) for word in words)
    return frozenset(word for word, letters in named if letters and (series is None or letters in series))


def series_of(word: str) -> str:
    """The letters of a model ("xp400" is of "xp"); nothing for what is not written like one."""
    found = _MODEL.match(word)
    return found.group(1) if found else ""


def all_series(models: Collection[str]) -> frozenset[str]:
    """The letters of ``models``."""
    return frozenset(map(series_of, models))


def of_another(heading: frozenset[str], models: frozenset[str]) -> bool:
    """Does a heading name models like these, and none of these?"""
    series = all_series(models)
    named = {word for word in heading if series_of(word) in series}
    return bool(models) and bool(named) and not named & models
