"""Which of the options shown a person means by "el segundo", "2", "el de la cocina" or "XP400"."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import yaml
from rapidfuzz import fuzz

from core.text import Token, fold, tokens

_DATA = Path(__file__).with_name("choosing.yaml")
_LONGEST = 8
_FEW = 4
_SIMILAR = 85
_CLEAR_LEAD = 0.01


@dataclass(frozen=True, slots=True)
class Choosing:
    """Understands a choice. ``ordinals`` maps words to positions from 1 (-1: the last)."""

    ordinals: Mapping[str, int]
    everything: frozenset[str]
    filler: frozenset[str]
    openings: frozenset[str]
    asking: frozenset[str] = frozenset()
    denials: frozenset[str] = frozenset()
    why: frozenset[str] = frozenset()
    joints: frozenset[str] = frozenset()

    def amendment(self, answer: str) -> str:
        """What ``answer`` changes in a proposal: its text without the yes, no or but that opens it."""
        words = tokens(answer)
        kept = next((at for at, token in enumerate(words) if token.folded not in self.openings), None)
        if kept is None:
            return answer.strip()
        if kept and words[kept - 1].folded in self.denials and not self._parted(answer, words, kept):
            kept -= 1
        return answer[words[kept].start :].strip()

    @staticmethod
    def _parted(answer: str, words: Sequence[Token], position: int) -> bool:
        """Does a mark stand before the word at ``position`` ("no, el martes")?"""
        return bool(answer[words[position - 1].end : words[position].start].strip())

    def asks(self, answer: str) -> bool:
        """Is ``answer`` a question of its own?"""
        first = next(iter(tokens(answer)), None)
        return "?" in answer or (first is not None and first.folded in self.asking)

    def goes_on(self, answer: str) -> bool:
        """Is ``answer`` a few words that only make sense after what was said before ("con la caldera")?"""
        words = [token.folded for token in tokens(answer)]
        return 1 < len(words) <= _FEW and words[0] in self.joints

    def denies(self, answer: str) -> bool:
        """Does ``answer`` begin with a no?"""
        first = next(iter(tokens(answer)), None)
        return first is not None and first.folded in self.denials

    def wonders(self, answer: str) -> bool:
        """Does ``answer`` only ask why?"""
        return " ".join(token.folded for token in tokens(answer)) in self.why

    def choose(self, answer: str, options: Sequence[str]) -> tuple[int, ...]:
        """Positions (from 0) of the options that ``answer`` picks; empty when it picks none, or is not a choice."""
        words = [token.folded for token in tokens(answer)]
        if not words or not options or len(words) > _LONGEST:
            return ()
        if self._all(words):
            return tuple(range(len(options)))
        content = [word for word in words if word not in self.filler]
        if len(content) <= 1:
            position = self._position(content or words, len(options))
            if position is not None:
                return (position,)
        return self._by_words(content, options)

    def _all(self, words: list[str]) -> bool:
        return any(f" {phrase} " in f" {' '.join(words)} " for phrase in self.everything)

    def _position(self, words: list[str], count: int) -> int | None:
        for word in words:
            number = int(word) if word.isdigit() and len(word) < 3 else self.ordinals.get(word)
            if number == -1:
                return count - 1
            if number is not None and 1 <= number <= count:
                return number - 1
        return None

    def _by_words(self, content: list[str], options: Sequence[str]) -> tuple[int, ...]:
        if not content:
            return ()
        scores = [_explained(content, option) for option in options]
        best = max(scores)
        if best < 1.0 - _CLEAR_LEAD:
            return ()
        picked = tuple(position for position, score in enumerate(scores) if best - score < _CLEAR_LEAD)
        return picked if len(picked) < len(options) or len(options) == 1 else ()


def _explained(content: list[str], option: str) -> float:
    """Share of the words of the answer that the option has."""
    words = [token.folded for token in tokens(option)]
    compact = {word.replace("-", "") for word in words}
    known = [
        word
        for word in content
        if word.replace("-", "") in compact or (len(word) > 3 and any(_alike(word, other) for other in words))
    ]
    return len(known) / len(content)


def _alike(word: str, other: str) -> bool:
    return fuzz.ratio(word, other) >= _SIMILAR


def load_choosing(path: Path = _DATA) -> Choosing:
    """Read the words that pick an option."""
    data = yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
    why, joints = (frozenset(map(fold, data[key])) for key in ("why", "joints"))
    ordinals = {fold(str(word)): int(number) for number, words in data["ordinals"].items() for word in words}
    everything, filler, openings, asking, denials = (
        frozenset(map(fold, data[key])) for key in ("all", "filler", "openings", "asking", "denials")
    )
    return Choosing(ordinals, everything, filler, openings, asking, denials, why, joints)
