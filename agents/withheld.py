"""Is a question about a machine, so that a stranger is told who may read manuals rather than that nothing is known?"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import yaml

from core.text import fold, tokens
from ingest.terms import is_code


@dataclass(frozen=True, slots=True)
class Withheld:
    """The words of ``withheld.yaml``; ``beginnings`` take any ending."""

    words: frozenset[str]
    beginnings: tuple[str, ...]

    def about_machines(self, text: str) -> bool:
        """Does ``text`` name a machine, a part of one, its use, or a code that one shows?"""
        said = [token.folded for token in tokens(text)]
        return any(word in self.words or word.startswith(self.beginnings) or is_code(word) for word in said)


@lru_cache(maxsize=1)
def load_withheld() -> Withheld:
    """Read once."""
    text = Path(__file__).with_name("withheld.yaml").read_text(encoding="utf-8")
    words = [fold(str(word)) for word in yaml.load(text, Loader=yaml.CSafeLoader)["words"]]
    return Withheld(
        frozenset(word for word in words if not word.endswith("*")),
        tuple(word.removesuffix("*") for word in words if word.endswith("*")),
    )
