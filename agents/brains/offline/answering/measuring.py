"""Figures in what is quoted: in the unit that is asked for, before what is counted, in the column that is meant."""

from __future__ import annotations

import math
import re
from collections.abc import Collection, Sequence
from functools import lru_cache
from itertools import pairwise

from agents.brains.offline.answering.blocks import Unit
from agents.brains.offline.answering.question import Figure, Question
from agents.brains.offline.data import HERE, load_data
from core.text import fold, tokens
from ingest.terms import term, terms


def measured(text: str, units: Collection[str]) -> bool:
    """Is a figure in one of ``units`` in ``text`` ("1,3 bar", "Par (N·m): 17")?"""
    return bool(units) and _measured(text, units if isinstance(units, frozenset) else frozenset(units))


@lru_cache(maxsize=20000)
def _measured(text: str, units: frozenset[str]) -> bool:
    return _in_units(units).search(fold(text)) is not None


def figured(text: str) -> bool:
    """Is there a number in ``text``, in figures or written out?"""
    return any(c.isdigit() for c in text) or not words_of(text).isdisjoint(_numbers())


def counted(question: Question, units: Sequence[Unit]) -> bool:
    """Does a number stand right before what is counted ("4 personas"), or as the value of its row?"""
    sought = [c for c in question.concepts if not c.background and not c.exact]
    for unit in units:
        if unit.cells:
            if any(c.within(unit.key) for c in sought) and any(d.isdigit() for _, v in unit.cells[1:] for d in v):
                return True
            continue
        said = terms(unit.text)
        numbered = frozenset(
            after for before, after in pairwise(said) if before[:1].isdigit() or before in _number_words()
        )
        if any(c.within(numbered) for c in sought):
            return True
    return False


@lru_cache(maxsize=1)
def _number_words() -> frozenset[str]:
    return frozenset(map(term, _numbers()))


@lru_cache(maxsize=1)
def _numbers() -> tuple[str, ...]:
    """Numbers as words, folded."""
    return tuple(str(word) for word in load_data("answering.yaml", HERE / "answering")["numbers"])


@lru_cache(maxsize=4000)
def words_of(text: str) -> frozenset[str]:
    """The folded words of ``text``."""
    return frozenset(token.folded for token in tokens(text))


@lru_cache(maxsize=256)
def _in_units(units: frozenset[str]) -> re.Pattern[str]:
    """A figure before one of ``units``, or the unit in the name of a column with a figure in it."""
    name, words = f"(?:{'|'.join(map(re.escape, sorted(units)))})", "|".join((*_numbers(), "una?"))
    return re.compile(rf"(?:\d\s?|\b(?:{words}) |\(){name}(?!\w)|(?<![\w·]){name}(?!\w)[^|:]*: ?\d")


_NUMBER = r"(-?\d{1,3}(?:\.\d{3})+|-?\d+(?:[.,]\d+)?)"
_THOUSANDS = re.compile(r"^-?\d{1,3}(?:\.\d{3})+$")
_BETWEEN = re.compile(rf"(?<![\w.,]){_NUMBER} (?:a|y|o|to|-) {_NUMBER} ?([^\s|;,)]*)")
_MORE = r"(?:mas|mayor(?:es)?|superior(?:es)?) (?:de|que|a)"
_LESS = r"(?:menos|menor(?:es)?|inferior(?:es)?) (?:de|que|a)"
_UNIT = r"([^\s|;,)]*)"
_UP_TO = re.compile(
    rf"\b(?:hasta|{_LESS}|no (?:sea |supere |exceda )?(?:{_MORE}|supere|exceda)(?: de)?|inferior o igual a|maxim[oa]:?"
    rf"|up to) (?:un |de |los )?{_NUMBER} ?{_UNIT}"
)
_FROM = re.compile(rf"\b(?<!no )(?<!no sea )(?:{_MORE}|a partir de|desde|superior o igual a|over) {_NUMBER} ?{_UNIT}")


@lru_cache(maxsize=4000)
def ranges(text: str) -> tuple[tuple[float, float, str], ...]:
    """The ranges that ``text`` gives, each with its unit ("25 a 35 m²", "hasta 10 %", "más de 60 bar")."""
    folded = fold(text)
    found = [(_value(low), _value(high), unit) for low, high, unit in _BETWEEN.findall(folded)]
    found += [(-math.inf, _value(high), unit) for high, unit in _UP_TO.findall(folded)]
    found += [(_value(low), math.inf, unit) for low, unit in _FROM.findall(folded)]
    return tuple(found)


def width(figure: Figure, text: str) -> float | None:
    """The width of the narrowest range of ``text`` with ``figure`` in it, open ends counting from there; or None."""
    holding = [
        (high if math.isfinite(high) else figure.value) - (low if math.isfinite(low) else figure.value)
        for low, high, unit in ranges(text)
        if unit in figure.units and low <= figure.value <= high
    ]
    return min(holding, default=None)


def gives_range(figure: Figure, text: str) -> bool:
    """Does ``text`` give a range in the unit of ``figure``?"""
    return any(unit in figure.units for _, _, unit in ranges(text))


def _value(written: str) -> float:
    if _THOUSANDS.match(written):
        return float(written.replace(".", ""))
    return float(written.replace(",", "."))
