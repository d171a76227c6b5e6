"""Long texts in pieces that a channel takes, cut where a person would pause.

A piece ends at the end of a paragraph if it can, else of a line, a sentence, a word; an address or a code is cut only
when it alone is too long. What announces a list goes with the list.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

_SENTENCE = re.compile(r"(?<=[.!?…;])\s+(?=\S)")
_SPACE = re.compile(r"[ \t]+")
_MARK = re.compile(r"\\.|\*\*|`|(?<![^\W_])_|_(?![^\W_])", re.DOTALL)
_ROOM_FOR_MARKS = 10
_ANNOUNCES = re.compile(r"(?::|\*\*|:\*\*)$")


def size(text: str) -> int:
    """Length as WhatsApp counts it at its strictest: in UTF-16 units."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def split(text: str, limit: int) -> tuple[str, ...]:
    """``text`` in pieces of at most ``limit``, in order; bold, italics and code that were cut go on in the next."""
    text = text.strip()
    if not text:
        return ()
    if size(text) <= limit:
        return (text,)
    pieces = _pack(text, limit, _LEVELS)
    return tuple(piece.strip() for piece in pieces if piece.strip())


@dataclass(frozen=True, slots=True)
class _Level:
    cut: re.Pattern[str]
    join: str
    within_line: bool


_LEVELS = (
    _Level(re.compile(r"\n{2,}"), "\n\n", within_line=False),
    _Level(re.compile(r"\n"), "\n", within_line=False),
    _Level(_SENTENCE, " ", within_line=True),
    _Level(_SPACE, " ", within_line=True),
)


def _pack(text: str, limit: int, levels: Sequence[_Level]) -> list[str]:
    if size(text) <= limit:
        return [text]
    if not levels:
        return _hard(text, limit)
    level, finer = levels[0], levels[1:]
    room = limit - _ROOM_FOR_MARKS if level.within_line else limit
    pieces: list[str] = []
    current: list[str] = []
    for part in level.cut.split(text):
        if current and size(level.join.join([*current, part])) <= room:
            current.append(part)
            continue
        carried = _announcement(current) if not level.within_line else []
        if carried and size(level.join.join([*carried, part])) <= room:
            pieces += [level.join.join(current[: -len(carried)])]
            current = [*carried, part]
            continue
        if current:
            pieces.append(level.join.join(current))
        *whole, last = _pack(part, room, finer)
        pieces += whole
        current = [last]
    if current:
        pieces.append(level.join.join(current))
    return _reopened(pieces) if level.within_line else pieces


def _announcement(parts: Sequence[str]) -> list[str]:
    """The last part, when it is the title or the opening of what follows and something stands before it."""
    if len(parts) < 2 or "\n" in parts[-1] or not _ANNOUNCES.search(parts[-1]):
        return []
    return [parts[-1]]


def _hard(text: str, limit: int) -> list[str]:
    pieces: list[str] = []
    start = used = 0
    for at, character in enumerate(text):
        wide = size(character)
        if used + wide > limit and text[at - 1] != "\\":
            pieces.append(text[start:at])
            start, used = at, 0
        used += wide
    return [*pieces, text[start:]]


def _reopened(pieces: Sequence[str]) -> list[str]:
    """``pieces`` of one line with the marks that a cut left open closed in one and opened in the next."""
    done: list[str] = []
    opened: list[str] = []
    for piece in pieces:
        begun = "".join(opened) + piece
        opened = _left_open(begun)
        done.append(begun + "".join(reversed(opened)))
    return done


def _left_open(text: str) -> list[str]:
    opened: list[str] = []
    for found in _MARK.finditer(text):
        mark = found.group()
        if mark.startswith("\\") and "`" not in opened:
            continue
        if mark in opened:
            opened.remove(mark)
        elif "`" not in opened and not mark.startswith("\\"):
            opened.append(mark)
    return opened
