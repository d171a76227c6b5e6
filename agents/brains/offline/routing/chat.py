"""Writes out what people type in a hurry ("ola kiero saver cuando biene"): by ear, and never a name or a code."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any

from rapidfuzz.distance import OSA
from rapidfuzz.process import extract

from agents.brains.offline.data import HERE, load_data
from agents.brains.offline.routing.cues import sound
from agents.brains.protocol import Context
from core.dictionary import load_written
from core.text import Token, fold, tokens

_RAREST = 6.0
"""Rarer words are no reading of another."""
_SHORTEST_SLIP, _ENDING = 6, 3
_REMEMBERED, _REMEMBERED_WORDS = 64, 10_000
_SHORTEST = 3
_DOUBLED = re.compile(r"(.)\1+")


class ChatSpelling:
    """Reads ``chat.yaml``. ``trade``: folded words of the trade, which are never another word."""

    def __init__(self, trade: Iterable[str]) -> None:
        data: Any = load_data("chat.yaml", HERE / "routing")
        self._short: Mapping[str, str] = {fold(str(k)): str(v) for k, v in data["abbreviations"].items()}
        self._between, self._first, self._english, self._naming, self._lettered = (
            frozenset(str(word) for word in data[key]) for key in ("between", "first", "english", "naming", "lettered")
        )
        self._trade = frozenset(trade)
        self._common: dict[str, str] = {}
        existing: set[str] = set()
        for word, rarity in load_written().items():
            existing.add(fold(word))
            if rarity < _RAREST:
                self._common.setdefault(sound(fold(word)), word)
        self._existing = frozenset(existing)
        self._trade_words = tuple(sorted(word for word in self._trade if len(word) >= _SHORTEST_SLIP))
        self._endings: Mapping[str, str] = data["endings"]
        self._near = lru_cache(_REMEMBERED_WORDS)(self._nearest)
        for word in self._trade:
            self._common.setdefault(sound(word), word)
        self._names = lru_cache(_REMEMBERED)(_words_of)

    def spelled(self, text: str, context: Context) -> str:
        """``text``, which is Spanish, with its shortened and misspelt words as they are written."""
        words = tokens(text)
        if any(word.folded in self._english for word in words):
            return text
        named = frozenset().union(*(self._names(values) for values in context.values.values()))
        out, end = "", 0
        for at, word in enumerate(words):
            written = self._abbreviated(words, at, text) or self._by_ear(word, named, first=at == 0)
            out += text[end : word.start] + (_like(word.text, written) if written else word.text)
            end = word.end
        return out + text[end:]

    def _abbreviated(self, words: tuple[Token, ...], at: int, text: str) -> str | None:
        """What the word at ``at`` is short for. A letter stands for a word only among words."""
        word = words[at]
        full = self._short.get(word.folded)
        if full is None or (len(word.text) > 1 and word.text.isupper() and not text.isupper()):
            return None
        if word.folded not in self._between:
            return full
        before = at > 0 and words[at - 1].folded.isalpha()
        if before and words[at - 1].folded in self._naming and word.folded in self._lettered:
            return None
        after = at + 1 < len(words) and words[at + 1].folded.isalpha() and len(words[at + 1].text) > 1
        return full if after and (before or (at == 0 and word.folded in self._first)) else None

    def _by_ear(self, word: Token, named: frozenset[str], *, first: bool) -> str | None:
        folded = word.folded
        exists = folded in self._existing or folded in self._trade or folded in named
        unreadable = not folded.isalpha() or len(folded) < _SHORTEST or len(set(folded)) == 1
        if exists or unreadable or (word.text[:1].isupper() and not first):
            return None
        heard = self._common.get(sound(folded)) or self._common.get(sound(self._full(folded))) or self._slip(word)
        if heard is None or fold(heard) == folded:
            return None
        doubled = "rr" in folded and _DOUBLED.sub(r"\1", folded) == _DOUBLED.sub(r"\1", fold(heard))
        return None if doubled else heard

    def _slip(self, word: Token) -> str | None:
        return None if "ñ" in word.text.lower() else self._near(word.folded)

    def _full(self, folded: str) -> str:
        """``folded`` with the ending that was swallowed ("llegao")."""
        ending = next((end for end in self._endings if folded.endswith(end) and len(folded) > len(end) + 1), "")
        return folded.removesuffix(ending) + self._endings[ending] if ending else folded

    def _nearest(self, folded: str) -> str | None:
        """The only word of the trade that ``folded`` is with one slip of the finger, which left its ending alone."""
        if len(folded) < _SHORTEST_SLIP:
            return None
        near = extract(folded, self._trade_words, scorer=OSA.distance, score_cutoff=1, limit=3)
        same = [word for word, _, _ in near if word[0] == folded[0] and word[-_ENDING:] == folded[-_ENDING:]]
        return same[0] if len(same) == 1 else None


def _like(written: str, full: str) -> str:
    """``full`` with the capital that ``written`` begins with."""
    return full[:1].upper() + full[1:] if written[:1].isupper() else full


def _words_of(values: tuple[str, ...]) -> frozenset[str]:
    return frozenset(token.folded for value in values for token in tokens(value))
