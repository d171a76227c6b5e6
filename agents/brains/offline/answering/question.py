"""What a question looks for: informative words with their synonyms, exact codes and models, the kind of answer."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from rapidfuzz.distance import OSA

from agents.brains.offline.data import HERE, load_data
from agents.brains.offline.drafting.matching import Phrases
from agents.brains.offline.words import is_code, is_model
from core.text import fold, tokens
from ingest.lexicon import Lexicon as Synonyms
from ingest.lexicon import default_lexicon
from ingest.terms import function_words, joins, pieces, term

BACKGROUND_WEIGHT = 0.2
SYNONYM = 0.8
_LONG_WORD = 5
_SHARED_START = 5

Phrase = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Concept:
    """One thing looked for. Any of ``forms`` (terms in a row for phrases: all of them) is a mention of it.

    ``own`` are those of the word itself. ``background``: it only names the kind of machine. ``exact``: an error code or
    a model, which has no synonyms.
    """

    word: str
    forms: frozenset[Phrase]
    own: frozenset[Phrase] = frozenset()
    background: bool = False
    exact: bool = False

    def within(self, found: frozenset[str]) -> bool:
        """Is it mentioned among the terms ``found``?"""
        return any(all(part in found for part in form) for form in self.forms)

    def strength(self, found: frozenset[str]) -> float:
        """How well ``found`` mentions it: 1 with its own word, less with a synonym, 0 when it does not."""
        if any(all(part in found for part in form) for form in self.own):
            return 1.0
        return SYNONYM if self.within(found) else 0.0


@dataclass(frozen=True, slots=True)
class Question:
    """A question read. ``wants``: steps, often, amount, meaning, cause, cover."""

    concepts: tuple[Concept, ...]
    codes: tuple[str, ...]
    models: tuple[str, ...]
    wants: frozenset[str]


class QuestionReader:
    """Reads questions with the synonyms of the search and the question words of ``answering.yaml``."""

    def __init__(self) -> None:
        data: Any = load_data("answering.yaml", HERE / "answering")
        self._asks = {name: Phrases.of(words) for name, words in data["asks"].items()}
        self._filler = frozenset(str(word) for word in data["filler"])
        self._background = frozenset(term(str(word)) for word in data["background"])
        self._synonyms: Synonyms = default_lexicon()

    def read(self, text: str, vocabulary: frozenset[str]) -> Question:
        """``text`` as concepts. ``vocabulary``: the terms of the passages, which misspelt words may have meant."""
        words = _joined(list(pieces(text)))
        groups = {at: match for match in self._synonyms.matches(words) for at in range(match.start, match.end)}
        concepts: dict[str, Concept] = {}
        codes: list[str] = []
        models: list[str] = []
        for position, word in enumerate(words):
            folded = fold(word)
            if folded in function_words() or folded in self._filler or (len(folded) < 2 and not folded.isdigit()):
                continue
            exact = is_code(folded) or is_model(folded)
            if exact:
                (codes if is_code(folded) else models).append(folded)
            own = {(term(word),), (term(word, "en"),)}
            group = groups.get(position)
            others = set() if exact or group is None else set(group.others)
            forms = own | others or own
            if not exact and not any(part in vocabulary for form in forms for part in form):
                forms |= {(near,) for near in _near(term(word), vocabulary)}
            background = not exact and term(word) in self._background
            concepts.setdefault(term(word), Concept(folded, frozenset(forms), frozenset(own), background, exact))
        wants = frozenset(name for name, phrases in self._asks.items() if phrases.first(tokens(text)) is not None)
        return Question(tuple(concepts.values()), tuple(codes), tuple(models), wants)


def _joined(words: list[str]) -> list[str]:
    """ "xp 400" and "e 4" as one word."""
    out: list[str] = []
    for word in words:
        code = joins(fold(out[-1]), word) if out and fold(out[-1]) not in function_words() else None
        if code is not None and (is_model(code) or (is_code(code) and len(fold(out[-1])) == 1)):
            out[-1] = code
        else:
            out.append(word)
    return out


def _near(word: str, vocabulary: Iterable[str]) -> list[str]:
    if len(word) < _LONG_WORD:
        return []
    return [
        known
        for known in vocabulary
        if (abs(len(known) - len(word)) <= 1 and OSA.distance(word, known, score_cutoff=1) <= 1)
        or (known[:_SHARED_START] == word[:_SHARED_START] and min(len(known), len(word)) == _SHARED_START)
    ]
