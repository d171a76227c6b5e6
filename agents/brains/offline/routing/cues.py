"""What the words of a message mean, in families (asking to come, prices, symptoms) and verb forms: ``cues.yaml``."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from agents.brains.offline.data import HERE, load_data
from core.text import fold

_PREFIX = 3
_REACH = 3
_OPENING = 4
_REMEMBERED = 20_000
_DOUBLED = re.compile(r"([a-z])\1+")
_SOUNDS = (
    (re.compile("ch"), "§"),
    (re.compile("ll"), "y"),
    (re.compile("qu(?=[ei])|q"), "k"),
    (re.compile("c(?=[ei])|z"), "s"),
    (re.compile("g(?=[ei])"), "j"),
    (re.compile("h"), ""),
)
_LETTERS = str.maketrans({"c": "k", "v": "b", "w": "b"})


@lru_cache(_REMEMBERED)
def sound(folded: str) -> str:
    """How a folded Spanish word sounds, so that "nesecito" and "necesito", "averia" and "haberia" are one."""
    if any(c.isdigit() for c in folded):
        return folded
    text = folded
    for pattern, letter in _SOUNDS:
        text = pattern.sub(letter, text)
    return _DOUBLED.sub(r"\1", text.translate(_LETTERS))


class Cues:
    """Finds the families of the words of a message."""

    def __init__(self) -> None:
        data: Any = load_data("cues.yaml", HERE / "routing")
        self._abbreviations = {fold(str(k)): fold(str(v)).split() for k, v in data["abbreviations"].items()}
        self._whole: dict[str, list[str]] = {}
        self._prefixes: dict[str, list[tuple[str, str]]] = {}
        self._phrases: dict[str, list[tuple[tuple[str, ...], str]]] = {}
        for family, terms in data["families"].items():
            for term in terms:
                self._add(str(term), family)
        for term in data["working"]:
            self._add(str(term), "~working")
        self._endings = [(ending, name) for name, endings in data["endings"].items() for ending in endings]
        self._endings.sort(key=lambda item: -len(item[0]))
        self._not_endings = frozenset(data["not_endings"])
        self._negations = frozenset(str(word) for word in data["negations"])
        self._joining, self._determiners = (frozenset(data[key]) for key in ("joining", "determiners"))
        self._questioning = frozenset(str(word) for word in data["questioning"])
        self._wishing = frozenset(str(family) for family in data["wishing"])
        self._families = lru_cache(_REMEMBERED)(self._families_of)
        self.form = lru_cache(_REMEMBERED)(self._form)

    def spelt_out(self, words: Sequence[str]) -> list[str]:
        """``words`` with what people shorten written out."""
        return [full for word in words for full in self._abbreviations.get(word, (word,))]

    def families(self, words: Sequence[str]) -> list[str]:
        """The families of folded ``words``, in the order they are named; one may come several times."""
        sounds = [sound(word) for word in words]
        found: list[str] = []
        last_no = -_REACH - 1
        for position, heard in enumerate(sounds):
            if words[position] in self._negations:
                last_no = position
            named = self._families(heard)
            if heard in self._phrases:
                named = (*named, *self._by_phrase(sounds, position))
            negated = position - last_no <= _REACH and "~working" in named
            found += [family for family in named if not family.startswith("~")]
            found += ["notworking"] if negated else []
        return found

    def manner(self, words: Sequence[str], families: Sequence[str], forms: Sequence[str]) -> str:
        """How folded ``words`` are said: as a question, an order, a wish or a statement."""
        opening = (word for at, word in enumerate(words[:_OPENING]) if not self._joins(words, at))
        if "?" in words or any(word in self._questioning for word in opening):
            return "question"
        if "order" in forms:
            return "order"
        return "wish" if self._wishing.intersection(families) else "statement"

    def _joins(self, words: Sequence[str], at: int) -> bool:
        """Does the word at ``at`` only join on what is told ("oye, que la caldera…")?"""
        return words[at] in self._joining and at + 1 < len(words) and words[at + 1] in self._determiners

    def _form(self, word: str) -> str | None:
        """Which verb form the ending of a folded word tells; None when it tells none."""
        if len(word) < 5 or word in self._not_endings:
            return None
        endings = (item for item in self._endings if word.endswith(item[0]) and len(word) > len(item[0]) + 1)
        return next((name for _, name in endings), None)

    def _add(self, term: str, family: str) -> None:
        words = [sound(fold(word)) for word in term.removesuffix("*").split()]
        if len(words) > 1:
            self._phrases.setdefault(words[0], []).append((tuple(words), family))
        elif term.endswith("*"):
            self._prefixes.setdefault(words[0][:_PREFIX], []).append((words[0], family))
        else:
            self._whole.setdefault(words[0], []).append(family)

    def _families_of(self, heard: str) -> tuple[str, ...]:
        begun = [family for prefix, family in self._prefixes.get(heard[:_PREFIX], ()) if heard.startswith(prefix)]
        return (*self._whole.get(heard, ()), *begun)

    def _by_phrase(self, sounds: Sequence[str], position: int) -> list[str]:
        found = []
        for phrase, family in self._phrases.get(sounds[position], ()):
            if tuple(sounds[position : position + len(phrase)]) == phrase:
                found.append(family)
        return found
