"""Tells Spanish from English in short chat text; anything else is answered in Spanish."""

from __future__ import annotations

import math
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from agents.brains.protocol import Language
from core.text import tokens

SWITCH = 2.0
"""Log-odds, over the language of the conversation, that a message must show before the language changes."""
FOREIGN = 4.0
"""Log-odds, over Spanish and English, that a message must show to be taken for another language."""
_SHORTEST_FOREIGN = 3
_PLAIN_WORD = re.compile(r"^[^\W\d_]+(?:['’-][^\W\d_]+)*$", re.UNICODE)
_LONGEST_GRAM = 4
_WHOLE_WORD_WEIGHT = 6.0
_ALPHA = 0.1


class LanguageDetector:
    """A naive Bayes model over whole words and their letter sequences, built from the data given."""

    def __init__(self, data: Mapping[str, Any], spanish: Iterable[str] = (), english: Iterable[str] = ()) -> None:
        self._neutral = frozenset(str(word) for word in data["neutral"])
        samples = {"es": [*data["es"], *spanish], "en": [*data["en"], *english], "other": list(data["other"])}
        self._words = {name: Counter(w for text in texts for w in self._plain(text)) for name, texts in samples.items()}
        self._grams = {name: _count_grams(words) for name, words in self._words.items()}
        self._gram_total = {name: sum(grams.values()) for name, grams in self._grams.items()}
        self._gram_kinds = len(set().union(*self._grams.values()))

    def detect(self, message: str, current: Language) -> Language:
        """The language to answer ``message`` in; ``current`` when the message does not tell."""
        words = self._plain(message)
        if not words:
            return current
        scores = {name: sum(self._score(word, name) for word in words) for name in self._words}
        best = max(scores, key=lambda name: scores[name])
        if best == "other":
            clear = scores["other"] - max(scores["es"], scores["en"]) > SWITCH
            return "es" if clear else self._between(scores, current)
        return self._between(scores, current)

    def foreign(self, message: str) -> bool:
        """Is ``message`` clearly in a language that nobody answers in?"""
        words = self._plain(unicodedata.normalize("NFKC", message))
        if len(words) < _SHORTEST_FOREIGN:
            return False
        scores = {name: sum(self._score(word, name) for word in words) for name in self._words}
        return scores["other"] - max(scores["es"], scores["en"]) > FOREIGN

    def _between(self, scores: Mapping[str, float], current: Language) -> Language:
        rival: Language = "en" if current == "es" else "es"
        return rival if scores[rival] - scores[current] > SWITCH else current

    def _plain(self, text: str) -> list[str]:
        """Words that can carry a language: no codes, numbers, names of things used in both."""
        found = []
        for token in tokens(text):
            word = token.text.casefold()
            written_as_code = token.text.isupper() and len(token.text) <= 3 and not text.isupper()
            if _PLAIN_WORD.match(word) and word not in self._neutral and not written_as_code:
                found.append(word)
        return found

    def _score(self, word: str, name: str) -> float:
        counts = {key: words[word] for key, words in self._words.items()}
        if any(counts.values()):
            return math.log(counts[name] + _ALPHA) - math.log(sum(counts.values()) + _ALPHA * len(counts))
        grams = _grams(word)
        total, kinds, counter = self._gram_total[name], self._gram_kinds, self._grams[name]
        logs = [math.log((counter[gram] + _ALPHA) / (total + _ALPHA * kinds)) for gram in grams]
        return sum(logs) / max(len(logs), 1) * min(len(logs), _WHOLE_WORD_WEIGHT) / 2


def _grams(word: str) -> list[str]:
    padded = f" {word} "
    return [padded[i : i + n] for n in range(2, _LONGEST_GRAM + 1) for i in range(len(padded) - n + 1)]


def _count_grams(words: Mapping[str, int]) -> Counter[str]:
    counter: Counter[str] = Counter()
    for word in words:
        counter.update(_grams(word))
    return counter
