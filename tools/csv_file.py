"""Rows as a spreadsheet file that Excel opens without questions in a Spanish office."""

from __future__ import annotations

import csv
import io
from datetime import date, datetime
from decimal import Decimal

from tools.sql.query import Rows

_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def _cell(value: object, language: str) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return {"es": ("no", "sí"), "en": ("no", "yes")}.get(language, ("no", "yes"))[value]
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%d %H:%M")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Decimal | float):
        return str(value).replace(".", ",") if language == "es" else str(value)
    text = str(value)
    return f"'{text}" if text.startswith(_FORMULA) and not isinstance(value, int) else text


def rows_to_csv(rows: Rows, language: str) -> bytes:
    """``rows`` as UTF-8 CSV with a heading; text that a spreadsheet would run as a formula is quoted."""
    text = io.StringIO()
    writer = csv.writer(text, delimiter=";" if language == "es" else ",", lineterminator="\r\n")
    writer.writerow([column.labels.get(language, column.key) for column in rows.columns])
    for row in rows.rows:
        writer.writerow([_cell(value, language) for value in row])
    return text.getvalue().encode("utf-8-sig")
