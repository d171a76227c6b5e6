"""Tables of a PDF that go on on the next page, made one again."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from ingest.loading.merging import Cell
from ingest.loading.page import PageText, RuledTable

_NEAR = 4
"""Points by which the columns of two parts may stand apart."""
_GOES_ON = re.compile(r"\((?:cont\.?|continuaci[oó]n|continued|cont'd)\)", re.IGNORECASE)


def stitched(pages: Sequence[PageText]) -> list[PageText]:
    """``pages`` with each table that the page's end cut whole, where it begins."""
    out: list[PageText] = []
    holder: int | None = None
    for page in pages:
        opening = _opening(page)
        if holder is not None and opening is not None and _same(_last(out[holder]), opening):
            whole = _joined(_last(out[holder]), opening, page.number)
            out[holder] = replace(out[holder], tables=(*_but_last(out[holder]), whole))
            rest = tuple(table for table in page.tables if table is not opening)
            page = replace(page, tables=rest, lines=tuple(ln for ln in page.lines if not _GOES_ON.search(ln.text)))
            ends = not page.lines and not rest
            holder = holder if ends else _ending(page, len(out))
        else:
            holder = _ending(page, len(out))
        out.append(page)
    return out


def _opening(page: PageText) -> RuledTable | None:
    """The table that ``page`` begins with, but for a line that says that it goes on."""
    first = min(page.tables, key=_place, default=None)
    before = [line for line in page.lines if first and (line.column, line.top) < (first.column, first.top)]
    return None if any(not _GOES_ON.search(line.text) for line in before) else first


def _ending(page: PageText, at: int) -> int | None:
    """``at`` when ``page`` ends with a table."""
    last = max(page.tables, key=_place, default=None)
    after = last and any((line.column, line.top) > (last.column, last.top) for line in page.lines)
    return at if last is not None and not after else None


def _place(table: RuledTable) -> tuple[int, float]:
    return table.column, table.top


def _last(page: PageText) -> RuledTable:
    return max(page.tables, key=_place)


def _but_last(page: PageText) -> list[RuledTable]:
    last = _last(page)
    return [table for table in page.tables if table is not last]


def _same(above: RuledTable, below: RuledTable) -> bool:
    """Do they have the same columns, wherever on the page they stand?"""
    if len(above.edges) != len(below.edges):
        return False
    shift = below.edges[0] - above.edges[0]
    return all(abs(low - high - shift) <= _NEAR for high, low in zip(above.edges, below.edges, strict=True))


def _joined(above: RuledTable, below: RuledTable, page: int) -> RuledTable:
    """Both as one table; the head is not said again, and a row that the page's end cut is one row."""
    first = _repeated(above.cells, below.cells)
    end = max(cell.row + cell.rows for cell in above.cells)
    rest = _rest(above.cells, end - 1, below.cells, first)
    kept = [
        replace(cell, text=f"{cell.text} {rest[cell.column]}") if cell.row == end - 1 and cell.column in rest else cell
        for cell in above.cells
    ]
    first += 1 if rest else 0
    more = tuple(replace(cell, row=cell.row + end - first, page=page) for cell in below.cells if cell.row >= first)
    return replace(above, cells=(*kept, *more))


def _rest(above: Sequence[Cell], last: int, below: Sequence[Cell], first: int) -> dict[int, str]:
    """What the row ``first`` of ``below`` says in each column when it is the end of the row ``last`` of ``above``: it
    goes on in small letters wherever it says something."""
    begun = dict(_said(above, last))
    rest = dict(_said(below, first))
    return rest if rest and all(text[:1].islower() and column in begun for column, text in rest.items()) else {}


def _repeated(above: Sequence[Cell], below: Sequence[Cell]) -> int:
    """How many of the first rows of ``below`` are those that ``above`` begins with."""
    rows = 0
    while (said := _said(below, rows)) and said == _said(above, rows):
        rows += 1
    return rows


def _said(cells: Sequence[Cell], row: int) -> list[tuple[int, str]]:
    return [(cell.column, cell.text) for cell in cells if cell.row == row and cell.text]
