"""Cells of a sheet into tables with their titles: what CSV and XLSX share."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from types import MappingProxyType

from core.errors import DocumentUnreadable
from ingest.blocks import Block, Paragraph, Table
from ingest.loading.merging import Cell, table_of, with_units

MAX_CELLS = 1_000_000

_NUMERIC = re.compile(r"^[-+]?[\d.,]+\s*(%|€|\$|£)?$")

Cells = tuple[str, ...]


def counted(rows: Iterable[Cells]) -> Iterator[Cells]:
    """``rows`` as they come; raise :class:`DocumentUnreadable` past :data:`MAX_CELLS` cells."""
    seen = 0
    for row in rows:
        seen += len(row)
        if seen > MAX_CELLS:
            raise DocumentUnreadable(f"The sheet has more than {MAX_CELLS:,} cells.", reason="too_large")
        yield row


Spans = Mapping[tuple[int, int], tuple[int, int]]
"""How many rows and columns a merged cell covers, by where it begins."""


def tables(rows: Iterable[Cells], page: int | None = None, spans: Spans = MappingProxyType({})) -> Iterator[Block]:
    """Blocks of a sheet: blank rows part its tables, and a lone cell above a table is its caption.

    ``spans``: of the cells that are merged, counting rows and columns from 0.
    """
    group: list[Cells] = []
    number = -1
    for number, row in enumerate(rows):
        if any(row):
            group.append(row)
        else:
            yield from _group(group, page, spans, number - len(group))
            group = []
    yield from _group(group, page, spans, number + 1 - len(group))


def _group(rows: Sequence[Cells], page: int | None, spans: Spans, start: int) -> Iterator[Block]:
    titles = []
    position = 0
    while position < len(rows) and sum(1 for cell in rows[position] if cell) == 1 and _width(rows) > 1:
        titles.append(next(cell for cell in rows[position] if cell))
        position += 1
    body = _trimmed(rows[position:])
    if not body:
        yield from (Paragraph(title, page) for title in titles)
    elif any(start + position <= row < start + len(rows) for row, _ in spans):
        yield from table_of(_spread(rows[position:], spans, start + position), page, " ".join(titles), down=False)
    elif _width(body) == 1:
        yield from (Paragraph(row[0], page) for row in body)
    else:
        header = _is_header(body)
        yield Table(with_units(body) if header else body, " ".join(titles), page, header=header)


def _spread(rows: Sequence[Cells], spans: Spans, start: int) -> Iterator[Cell]:
    for number, row in enumerate(rows):
        for column, text in enumerate(row):
            if text:
                yield Cell(text, number, column, *spans.get((start + number, column), (1, 1)))


def _width(rows: Sequence[Cells]) -> int:
    return max((sum(1 for cell in row if cell) for row in rows), default=0)


def _trimmed(rows: Sequence[Cells]) -> tuple[Cells, ...]:
    """``rows`` of one length, without the columns that are empty in all of them."""
    wide = max((len(row) for row in rows), default=0)
    even = [row + ("",) * (wide - len(row)) for row in rows]
    kept = [column for column in range(wide) if any(row[column] for row in even)]
    return tuple(tuple(row[column] for column in kept) for row in even)


def _is_header(rows: Sequence[Cells]) -> bool:
    """A first row of words, none of them twice, is the header."""
    named = [cell for cell in rows[0] if cell]
    words = not any(_NUMERIC.match(cell) for cell in named) and len(set(named)) == len(named)
    return len(rows) > 1 and words and len(named) * 2 >= len(rows[0])
