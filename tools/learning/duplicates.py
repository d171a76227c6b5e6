"""Are two questions the same one? Accents, order, small words, number and typos make no difference; what tells does."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import permutations

from rapidfuzz import fuzz
from rapidfuzz.distance import OSA

from core.text import fold, tokens
from ingest.lexicon import default_lexicon
from tools.learning.reading import Reading, Word, read

_SHORTEST_TYPO, _LONG = 5, 9
_MOST_TYPOS = 3


def same_question(first: Reading, second: Reading) -> bool:
    """Do ``first`` and ``second`` ask the same thing? Reflexive and symmetric.

    They do when they are the same to the letter in what is exact, turn nothing round, and say the same other words, up
    to the ending and to a slip of the pen in each of a few. A slip makes what is no word out of a word: two different
    words of the language, and two names that no dictionary knows, are two things.
    """
    return _same(first, second, _slip)


def answers_question(learned: Reading, asked: Reading) -> bool:
    """Is an answer to ``learned`` one to ``asked``? As :func:`same_question`; a synonym says the same."""
    return _same(learned, asked, _slip_or_synonym)


def alike(reading: Reading, known: Sequence[tuple[int, str]], language: str) -> int | None:
    """The number of the first of the ``known`` questions (number and text) that is the same as ``reading``."""
    return next((number for number, text in known if same_question(reading, read(text, language))), None)


def likeness(first: str, second: str) -> float:
    """How alike two questions look, 0 to 1: to suggest to a person that they may be the same, never to decide it."""
    one, other = (" ".join(fold(token.text) for token in tokens(text)) for text in (first, second))
    return float(fuzz.token_set_ratio(one, other)) / 100


def _same(first: Reading, second: Reading, alike: Callable[[Word, Word], bool]) -> bool:
    if first.exact != second.exact or _reversed(first, second):
        return False
    left, right = _unmatched(first.words, second.words)
    if not left and not right:
        return bool(first.words or first.exact) or first.folded == second.folded
    if len(left) != len(right) or len(left) > _MOST_TYPOS:
        return False
    return any(all(map(alike, left, order)) for order in permutations(right))


def _reversed(first: Reading, second: Reading) -> bool:
    return any((after, before) in second.turned for before, after in first.turned)


def _unmatched(first: Sequence[Word], second: Sequence[Word]) -> tuple[list[Word], list[Word]]:
    """The words of each that the other has no form of; how often a word is said makes no difference."""
    mine, theirs = _by_stem(first), _by_stem(second)
    folded = {word.folded for word in second}, {word.folded for word in first}
    left = [word for stem, word in mine.items() if stem not in theirs and word.folded not in folded[0]]
    right = [word for stem, word in theirs.items() if stem not in mine and word.folded not in folded[1]]
    return left, right


def _by_stem(words: Sequence[Word]) -> dict[str, Word]:
    found: dict[str, Word] = {}
    for word in sorted(words, key=lambda one: one.folded):
        found.setdefault(word.stem, word)
    return found


def _slip(one: Word, other: Word) -> bool:
    if one.known == other.known:
        return False
    return _near(one.folded, other.folded) or _near(one.stem, other.stem)


def _slip_or_synonym(one: Word, other: Word) -> bool:
    return _slip(one, other) or any(
        phrase in {(other.stem,), (other.folded,)}
        for match in default_lexicon().matches([one.folded])
        for phrase in match.others
    )


def _near(one: str, other: str) -> bool:
    shortest = min(len(one), len(other))
    if shortest < _SHORTEST_TYPO - 1:
        return False
    allowed = 2 if shortest >= _LONG else 1
    return int(OSA.distance(one, other, score_cutoff=allowed)) <= allowed
