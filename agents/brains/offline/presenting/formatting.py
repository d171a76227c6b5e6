"""Writes one value of a result the way people write it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, datetime, tzinfo
from decimal import Decimal
from typing import Any

from babel.dates import format_date, format_time
from babel.numbers import format_decimal

from agents.brains.protocol import Language
from tools.sql.catalogue import Catalogue
from tools.sql.query import Column

LONGEST_TEXT = 140
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\u200b-\u200f\u202a-\u202e\u2066-\u2069\ufeff]")
_SPACES = re.compile(r"\s+")
_LINK = re.compile(r"(?i)\b(https?|ftp)://|\bwww\.")
_MARKS = str.maketrans({"*": "∗", "`": "'", "~": "∼", "[": "(", "]": ")", "<": "‹", ">": "›"})
_EDGE_UNDERSCORE = re.compile(r"(?<!\w)_|_(?!\w)")
_HOURS_WITH_MINUTES = 24


class Formatter:
    """Formats values for one language and time zone."""

    def __init__(self, catalogue: Catalogue, words: Mapping[str, Any], language: Language, zone: tzinfo | None) -> None:
        self._catalogue, self._words, self._language, self._zone = catalogue, words, language, zone

    def value(self, value: object, column: Column, entity: str, longest: int = LONGEST_TEXT) -> str:
        """``value`` of ``column`` as words; text from the database is quoted as data and cut at ``longest``."""
        if value is None:
            return str(self._words["no_value"])
        kind, _, enum = column.kind.partition(":")
        if isinstance(value, (list, tuple)):
            inner = Column(column.key, column.kind)
            return ", ".join(self.value(item, inner, entity, longest) for item in value)
        if kind == "enum":
            return self.enum(enum, str(value))
        if isinstance(value, bool):
            return str(self._words["true" if value else "false"])
        if isinstance(value, dict):
            return ", ".join(f"{quoted(str(k), 40)}: {quoted(str(v), 60)}" for k, v in value.items())[:longest]
        if isinstance(value, (datetime, date)):
            return self._moment(value, kind)
        if isinstance(value, (int, float, Decimal)):
            return self._number(Decimal(str(value)), kind, column.key, entity)
        return quoted(str(value), longest)

    def enum(self, name: str, value: str) -> str:
        """The label of an enum value."""
        known = self._catalogue.enums.get(name, {}).get(value)
        return known.label[self._language] if known else quoted(value, LONGEST_TEXT)

    def count(self, number: int, entity: str) -> str:
        """ "1 contrato", "12 contratos"."""
        words = self._catalogue.entities[entity]
        label = words.label[self._language]
        name = label if number == 1 else words.plural.get(self._language, label)
        return f"{self.plain(Decimal(number))} {name}"

    def plain(self, number: Decimal) -> str:
        """A bare number with separators."""
        pattern = "#,##0" if number == number.to_integral_value() else "#,##0.##"
        return _unbroken(str(format_decimal(number, pattern, locale=self._language)))

    def signed(self, number: Decimal, column: Column, entity: str) -> str:
        """A difference, with its sign."""
        written = self.value(abs(number), column, entity)
        return f"{'+' if number > 0 else '−'}{written}"

    def _number(self, number: Decimal, kind: str, key: str, entity: str) -> str:
        if kind == "money":
            return f"{_unbroken(str(format_decimal(number, '#,##0.00', locale=self._language)))} €"
        if kind == "percent":
            return f"{_unbroken(str(format_decimal(number * 100, '#,##0.#', locale=self._language)))} %"
        if kind == "hours":
            return self._hours(number, added=key.startswith("sum_"))
        if kind == "days":
            return self._days(number)
        if kind == "weekday":
            days = self._words["weekdays"]
            return str(days[(int(number) - 1) % 7])
        if kind == "year" or key.rpartition(".")[2] in {"number", "record"}:
            return str(int(number))
        return f"{self.plain(number)}{self._unit(key, entity)}"

    def _unit(self, key: str, entity: str) -> str:
        try:
            unit = self._catalogue.dimension(entity, key).unit
        except ValueError:
            return ""
        return f" {unit}" if unit and (self._language == "es" or len(unit) <= 3) else ""

    def _hours(self, hours: Decimal, added: bool) -> str:
        """A time; hours of work that add up stay hours."""
        whole = int(hours)
        minutes = round((hours - whole) * 60)
        if minutes == 60:
            whole, minutes = whole + 1, 0
        if added and whole >= _HOURS_WITH_MINUTES:
            return self._counted("hours", round(hours))
        if whole >= _HOURS_WITH_MINUTES * 3:
            return self._days(hours / 24)
        parts = [self._counted("hours", whole)] if whole or not minutes else []
        if minutes and whole < _HOURS_WITH_MINUTES:
            parts.append(self._counted("minutes", minutes))
        return str(self._words["and"]).join(parts)

    def _days(self, days: Decimal) -> str:
        rounded = days if days != days.to_integral_value() and days < 10 else round(days)
        text = self._counted("days", rounded)
        if days >= 730:
            return str(self._words["about_years"]).format(days=text, n=round(days / 365))
        if days >= 90:
            return str(self._words["about_months"]).format(days=text, n=round(days / Decimal("30.4")))
        return text

    def _counted(self, unit: str, number: Decimal | int) -> str:
        forms = self._words[unit]
        return str(forms["one"]) if number == 1 else str(forms["many"]).format(n=self.plain(round(Decimal(number), 1)))

    def _moment(self, value: date, kind: str) -> str:
        local = value.astimezone(self._zone) if isinstance(value, datetime) and value.tzinfo and self._zone else value
        day = local.date() if isinstance(local, datetime) else local
        if kind == "month":
            return str(format_date(day, str(self._words["month"]), locale=self._language))
        if kind == "quarter":
            return str(self._words["quarter"]).format(q=(day.month + 2) // 3, year=day.year)
        if kind == "year":
            return str(day.year)
        written = str(
            format_date(day, "d 'de' MMMM 'de' y" if self._language == "es" else "d MMMM y", locale=self._language)
        )
        if kind == "week":
            return str(self._words["week"]).format(date=written)
        if kind == "weekday":
            return str(self._words["weekdays"][day.weekday()])
        if kind == "datetime" and isinstance(local, datetime):
            clock = str(format_time(local, "H:mm", locale=self._language))
            return str(self._words["at"]).format(date=written, time=clock)
        return written


def quoted(text: str, longest: int) -> str:
    """Text of the database as data: one line, no control characters, no live links or markdown, cut at ``longest``."""
    clean = _SPACES.sub(" ", _CONTROL.sub("", text)).strip()
    clean = _LINK.sub(lambda m: m.group().replace("://", ": //").replace(".", " "), clean)
    clean = _EDGE_UNDERSCORE.sub("", clean.translate(_MARKS))
    return clean if len(clean) <= longest else clean[: longest - 1].rsplit(" ", 1)[0] + "…"


def _unbroken(number: str) -> str:
    return number.replace("\u00a0", " ").replace("\u202f", " ")
