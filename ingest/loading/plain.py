"""Plain text: paragraphs between blank lines."""

from __future__ import annotations

import re
from collections.abc import Sequence

from core.errors import DocumentUnreadable
from ingest.blocks import Block, Heading, ListItem, Loaded, Paragraph
from ingest.loading.merging import Cell, table_of

_UNDERLINE = re.compile(r"^(?:=|-|~|_){3,}$")
_NUMBER = re.compile(r"^\d")
_BETWEEN = re.compile(r"\s{2,}|\t+|\s*\|\s*")
_RULE = re.compile(r"^[-=+:]+$")
_FEWEST_ROWS, _LONGEST_CELL = 3, 60
_LONGEST_HEADING, _FEWEST_LETTERS = 90, 4
_ITEM = re.compile(r"^\s*(?P<marker>[-*•–]|\d{1,3}[.)])\s+(?P<text>\S.*)$")


def decode(data: bytes) -> str:
    """Text of ``data``: UTF-8, UTF-16 with a mark, or Windows-1252; raise :class:`DocumentUnreadable` when binary."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return data.decode("utf-16", errors="replace")
    if b"\x00" in data:
        raise DocumentUnreadable("The file is binary, not text.", reason="corrupt")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("cp1252", errors="replace")


def load_plain(data: bytes) -> Loaded:
    """Headings, paragraphs and list items of a text file; a first line set as a heading is its title."""
    blocks: list[Block] = []
    for part in re.split(r"\n\s*\n", decode(data).replace("\r\n", "\n")):
        lines = [line for line in part.split("\n") if line.strip()]
        heads = _heads(lines)
        if heads:
            blocks.append(Heading(2, lines[0].strip()))
        _read(lines[heads:], blocks)
    first = next(iter(blocks), None)
    title = first.text if isinstance(first, Heading) and not _NUMBER.match(first.text) else None
    if title:
        blocks[0] = Heading(1, title)
    return Loaded(tuple(blocks), "text/plain", title=title)


def _heads(lines: Sequence[str]) -> int:
    """How many of ``lines``, which stand between blank ones, are a heading: one in capitals, or one that is underlined
    and the line under it."""
    if not lines:
        return 0
    text = lines[0].strip()
    if len(lines) > 1 and _UNDERLINE.match(lines[1].strip()) and len(text) <= _LONGEST_HEADING:
        return 2
    letters = [c for c in text if c.isalpha()]
    capitals = len(letters) >= _FEWEST_LETTERS and all(c.isupper() for c in letters)
    return 1 if capitals and len(text) <= _LONGEST_HEADING and text[-1] not in ".,;:!?" else 0


def _read(lines: Sequence[str], blocks: list[Block]) -> None:
    running: list[str] = []
    at = 0
    while at < len(lines):
        rows = _rows(lines[at:])
        item = _ITEM.match(lines[at])
        if rows or item is not None:
            _flush(running, blocks)
        if rows:
            blocks.extend(_table(rows))
        elif item is not None:
            blocks.append(ListItem(item["text"].strip(), _marker(item["marker"])))
        else:
            running.append(lines[at].strip())
        at += len(rows) or 1
    _flush(running, blocks)


def _table(rows: Sequence[Sequence[str]]) -> list[Block]:
    told = [row for row in rows if not all(_RULE.match(piece) for piece in row)]
    return table_of(Cell(text, at, place) for at, row in enumerate(told) for place, text in enumerate(row))


def _rows(lines: Sequence[str]) -> list[list[str]]:
    """The lines of a table that ``lines`` begin with, in their pieces: as many in each, with room or bars between."""
    found = [[piece.strip() for piece in _BETWEEN.split(line.strip().strip("|"))] for line in lines]
    wide = len(found[0])
    end = next((at for at, pieces in enumerate(found) if len(pieces) != wide or not all(pieces)), len(found))
    ruled = [pieces for pieces in found[:end] if not all(_RULE.match(piece) for piece in pieces)]
    short = all(len(piece) <= _LONGEST_CELL for pieces in ruled for piece in pieces[:-1])
    return found[:end] if wide > 1 and len(ruled) >= _FEWEST_ROWS and short else []


def _flush(running: list[str], blocks: list[Block]) -> None:
    text = " ".join(line for line in running if line)
    if text:
        blocks.append(Paragraph(text))
    running.clear()


def _marker(written: str) -> str:
    return f"{written[:-1]}." if written[:-1].isdigit() else "-"
