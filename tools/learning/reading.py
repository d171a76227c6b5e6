"""A question taken apart: what must be the same to the letter, and what may be spelt otherwise."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml

from core.dictionary import load_dictionary
from core.text import fold, tokens
from ingest.lexicon import default_lexicon
from ingest.terms import function_words, is_code, term

_NUMBER = r"\d+(?:[.,:/]\d+)*"
_MINUS = str.maketrans("−‒–—", "----")
_CODE = re.compile(r"(?<![\w])(?=[\w-]*\d)(?=[\w-]*[^\W\d_])[^\W_]+(?:[-/][^\W_]+)*(?![\w])")
_SPACED_CODE = re.compile(r"(?<![\w])([a-z]{1,4}) (\d+[a-z]?)(?![\w.,])")
_WORD = re.compile(r"[^\W\d_]+")
_APOSTROPHE = re.compile(r"(?<=\w)['’](?=\w)")
_SHORTEST = 2
_LONGEST_SINGULAR = 5
_BEFORE_ES = frozenset("lrndjy")


@dataclass(frozen=True, slots=True)
class Word:
    """A word that says what is asked: folded, its stem, and whether it is one of the language.

    A word that no dictionary knows is a name, or misspelt: its stem is the word itself, but for the plural.
    """

    folded: str
    stem: str
    known: bool


@dataclass(frozen=True, slots=True)
class Reading:
    """A question taken apart.

    ``exact``: codes, numbers with sign and unit, and the small words that tell (negations, how, when): the same text in
    questions that may be the same. ``words``: the other words, in order. ``turned``: pairs of stems that have an order.
    ``folded``: all of it, for questions that have nothing else.
    """

    folded: str
    exact: str
    words: tuple[Word, ...]
    turned: frozenset[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class _Knowledge:
    telling: Mapping[str, str]
    order: frozenset[str]
    units: Mapping[str, str]
    number: re.Pattern[str]
    phrases: re.Pattern[str]


@lru_cache(maxsize=4096)
def read(question: str, language: str = "es") -> Reading:
    """Take ``question`` apart; ``language`` is the one its words are stemmed in."""
    known = _knowledge()
    text = _APOSTROPHE.sub("", fold(question.translate(_MINUS)))
    exact: list[str] = []
    text = _cut_codes(text, exact)
    text = known.number.sub(lambda found: _number(found, known, exact), text)
    text = known.phrases.sub(lambda found: _telling(known.telling[found.group()], exact), text)
    words = []
    for found in _WORD.finditer(text):
        folded = found.group()
        meaning = known.telling.get(folded)
        if meaning is not None:
            exact.append(f"~{meaning}")
        elif folded not in function_words() and len(folded) >= _SHORTEST:
            words.append(_word(folded, language))
    told = sorted(dict.fromkeys(one for one in exact if one.startswith("~")))
    exact = [*sorted(one for one in exact if not one.startswith("~")), *told]
    folded = " ".join(token.folded for token in tokens(question))
    return Reading(folded, " ".join(exact), tuple(words), _turned(text, words, known.order))


def _cut_codes(text: str, exact: list[str]) -> str:
    """``text`` without its codes ("XP-400", "XP 400", "E4"), which are added to ``exact``; units are no codes."""
    known = _knowledge()

    def whole(found: re.Match[str]) -> str:
        code = re.sub(r"[-/]", "", found.group())
        digits = code.rstrip("abcdefghijklmnopqrstuvwxyz")
        if (
            not is_code(code)
            or (digits.isdigit() and code[len(digits) :] in known.units)
            or found.group() in known.units
        ):
            return found.group()
        exact.append(code)
        return " "

    def spaced(found: re.Match[str]) -> str:
        letters, number = found.groups()
        if letters in function_words() or letters in known.units or letters in known.telling or _is_word(letters):
            return found.group()
        exact.append(letters + number)
        return " "

    return _SPACED_CODE.sub(spaced, _CODE.sub(whole, text))


def _is_word(folded: str) -> bool:
    return (folded in load_dictionary() and len(folded) > _SHORTEST) or folded in default_lexicon().words


def _word(folded: str, language: str) -> Word:
    one = _singular(folded)
    known = _is_word(folded) or _is_word(one)
    return Word(folded, term(one, language) if known else one, known)


def _singular(folded: str) -> str:
    """Without the ending of the plural, roughly: what matters is that both numbers give the same."""
    if len(folded) > _LONGEST_SINGULAR and folded.endswith("es") and folded[-3] in _BEFORE_ES:
        return folded[:-2]
    return (
        folded[:-1] if len(folded) >= _LONGEST_SINGULAR and folded.endswith("s") and folded[-2] in "aeiou" else folded
    )


def _number(found: re.Match[str], known: _Knowledge, exact: list[str]) -> str:
    before, sign, number, unit, after = found.group("said", "sign", "number", "unit", "after")
    signs = _data()["signs"]
    mark = sign or _meaning(signs["before"], before) or _meaning(signs["after"], after) or ""
    exact.append(f"{mark}{_plain(number)}{known.units.get(' '.join((unit or '').split()), '')}")
    return " "


def _plain(number: str) -> str:
    """One way to write a number: a decimal comma is a point, thousands have no separator."""
    if re.fullmatch(r"\d{1,3}(?:[.,]\d{3})+", number):
        return re.sub(r"[.,]", "", number)
    return number.replace(",", ".")


def _meaning(words: Mapping[str, Sequence[str]], said: str | None) -> str:
    return next((mark for mark, forms in words.items() if said and said.strip() in forms), "")


def _telling(meaning: str, exact: list[str]) -> str:
    exact.append(f"~{meaning}")
    return " "


def _turned(text: str, words: Iterable[Word], order: frozenset[str]) -> frozenset[tuple[str, str]]:
    """Pairs of neighbouring things with a word of order between them."""
    stems = {word.folded: word.stem for word in words}
    pairs: set[tuple[str, str]] = set()
    last, between = "", False
    for found in _WORD.finditer(text):
        folded = found.group()
        if folded in order:
            between = True
        elif folded in stems:
            if between and last and last != stems[folded]:
                pairs.add((last, stems[folded]))
            last, between = stems[folded], False
    return frozenset(pairs)


@lru_cache(maxsize=1)
def _knowledge() -> _Knowledge:
    data = _data()
    telling = {str(form): str(meaning) for meaning, forms in data["telling"].items() for form in forms}
    units = {fold(str(form)): str(unit) for unit, forms in data["units"].items() for form in forms}
    units |= {str(form): str(unit) for unit, forms in data["units"].items() for form in forms}
    before = _any(form for forms in data["signs"]["before"].values() for form in forms)
    after = _any(form for forms in data["signs"]["after"].values() for form in forms)
    unit = _any(units)
    number = re.compile(
        rf"(?:(?<!\w)(?P<said>{before})\s+)?(?:(?<![\w)])\s?(?P<sign>[-+±<>≤≥])\s?)?(?<![\w.,])(?P<number>{_NUMBER})"
        rf"(?:\s*(?P<unit>{unit})(?![\w]))?(?:\s+(?P<after>{after})(?!\w))?"
    )
    phrases = re.compile(rf"(?<!\w)(?:{_any(form for form in telling if ' ' in form)})(?!\w)")
    return _Knowledge(telling, frozenset(map(str, data["order"])), units, number, phrases)


def _any(forms: Iterable[str]) -> str:
    return "|".join(re.escape(form) for form in sorted(forms, key=len, reverse=True))


@lru_cache(maxsize=1)
def _data() -> Any:
    path = Path(__file__).with_name("duplicates.yaml")
    return yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
