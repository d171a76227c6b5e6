"""One page of a PDF as lines of text with their type, and its ruled tables."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import median
from typing import Any

from pdfplumber.utils import extract_words

from core.dictionary import load_dictionary
from core.text import fold
from ingest.loading.aligned import Row, aligned, pieces_of
from ingest.loading.merging import Cell
from ingest.loading.signs import read_sign

_MIN_COLUMN_WORDS = 0.3
_SHORT_COLUMN_WORDS = 0.03
"""A column that stops early, as on a last page, is one when both sides are running text."""
_RUNNING_TEXT = 4
_GUTTER = 12.0
_MOSTLY = 0.6
_HEAD_OF_PAGE, _FIRST_PART = 0.1, 0.2
_LONE_LETTER = re.compile(r"(?<=[a-záéíóúñ]{3})\n(?=[b-df-np-xz]\b)|(?<=[b-df-hj-np-tv-xz]{2})\n(?=[a-z]\b)")
_BOLD = re.compile(r"bold|black|heavy|semib", re.IGNORECASE)
_HEAD_ROWS = 3
"""In how many rows it is looked whether cells are bold: heads are that deep."""
_CUT_NAME = re.compile(r"(?m)^([A-Z]{1,4}-?\d+)\n(\d{1,2})$|^([A-Z][a-zá-ú]{0,3})\n([a-zá-ú]{1,3}\.)$")
"""A model or an abbreviation that its narrow cell broke."""
_CUT_WORD = re.compile(r"(?<![^\W\d_])([^\W\d_]{3,})\n([a-zà-ÿ]+)(?![^\W\d_])")
_NO_ROOM = 1.0
"""Points that may be left in a line besides the letter that no more fitted."""
_UNMAPPED = re.compile(r"\(cid:\d+\)")


Box = tuple[float, float, float, float]
"""Left, top, right and bottom in points."""


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
    """Cells of a table, ruled or not, where it stands, and where its columns begin."""

    cells: tuple[Cell, ...]
    top: float
    bottom: float
    edges: tuple[float, ...]
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
    for char in page.chars:
        char["text"] = read_sign(char["text"], char["fontname"])
    how = _reading(page)
    found = [(table, _cells(table, how)) for table in page.find_tables()]
    tables = [(table, cells) for table, cells in found if _is_table(cells) or _goes_on(table, page)]
    boxes = [table.bbox for table, _ in tables]
    loose = page.filter(lambda item: not any(_inside(item, box) for box in boxes)) if boxes else page
    lines: list[Line] = []
    gutter = _split_at(loose)
    ruled = [_ruled(table, cells, gutter) for table, cells in tables]
    across = _across(loose, gutter)
    parted = loose.filter(lambda item: not any(_inside(item, band) for band in across)) if across else loose
    for number, column in enumerate(_columns(parted, gutter)):
        found = column.extract_text_lines(return_chars=True, **how)
        kept, bare = _without_tables(found, number)
        lines += kept
        ruled += bare
    if across:
        lines = _with_crossing(lines, loose, across, how)
    return PageText(page.page_number, float(page.height), tuple(line for line in lines if line.text), tuple(ruled))


def _with_crossing(lines: Sequence[Line], page: Any, bands: Sequence[Box], how: Mapping[str, Any]) -> list[Line]:
    """``lines`` of both columns with those that go on over the gutter, each in the column that it stands before."""
    wide = page.filter(lambda item: any(_inside(item, band) for band in bands))
    second = [line.top for line in lines if line.column and line.top > float(page.height) * _HEAD_OF_PAGE]
    crossing = []
    for found in wide.extract_text_lines(return_chars=True, **how):
        column = int(any(top < found["top"] for top in second))
        crossing.append(_line(found, column))
    return sorted([*lines, *crossing], key=lambda line: (line.column, line.top))


def _without_tables(found: Sequence[dict[str, Any]], column: int) -> tuple[list[Line], list[RuledTable]]:
    """The lines of a column, and the tables that some of them are."""
    lines = [_line(one, column) for one in found]
    rows = [
        Row(at, pieces_of(one["chars"], line.size), line.top, line.bottom, line.size, line.bold)
        for at, (one, line) in enumerate(zip(found, lines, strict=True))
    ]
    tables = aligned(rows)
    taken = {at for table in tables for at in table.lines}
    bare = [RuledTable(t.cells, t.top, t.bottom, t.edges, column) for t in tables]
    return [line for at, line in enumerate(lines) if at not in taken], bare


def _reading(page: Any) -> dict[str, Any]:
    """How pdfplumber reads the text: what stands upright from the foot to the head of the page too."""
    turned = [char for char in page.chars if not char["upright"]]
    rising = sum(1 if char["matrix"][1] > 0 else -1 for char in turned) >= 0
    if not turned:
        return {"x_tolerance_ratio": 0.18}
    ways = ("btt", "ltr") if rising else ("ttb", "rtl")
    return {"x_tolerance_ratio": 0.18, "char_dir_rotated": ways[0], "line_dir_rotated": ways[1]}


def _ruled(table: Any, cells: tuple[Cell, ...], gutter: float | None) -> RuledTable:
    x0, top, _, bottom = table.bbox
    edges = tuple(sorted({round(cell[0]) for cell in table.cells}))
    return RuledTable(cells, top, bottom, edges, int(gutter is not None and x0 >= gutter))


def _is_table(cells: Sequence[Cell]) -> bool:
    said = Counter(cell.row for cell in cells if cell.text)
    return len(said) >= 2 and max(said.values()) >= 2


def _goes_on(table: Any, page: Any) -> bool:
    """May it be the last row of a table of the page before?"""
    return len({cell[0] for cell in table.cells}) > 1 and float(table.bbox[1]) < _FIRST_PART * float(page.height)


def _inside(item: dict[str, Any], box: Sequence[float]) -> bool:
    if item.get("object_type") != "char":
        return False
    x, y = (item["x0"] + item["x1"]) / 2, (item["top"] + item["bottom"]) / 2
    return bool(box[0] <= x <= box[2] and box[1] <= y <= box[3])


def _cells(table: Any, how: Mapping[str, Any]) -> tuple[Cell, ...]:
    """The cells of a table with the rows and columns that each covers."""
    tops, lefts = (sorted({box[axis] for box in table.cells}) for axis in (1, 0))
    rows = zip(table.rows, table.extract(**how), strict=True)
    placed = [(box, text) for row, texts in rows for box, text in zip(row.cells, texts, strict=True) if box]
    found: list[Cell] = []
    for box, text in placed:
        row, column = bisect_left(tops, box[1]), bisect_left(lefts, box[0])
        high, wide = bisect_left(tops, box[3] - 1) - row, bisect_left(lefts, box[2] - 1) - column
        broken = _CUT_WORD.search(text or "") is not None
        chars = _inside_of(table.page.chars, box) if wide > 1 or row < _HEAD_ROWS or broken else []
        text = _mended(text, chars, box) if broken else text
        head = row < _HEAD_ROWS and _is_bold(chars)
        parts = _parts(chars, [*lefts[column : column + wide], box[2]]) if wide > 1 else {}
        found += [Cell(_cell(part), row, column + at, high, head=head) for at, part in parts.items()] or [
            Cell(_cell(text), row, column, high, wide, head)
        ]
    return tuple(found)


def _parts(chars: Sequence[dict[str, Any]], edges: Sequence[float]) -> dict[int, str]:
    """What a cell over several columns says in each, when no rule parts what stands apart ("Caudal   6,9   10,3")."""
    said: dict[int, str] = {}
    last: tuple[dict[str, Any], int] | None = None
    for word in extract_words(list(chars), x_tolerance_ratio=0.18):
        at = bisect_right(edges, (word["x0"] + word["x1"]) / 2) - 1
        if word["x0"] < edges[at] - 1 or at + 1 >= len(edges) or word["x1"] > edges[at + 1] + 1:
            return {}
        before, place = last or (word, at)
        near = word["x0"] - before["x1"] < (word["bottom"] - word["top"]) and abs(word["top"] - before["top"]) < 2
        if place != at and near:
            return {}
        said[at] = f"{said[at]}\n{word['text']}" if at in said and not near else f"{said.get(at, '')} {word['text']}"
        last = word, at
    return said if len(said) > 1 else {}


def _inside_of(chars: Sequence[dict[str, Any]], box: Sequence[float]) -> list[dict[str, Any]]:
    return [char for char in chars if _inside(char, box)]


def _is_bold(chars: Sequence[dict[str, Any]]) -> bool:
    """Are nearly all of ``chars`` in bold type?"""
    bold = sum(1 for char in chars if _BOLD.search(char["fontname"]))
    return bold > 0.8 * len(chars)


def _cell(cell: str | None) -> str:
    """Text of a cell in one line; a word that the narrow cell broke is made whole."""
    text = re.sub(r"(?<=\w)-\n(?=[a-záéíóúñ])", "", cell or "")
    text = _CUT_NAME.sub(lambda cut: "".join(filter(None, cut.groups())), text)
    return _readable(_LONE_LETTER.sub("", text))


def _mended(text: str, chars: Sequence[dict[str, Any]], box: Sequence[float]) -> str:
    """``text`` of a cell with the words whole that were broken where no letter more fitted."""
    lines: dict[int, list[dict[str, Any]]] = {}
    for char in chars:
        lines.setdefault(round(char["bottom"]), []).append(char)
    room = box[2] - (min(char["x0"] for char in chars) - box[0])
    ordered = [lines[bottom] for bottom in sorted(lines)]
    first = [min(line, key=lambda char: float(char["x0"]))["width"] for line in ordered[1:]]
    left = [room - max(char["x1"] for char in line) for line in ordered]
    full = [free < width + _NO_ROOM for free, width in zip(left, first, strict=False)]
    out, rest = "", text
    for filled in full:
        line, cut, rest = rest.partition("\n")
        last = line.rpartition(" ")[2]
        whole = filled and last.isalpha() and rest[:1].islower() and fold(last) not in load_dictionary()
        out += line if whole or not cut else f"{line}\n"
    return out + rest


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
    if gutter is None or _are_rows(body, gutter):
        return None
    left = [w for w in body if w["x1"] <= gutter]
    right = [w for w in body if w["x0"] >= gutter]
    fewer = min(len(left), len(right))
    if len(left) + len(right) < 0.97 * len(body) or fewer < _SHORT_COLUMN_WORDS * len(body):
        return None
    if fewer < _MIN_COLUMN_WORDS * len(body) and not (_running_text(left) and _running_text(right)):
        return None
    return gutter


def _across(page: Any, gutter: float | None) -> list[Box]:
    """Where the lines stand that go on over the ``gutter``, as a title over both columns does."""
    if gutter is None:
        return []
    lines: dict[int, list[dict[str, Any]]] = {}
    for word in page.extract_words():
        lines.setdefault(round(word["bottom"]), []).append(word)
    return [
        (
            float(page.bbox[0]),
            min(w["top"] for w in line) - 0.5,
            float(page.bbox[2]),
            max(w["bottom"] for w in line) + 0.5,
        )
        for line in lines.values()
        if _goes_over(sorted(line, key=lambda word: float(word["x0"])), gutter)
    ]


def _goes_over(words: Sequence[dict[str, Any]], gutter: float) -> bool:
    if any(word["x0"] < gutter < word["x1"] for word in words):
        return True
    pairs = ((left, right) for left, right in pairwise(words) if left["x1"] <= gutter <= right["x0"])
    return any(right["x0"] - left["x1"] < 0.5 * (left["bottom"] - left["top"]) for left, right in pairs)


def _are_rows(words: Iterable[dict[str, Any]], gutter: float) -> bool:
    """Do most lines have words on both sides of ``gutter`` and three pieces or more? Those are the rows of a table."""
    lines: dict[int, list[dict[str, Any]]] = {}
    for word in words:
        lines.setdefault(round(word["bottom"]), []).append(word)
    both = [line for line in lines.values() if {word["x0"] >= gutter for word in line} == {True, False}]
    return sum(1 for line in both if _pieces(line) > 2) > _MOSTLY * len(lines)


def _pieces(line: Iterable[dict[str, Any]]) -> int:
    spans = sorted((word["x0"], word["x1"]) for word in line)
    return 1 + sum(1 for (_, end), (start, _) in pairwise(spans) if start - end > _GUTTER)


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
    return Line(
        text=_readable(found["text"]),
        x0=float(found["x0"]),
        x1=float(found["x1"]),
        top=float(found["top"]),
        bottom=float(found["bottom"]),
        size=sizes.most_common(1)[0][0],
        bold=_is_bold(chars),
        column=column,
    )
