"""Does a reply say a value? Fair about how people write numbers, dates, phones and statuses; strict about which."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import cached_property
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import yaml

from core.text import fold

_DATES = re.compile(r"\b\d{1,2}[/.-]\d{1,2}[/.-]\d{2,4}\b|\b\d{4}-\d{2}-\d{2}\b|\b\d{1,2}:\d{2}(?::\d{2})?\b")
_SPANISH_DATE = re.compile(r"\b\d{1,2} (?:de )?[a-z]{3,10}\.?(?: (?:de |del )?\d{4})?\b")
_BULLET = re.compile(r"^\s*(?:[-•*·▪]|\d{1,2}[.)])\s+", re.MULTILINE)
_NUMBERED = re.compile(r"^ {0,1}\d{1,3}[.)]\s+", re.MULTILINE)
_BULLETED = re.compile(r"^ {0,1}[-•*·▪]\s+|^\|(?!\s*:?-)", re.MULTILINE)
_NUMBER = re.compile(r"(?<![\w.,])-?\d[\d.,  ]*\d(?![\w])|(?<![\w.,])-?\d(?![\w])")
_DURATION = re.compile(
    r"(?:(?P<d>\d+) ?(?:d|dias?|days?)\b)?(?:,? ?(?:y |and )?(?P<h>\d+) ?(?:h|horas?|hours?)\b)?"
    r"(?:,? ?(?:y |and )?(?P<m>\d+) ?(?:min|minutos?|minutes?)\b)?"
)
_MINUTE = Decimal(1) / 60
_LONG_TEXT = 40
WORDS = Path(__file__).with_name("words.yaml")


@dataclass(frozen=True, slots=True)
class Words:
    """The wording that ``words.yaml`` accepts."""

    enums: dict[str, list[str]]
    numbers: dict[int, list[str]]
    months: list[list[str]]
    negative: re.Pattern[str]


def load_words(path: Path = WORDS) -> Words:
    """Read ``words.yaml``."""
    data: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
    return Words(data["enums"], data["numbers"], data["months"], re.compile(data["negative"], re.MULTILINE))


@dataclass(frozen=True, slots=True)
class Shown:
    """A number as a reply shows it: what it may mean and how finely it was written."""

    value: Decimal
    step: Decimal
    """Distance between neighbouring numbers written with the same detail: 0.01 for two decimals."""
    measured: bool = False
    """Is it a time with units, which is never too coarse?"""

    def says(self, value: Decimal) -> bool:
        """Is ``value`` what was written, rounded as written?"""
        coarse = not self.measured and self.step >= 1 and value != value.to_integral_value() and abs(value) < 100
        step = Decimal("0.1") if coarse else self.step
        return abs(self.value - value) <= step / 2 + Decimal("1e-6")


def _readings(text: str) -> Iterator[Shown]:
    """Every reading of a written number: "1.234" is a thousand in Spanish and one and a bit in English."""
    text = re.sub(r"[  ]", "", text)
    for group, point in ((".", ","), (",", ".")):
        if text.count(point) > 1:
            continue
        whole, _, decimals = text.partition(point)
        if group in decimals or (group in whole and not re.fullmatch(rf"-?\d{{1,3}}(?:\{group}\d{{3}})+", whole)):
            continue
        digits = whole.replace(group, "")
        if digits.lstrip("-").isdigit() and (not decimals or decimals.isdigit()):
            yield Shown(Decimal(f"{digits}.{decimals or 0}"), Decimal(1).scaleb(-len(decimals)))


class Reply:
    """The text of a reply, prepared for asking whether it says something."""

    def __init__(self, text: str, words: Words, zone: ZoneInfo) -> None:
        self.text = text
        self.folded = re.sub(r"[*_`]", "", re.sub(r"[   ]", " ", fold(text)))
        self.words = words
        self.zone = zone

    @cached_property
    def numbers(self) -> tuple[Shown, ...]:
        """Numbers in the order written, without those of dates, hours and list numbering."""
        bare = _BULLET.sub("", self.folded)
        shown: list[Shown] = list(self._durations(bare))
        bare = _DATES.sub(" ", bare)
        bare = _SPANISH_DATE.sub(self._unless_month, bare)
        for match in _NUMBER.finditer(bare):
            shown += _readings(match.group())
        return tuple(shown)

    def _unless_month(self, match: re.Match[str]) -> str:
        word = match.group().split()[1 if " de " not in match.group() else 2].rstrip(".")
        return " " if any(word in names for names in self.words.months) else match.group()

    @staticmethod
    def _durations(text: str) -> Iterator[Shown]:
        """Times such as "1 día y 3 horas" or "2 h 30 min", in hours, as fine as their smallest unit is written."""
        for match in _DURATION.finditer(text):
            days, hours, minutes = match.group("d"), match.group("h"), match.group("m")
            if days or hours or minutes:
                total = Decimal(days or 0) * 24 + Decimal(hours or 0) + Decimal(minutes or 0) / 60
                yield Shown(total, Decimal(1) if days and not minutes else _MINUTE, measured=True)

    @property
    def lines(self) -> int:
        """Entries of the list in the reply: the numbered ones if there are, else bullets or table rows; 0 for prose."""
        numbered = _NUMBERED.findall(self.text)
        if numbered:
            return len(numbered)
        found = _BULLETED.findall(self.text)
        return len(found) - (1 if any(mark.startswith("|") for mark in found) else 0)

    @property
    def fields(self) -> bool:
        """Is it one record, written as a bullet for each of its fields?"""
        marks = _BULLETED.findall(self.text)
        labelled = re.findall(r"^ {0,1}[-•*·▪]\s+[^:\n]{1,40}:\s", self.text, re.MULTILINE)
        return bool(marks) and len(labelled) == len(marks) and not _NUMBERED.search(self.text)

    @property
    def negative(self) -> bool:
        """Does it say that there is none?"""
        return bool(self.words.negative.search(self.folded))

    def matches(self, pattern: str) -> bool:
        """Does a regular expression, folded as the reply is, occur?"""
        return re.search(fold(pattern), self.folded) is not None

    def says(self, value: object) -> bool:
        """Is ``value`` said, in any form that a person would write?"""
        if value is None:
            return True
        if isinstance(value, bool):
            return value is not self.negative
        if isinstance(value, (int, float, Decimal)):
            return self.says_number(Decimal(str(value)))
        if isinstance(value, datetime):
            return self.says_date(value.astimezone(self.zone).date())
        if isinstance(value, date):
            return self.says_date(value)
        return self.says_text(str(value))

    def says_number(self, value: Decimal) -> bool:
        """Is the number written, in digits or (up to ten) in words?"""
        if any(shown.says(value) for shown in self.numbers):
            return True
        if value != value.to_integral_value():
            return False
        return any(re.search(rf"\b{word}\b", self.folded) for word in self.words.numbers.get(int(value), ()))

    def says_date(self, day: date) -> bool:
        """Is the day written, with or without leading zeros, in figures or with the month's name?"""
        names = "|".join(sorted(self.words.months[day.month - 1], key=len, reverse=True))
        year = rf"(?:{day.year}|{day.year % 100:02d})"
        forms = (
            rf"\b0?{day.day}[/.-]0?{day.month}[/.-]{year}\b",
            rf"\b{day.isoformat()}\b",
            rf"\b0?{day.day}(?:st|nd|rd|th)?(?: de| of)? (?:{names})\b\.?(?!(?: de| del|,)? (?!{year})\d{{4}})",
            rf"\b(?:{names})\.? 0?{day.day}\b(?:st|nd|rd|th)?(?!,? (?!{year})\d{{4}})",
        )
        return any(re.search(form, self.folded) for form in forms)

    def says_text(self, value: str) -> bool:
        """Is the text written? Phones by their digits, statuses by their words, long texts by their beginning."""
        if re.fullmatch(r"\+\d{9,15}", value):
            return value[-9:] in re.sub(r"[^\d\n]", "", self.folded)
        if value in self.words.enums:
            return any(word in self.folded for word in self.words.enums[value])
        wanted = re.sub(r"\s+", " ", fold(value)).strip()
        return wanted[:_LONG_TEXT].strip() in re.sub(r"\s+", " ", self.folded)
