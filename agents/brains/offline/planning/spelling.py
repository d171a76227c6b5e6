"""Spelling: unknown words become the known word they most look or sound like."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

from rapidfuzz.distance import OSA
from rapidfuzz.process import extract

from agents.brains.offline.planning.words import Word, sound


@dataclass(frozen=True, slots=True)
class Speller:
    """Known words by length and by sound."""

    words: tuple[str, ...]
    by_sound: dict[str, str]

    def correct(self, word: str) -> str | None:
        """The known word that ``word`` (folded, unknown) stands for; None when nothing is near enough."""
        alike = self.by_sound.get(sound(word))
        if alike is not None and len(word) >= 3 and abs(len(alike) - len(word)) <= 2:
            return alike
        allowed = allowed_edits(len(word))
        if not allowed:
            return None
        near = extract(word, self.words, scorer=OSA.distance, score_cutoff=allowed, limit=8)
        near = [n for n in near if n[1] < 2 or abs(len(n[0]) - len(word)) < 2]
        best = min(near, key=lambda n: (n[1], n[0][:1] != word[:1], n[0][-1:] != word[-1:], n[2]), default=None)
        return (
            best[0] if (best is not None and best[0][:1] == word[:1]) or (best is not None and len(word) > 5) else None
        )


def allowed_edits(length: int) -> int:
    """How many letters may differ: none in short words, more in long ones."""
    return 0 if length < 4 else 1 if length < 7 else 2 if length < 11 else 3


def build_speller(words: Iterable[str]) -> Speller:
    """A speller over ``words`` (folded)."""
    known = tuple(sorted({w for w in words if w.isalpha() and len(w) > 3}))
    by_sound: dict[str, str] = {}
    for word in known:
        by_sound.setdefault(sound(word), word)
    return Speller(known, by_sound)


def correct(words: Iterable[Word], speller: Speller, known: Callable[[str], bool]) -> tuple[Word, ...]:
    """``words`` with the unknown ones corrected; what cannot be corrected stays."""
    corrected: list[Word] = []
    for word in words:
        fixed = None if word.is_number or len(word.folded) < 3 or known(word.folded) else speller.correct(word.folded)
        corrected.append(word if fixed is None else replace(word, folded=fixed, corrected=True))
    return tuple(corrected)
