"""Numbers in Spanish and English: digits with separators, words, dozens, thousands with k."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

import yaml

from agents.brains.offline.planning.words import Word

_DIGITS = re.compile(r"\d+(?:[.,]\d+)*")
_ORDINAL = re.compile(r"(\d+)(?:o|a|er|ero|era|st|nd|rd|th|º|ª)")
_SHORT = re.compile(r"(\d+(?:[.,]\d+)?)(k|m)")
_SCALE = {"k": Decimal(1000), "m": Decimal(1_000_000)}

DEFAULT_PATH = Path(__file__).with_name("numbers.yaml")


@dataclass(frozen=True, slots=True)
class Number:
    """A number in words ``start`` to ``end`` (excluded); ``money`` when a currency followed."""

    start: int
    end: int
    value: Decimal
    money: bool = False
    percent: bool = False
    words: bool = False
    """Written with letters."""


@dataclass(frozen=True, slots=True)
class NumberWords:
    """The words numbers are written with."""

    units: dict[str, int]
    scales: dict[str, int]
    ordinals: dict[str, int]
    joins: frozenset[str]
    currency: frozenset[str]
    percent: frozenset[str]
    articles: frozenset[str]


def load_number_words(path: Path = DEFAULT_PATH) -> NumberWords:
    """Read ``numbers.yaml``."""
    raw = yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
    return NumberWords(
        units=raw["units"],
        scales=raw["scales"],
        ordinals=raw["ordinals"],
        joins=frozenset(raw["joins"]),
        currency=frozenset(raw["currency"]),
        percent=frozenset(raw["percent"]),
        articles=frozenset(raw["articles"]),
    )


def digits(text: str) -> Decimal | None:
    """The value of ``text`` ("1.234,50", "1,234.50", "3.5", "1000"); None when it is not a number."""
    short = _SHORT.fullmatch(text)
    if short:
        base = digits(short.group(1))
        return None if base is None else base * _SCALE[short.group(2)]
    if not _DIGITS.fullmatch(text) or len(text) > 15:
        return None
    last = max(text.rfind("."), text.rfind(","))
    if last < 0:
        return Decimal(text)
    mark, groups = text[last], re.split(r"[.,]", text)
    thousands = all(len(g) == 3 for g in groups[1:]) and len(groups[0]) <= 3 and len(set(text) & {".", ","}) == 1
    if thousands and (len(groups) > 2 or mark in ".,") and groups[0] != "0":
        return Decimal("".join(groups))
    if text.count(mark) > 1:
        return None
    return Decimal("".join(groups[:-1]) + "." + groups[-1])


def ordinal(word: str, known: NumberWords) -> int | None:
    """The position that ``word`` (folded) names: "segundo", "3er", "2nd"."""
    match = _ORDINAL.fullmatch(word)
    return int(match.group(1)) if match and len(word) < 8 else known.ordinals.get(word)


def _spelled(words: Sequence[Word], at: int, known: NumberWords) -> tuple[int, int] | None:
    total, group, end, expects = 0, 0, at, True
    while end < len(words):
        word = words[end].folded
        if word in known.joins and end > at and not expects and end + 1 < len(words):
            following = words[end + 1].folded
            if group % 100 >= 20 and known.units.get(following, 99) < 10:
                end += 1
                expects = True
                continue
            break
        if word in known.scales and (group or end == at):
            total += max(group, 1) * known.scales[word]
            group, expects = 0, True
        elif word in known.units and (expects or group % 100 == 0 or (group % 10 == 0 and known.units[word] < 10)):
            group += known.units[word]
            expects = False
        else:
            break
        end += 1
    return (end, total + group) if end > at else None


def find_numbers(words: Sequence[Word], known: NumberWords) -> tuple[Number, ...]:
    """Every number in ``words``, longest reading first found; never overlapping."""
    found: list[Number] = []
    at = 0
    while at < len(words):
        value = digits(words[at].folded)
        end, spelled = at + 1, False
        if value is None:
            read = _spelled(words, at, known)
            lone_article = read is not None and read[0] == at + 1 and words[at].folded in known.articles
            if read is None or lone_article:
                at += 1
                continue
            end, value, spelled = read[0], Decimal(read[1]), True
        elif end < len(words) and words[end].folded in known.scales:
            value, end = value * known.scales[words[end].folded], end + 1
        unit = words[end].folded if end < len(words) else ""
        joined = unit in {"de"} and end + 1 < len(words) and words[end + 1].folded in known.currency
        money, percent = unit in known.currency or joined, unit in known.percent
        stop = end + (2 if joined else 1 if money or percent else 0)
        found.append(Number(at, stop, value, money, percent, spelled))
        at = stop
    return tuple(found)
