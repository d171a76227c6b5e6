"""Finds the subject that must be looked up before the documents can answer ("mi equipo instalado en febrero")."""

from __future__ import annotations

from typing import Any

from agents.brains.offline.data import HERE, load_data
from agents.brains.protocol import Context
from core.text import Token, tokens

_REACH = 6
_LONGEST_NAME = 6


class SubjectFinder:
    """Reads ``subjects.yaml``."""

    def __init__(self) -> None:
        data: Any = load_data("subjects.yaml", HERE / "routing")
        self._latest = frozenset(str(w) for w in data["latest"])
        self._timeless = frozenset(str(w) for w in data["timeless"])
        self._nouns, self._determiners, self._ties, self._records, self._inside = (
            frozenset(str(w) for w in data[key]) for key in ("nouns", "determiners", "ties", "records", "inside")
        )

    def find(self, text: str, context: Context) -> str | None:
        """The words of ``text`` that name a machine by what is recorded about it; None when there are none."""
        words = tokens(text)
        for position, word in enumerate(words):
            if word.folded not in self._nouns:
                continue
            end = self._end_of_subject(words, position, text, context)
            if end is not None:
                start = self._start(words, position)
                return text[words[start].start : words[end].end]
        return None

    def stand_in(self, subject: str) -> str:
        """A short name for the machine, so that what is asked about it can be judged without how it is named."""
        words = tokens(subject)
        noun = next(position for position, word in enumerate(words) if word.folded in self._nouns)
        return subject[words[0].start : words[noun].end]

    def _start(self, words: tuple[Token, ...], position: int) -> int:
        while position > 0 and words[position - 1].folded in self._determiners | self._latest:
            position -= 1
        return position

    def _end_of_subject(self, words: tuple[Token, ...], noun: int, text: str, context: Context) -> int | None:
        """The last word of the phrase when the noun is tied to a date, a record or a client; else None."""
        tied = False
        grounded = noun > 0 and words[noun - 1].folded in self._latest
        end = noun
        for position in range(noun + 1, len(words)):
            gap = text[words[position - 1].end : words[position].start]
            if any(c in gap for c in ",.;:?!¿\n"):
                break
            word = words[position].folded
            name_end = self._client_at(words, position, context)
            if name_end is not None:
                return name_end
            if word in self._ties or word in self._records:
                tied, end = True, position
            elif word.isdigit() or (any(c.isdigit() for c in word) and any(c.isalpha() for c in word)):
                grounded, end = grounded or tied, position
            elif word in self._inside or word in self._nouns:
                tied = tied or (position == noun + 2 and word not in self._timeless | self._nouns)
                grounded, end = grounded or (tied and word not in self._timeless), position
            elif position - noun > _REACH or tied:
                break
            else:
                return None
        return end if tied and grounded else None

    def _client_at(self, words: tuple[Token, ...], position: int, context: Context) -> int | None:
        """The last word of a client's name that begins at ``position`` after a "de" ("la caldera de Talleres Ríos")."""
        if words[position - 1].folded not in {"de", "del", "of", "at", "en"}:
            return None
        names = {" ".join(t.folded for t in tokens(name)) for name in context.values.get(("client", "name"), ())}
        for length in range(min(_LONGEST_NAME, len(words) - position), 0, -1):
            candidate = " ".join(w.folded for w in words[position : position + length])
            if len(candidate) > 4 and any(name == candidate or name.startswith(f"{candidate} ") for name in names):
                return position + length - 1
        return None
