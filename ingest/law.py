"""Questions that ask what the law says, which laws a text names, and documents that are law."""

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
_SMALL_WORDS = r"(?:que dice (?:la |el )|segun (?:la |el )?|por |sobre )?"
_NUMBER = pattern(
    r"\b(?:decreto|decreto ley|ley|orden|directiva|reglamento|rd)\b\D{0,12}?(\d{1,4}/(?:19|20)\d\d)(?![\d/])"
)
"""How laws are numbered ("Real Decreto 513/2017")."""


@dataclass(frozen=True, slots=True)
class _Words:
    asked: Pattern[str]
    titled: Pattern[str]
    named: Pattern[str]
    opened: Pattern[str]
    laws: dict[str, str]
    """The first name of each law, by every other."""


@lru_cache(maxsize=1)
def _words() -> _Words:
    data: Any = yaml.load(Path(__file__).with_name("law.yaml").read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
    laws = {str(name): str(names[0]) for names in data["laws"] for name in names}
    asked, titles, named = _either([*data["asked"], *laws]), _either(data["titles"]), _either(laws)
    return _Words(
        pattern(rf"(?<!\w){_SMALL_WORDS}(?:{asked})(?!\w)"),
        pattern(rf"^\W*(?:{titles})(?!\w)"),
        pattern(rf"(?<![\w/])(?:{named})(?![\w/])"),
        pattern(
            rf"^\W*(?:(?:a|de|en|con|por|para|hasta|desde|y|pero|entonces)\W+){{0,2}}(?:{_either(data['openers'])})(?!\w)"
        ),
        laws,
    )


def _either(words: Iterable[object]) -> str:
    return "|".join(escape(fold(str(word))) for word in sorted(map(str, words), key=len, reverse=True))


def asks_for_law(question: str) -> bool:
    """Does ``question`` ask what the law says ("según normativa, ...")?"""
    return _words().asked.search(fold(question)) is not None


def questions_law(text: str) -> bool:
    """Is ``text`` a question, and asks what the law says? It may be no order that only mentions it."""
    if not asks_for_law(text):
        return False
    begun = _words().asked.match(fold(text).lstrip("¿ ,")) is not None and text.rstrip().endswith("?")
    return begun or any(_words().opened.match(fold(part)) for part in (less_law(text), text))


@lru_cache(maxsize=4000)
def laws_in(text: str) -> frozenset[str]:
    """The laws that ``text`` names, by one name each ("RIPCI", "Real Decreto 513/2017")."""
    words, folded = _words(), fold(text)
    found = {words.laws[name] for name in words.named.findall(folded)}
    return frozenset(found | {words.laws.get(number, number) for number in _NUMBER.findall(folded)})


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
