"""One page of a PDF as lines of text with their type, and its ruled tables."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any

_MIN_COLUMN_WORDS = 0.3
_SHORT_COLUMN_WORDS = 0.03
"""A column that stops early, as on a last page, is one when both sides are running text."""
_RUNNING_TEXT = 4
_GUTTER = 12.0
_LONE_LETTER = re.compile(r"(?<=[a-záéíóúñ]{3})\n(?=[b-df-np-xz]\b)|(?<=[b-df-hj-np-tv-xz]{2})\n(?=[a-z]\b)")
_UNMAPPED = re.compile(r"\(cid:\d+\)")


@dataclass(frozen=True, slots=True)
class Line:
    """A printed line: its text, where it stands (points from the top left), its type size and weight."""

    text: str
    x0: float
    x1: float
    top: float
    bottom: float
    size: float
    bold: bool
    column: int = 0


@dataclass(frozen=True, slots=True)
class RuledTable:
    """Cells of a ruled table and where it stands."""

    rows: tuple[tuple[str, ...], ...]
    top: float
    bottom: float
    column: int = 0


@dataclass(frozen=True, slots=True)
class PageText:
    """What a page says, in reading order (columns from left to right)."""

    number: int
    height: float
    lines: tuple[Line, ...]
    tables: tuple[RuledTable, ...]


def read_page(page: Any) -> PageText:
    """Read a pdfplumber page; text inside its ruled tables is in the tables only."""
    tables = [(table.bbox, rows) for table in page.find_tables() if _is_table(rows := _rows(table))]
    boxes = [box for box, _ in tables]
    loose = page.filter(lambda item: not any(_inside(item, box) for box in boxes)) if boxes else page
    lines: list[Line] = []
    gutter = _split_at(loose)
    for number, column in enumerate(_columns(loose, gutter)):
        found = column.extract_text_lines(return_chars=True, x_tolerance_ratio=0.18)
        lines.extend(_line(one, number) for one in found)
    ruled = tuple(
        RuledTable(rows, box[1], box[3], int(gutter is not None and box[0] >= gutter)) for box, rows in tables
    )
    return PageText(page.page_number, float(page.height), tuple(line for line in lines if line.text), ruled)


def _is_table(rows: Sequence[Sequence[str]]) -> bool:
    return len(rows) >= 2 and max(sum(1 for cell in row if cell) for row in rows) >= 2


def _inside(item: dict[str, Any], box: Sequence[float]) -> bool:
    if item.get("object_type") != "char":
        return False
    x, y = (item["x0"] + item["x1"]) / 2, (item["top"] + item["bottom"]) / 2
    return bool(box[0] <= x <= box[2] and box[1] <= y <= box[3])


def _rows(table: Any) -> tuple[tuple[str, ...], ...]:
    cleaned = (tuple(_cell(cell) for cell in row) for row in table.extract(x_tolerance_ratio=0.18))
    return tuple(row for row in cleaned if any(row))


def _cell(cell: str | None) -> str:
    """Text of a cell in one line; a word that the narrow cell broke is made whole."""
    text = re.sub(r"(?<=\w)-\n(?=[a-záéíóúñ])", "", cell or "")
    return _readable(_LONE_LETTER.sub("", text))


def _readable(text: str) -> str:
    """``text`` in one line; a glyph without a character is a bullet at the start and nothing elsewhere."""
    text = re.sub(r"^\s*\(cid:\d+\)", "•", text)
    return re.sub(r"\s+", " ", _UNMAPPED.sub("", text)).strip()


def _columns(page: Any, gutter: float | None) -> list[Any]:
    """The page, or its two halves."""
    if gutter is None:
        return [page]
    x0, top, x1, bottom = page.bbox
    return [page.crop((x0, top, gutter, bottom), strict=False), page.crop((gutter, top, x1, bottom), strict=False)]


def _split_at(page: Any) -> float | None:
    """Where a gutter runs down the middle of the text; None when the page is one column."""
    words = page.extract_words()
    if len(words) < 60:
        return None
    width, height = float(page.width), float(page.height)
    body = [w for w in words if height * 0.1 < w["top"] < height * 0.9]
    gutter = _gutter(body, width)
    if gutter is None:
        return None
    left = [w for w in body if w["x1"] <= gutter]
    right = [w for w in body if w["x0"] >= gutter]
    fewer = min(len(left), len(right))
    if len(left) + len(right) < 0.97 * len(body) or fewer < _SHORT_COLUMN_WORDS * len(body):
        return None
    if fewer < _MIN_COLUMN_WORDS * len(body) and not (_running_text(left) and _running_text(right)):
        return None
    return gutter


def _running_text(words: Iterable[dict[str, Any]]) -> bool:
    """Are these lines of several words, several of them, and no column of a table?"""
    lines = Counter(round(w["bottom"]) for w in words)
    return len(lines) > 2 and median(lines.values()) >= _RUNNING_TEXT


def _gutter(words: Iterable[dict[str, Any]], width: float) -> float | None:
    """Middle of the white band near the centre of the page that almost no word crosses."""
    spans = [(w["x0"], w["x1"]) for w in words]
    best: float | None = None
    for step in range(-8, 9):
        x = width / 2 + step * width * 0.01
        crossing = sum(1 for x0, x1 in spans if x0 < x + _GUTTER / 2 and x1 > x - _GUTTER / 2)
        if crossing <= 0.02 * len(spans) and (best is None or abs(x - width / 2) < abs(best - width / 2)):
            best = x
    return best


def _line(found: dict[str, Any], column: int) -> Line:
    chars = [c for c in found["chars"] if c["text"].strip()] or found["chars"]
    sizes = Counter(round(float(c["size"]), 1) for c in chars)
    bold = sum(1 for c in chars if re.search(r"bold|black|heavy|semib", c["fontname"], re.IGNORECASE))
    return Line(
        text=_readable(found["text"]),
        x0=float(found["x0"]),
        x1=float(found["x1"]),
        top=float(found["top"]),
        bottom=float(found["bottom"]),
        size=sizes.most_common(1)[0][0],
        bold=bold > 0.8 * len(chars),
        column=column,
    )
