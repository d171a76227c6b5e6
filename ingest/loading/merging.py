"""Cells, some of them over several rows or columns, into a table each row of which reads alone.

What a merged cell says is said of each row and column that it covers. A head of two lines becomes one ("Margen máx."),
columns that share one name become one ("Valor: 0,37 kW"), and a line across the table ("Motor") is said with each of
the rows that follow it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from ingest.blocks import Block, Paragraph, Table

_DEEPEST_HEAD = 3
_LONGEST_GROUP = 60
_GROUP = " · "
_OF_A_MODEL = re.compile(r"^(?:modelos?|models?|versi[oó]n|versions?)\b", re.IGNORECASE)
_OF_UNITS = re.compile(r"^(?:unidad(?:es)?|units?)$", re.IGNORECASE)
_OF_VALUES = re.compile(r"^(?:valor(?:es)?|values?)$", re.IGNORECASE)
_FIGURE, _NUMBER = re.compile(r"\d"), re.compile(r"\d+")

Row = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Cell:
    """What a cell says, where it begins and how many rows and columns it covers; ``head``: set as a heading is;
    ``page``: where the table only goes on."""

    text: str
    row: int
    column: int
    rows: int = 1
    columns: int = 1
    head: bool = False
    page: int | None = None


Grid = list[list[Cell | None]]


def table_of(cells: Iterable[Cell], page: int | None = None, caption: str = "", *, down: bool = True) -> list[Block]:
    """The table that ``cells`` make, and the remarks that stand across it as paragraphs after it.

    ``down``: a row that leaves its first cells empty goes on about what the row above is about.
    """
    grid = _trimmed(_grid(cells))
    titles: list[str] = []
    while len(grid) > 1 and (across := _across(grid[0])) is not None:
        titles.append(across.text)
        grid = _trimmed(grid[1:])
    caption = caption or " ".join(titles)
    if not grid:
        return [Paragraph(caption, page)] if caption else []
    if len(grid[0]) == 1:
        said = (cell.text for row in grid for cell in row if cell is not None)
        return [Paragraph(text, page) for text in dict.fromkeys((*titles, *said))]
    depth = _depth(grid)
    names = _names(grid[:depth])
    rows, remarks, pages = _body(grid[depth:], down)
    if not rows:
        return [Table((names,), caption, page, header=False), *(Paragraph(text, page) for text in remarks)]
    header = depth > 1 or _is_header(grid)
    rows = [names, *rows]
    every = with_units(_joined(rows, grid[depth - 1])) if header else tuple(rows)
    turned = tuple(own or page for own in (None, *pages)) if any(pages) else ()
    table = Table(every, caption, page, header, turned)
    return [table, *(Paragraph(text, page) for text in remarks)]


def _grid(cells: Iterable[Cell]) -> Grid:
    """The cell that covers each place; the first one where several do."""
    every = list(cells)
    high = max((cell.row + cell.rows for cell in every), default=0)
    wide = max((cell.column + cell.columns for cell in every), default=0)
    grid: Grid = [[None] * wide for _ in range(high)]
    for cell in every:
        for row in grid[cell.row : cell.row + cell.rows]:
            for column in range(cell.column, cell.column + cell.columns):
                row[column] = row[column] or (cell if cell.text else None)
    return grid


def _trimmed(grid: Grid) -> Grid:
    """``grid`` without the rows and columns that say nothing of their own."""
    rows = [row for at, row in enumerate(grid) if any(row) and (at == 0 or _own(row, grid[at - 1]))]
    wide = len(rows[0]) if rows else 0
    kept = [c for c in range(wide) if any(row[c] and (c == 0 or row[c] is not row[c - 1]) for row in rows)]
    return [[row[column] for column in kept] for row in rows]


def _own(row: Sequence[Cell | None], above: Sequence[Cell | None]) -> bool:
    return any(cell is not None and cell is not over for cell, over in zip(row, above, strict=True))


def _across(row: Sequence[Cell | None]) -> Cell | None:
    """The one cell that covers all of ``row``."""
    first = row[0]
    return first if first is not None and len(row) > 1 and all(cell is first for cell in row) else None


def _depth(grid: Grid) -> int:
    """How many lines the head has: another one where a name of several columns has names under it and no other column
    says anything new."""
    depth = 1
    while depth < min(_DEEPEST_HEAD, len(grid) - 1) and _goes_on(grid[depth - 1], grid[depth]):
        depth += 1
    return depth


def _goes_on(above: Sequence[Cell | None], below: Sequence[Cell | None]) -> bool:
    divided = False
    for over, under in zip(above, below, strict=True):
        wide = over is not None and sum(1 for cell in above if cell is over) > 1
        if wide and under is not None and under is not over:
            divided = True
        elif not wide and under is not None and under is not over and not _names_models(under):
            return False
    return divided


def _names_models(cell: Cell) -> bool:
    return cell.head or _OF_A_MODEL.match(cell.text) is not None


def _names(head: Grid) -> Row:
    columns = zip(*head, strict=True)
    return tuple(" ".join(dict.fromkeys(cell.text for cell in column if cell is not None)) for column in columns)


def _body(grid: Grid, down: bool) -> tuple[list[Row], list[str], list[int | None]]:
    """The rows, the remarks across the table, and the pages of rows on which it only goes on."""
    rows: list[Row] = []
    remarks: list[str] = []
    pages: list[int | None] = []
    group = ""
    for at, cells in enumerate(grid):
        across = _across(cells)
        if across is not None:
            heads = at + 1 < len(grid) and len(across.text) <= _LONGEST_GROUP and not across.text.endswith(".")
            group = across.text if heads else group
            remarks += [] if heads else [across.text]
            continue
        row = tuple(cell.text if cell is not None else "" for cell in cells)
        if down and rows and not row[0]:
            row = _filled(row, rows[-1])
        elif group:
            row = (f"{row[0]}{_GROUP}{group}" if row[0] else group, *row[1:])
        rows.append(row)
        pages.append(max((cell.page or 0 for cell in cells if cell is not None), default=0) or None)
    return rows, remarks, pages


def _filled(row: Row, above: Row) -> Row:
    empty = next((at for at, text in enumerate(row) if text), len(row))
    return (*above[:empty], *row[empty:])


def _is_header(grid: Grid) -> bool:
    """Does the first row name the columns, rather than being the first of pairs of a name and a value?"""
    first, second = grid[0], grid[1]
    if any(cell is not None and cell.head for cell in first[1:]):
        return True
    if all(row[0] is not None and row[0].head for row in (first, second)) or _alike(first[0], second[0]):
        return False
    value = first[1].text if first[1] is not None else ""
    if len(first) != 2 or (first[0] is not None and _OF_A_MODEL.match(first[0].text)):
        return True
    return not _FIGURE.search(value)


def _joined(rows: Sequence[Row], head: Sequence[Cell | None]) -> tuple[Row, ...]:
    """``rows`` with a value and its unit, which share one cell of the ``head``, as one."""
    starts = [at for at, cell in enumerate(head) if at == 0 or cell is None or cell is not head[at - 1]]
    ends = [*starts[1:], len(head)]
    parts = [
        part
        for a, b in zip(starts, ends, strict=True)
        for part in ([(a, b)] if _one_value(rows[1:], a, b) else [(c, c + 1) for c in range(a, b)])
    ]
    return tuple(tuple(" ".join(dict.fromkeys(text for text in row[a:b] if text)) for a, b in parts) for row in rows)


def _one_value(rows: Sequence[Row], start: int, end: int) -> bool:
    """Does no row give more than one figure in these columns?"""
    return all(sum(1 for text in row[start:end] if any(c.isdigit() for c in text)) <= 1 for row in rows)


def _alike(cell: Cell | None, below: Cell | None) -> bool:
    """Are these two the same but for their numbers ("E1", "E2")?"""
    if cell is None or below is None or cell is below or not _FIGURE.search(cell.text):
        return False
    return _NUMBER.sub("#", cell.text) == _NUMBER.sub("#", below.text)


def with_units(rows: Sequence[Row]) -> tuple[Row, ...]:
    """``rows``, the first their head, with what a column of units says beside what is measured: after the value, when
    a column is called so, else after the name ("Caudal (m³/h)")."""
    at = next((at for at, name in enumerate(rows[0]) if at and _OF_UNITS.match(name)), None)
    if at is None or any(_FIGURE.match(row[at]) for row in rows[1:]):
        return tuple(rows)
    value = next((place for place, name in enumerate(rows[0]) if place and _OF_VALUES.match(name)), None)
    told = [rows[0]]
    for row in rows[1:]:
        place, form = (value, "{} {}") if value is not None else (0, "{} ({})")
        said = form.format(row[place], row[at]) if row[place] and row[at] else row[place]
        told.append((*row[:place], said, *row[place + 1 :]))
    return tuple((*row[:at], *row[at + 1 :]) for row in told)
