"""Files that go with an answer: a chart of a ranking, a spreadsheet of a long list."""

from __future__ import annotations

import base64

from agents.brains.protocol import Language
from agents.report import File
from core.text import fold
from tools.charts import draw_chart
from tools.csv_file import rows_to_csv
from tools.sql.catalogue import Catalogue
from tools.sql.query import Query, Rows

PNG = "image/png"
CSV = "text/csv; charset=utf-8"


def chart_file(catalogue: Catalogue, query: Query, rows: Rows, language: Language) -> File | None:
    """A PNG of ``rows``; None when they cannot be drawn."""
    image = draw_chart(query, rows, language, catalogue)
    return File(f"{_name(catalogue, query, language)}.png", PNG, _base64(image)) if image else None


def spreadsheet_file(catalogue: Catalogue, query: Query, rows: Rows, language: Language) -> File:
    """A CSV of ``rows`` for a spreadsheet."""
    return File(f"{_name(catalogue, query, language)}.csv", CSV, _base64(rows_to_csv(rows, language)))


def _name(catalogue: Catalogue, query: Query, language: Language) -> str:
    entity = catalogue.entities[query.entity]
    return fold(entity.plural.get(language) or entity.label[language]).replace(" ", "-")


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")
