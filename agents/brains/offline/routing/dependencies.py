"""Finds the subject that must be looked up before the documents can answer ("mi equipo instalado en febrero")."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from agents.brains.offline.data import HERE, load_data
from agents.brains.offline.routing.cues import sound
from agents.brains.protocol import Context
from core.text import Token, tokens

_REACH = 6
_VERB_REACH = 4
_RECORD = 3
_LONGEST_NAME = 6
_INFINITIVE = ("ar", "er", "ir")
_OF = frozenset({"de", "del", "from", "of"})
"""Only these tie a machine to a date by themselves: "la caldera de 2024", but not "el aire en invierno"."""


@dataclass(frozen=True, slots=True)
class Subject:
    """A machine named by what is recorded about it.

    ``span``: the words of the message that name it. ``asked``: how the data is asked for it. ``short``: a name that
    stands for it, so that what is asked about it can be judged without how it is named.
    """

    span: str
    asked: str
    short: str


class SubjectFinder:
    """Reads ``subjects.yaml``."""

    def __init__(self) -> None:
        data: Any = load_data("subjects.yaml", HERE / "routing")
        self._nouns = {sound(str(word)): str(word) for word in data["nouns"]}
        self._ties = frozenset(sound(str(word)) for word in data["ties"])
        (
            self._latest,
            self._timeless,
            self._determiners,
            self._records,
            self._inside,
            self._pronouns,
            self._that,
            self._ages,
            self._objects,
        ) = (
            frozenset(str(w) for w in data[key])
            for key in ("latest", "timeless", "determiners", "records", "inside", "pronouns", "that", "ages", "objects")
        )
        self._unnamed: str = data["unnamed"]
        self._installed: str = data["installed"]

    def find(self, text: str, context: Context) -> Subject | None:
        """The machine that ``text`` names by what is recorded about it; None when it names none so."""
        words = tokens(text)
        for position in range(len(words)):
            found = self._named(words, position, text, context) or self._unnamed_one(words, position, text, context)
            if found is not None:
                return found
        return None

    def _named(self, words: tuple[Token, ...], noun: int, text: str, context: Context) -> Subject | None:
        """The noun at ``noun`` with what ties it to a record: after it, or a verb before it ("compré una caldera")."""
        correct = self._nouns.get(sound(words[noun].folded))
        if correct is None:
            return None
        start = self._start(words, noun)
        end = self._end(words, noun, text, context)
        if end is not None:
            span = text[words[start].start : words[end].end]
            known = words[noun].folded in self._nouns.values()
            name = words[noun].text if known else correct
            short = " ".join((*self._plain_determiners(words[start:noun]), name))
            return Subject(span, span.replace(words[noun].text, name), short)
        verb = self._verb_before(words, start)
        if verb is None:
            return None
        short = " ".join((*self._plain_determiners(words[start:noun]), words[noun].text))
        end = self._end(words, noun, text, context, tied=True)
        if end is not None and end > noun:
            rest = text[words[noun].end : words[end].end].strip()
            span = text[words[verb].start : words[end].end]
            return Subject(span, self._installed.format(noun=words[noun].text, rest=rest), short)
        first = self._time_before(words, verb, text)
        if first is None:
            return None
        rest = " ".join(w.text for w in words[first:verb] if w.folded not in self._objects)
        span = text[words[first].start : words[noun].end]
        return Subject(span, self._installed.format(noun=words[noun].text, rest=rest), short)

    def _plain_determiners(self, words: tuple[Token, ...]) -> list[str]:
        return [word.text for word in words if word.folded not in self._latest]

    def _time_before(self, words: tuple[Token, ...], verb: int, text: str) -> int | None:
        """Where the words that say when begin, just before the verb ("hace un año me pusisteis"); None for none.

        Words that ask when ("qué día me pusisteis") say nothing to find the machine by.
        """
        first, when = verb, False
        for position in range(verb - 1, max(-1, verb - _REACH - 1), -1):
            gap = text[words[position].end : words[position + 1].start]
            if words[position].folded not in self._inside and not words[position].folded.isdigit():
                break
            if any(c in gap for c in ".;:?!¿\n"):
                break
            first = position
            when = when or words[position].folded not in self._timeless
        asks = any(word.folded in self._that for word in words[first : first + 2])
        return first if when and not asks else None

    def _unnamed_one(self, words: tuple[Token, ...], at: int, text: str, context: Context) -> Subject | None:
        """A machine without a noun: "lo que me instalaron hace un año", "la que pusisteis en marzo"."""
        if words[at].folded not in self._pronouns or at + 1 >= len(words) or words[at + 1].folded not in self._that:
            return None
        end = self._end(words, at, text, context)
        if end is None:
            return None
        rest = text[words[at + 1].start : words[end].end]
        return Subject(text[words[at].start : words[end].end], f"{self._unnamed} {rest}", self._unnamed)

    def _start(self, words: tuple[Token, ...], position: int) -> int:
        while position > 0 and words[position - 1].folded in self._determiners | self._latest:
            position -= 1
        return position

    def _verb_before(self, words: tuple[Token, ...], start: int) -> int | None:
        for position in range(start - 1, max(-1, start - _VERB_REACH), -1):
            if sound(words[position].folded) in self._ties:
                return position if self._has_happened(words, position) else None
            if words[position].folded not in self._inside:
                return None
        return None

    @staticmethod
    def _has_happened(words: tuple[Token, ...], verb: int) -> bool:
        """Does the verb tell of something done? An infinitive only after "acabáis de", not in "a cuánto poner"."""
        infinitive = words[verb].folded.endswith(_INFINITIVE)
        return not infinitive or (verb > 0 and words[verb - 1].folded in _OF)

    def _end(
        self, words: tuple[Token, ...], noun: int, text: str, context: Context, *, tied: bool = False
    ) -> int | None:
        """The last word of the phrase when the noun is tied to a date, a record or a client; else None."""
        grounded = noun > 0 and words[noun - 1].folded in self._latest
        end = noun
        if self._superlative(words, noun):
            return noun + 2
        for position in range(noun + 1, len(words)):
            gap = text[words[position - 1].end : words[position].start]
            if any(c in gap for c in ",.;:?!¿\n"):
                break
            word = words[position].folded
            name_end = self._client_at(words, position, context)
            if name_end is not None:
                return name_end
            if sound(word) in self._ties or word in self._records:
                tied, end = True, position
            elif word.isdigit() and len(word) >= _RECORD and words[position - 1].folded in self._determiners:
                tied, grounded, end = True, True, position
            elif word.isdigit() or (any(c.isdigit() for c in word) and any(c.isalpha() for c in word)):
                grounded, end = grounded or tied, position
            elif word in self._inside or sound(word) in self._nouns:
                said_when = word not in self._timeless and sound(word) not in self._nouns
                tied = tied or (position == noun + 2 and said_when and words[noun + 1].folded in _OF)
                grounded, end = grounded or (tied and said_when), position
            elif position - noun > _REACH or tied:
                break
            else:
                return None
        return self._without_tail(words, noun, end) if tied and grounded else None

    def _superlative(self, words: tuple[Token, ...], noun: int) -> bool:
        """Is the noun followed by "más nuevo", "más antigua"?"""
        following = [word.folded for word in words[noun + 1 : noun + 3]]
        return len(following) == 2 and following[0] == "mas" and following[1] in self._ages

    def _without_tail(self, words: tuple[Token, ...], noun: int, end: int) -> int:
        """Where the phrase ends when the little words it trails are left out ("… en febrero y")."""
        while end > noun + 1 and words[end].folded in self._timeless and words[end].folded not in self._records:
            end -= 1
        return end

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
