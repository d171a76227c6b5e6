"""``python -m ingest PATH... --audience client --kind user_manual --product XP400``: documents into the library."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from core.errors import BadInput, CuadrillaError
from core.settings import load_settings
from db import embedded
from db.models import Audience, DocumentKind, ProductCategory
from db.session import make_engine
from ingest.embeddings import CharacterEmbedder
from ingest.pipeline import Item, Outcome, Report, Status, find_files, ingest_paths
from ingest.store import Labels, embed_missing, product_ids

app = typer.Typer(add_completion=False, help="Ingest documents: PDF, DOCX, Markdown, HTML and text.")

_COLOURS = {Status.ADDED: "green", Status.REPLACED: "cyan", Status.UNCHANGED: "dim", Status.FAILED: "red"}


@app.command()
def ingest(
    paths: Annotated[list[Path], typer.Argument(help="Files and folders")],
    audience: Annotated[Audience, typer.Option(help="Least privileged reader")],
    kind: Annotated[DocumentKind, typer.Option(help="What kind of document it is")],
    product: Annotated[list[str] | None, typer.Option(help="SKU it is about; may be repeated")] = None,
    category: Annotated[list[ProductCategory] | None, typer.Option(help="Family it is about; may be repeated")] = None,
    title: Annotated[str | None, typer.Option(help="Title that is cited; one file only")] = None,
    language: Annotated[str, typer.Option(help="ISO 639-1")] = "es",
    revision: Annotated[str | None, typer.Option(help="Revision printed on the document")] = None,
) -> None:
    """Read PATHS into the library that agents answer from."""
    console = Console()
    files = list(find_files(paths))
    if not files:
        raise typer.BadParameter("there is no readable document in those paths")
    if title and len(files) > 1:
        raise typer.BadParameter("--title is for one file; leave it out for several")
    labels = Labels(audience, kind, title, language, revision, tuple(product or ()), tuple(category or ()))
    try:
        engine = _engine()
        with Session(engine) as session:
            product_ids(session, labels.products)
    except BadInput as error:
        raise typer.BadParameter(error.message) from error
    except CuadrillaError as error:
        console.print(f"[red]{error.message}[/]")
        raise typer.Exit(2) from error
    report = _run(engine, [Item(file, _source(file), labels) for file in files], console)
    engine.dispose()
    _summary(report, console)
    raise typer.Exit(1 if report.all_failed else 0)


def _engine() -> Engine:
    settings = load_settings()
    return make_engine(settings.database_url or embedded.start(settings.home))


def _source(file: Path) -> str:
    return file.resolve().as_posix()


def _run(engine: Engine, items: list[Item], console: Console) -> Report:
    text = TextColumn("{task.description}")
    columns = (SpinnerColumn(), text, BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    embedder = CharacterEmbedder()
    with Progress(*columns, console=console, transient=True) as progress:
        task = progress.add_task("Ingesting", total=len(items))

        def advance(outcome: Outcome) -> None:
            progress.update(task, advance=1, description=Path(outcome.source).name)

        report = ingest_paths(engine, items, embedder, done=advance)
    embed_missing(engine, embedder)
    return report


def _summary(report: Report, console: Console) -> None:
    table = Table("Document", "Result", "Pages", "Passages", "Seconds", "Why")
    for outcome in report.outcomes:
        colour = _COLOURS[outcome.status]
        table.add_row(
            Path(outcome.source).name,
            f"[{colour}]{outcome.status}[/]",
            str(outcome.pages or ""),
            str(outcome.chunks or ""),
            f"{outcome.seconds:.1f}" if outcome.seconds else "",
            f"{outcome.reason}: {outcome.message}" if outcome.reason else "",
        )
    console.print(table)
    console.print(", ".join(f"{report.count(status)} {status}" for status in Status if report.count(status)))


if __name__ == "__main__":
    app()
