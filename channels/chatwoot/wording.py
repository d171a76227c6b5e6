"""The door's own words, from ``wording.yaml``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import yaml

_DATA = Path(__file__).with_name("wording.yaml")
_FIRST = "es"

Words = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Wording:
    """``buttons`` and ``replies`` by language; ``notes``, ``priorities`` and ``reasons`` are for the office."""

    buttons: Mapping[str, Words]
    replies: Mapping[str, Words]
    notes: Words
    audiences: Words
    priorities: Words
    reasons: Words

    def button(self, name: str, language: str, **values: object) -> str:
        """The title of a button."""
        return _in(self.buttons[name], language).format(**values)

    def reply(self, name: str, language: str) -> str:
        """A sentence for the customer."""
        return _in(self.replies[name], language)

    def note(self, name: str, **values: object) -> str:
        """A line for a colleague."""
        return self.notes[name].format(**values)


def _in(words: Words, language: str) -> str:
    return words.get(language, words[_FIRST])


@lru_cache(maxsize=1)
def load_wording() -> Wording:
    """Read the words, once."""
    data = yaml.load(_DATA.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
    return Wording(**data)
