"""What the classifier sees of a message: stems with codes made general, the trade it speaks of, who speaks."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable

from agents.brains.offline.words import Lexicon
from core.text import fold
from ingest.lexicon import default_lexicon
from ingest.terms import function_words
from policy.roles import Role
from tools.sql.catalogue import Catalogue, Words

_CODE = re.compile(r"^[a-z]{1,2}-?\d{1,2}$")
_PART = re.compile(r"^[a-z]{2,3}\d?-[a-z]?\d{2,4}$")
_MODEL = re.compile(r"^(?=[a-z0-9-]*[a-z])(?=[a-z0-9-]*\d)[a-z0-9-]{4,}$")
_NUMBER = re.compile(r"^[#nº]*\d+(?:[.,]\d+)*$")
_WORD = re.compile(r"[a-zñç0-9]+(?:[-.,][a-z0-9]+)*|[?]", re.UNICODE)
_LONG_WORD = 5
_LETTERS = 2


class Features:
    """Turns text into features. ``catalogue`` and the synonyms of the search say which words belong to the trade."""

    def __init__(self, catalogue: Catalogue, lexicon: Lexicon) -> None:
        self._stem = lexicon.stem
        self._empty = lexicon.stopwords | lexicon.generic
        said = " ".join((*_said(catalogue), *default_lexicon().words))
        self._trade = frozenset(self._stem(w) for w in _WORD.findall(fold(said)) if w not in self._empty and len(w) > 2)

    def words(self, words: list[str], role: Role | None) -> list[str]:
        """Stems, pairs of stems, first and last word, the role, and how much of the trade the general words speak."""
        stems = [word if word.startswith("z") else self._stem(word) for word in words]
        found = [*stems, *(f"{a}_{b}" for a, b in itertools.pairwise(stems))]
        found += [f"w={word}" for word in words if word in self._empty]
        if words:
            found += [f"^{words[0]}", f"^{'_'.join(words[:2])}", f"{words[-1]}$"]
        content = [s for s, w in zip(stems, words, strict=True) if w not in self._empty and w != "?"]
        known = sum(1 for stem in content if stem in self._trade or stem.startswith("z"))
        found += [f"trade={min(known, 2)}", f"other={min(len(content) - known, 3)}"]
        if known == 0:
            found += ["notrade"] * 3
        if role is not None:
            found.append(f"role={role.value}")
            found += [f"{role.value}:{word}" for word in words if word.startswith("z")]
        return found


def letters(words: list[str]) -> Iterable[str]:
    """Sequences of four letters inside words, and word endings, so that typos and verb forms still look alike."""
    for word in words:
        padded = f" {word} "
        for start in range(len(padded) - 3):
            yield padded[start : start + 4]
        if len(word) >= _LONG_WORD:
            for size in (2, 3):
                yield f"{word[-size:]}$"


def general(text: str) -> list[str]:
    """The folded words of ``text``, with numbers, models, parts and error codes replaced by one word for each kind."""
    words: list[str] = []
    for word in _WORD.findall(fold(text)):
        spaced = bool(words) and word.isdigit() and len(words[-1]) == _LETTERS and words[-1] not in function_words()
        if spaced and _MODEL.match(words[-1] + word):
            words[-1] += word
        else:
            words.append(word)
    return [_general_word(word) for word in words]


def _general_word(word: str) -> str:
    if _NUMBER.match(word):
        return "zrecord" if len(word) >= 3 and word.isdigit() else "znumber"
    if _CODE.match(word):
        return "zcode"
    if _PART.match(word):
        return "zpart"
    return "zmodel" if _MODEL.match(word) else word


def _said(catalogue: Catalogue) -> Iterable[str]:
    """Every word of the catalogue that people say."""
    groups: list[Words] = [value for values in catalogue.enums.values() for value in values.values()]
    groups += catalogue.groups.values()
    for entity in catalogue.entities.values():
        groups += [entity, *entity.dimensions.values(), *entity.measures.values(), *entity.segments.values()]
    for words in groups:
        yield from words.label.values()
        for synonyms in words.synonyms.values():
            yield from synonyms
