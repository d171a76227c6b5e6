"""Words into search terms: folded, stemmed in Spanish and English, codes made whole ("XP-400" is "xp400")."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from itertools import pairwise
from pathlib import Path
from typing import Any

import Stemmer
import yaml

from core.text import fold, words

_PARTS = re.compile(r"[-/'.]")
_CODE = re.compile(r"^(?=.*[a-z])(?=.*\d)[a-z\d]+$")
_NUMBER = re.compile(r"^\d+([.,]\d+)*$")
_FRACTION = re.compile(r"^\d{1,2}/\d{1,2}$")
_SHORT_COMPOUND = re.compile(r"^[^\W\d_]{1,2}-[^\W\d_]{2,}$")
"""Written together as often as not ("wi-fi", "e-mail")."""
_DOUBLED = re.compile(r"\b([A-ZÑ])\1\.?\s?([A-ZÑ])\2\b")
"""How Spanish abbreviates plurals: "EE. UU.", "FF. CC."."""
_NEGATED = re.compile(r"n't$")
_CONTRACTED = re.compile(r"(?<=.)'(?:s|re|ll|ve|m|d)$")
_FIGURE_AND_UNIT = re.compile(r"^(\d+)([a-z]{1,3})$")
_LETTERS = re.compile(r"^[a-z]{1,4}$")
_ENGLISH = "en:"
_GRAMMAR = "~"
_NEGATIONS = frozenset({"no", "not", "sin"})
_DIPHTHONGS = ((re.compile(r"ie"), "e"), (re.compile(r"(?<![gq])ue"), "o"))
_FIRST_PERSON = re.compile(r"(?<=[eo]n)g$")
_CODE_RANGE = re.compile(r"\b([a-z]{1,2})(\d{1,2}) (?:a|to|-|hasta) \1(\d{1,2})\b")
_LONGEST_RANGE = 20
_UNACCENTED = (
    (re.compile(r"(?<=...)([ae])is$"), {"a": "áis", "e": "éis"}),
    (re.compile(r"(?<=.)eri(a)$"), {"a": "ería"}),
)
_FINAL_VOWELS = re.compile(r"(?<=.{4})[aeiou]+$")


class Stems:
    """Spanish and English stems of words."""

    def __init__(self) -> None:
        self._spanish = Stemmer.Stemmer("spanish")
        self._english = Stemmer.Stemmer("english")

    def of(self, word: str, language: str = "es") -> str:
        """The stem of ``word`` (as written, lower case); an English stem is marked, so that the two never mix."""
        if language == "en":
            return _ENGLISH + str(self._english.stemWord(fold(word)))
        return _regular(fold(self._spanish.stemWord(_accented(word))))


def _accented(word: str) -> str:
    """``word`` with the accent that its ending needs for the stemmer to see it ("cobrais", "bateria")."""
    for ending, written in _UNACCENTED:
        found = ending.search(word)
        if found:
            return word[: found.start()] + written[found.group(1)]
    return word


def _regular(stem: str) -> str:
    """A Spanish stem without what irregular verbs change: "pierd" as "perd", "cuest" as "cost", "teng" as "ten"."""
    for diphthong, vowel in _DIPHTHONGS:
        stem = diphthong.sub(vowel, stem)
    return _FINAL_VOWELS.sub("", _FIRST_PERSON.sub("", stem))


_thread = threading.local()


def stems() -> Stems:
    """The stemmers of this thread: one of them may not serve two at once."""
    found: Stems | None = getattr(_thread, "stems", None)
    if found is None:
        found = _thread.stems = Stems()
    return found


@lru_cache(maxsize=1)
def function_words() -> frozenset[str]:
    """Folded Spanish and English words that say nothing about what is searched, question scaffolding included."""
    common, scaffolding = _words("stopwords.yaml"), _words("scaffolding.yaml")
    extra = (word for groups in scaffolding.values() for group in groups for word in group)
    return frozenset(fold(word) for word in (*common["spanish"], *common["english"], *extra))


@lru_cache(maxsize=1)
def _grammar() -> frozenset[str]:
    """Folded words of grammar, negations apart: as terms they stay whole, lest "para" be a mention of "par"."""
    common = _words("stopwords.yaml")
    return frozenset(fold(word) for word in (*common["spanish"], *common["english"])) - _NEGATIONS


def is_grammar(term: str) -> bool:
    """Is a search term a word of grammar ("para", "los")?"""
    return term.startswith(_GRAMMAR)


def _words(name: str) -> Any:
    return yaml.load(Path(__file__).with_name(name).read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)


def pieces(text: str) -> Iterator[str]:
    """Lower-case words of ``text`` with their accents; codes whole ("xp-400" gives "xp400"), compounds in parts, plural
    abbreviations as one word ("EE. UU." gives "eeuu")."""
    for word in words(_DOUBLED.sub(r"\1\1\2\2", text)):
        yield from _pieces(word.lower())


@lru_cache(maxsize=100_000)
def _pieces(lowered: str) -> tuple[str, ...]:
    """The pieces of one word."""
    if _NUMBER.match(lowered):
        return (lowered.replace(",", ".") if lowered.count(",") + lowered.count(".") == 1 else lowered,)
    if _FRACTION.match(lowered):
        return (lowered,)
    lowered = _CONTRACTED.sub("", _NEGATED.sub(" not", lowered))
    if lowered.endswith(" not"):
        return tuple(part for part in (lowered[:-4], "not") if part)
    joined = re.sub(r"[-/'.]", "", lowered)
    whole = joined != lowered and (is_code(fold(joined)) or _SHORT_COMPOUND.match(lowered))
    return (*((joined,) if whole else ()), *(part for part in _PARTS.split(lowered) if part))


def is_code(folded: str) -> bool:
    """Is ``folded`` a code (letters and digits: "xp400", "e4", "r32")?"""
    return _CODE.match(folded) is not None


def is_number(folded: str) -> bool:
    """Is ``folded`` a number ("1.140", "0.95")?"""
    return _NUMBER.match(folded) is not None


def figure_apart(folded: str) -> frozenset[tuple[str, ...]]:
    """A figure and its unit, written together, as two terms ("24h" is "24", "h"); nothing for what is none."""
    found = _FIGURE_AND_UNIT.match(folded)
    return frozenset({(found.group(1), term(found.group(2)))}) if found else frozenset()


def joins(first: str, second: str) -> str | None:
    """The code that two words written apart may be: "xp" and "400" are "xp400"."""
    return first + second if _LETTERS.match(first) and second.isdigit() else None


@lru_cache(maxsize=100_000)
def term(word: str, language: str = "es") -> str:
    """The search term of one piece."""
    folded = fold(word)
    if is_code(folded) or is_number(folded) or _FRACTION.match(folded):
        return folded
    if language == "es" and folded in _grammar():
        return _GRAMMAR + folded
    return stems().of(word, language)


def terms(text: str, language: str = "es") -> list[str]:
    """Search terms of ``text`` in order."""
    return [term(piece, language) for piece in pieces(text)]


def code_ranges(text: str) -> list[str]:
    """The codes that "A5 a A8" stands for, its ends included."""
    found: list[str] = []
    for letters, first, last in _CODE_RANGE.findall(fold(text)):
        numbers = range(int(first), int(last) + 1)
        found += [f"{letters}{number}" for number in numbers] if len(numbers) <= _LONGEST_RANGE else []
    return found


def pairs(sequence: Sequence[str]) -> list[str]:
    """Neighbouring terms as terms of their own ("no_cubr"): word order tells headings apart."""
    return [f"{first}_{second}" for first, second in pairwise(sequence)]


def vocabulary(texts: Iterable[str]) -> frozenset[str]:
    """Folded words of ``texts`` that a misspelt word may have meant."""
    return frozenset(fold(piece) for text in texts for piece in pieces(text))
