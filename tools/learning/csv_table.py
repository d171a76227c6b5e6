"""The table as CSV: as a Spanish spreadsheet writes it and opens it, with formulas made harmless."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence

from core.errors import BadInput

MOST_BYTES = 5_000_000
_DELIMITERS = ";,\t"
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def to_csv(rows: Sequence[Sequence[str]]) -> bytes:
    """``rows`` as UTF-8 CSV, which a Spanish spreadsheet opens without questions."""
    text = io.StringIO()
    writer = csv.writer(text, delimiter=";", lineterminator="\r\n")
    writer.writerows([[_harmless(cell) for cell in row] for row in rows])
    return text.getvalue().encode("utf-8-sig")


def from_csv(data: bytes) -> list[list[str]]:
    """The rows of ``data``, in whatever of the usual encodings and delimiters; raises :class:`BadInput`."""
    if len(data) > MOST_BYTES:
        raise BadInput("The table is too large.", reason="too_large")
    text = _decoded(data)
    first = text.partition("\n")[0]
    delimiter = max(_DELIMITERS, key=first.count)
    try:
        rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True))
    except csv.Error as error:
        raise BadInput("The table cannot be read as CSV.", reason="not_csv") from error
    return [[_as_written(cell) for cell in row] for row in rows]


def _decoded(data: bytes) -> str:
    for encoding in ("utf-8-sig", "cp1252"):
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\x00" not in text:
            return text
    raise BadInput("The table is not text.", reason="not_csv")


def _harmless(cell: str) -> str:
    return f"'{cell}" if cell.lstrip("'").startswith(_FORMULA) else cell


def _as_written(cell: str) -> str:
    return cell[1:] if cell.startswith("'") and cell.lstrip("'").startswith(_FORMULA) else cell
