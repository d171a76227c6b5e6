"""Tables out and in: what REST, the command line and Google Sheets have in common."""

from __future__ import annotations

from collections.abc import Sequence

from core.errors import BadInput
from core.text import fold
from tools.learning.book import AnswerBook, Colleague
from tools.learning.csv_table import from_csv, to_csv
from tools.learning.spreadsheet import Spreadsheet
from tools.learning.table import RowReport, carry_out, heading, newest_of, shown_statuses, written

_MOST = 10_000


def rows_of(book: AnswerBook, everything: bool = False) -> list[list[str]]:
    """The rows of questions to be answered, or of all, without the heading; the most asked first."""
    ranked = book.ranked(shown_statuses(everything), limit=_MOST)
    return written(ranked, newest_of(book, [one.question for one in ranked]))


def export_csv(book: AnswerBook, everything: bool = False) -> bytes:
    """The table as CSV."""
    return to_csv([heading(), *rows_of(book, everything)])


def import_csv(book: AnswerBook, data: bytes, by: Colleague, approve: bool = False) -> list[RowReport]:
    """Make answers of a CSV table; raises :class:`core.errors.BadInput` when it is none."""
    return carry_out(book, from_csv(data), by, "csv", approve)


def sync_sheet(book: AnswerBook, sheet: Spreadsheet, by: Colleague, approve: bool = False) -> list[RowReport]:
    """Make answers of what people wrote in ``sheet``, say beside each row what became of it, and add new questions.

    Raises :class:`core.errors.BadInput` when columns were moved, and :class:`core.errors.Unavailable` when Google does
    not answer; what was learned until then stays.
    """
    read = sheet.rows()
    if read and any(read[0]) and [fold(cell) for cell in read[0][: len(heading())]] != [fold(one) for one in heading()]:
        raise BadInput("The columns of the spreadsheet were moved or renamed.", reason="heading")
    reports: Sequence[RowReport] = carry_out(book, read, by, "sheets", approve) if len(read) > 1 else []
    everything = rows_of(book, everything=True)
    asked = {row[0] for row in rows_of(book)} | {row[0].strip() for row in read[1:] if row}
    results = {report.row: report.words for report in reports}
    sheet.show(_numbered(read, reports), [row for row in everything if row[0] in asked], results)
    return list(reports)


def _numbered(read: Sequence[Sequence[str]], reports: Sequence[RowReport]) -> list[list[str]]:
    """``read`` with the numbers that rows without one were given."""
    given = {report.row: str(report.feedback_id) for report in reports if report.feedback_id is not None}
    numbered = enumerate(map(list, read), start=1)
    return [[given.get(place, cells[0] if cells else ""), *cells[1:]] for place, cells in numbered]
