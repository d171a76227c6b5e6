"""Is a question about a machine, or about one's own things? A stranger is told then who may ask it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import yaml

from core.text import fold, tokens
from ingest.terms import is_code


@dataclass(frozen=True, slots=True)
class Withheld:
    """The words of ``withheld.yaml``; ``beginnings`` take any ending, and ``units`` follow a number ("24h")."""

    words: frozenset[str]
    beginnings: tuple[str, ...]
    own: frozenset[str]
    units: frozenset[str]

    def about_machines(self, text: str) -> bool:
        """Does ``text`` name a machine, a part of one, its use, or a code that one shows?"""
        said = [token.folded for token in tokens(text)]
        return any(word in self.words or word.startswith(self.beginnings) or self._is_code(word) for word in said)

    def of_ones_own(self, text: str) -> bool:
        """Does ``text`` speak of what is of the person who writes?"""
        return any(token.folded in self.own for token in tokens(text))

    def _is_code(self, word: str) -> bool:
        """Is it a code, rather than a figure with its unit ("24h")?"""
        return is_code(word) and not (word[:1].isdigit() and word.lstrip("0123456789") in self.units)


@lru_cache(maxsize=1)
def load_withheld() -> Withheld:
    """Read once."""
    text = Path(__file__).with_name("withheld.yaml").read_text(encoding="utf-8")
    data = yaml.load(text, Loader=yaml.CSafeLoader)
    words = [fold(str(word)) for word in data["words"]]
    return Withheld(
        frozenset(word for word in words if not word.endswith("*")),
        tuple(word.removesuffix("*") for word in words if word.endswith("*")),
        frozenset(fold(str(word)) for word in data["own"]),
        frozenset(fold(str(word)) for word in data["units"]),
    )
