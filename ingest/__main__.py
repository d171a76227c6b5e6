"""``python -m ingest PLACE... --audience client --kind user_manual --product XP400``: documents into the library."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from core.errors import BadInput, CuadrillaError, Unavailable
from core.settings import Settings, load_settings
from db.migrate import upgrade
from db.models import Audience, DocumentKind, ProductCategory
from db.place import locate
from db.session import make_engine
from ingest.embedders import make_embedder
from ingest.embeddings import Embedder
from ingest.isolation import IsolatedReader, isolated_reader
from ingest.pipeline import Outcome, Report, ingest_sources
from ingest.sources.gather import Gathered, gather
from ingest.sources.item import Source
from ingest.store import Labels, embed_missing, product_ids
from ingest.summary import show
from ingest.watching import watch, withdraw_missing

app = typer.Typer(add_completion=False, help="Ingest documents: PDF, DOCX, XLSX, CSV, Markdown, HTML and text.")

_EVENTS = {
    "lost": "[yellow]Ha desaparecido {what}; espero a que vuelva y no retiro nada · It is gone; waiting[/]",
    "back": "[green]Ha vuelto {what} · It is back[/]",
    "withdrawn": "[yellow]Retirado {what} · Withdrawn[/]",
}


@app.command()
def ingest(
    places: Annotated[list[str], typer.Argument(metavar="PLACE...", help="Files, folders, URLs, gdrive://FOLDER")],
    audience: Annotated[Audience, typer.Option(help="Least privileged reader")],
    kind: Annotated[DocumentKind, typer.Option(help="What kind of document it is")],
    product: Annotated[list[str] | None, typer.Option(help="SKU it is about; may be repeated")] = None,
    category: Annotated[list[ProductCategory] | None, typer.Option(help="Family it is about; may be repeated")] = None,
    title: Annotated[str | None, typer.Option(help="Title that is cited; one file only")] = None,
    language: Annotated[str, typer.Option(help="ISO 639-1")] = "es",
    revision: Annotated[str | None, typer.Option(help="Revision printed on the document")] = None,
    follow: Annotated[bool, typer.Option("--watch", help="Stay and follow the folders")] = False,
    prune: Annotated[bool, typer.Option("--prune", help="Withdraw documents whose file is gone")] = False,
    private: Annotated[bool, typer.Option("--allow-private", help="URLs may lead into the network")] = False,
) -> None:
    """Read the PLACES into the library that agents answer from."""
    console = Console()
    labels = Labels(audience, kind, title, language, revision, tuple(product or ()), tuple(category or ()))
    try:
        settings = load_settings()
        found = gather(places, labels, private=private, drive_key=settings.drive_key)
        _check(found, labels, follow)
        engine = _database(settings)
        with Session(engine) as session:
            product_ids(session, labels.products)
        with isolated_reader() as reader:
            report = _Run(engine, settings, console, reader).all(found, labels, follow=follow, prune=prune)
        engine.dispose()
    except BadInput as error:
        raise typer.BadParameter(error.message) from error
    except CuadrillaError as error:
        console.print(f"[red]{error.message}[/]")
        raise typer.Exit(2) from error
    raise typer.Exit(1 if report.all_failed else 0)


def _database(settings: Settings) -> Engine:
    """The database of ``settings`` at the newest schema: documents may come before the first start of the server."""
    place = locate(settings)
    upgrade(place.url, place.secret)
    return make_engine(place.url)


def _check(found: Gathered, labels: Labels, follow: bool) -> None:
    if follow and not found.folders:
        raise typer.BadParameter("--watch needs a folder that exists")
    if not found.items and not follow:
        raise typer.BadParameter("there is no readable document in those places")
    if labels.title and len(found.items) > 1:
        raise typer.BadParameter("--title is for one file; leave it out for several")


@dataclass(frozen=True, slots=True)
class _Run:
    engine: Engine
    settings: Settings
    console: Console
    reader: IsolatedReader

    def all(self, found: Gathered, labels: Labels, *, follow: bool, prune: bool) -> Report:
        """Ingest ``found`` and, when asked to, withdraw what is gone and stay with the folders."""
        embedder = make_embedder(self.settings)
        report = self._batch(found.items, embedder, found.passed_over)
        if prune:
            for source in sorted(withdraw_missing(self.engine, found.folders)):
                self._told("withdrawn", source)
        if follow:
            self.console.print("[dim]Vigilando; Ctrl+C para terminar · Watching; Ctrl+C ends[/]")

            def again(paths: Sequence[Path]) -> None:
                self._batch(gather([str(path) for path in paths], labels).items, embedder, quiet=True)

            watch(self.engine, found.folders, again, told=self._told)
        return report

    def _told(self, event: str, what: str) -> None:
        self.console.print(_EVENTS[event].format(what=what))

    def _batch(
        self,
        items: Sequence[Source],
        embedder: Embedder,
        passed_over: Counter[str] | None = None,
        quiet: bool = False,
    ) -> Report:
        report = self._ingest(items, embedder)
        self._embed(embedder)
        if not quiet or any(outcome.chunks or outcome.reason for outcome in report.outcomes):
            show(report, self.console, passed_over)
        return report

    def _embed(self, embedder: Embedder) -> None:
        """Vectors for what lacks them; the servers make up for it when the service is out of reach."""
        try:
            embed_missing(self.engine, embedder)
        except Unavailable as error:
            self.console.print(f"[yellow]{error.message}[/]")

    def _ingest(self, items: Sequence[Source], embedder: Embedder) -> Report:
        text = TextColumn("{task.description}")
        columns = (SpinnerColumn(), text, BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
        with Progress(*columns, console=self.console, transient=True) as progress:
            task = progress.add_task("", total=len(items))

            def done(outcome: Outcome) -> None:
                progress.update(task, advance=1, description=outcome.source.rstrip("/").rpartition("/")[2])

            return ingest_sources(self.engine, items, embedder, reader=self.reader, done=done)


if __name__ == "__main__":
    app()
