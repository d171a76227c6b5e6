"""Linking words to values of the database: exact, partial, by code, and by spelling."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from rapidfuzz.distance import OSA
from rapidfuzz.process import extract

from agents.brains.offline.planning.meanings import ValueRef
from agents.brains.offline.planning.spelling import allowed_edits
from agents.brains.offline.planning.words import Word, compact, light, split

Field = tuple[str, str]
Values = Mapping[Field, tuple[str, ...]]
_COMMON = frozenset(
    [
        "de",
        "del",
        "la",
        "el",
        "los",
        "las",
        "y",
        "e",
        "en",
        "a",
        "para",
        "con",
        "por",
        "sl",
        "sa",
        "s",
        "l",
        "slu",
        "cb",
        "calle",
        "avenida",
        "avda",
        "plaza",
        "san",
        "santa",
        "don",
        "the",
        "of",
    ]
)
_PEOPLE = frozenset({("client", "name"), ("technician", "name")})
_MODEL = ("product", "sku")
_LONGEST = 7


@dataclass(frozen=True)
class ValueIndex:
    """Values of the database by their words, by those without number and gender, and by their compact code."""

    values: Values
    by_word: Mapping[str, Mapping[Field, frozenset[str]]]
    inflected: Mapping[str, Mapping[Field, frozenset[str]]]
    """Not of people: a name has no plural."""
    by_code: Mapping[str, Mapping[Field, frozenset[str]]]

    @cached_property
    def spellable(self) -> tuple[str, ...]:
        """Words worth correcting to."""
        return tuple(sorted(w for w in self.by_word if len(w) > 3 and w.isalpha() and w not in _COMMON))

    @cached_property
    def impersonal(self) -> tuple[str, ...]:
        """Those of them that are not only part of somebody's name."""
        return tuple(w for w in self.spellable if not set(self.by_word[w]) <= _PEOPLE)

    def knows(self, word: str) -> bool:
        """Is it a word, or the code, of some value?"""
        return word in self.by_word or light(word) in self.inflected or word in self.by_code

    def near(self, word: str, person: bool) -> str | None:
        """The value word that ``word`` misspells; somebody's name only when a ``person`` is named there."""
        allowed = min(allowed_edits(len(word)), 2)
        known = self.spellable if person else self.impersonal
        found = extract(word, known, scorer=OSA.distance, score_cutoff=allowed, limit=3) if allowed else []
        best = min(found, key=lambda n: (n[1], n[0][:1] != word[:1], n[2]), default=None)
        return None if best is None else best[0]

    def at(self, words: Sequence[Word], start: int) -> list[tuple[int, tuple[ValueRef, ...]]]:
        """Values that the words from ``start`` name: (end, readings), longest first."""
        found: list[tuple[int, tuple[ValueRef, ...]]] = []
        for length in range(min(_LONGEST, len(words) - start), 0, -1):
            run = [w.folded for w in words[start : start + length]]
            readings = self._whole(run) or self._partial(words[start : start + length])
            if readings:
                found.append((start + length, readings))
        return found

    def model(self, digits: str) -> tuple[ValueRef, ...]:
        """el 400: the models that go by that number."""
        found = tuple(sorted(v for v in self.values.get(_MODEL, ()) if _digits(v) == digits))
        return (ValueRef(*_MODEL, found, digits, len(found) == 1),) if found else ()

    def _whole(self, run: Sequence[str]) -> tuple[ValueRef, ...]:
        code = "".join(c for w in run for c in w if c.isalnum())
        fields = self.by_code.get(code, {}) if len(code) > 1 else {}
        return tuple(
            ValueRef(field[0], field[1], tuple(sorted(values)), " ".join(run), True) for field, values in fields.items()
        )

    def _partial(self, run: Sequence[Word]) -> tuple[ValueRef, ...]:
        content = [w for w in run if w.folded not in _COMMON]
        if not content or run[0].folded in _COMMON or run[-1].folded in _COMMON:
            return ()
        if any(len(w.folded) < 3 and not w.is_number for w in content) or (len(content) == 1 and content[0].is_number):
            return ()
        merged: dict[Field, frozenset[str]] | None = None
        for word in content:
            here = self.by_word.get(word.folded) or self.inflected.get(light(word.folded), {})
            if merged is None:
                merged = dict(here)
            else:
                merged = {f: both for f, v in merged.items() if (both := v & here.get(f, frozenset()))}
            if not merged:
                return ()
        text = " ".join(w.folded for w in run)
        return tuple(
            ValueRef(field[0], field[1], tuple(sorted(values)), text, False) for field, values in (merged or {}).items()
        )


def _digits(code: str) -> str:
    return "".join(c for c in code if c.isdigit()) if "-" not in code else ""


def build_index(values: Values) -> ValueIndex:
    """Index ``values`` by word and by code."""
    by_word: dict[str, dict[Field, set[str]]] = {}
    by_code: dict[str, dict[Field, set[str]]] = {}
    words_of: dict[str, tuple[str, ...]] = {}
    inflected: dict[str, dict[Field, set[str]]] = {}
    for field, known in values.items():
        for value in known:
            by_code.setdefault(compact(value), {}).setdefault(field, set()).add(value)
            words = words_of.get(value)
            if words is None:
                words = words_of[value] = tuple(w.folded for w in split(value, {}))
            for word in words:
                if field not in _PEOPLE:
                    inflected.setdefault(light(word), {}).setdefault(field, set()).add(value)
                by_word.setdefault(word, {}).setdefault(field, set()).add(value)
    return ValueIndex(values, _frozen(by_word), _frozen(inflected), _frozen(by_code))


def _frozen(index: Mapping[str, Mapping[Field, set[str]]]) -> dict[str, dict[Field, frozenset[str]]]:
    return {key: {f: frozenset(v) for f, v in fields.items()} for key, fields in index.items()}


class ValueIndexes:
    """The latest indexes, so that the same values are indexed once."""

    def __init__(self, keep: int = 8) -> None:
        self._keep = keep
        self._recent: list[ValueIndex] = []

    def of(self, values: Values) -> ValueIndex:
        """The index of ``values``."""
        for index in self._recent:
            if index.values is values or index.values == values:
                return index
        index = build_index(values)
        self._recent = [index, *self._recent[: self._keep - 1]]
        return index
