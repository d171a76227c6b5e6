"""Days and hours to come: when a visit should be ("el jueves a las 10", "mañana por la tarde")."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import date, datetime, time, timedelta
from typing import Any

from agents.brains.offline.data import HERE, load_data
from agents.brains.offline.drafting.matching import Phrases
from core.text import Token, fold, tokens

_HOUR = re.compile(
    r"\b(?:a las?|sobre las|at|las)\s+(\d{1,2})(?:[:.h](\d{2}))?\b(?!\d)"
    r"|\b(\d{1,2})[:h](\d{2})\b|\b(\d{1,2})\s?(?:am|pm|h)\b"
)
_NUMERIC_DATE = re.compile(r"\b(\d{1,2})[/-](\d{1,2})(?:[/-](\d{2,4}))?\b")
_ONWARDS = "al"
"""Where what points ends, and to when it moves begins ("la de las 17 al martes")."""
_POINTING_ARTICLES = frozenset({"la", "lo", "el", "the"})
_ISO_DATE = re.compile(r"\b(\d{4})-(\d{2})-(\d{2})\b")
_WEEKDAY = "lunes|martes|miercoles|jueves|viernes|sabado|domingo"
_DAY_OF_MONTH = re.compile(
    rf"\b(?:el|del|dia|the|on|{_WEEKDAY})\s+(?:dia\s+)?(\d{{1,2}})(?:st|nd|rd|th)?\b(?!\s*[:h/])"
)
_LONGEST_GLUE = 4
_HOURS = frozenset({"las", "la", "at"})
_SENTENCE = re.compile(r"(?<=[.?!;])\s+|\n+")
_CLAUSE = re.compile(r"[,;:¿¡]")


class Moments:
    """Reads ``moments.yaml``."""

    def __init__(self) -> None:
        data: Any = load_data("moments.yaml", HERE / "drafting")
        self._named = {key: Phrases.of(data[key]) for key in ("today", "tomorrow", "after_tomorrow", "next_week")}
        self._halves = {key: Phrases.of(data[key]) for key in ("morning", "afternoon")}
        self._weekdays = [frozenset(names) for names in data["weekdays"]]
        self._months = [frozenset(names) for names in data["months"]]
        self._hours = (data["default_hour"], data["afternoon_hour"])
        self._time_words, self._glue, self._leading, self._past, self._of, self._towards, self._busy, self._free = (
            frozenset(data[key]) for key in ("time_words", "glue", "leading", "past", "of", "towards", "busy", "free")
        )
        self._unfit = tuple(str(phrase) for phrase in data["unfit"])
        self._telling, self._not_telling = (tuple(data[key]) for key in ("telling", "not_telling"))

    def read(self, text: str, now: datetime) -> datetime | None:
        """The moment to come that ``text`` names, later sentences first.

        Nine o'clock, or four in the afternoon, when it names no hour.
        """
        said = [fold(part) for part in reversed(_SENTENCE.split(text)) if part.strip()]
        day = next((found for part in said if (found := self._day(part, now.date())) is not None), None)
        if day is None:
            return None
        hour = next((at for part in said if (at := self._hour(part)) is not None), time(self._hours[0]))
        moment = datetime.combine(day, hour, tzinfo=now.tzinfo)
        return moment if moment > now or day > now.date() else moment.replace(hour=max(moment.hour, 8))

    def pointed(self, text: str, now: datetime) -> tuple[date | None, time | None]:
        """The day and hour by which ``text`` points at something ("la de las 9", "la visita del lunes")."""
        _, day, hour = self._pointing(text, now)
        return day, hour

    def without_pointing(self, text: str, now: datetime) -> str:
        """``text`` without the words that point at something by its day ("la visita del lunes"), or by its hour when
        another one is said ("pasa la de las 17 a las 9")."""
        span, day, _ = self._pointing(text, now)
        if span is None:
            return text
        rest = f"{text[: span[0]]} {text[span[1] :]}"
        before = [token.folded for token in tokens(text[: span[0]])][-1:]
        moved = bool(before) and before[0] in _POINTING_ARTICLES and self._hour(fold(rest)) is not None
        return rest if day is not None or moved else text

    def _pointing(self, text: str, now: datetime) -> tuple[tuple[int, int] | None, date | None, time | None]:
        words = tokens(text)
        for position, word in enumerate(words[:-1]):
            if word.folded not in self._of or words[position + 1].folded in self._towards:
                continue
            end = position + 1
            while (
                end < len(words)
                and words[end].folded != _ONWARDS
                and (words[end].folded in self._glue | self._time_words or words[end].folded.isdigit())
            ):
                end += 1
            span = (word.start, words[end - 1].end)
            said = fold(text[slice(*span)]) if end > position + 1 else ""
            day, hour = (self._day(said, now.date()), self._hour(said)) if said else (None, None)
            if day is not None or hour is not None:
                return span, day, hour
        return None, None, None

    def vocabulary(self) -> frozenset[str]:
        """Words that only say when."""
        return self._time_words | self._glue

    def preference(self, text: str) -> str:
        """The words of ``text`` that say when it would suit ("el martes por la tarde"); empty when there are none.

        The latest sentence that says so wins, with the day said before it when it names none ("mejor por la tarde").
        A clause that tells what happened does not say when it would suit. When it would not ("el martes no puedo") is
        said after it.
        """
        clauses = [clause for said in _SENTENCE.split(text) for clause in _CLAUSE.split(said)]
        not_then = [clause.strip(" .") for clause in clauses if self._denies(clause) and any(self._wishes(clause))]
        wished: list[str] = []
        for said in reversed(_SENTENCE.split(text)):
            found = [wish for clause in _CLAUSE.split(said) if not self._tells(clause) for wish in self._wishes(clause)]
            wished = [*filter(self._names_day, found), *wished] if wished else found
            if any(map(self._names_day, wished)):
                break
        return ", ".join(dict.fromkeys((*wished, *not_then)))

    def _names_day(self, wish: str) -> bool:
        return self._day(fold(wish), date.min) is not None

    def _denies(self, clause: str) -> bool:
        """Does it say when it would not suit?"""
        said = f" {' '.join(token.folded for token in tokens(clause))} "
        return any(f" {phrase} " in said for phrase in self._unfit)

    def _tells(self, clause: str) -> bool:
        """Does it tell what happened ("esta mañana no salía agua") or what somebody has to do ("mañana trabajo")?"""
        words = [token.folded for token in tokens(clause)]
        if self._denies(clause):
            return True
        if self._busy.intersection(words) and not self._free.intersection(words):
            return True
        return any(w.endswith(self._telling) and len(w) > 4 and not w.endswith(self._not_telling) for w in words)

    def _wishes(self, clause: str) -> Iterator[str]:
        words = tokens(clause)
        position = 0
        while position < len(words):
            if not self._says_when(words, position):
                position += 1
                continue
            start, end = self._span(words, position)
            before = words[start - 1].folded if start else ""
            if not {before, *(w.folded for w in words[start:end])} & self._past:
                yield clause[words[start].start : words[end - 1].end]
            position = max(end, position + 1)

    def _says_when(self, words: Sequence[Token], position: int) -> bool:
        """Is the word at ``position`` one of time, or the number of an hour ("a partir de las 6")?"""
        if words[position].folded in self._time_words:
            return True
        return position > 0 and words[position].folded.isdigit() and words[position - 1].folded in _HOURS

    def _span(self, words: Sequence[Token], position: int) -> tuple[int, int]:
        start = position
        while start > 0 and words[start - 1].folded in self._leading and position - start < _LONGEST_GLUE:
            start -= 1
        end = last = position + 1
        while end < len(words) and (words[end].folded in self._glue | self._time_words or words[end].folded.isdigit()):
            end += 1
            if (
                words[end - 1].folded in self._time_words
                or words[end - 1].folded.isdigit()
                or words[end - 1].folded == "viene"
            ):
                last = end
        return start, last

    def _day(self, text: str, today: date) -> date | None:
        words = tokens(text)
        explicit = self._explicit(text, today)
        if explicit is not None:
            return explicit
        if self._named["after_tomorrow"].first(words) is not None:
            return today + timedelta(days=2)
        without_halves = text.replace("por la manana", " ").replace("de la manana", " ").replace("esta manana", " hoy ")
        rest = tokens(without_halves)
        for position, names in enumerate(self._weekdays):
            if any(word.folded in names for word in rest):
                ahead = (position - today.weekday()) % 7 or 7
                skip = 7 if self._named["next_week"].first(rest) is not None and ahead + today.weekday() < 7 else 0
                return today + timedelta(days=ahead + skip)
        if self._named["tomorrow"].first(rest) is not None:
            return today + timedelta(days=1)
        if self._named["today"].first(words) is not None:
            return today
        if self._named["next_week"].first(rest) is not None:
            return today + timedelta(days=7 - today.weekday())
        return None

    def _explicit(self, text: str, today: date) -> date | None:
        iso = _ISO_DATE.search(text)
        if iso:
            return _date(int(iso[1]), int(iso[2]), int(iso[3]))
        numeric = _NUMERIC_DATE.search(text)
        if numeric:
            year = int(numeric[3]) + (2000 if len(numeric[3]) == 2 else 0) if numeric[3] else None
            return _coming(int(numeric[1]), int(numeric[2]), year, today)
        words = tokens(text)
        for position, word in enumerate(words):
            month = next((n for n, names in enumerate(self._months, 1) if word.folded in names), None)
            if month is None:
                continue
            near = [w.folded for w in (*words[max(0, position - 2) : position], *words[position + 1 : position + 2])]
            day = next((int(n) for n in near if n.isdigit() and 1 <= int(n) <= 31), None)
            if day is not None:
                return _coming(day, month, None, today)
        in_month = _DAY_OF_MONTH.search(text)
        if in_month and 1 <= int(in_month[1]) <= 31:
            day = int(in_month[1])
            later = today.month if day >= today.day else today.month % 12 + 1
            return _coming(day, later, None, today)
        return None

    def _hour(self, text: str) -> time | None:
        words = tokens(text)
        afternoon = self._halves["afternoon"].first(words) is not None
        found = _HOUR.search(text)
        if not found:
            morning = self._halves["morning"].first(words) is not None
            return time(self._hours[1]) if afternoon else time(self._hours[0]) if morning else None
        hour = int(found[1] or found[3] or found[5])
        minute = int(found[2] or found[4] or 0)
        if hour < 12 and (afternoon or hour < 7):
            hour += 12
        return time(hour, minute) if hour < 24 and minute < 60 else time(self._hours[0])


def _coming(day: int, month: int, year: int | None, today: date) -> date | None:
    found = _date(year or today.year, month, day)
    if found is not None and year is None and found < today:
        return _date(today.year + 1, month, day)
    return found


def _date(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None
