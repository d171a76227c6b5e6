"""Questions that ask what the law says, and documents that are law, by what titles of laws begin with."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from re import Pattern, escape
from re import compile as pattern
from typing import Any

import yaml

from core.text import fold

LAW = "regulation"
"""The kind of documents that are law."""
_SMALL_WORDS = r"(?:que dice (?:la|el) |segun (?:la |el )?|por |sobre )?"


@dataclass(frozen=True, slots=True)
class _Words:
    asked: Pattern[str]
    titled: Pattern[str]


@lru_cache(maxsize=1)
def _words() -> _Words:
    data: Any = yaml.load(Path(__file__).with_name("law.yaml").read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
    asked, titles = (_either(data[name]) for name in ("asked", "titles"))
    return _Words(pattern(rf"(?<!\w){_SMALL_WORDS}(?:{asked})(?!\w)"), pattern(rf"^\W*(?:{titles})(?!\w)"))


def _either(words: Iterable[object]) -> str:
    return "|".join(escape(fold(str(word))) for word in sorted(map(str, words), key=len, reverse=True))


def asks_for_law(question: str) -> bool:
    """Does ``question`` ask what the law says ("según normativa, ...")?"""
    return _words().asked.search(fold(question)) is not None


def less_law(question: str) -> str:
    """``question`` without the words that only say that the law is asked."""
    folded = fold(question)
    if len(folded) != len(question):
        return question
    out, end = "", 0
    for found in _words().asked.finditer(folded):
        out, end = out + question[end : found.start()].rstrip(), found.end()
    return f"{out}{question[end:]}".strip(" ,;:")


def titled_as_law(title: str) -> bool:
    """Does ``title`` begin as those of laws do ("Real Decreto 513/2017, ...")?"""
    return _words().titled.search(fold(title)) is not None
