"""The text of a law taken apart: its numbered paragraphs are prose, not steps; its lettered items are a list, whose
introduction, and the title of the paragraph they stand under, are told with them. What only announces ("en los plazos
siguientes:") says nothing alone."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from agents.brains.offline.answering.blocks import Block, Kind, Unit, row_of, sentences, unit_of
from agents.brains.offline.answering.defining import defined
from agents.brains.offline.answering.measuring import figured
from ingest.terms import terms

_NUMBERED = re.compile(r"^\d{1,2}(?:\.\d{1,2})*\.?\s+(?=\S)")
_ITEM = re.compile(r"^(?P<mark>[a-zñ]{1,3}\)|\d{1,2}\.[ºª°]|[-–•*]|[a-z]\.)\s+\S")
_VERB = re.compile(r"\b(?:se|es|son|deben?|puede[n]?|\w+rán?)\b|\d", re.IGNORECASE)
_CAPTION = re.compile(r"^\s*(?:tabla|cuadro)\s+[\dIVX][\d.IVX]*(?:\s.{0,120})?$", re.IGNORECASE)
"""The title of a table that the text lacks."""
_TITLE_WORDS = 12
_LONGEST_ITEM = 420
_TELLING_LEAD = 100
"""An introduction shorter than that only announces its list ("Se realizarán en los siguientes plazos:")."""


@dataclass
class _Reading:
    """What has been read: the title of the paragraph, what introduces the items held, and the blocks before."""

    title: str = ""
    lead: str = ""
    items: list[str] = field(default_factory=list)
    out: list[Block] = field(default_factory=list)

    def prose(self, text: str) -> None:
        """A block of the sentences of ``text``."""
        self.out.append(_prose(text, self.title))

    def close(self) -> None:
        """The items held as a block; one as long as a paragraph is prose."""
        lead = f"{self.title} {self.lead}".strip()
        held: list[Unit] = []
        rows = [row for item in self.items if (row := _defined(item)) is not None]
        if rows and len(rows) == len(self.items) and (len(rows) > 1 or "«" in self.items[0]):
            self.out.append(Block(Kind.TABLE, tuple(rows), *_told(lead)))
            self.items = []
        for item in self.items:
            if len(item) > _LONGEST_ITEM:
                self.out.append(_prose(item, lead))
            else:
                held.append(unit_of(item))
        if held:
            self.out.append(Block(Kind.BULLETS, tuple(held), *_told(lead)))
        self.items = []


def articles(content: str) -> tuple[Block, ...]:
    """The blocks of ``content`` in order."""
    lines = [line.strip() for line in content.splitlines() if line.strip() and not _CAPTION.match(line)]
    reading = _Reading()
    for at, line in enumerate(lines):
        following = lines[at + 1 :]
        if _is_title(line, following):
            reading.close()
            reading.title, reading.lead = line, ""
        elif _introduces(line, following):
            reading.close()
            reading.title = reading.title if _belongs(line, reading.title) else ""
            reading.lead = line
            if len(line) > _TELLING_LEAD:
                reading.prose(line)
        elif _ITEM.match(line) or (_defined(line) and all(map(_defined, reading.items))):
            reading.items.append(line)
        elif reading.items and _goes_on(reading.items[-1], line, following):
            reading.items[-1] += f" {line}"
        else:
            reading.close()
            reading.title = reading.title if _belongs(line, reading.title) else ""
            reading.lead = ""
            if not line.endswith(":") or figured(_NUMBERED.sub("", line)):
                reading.prose(line)
    reading.close()
    return tuple(reading.out)


def _prose(text: str, lead: str) -> Block:
    """The sentences of ``text``; its number stays with the first."""
    number = _NUMBERED.match(text)
    first, *others = sentences(text[number.end() :] if number else text)
    said = [f"{number[0]}{first}" if number else first, *others]
    return Block(Kind.TEXT, tuple(map(unit_of, said)), *_told(lead))


def _defined(line: str) -> Unit | None:
    """A definition as a row; None for what is none."""
    found = defined(line)
    return row_of(line, (("", found[0]), ("", found[1]))) if found else None


def _told(lead: str) -> tuple[str, frozenset[str]]:
    return lead, frozenset(terms(lead))


def _is_title(line: str, following: Sequence[str]) -> bool:
    """Does a numbered line only name what the paragraphs after it are about ("4. Plazos.")?"""
    number = _NUMBERED.match(line)
    if number is None or not following:
        return False
    said = line[number.end() :]
    if _VERB.search(said):
        return False
    if _NUMBERED.match(following[0]):
        return _part_of(following[0], line)
    return not line.endswith(":") and len(said.split()) <= _TITLE_WORDS


def _part_of(line: str, title: str) -> bool:
    """Is ``line`` numbered as a part of ``title`` ("1.2" of "1.")?"""
    own, above = _NUMBERED.match(line), _NUMBERED.match(title)
    return (
        own is not None
        and above is not None
        and own[0].startswith(f"{above[0].strip().rstrip('.')}.")
        and own[0] != above[0]
    )


def _belongs(line: str, title: str) -> bool:
    """Does ``line`` still stand under ``title``?"""
    return _NUMBERED.match(line) is None or _part_of(line, title)


def _introduces(line: str, following: Sequence[str]) -> bool:
    """Does ``line`` introduce the items after it, being itself of another list or none?"""
    if not line.endswith(":") or not following:
        return False
    own, after = _ITEM.match(line), _ITEM.match(following[0])
    return after is not None and (own is None or _kind(own["mark"]) != _kind(after["mark"]))


def _kind(mark: str) -> str:
    """Marks of one list are of one kind: "a)" and "b)", but not "i." or "1.º"."""
    return "number" if mark[0].isdigit() else f"letter{mark[-1]}" if mark[0].isalpha() else mark


def _goes_on(item: str, line: str, following: Sequence[str]) -> bool:
    """Is ``line`` a paragraph of ``item``: does the list go on after it, before anything numbered?"""
    own = _ITEM.match(item)
    if own is None or _NUMBERED.match(line) or line.endswith(":"):
        return False
    for later in following:
        if _NUMBERED.match(later):
            return False
        mark = _ITEM.match(later)
        if mark is not None:
            return _kind(mark["mark"]) == _kind(own["mark"]) and not mark["mark"].startswith("a")
    return False
