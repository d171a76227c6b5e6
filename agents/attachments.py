"""Files that go with an answer: a chart of a ranking, a spreadsheet of a long list."""

from __future__ import annotations

import base64

from tools.charts import draw_chart

from agents.report import File
from tools.csv_file import rows_to_csv
from tools.sql.query import Query, Rows

PNG = "image/png"
CSV = "text/csv; charset=utf-8"


def chart_file(query: Query, rows: Rows, language: str) -> File | None:
    """A PNG of ``rows``; None when they cannot be drawn."""
    image = draw_chart(query, rows, language)
    return File(f"{query.entity}.png", PNG, _base64(image)) if image else None


def spreadsheet_file(name: str, rows: Rows, language: str) -> File:
    """A CSV of ``rows`` for a spreadsheet."""
    return File(f"{name}.csv", CSV, _base64(rows_to_csv(rows, language)))


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")
