"""CSV: one table, whatever its separator."""

from __future__ import annotations

import csv
import io

from core.errors import DocumentUnreadable
from ingest.blocks import Loaded
from ingest.loading.grid import counted, tables
from ingest.loading.plain import decode

_SEPARATORS = ";,\t|"
_SAMPLE = 8192


def load_csv(data: bytes) -> Loaded:
    """The table of a CSV file; raise :class:`DocumentUnreadable` when it cannot be read as one."""
    text = decode(data)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=_separator(text))
    try:
        rows = [tuple(" ".join(cell.split()) for cell in row) for row in reader]
    except csv.Error as error:
        raise DocumentUnreadable(f"The CSV is damaged: {error}.", reason="corrupt") from error
    return Loaded(tuple(tables(counted(rows))), "text/csv")


def _separator(text: str) -> str:
    """The separator of ``text``: Spanish spreadsheets write semicolons, because the comma is in the numbers."""
    sample = text[:_SAMPLE]
    try:
        return csv.Sniffer().sniff(sample, _SEPARATORS).delimiter
    except csv.Error:
        first = sample.split("\n", 1)[0]
        return max(_SEPARATORS, key=first.count)
