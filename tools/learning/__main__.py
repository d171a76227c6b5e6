"""``python -m tools.learning``: questions out as a table, answers in, by CSV or Google Sheets."""

from __future__ import annotations

import getpass
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from core.clock import SystemClock
from core.command import exit_code
from core.errors import Misconfigured
from core.settings import Settings, load_settings
from db.migrate import upgrade
from db.place import locate
from db.session import make_engine, make_sessions
from ingest.embedders import make_embedder
from tools.learning.book import AnswerBook, Colleague
from tools.learning.exchange import export_csv, import_csv, sync_sheet
from tools.learning.spreadsheet import Spreadsheet
from tools.learning.table import RowReport

app = typer.Typer(help=__doc__, no_args_is_help=True, add_completion=False)
Who = Annotated[str, typer.Option("--as", help="Who answers, when a row does not say.")]
Approve = Annotated[bool, typer.Option("--approve", help="Approve every answer, not only those marked.")]


@app.command("export")
def out(file: Path, all_questions: Annotated[bool, typer.Option("--all", help="Answered ones too.")] = False) -> None:
    """Write the questions to be answered to FILE (CSV)."""
    book, _ = _open()
    file.write_bytes(export_csv(book, all_questions))


@app.command("import")
def read(file: Path, who: Who = "", approve: Approve = False) -> None:
    """Learn the answers of FILE (CSV)."""
    book, _ = _open()
    _report(import_csv(book, file.read_bytes(), _by(book, who), approve))


@app.command()
def sheet(
    spreadsheet: Annotated[str, typer.Argument(help="Id of the spreadsheet; CUADRILLA_LEARNING_SHEET.")] = "",
    who: Who = "",
    approve: Approve = False,
) -> None:
    """Learn the answers of a Google spreadsheet, and show the questions there."""
    book, settings = _open()
    wanted = spreadsheet or settings.learning_sheet or ""
    if not wanted:
        raise Misconfigured("Which spreadsheet? Give its id, or set CUADRILLA_LEARNING_SHEET.")
    _report(sync_sheet(book, Spreadsheet.open(wanted, settings.drive_key), _by(book, who), approve))


def _open() -> tuple[AnswerBook, Settings]:
    settings = load_settings()
    place = locate(settings)
    upgrade(place.url, place.secret)
    sessions = make_sessions(make_engine(place.url, pool_size=1))
    clock = SystemClock(settings.zone)
    return AnswerBook(sessions, make_embedder(settings), clock, settings.learning_tell_again), settings


def _by(book: AnswerBook, who: str) -> Colleague:
    return book.colleague(who if "@" in who else "", who or getpass.getuser())


def _report(reports: Sequence[RowReport]) -> None:
    table = Table("fila", "pregunta", "versión", "resultado")
    for report in reports:
        if report.outcome != "skipped":
            number, version = report.feedback_id or "", report.version or ""
            table.add_row(str(report.row), str(number), str(version), report.words)
    Console().print(table)
    if any(report.outcome == "refused" for report in reports):
        raise typer.Exit(1)


def main() -> None:
    """Run the command."""
    app()


if __name__ == "__main__":
    sys.exit(exit_code(main))
