"""Tables that no rules are drawn around: lines of several pieces, which stand below one another."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from ingest.loading.merging import Cell

_GAP, _WIDE_GAP = 1.1, 1.8
"""Between two pieces, in type sizes; tables of two columns have to be plainer."""
_WORD_GAP = 0.18
_FEWEST_ROWS, _FEWEST_OF_PAIRS = 3, 3
_APART = 2.6
"""Heights of a line that the next row may stand below."""
_LONGEST_NAME = 45
_MARKER = re.compile(r"^(?:[•‣▪●○–*·-]|\d{1,2}[.)]|[a-z]\))$")
_HEAD_ROWS = 1

Chars = Sequence[dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Piece:
    """Some words of a line that stand apart from the others."""

    text: str
    x0: float
    x1: float


@dataclass(frozen=True, slots=True)
class Row:
    """A printed line in its pieces; ``at``: its number among the lines of its column."""

    at: int
    pieces: tuple[Piece, ...]
    top: float
    bottom: float
    size: float
    bold: bool


@dataclass(frozen=True, slots=True)
class Aligned:
    """A table without rules: its cells, which lines it takes, and where its columns begin."""

    cells: tuple[Cell, ...]
    lines: range
    top: float
    bottom: float
    edges: tuple[float, ...]


def pieces_of(chars: Chars, size: float) -> tuple[Piece, ...]:
    """``chars`` of a line, from left to right, in pieces; the mark of an item goes with its text."""
    found: list[Piece] = []
    for group in _apart(chars, size * _GAP):
        text = "".join(f" {c['text']}" if gap else c["text"] for c, gap in _spaced(group, size)).strip()
        if found and len(found) == 1 and _MARKER.match(found[0].text):
            found[0] = Piece(f"{found[0].text} {text}", found[0].x0, float(group[-1]["x1"]))
        else:
            found.append(Piece(text, float(group[0]["x0"]), float(group[-1]["x1"])))
    return tuple(found)


def _apart(chars: Chars, least: float) -> Iterator[Chars]:
    start = 0
    for at, (left, right) in enumerate(pairwise(chars), 1):
        if right["x0"] - left["x1"] > least:
            yield chars[start:at]
            start = at
    if chars:
        yield chars[start:]


def _spaced(chars: Chars, size: float) -> Iterator[tuple[dict[str, Any], bool]]:
    for at, char in enumerate(chars):
        yield char, at > 0 and char["x0"] - chars[at - 1]["x1"] > size * _WORD_GAP


def aligned(rows: Sequence[Row]) -> list[Aligned]:
    """The tables among the printed lines ``rows`` of a column, in order."""
    found = []
    at = 0
    while at < len(rows):
        end = _end(rows, at)
        table = _table(rows[at:end])
        if table is not None:
            found.append(table)
        at = max(end, at + 1)
    return found


def _end(rows: Sequence[Row], start: int) -> int:
    """Where the lines end that may be one table beginning at ``start``."""
    if len(rows[start].pieces) < 2:
        return start
    end = start + 1
    while end < len(rows) and _follows(rows[start:end], rows[end]):
        end += 1
    while end > start and len(rows[end - 1].pieces) < 2 and rows[end - 1].pieces[0].x0 < rows[start].pieces[1].x0:
        end -= 1
    return end


def _follows(above: Sequence[Row], row: Row) -> bool:
    last = above[-1]
    if row.top - last.bottom > _APART * (last.bottom - last.top) or abs(row.size - last.size) > 1.0:
        return False
    bands = _bands(above)
    if len(row.pieces) == 1:
        piece = row.pieces[0]
        return len(bands) > 1 and sum(1 for band in bands if _over(band, piece)) == 1 and not _over(bands[0], piece)
    return len(_bands([*above, row])) >= 2


def _bands(rows: Sequence[Row]) -> list[tuple[float, float]]:
    """The parts of the width that the pieces of ``rows`` take, overlapping ones as one."""
    out: list[tuple[float, float]] = []
    for x0, x1 in sorted((piece.x0, piece.x1) for row in rows for piece in row.pieces):
        if out and x0 <= out[-1][1]:
            out[-1] = (out[-1][0], max(out[-1][1], x1))
        else:
            out.append((x0, x1))
    return out


def _over(band: tuple[float, float], piece: Piece) -> bool:
    return piece.x0 <= band[1] and piece.x1 >= band[0]


def _table(rows: Sequence[Row]) -> Aligned | None:
    if len(rows) < _FEWEST_ROWS:
        return None
    bands = _bands(rows)
    full = [row for row in rows if len(row.pieces) > 1]
    if len(full) < _FEWEST_ROWS or len(bands) < 2 or any(len(row.pieces) > len(bands) for row in rows):
        return None
    if len(bands) == 2 and not _pairs(full, bands):
        return None
    cells, number = [], -1
    for row in rows:
        places = [next(at for at, band in enumerate(bands) if _over(band, piece)) for piece in row.pieces]
        number += 1 if places[0] == 0 or number < 0 else 0
        for place, piece in zip(places, row.pieces, strict=True):
            cells.append(Cell(piece.text, number, place, head=row.bold and number < _HEAD_ROWS))
    whole = _one_text(cells)
    edges = tuple(round(x0) for x0, _ in bands)
    return Aligned(whole, range(rows[0].at, rows[-1].at + 1), rows[0].top, rows[-1].bottom, edges)


def _pairs(rows: Sequence[Row], bands: Sequence[tuple[float, float]]) -> bool:
    """Are these a name and a value each, rather than text in two columns?"""
    plain = bands[1][0] - bands[0][1] >= rows[0].size * _WIDE_GAP
    short = all(len(row.pieces[0].text) <= _LONGEST_NAME for row in rows)
    return plain and short and len(rows) >= _FEWEST_OF_PAIRS


def _one_text(cells: Sequence[Cell]) -> tuple[Cell, ...]:
    """``cells`` with the lines of one cell together."""
    said: dict[tuple[int, int], Cell] = {}
    for cell in cells:
        before = said.get((cell.row, cell.column))
        text = f"{before.text} {cell.text}" if before else cell.text
        said[cell.row, cell.column] = Cell(text, cell.row, cell.column, head=cell.head)
    return tuple(said.values())
