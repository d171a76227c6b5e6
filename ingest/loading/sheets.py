"""XLSX, read with openpyxl: a section for each sheet, its tables whole, values as the cell shows them."""

from __future__ import annotations

import io
import re
import warnings
from collections.abc import Iterator
from datetime import date, datetime, time
from typing import Any
from zipfile import BadZipFile

import openpyxl
from openpyxl.utils.cell import range_boundaries
from openpyxl.utils.exceptions import InvalidFileException
from openpyxl.xml.functions import iterparse

from core.errors import DocumentUnreadable
from ingest.blocks import Block, Heading, Loaded
from ingest.loading.grid import Cells, Spans, counted, tables

_MEDIA_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_NAMELESS = re.compile(r"^(sheet|hoja|feuil|tabelle)\s?\d*$", re.IGNORECASE)
_CURRENCY = re.compile(r"[€$£]")
_DECIMALS = re.compile(r"0\.(0+)")
_MAX_COLUMNS, _MAX_MERGED = 200, 20_000


def load_xlsx(data: bytes) -> Loaded:
    """Tables of a workbook, with its results and not its formulas; raise :class:`DocumentUnreadable` when damaged."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # openpyxl tells of every decoration that it does not read
            book = openpyxl.load_workbook(io.BytesIO(data), read_only=True, data_only=True)
            blocks = tuple(block for sheet in book.worksheets for block in _sheet(sheet, _merged(sheet)))
        title = (book.properties.title or "").strip() or None
        book.close()
    except (InvalidFileException, BadZipFile, LookupError, ValueError, TypeError, SyntaxError, EOFError) as error:
        raise DocumentUnreadable("The Excel file is damaged.", reason="corrupt") from error
    return Loaded(blocks, _MEDIA_TYPE, title=title)


def _sheet(sheet: Any, merged: Spans) -> Iterator[Block]:
    if sheet.sheet_state != "visible":
        return
    sheet.reset_dimensions()  # what the file declares may be wrong, or a million rows
    inside = list(tables(counted(_rows(sheet)), spans=merged))
    if inside and not _NAMELESS.match(sheet.title):
        yield Heading(1, sheet.title.strip())
    yield from inside


def _merged(sheet: Any) -> Spans:
    """The merged cells of ``sheet``, which openpyxl does not tell of when it reads row by row."""
    found: dict[tuple[int, int], tuple[int, int]] = {}
    with sheet._get_source() as part:
        for _, element in iterparse(part):
            name = element.tag.rpartition("}")[2]
            if name == "mergeCell" and len(found) < _MAX_MERGED:
                left, top, right, bottom = (int(edge or 1) for edge in range_boundaries(element.get("ref", "A1")))
                found[top - 1, left - 1] = (bottom - top + 1, right - left + 1)
            if name in ("row", "mergeCell"):
                element.clear()
    return found


def _rows(sheet: Any) -> Iterator[Cells]:
    for row in sheet.iter_rows(max_col=_MAX_COLUMNS):
        cells = tuple(_shown(cell.value, getattr(cell, "number_format", "")) for cell in row)
        while cells and not cells[-1]:
            cells = cells[:-1]
        yield cells


def _shown(value: object, style: str) -> str:
    """``value`` as the sheet shows it to a Spanish reader."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "sí" if value else "no"
    if isinstance(value, datetime) and value.time() != time():
        return value.strftime("%d/%m/%Y %H:%M")
    if isinstance(value, date):
        return value.strftime("%d/%m/%Y")
    if isinstance(value, int | float):
        return _number(value, style or "")
    return " ".join(str(value).split())


def _number(value: int | float, style: str) -> str:
    percent = "%" in style
    decimals = _DECIMALS.search(style)
    scaled = value * 100 if percent else value
    text = f"{scaled:.{len(decimals[1])}f}" if decimals else f"{round(scaled, 10):g}" if percent else _plain(scaled)
    currency = _CURRENCY.search(style)
    return text.replace(".", ",") + (" %" if percent else f" {currency[0]}" if currency else "")


def _plain(value: int | float) -> str:
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    return str(value) if isinstance(value, int) else repr(round(value, 10))
