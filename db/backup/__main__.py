"""``python -m db.backup create | list | restore FILE``: keep the database in a file, and put it back."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Annotated, TypeVar

import typer
from rich.console import Console
from rich.table import Column, Table

from core.clock import SystemClock
from core.errors import BadInput, CuadrillaError
from core.settings import Settings, load_settings
from db.backup import archive
from db.place import locate

app = typer.Typer(add_completion=False, no_args_is_help=True, help="Copias de seguridad · Backups of the database.")
Folder = Annotated[Path | None, typer.Option("--folder", help="Where backups are kept; CUADRILLA_HOME/backups")]
Done = TypeVar("Done")


@app.command()
def create(
    folder: Folder = None,
    keep: Annotated[int | None, typer.Option(min=1, help="Delete all but the newest so many")] = None,
) -> None:
    """Write a backup of the whole database; the server may go on working."""
    settings = _told(load_settings)
    clock = SystemClock(settings.zone)
    path = _told(lambda: archive.create(locate(settings), _place(settings, folder), clock))
    for old in archive.found(path.parent)[keep:] if keep else []:
        old.unlink()
    Console().print(f"{path} ({path.stat().st_size / 2**20:.1f} MiB)", soft_wrap=True, highlight=False)


@app.command(name="list")
def list_backups(folder: Folder = None) -> None:
    """Show the backups that are kept, each read whole and compared with its digest."""
    names = ("fichero · file", "hecha · made", "esquema · schema", "filas · rows", "MiB")
    table = Table(*(Column(name, overflow="fold") for name in names))
    for path in archive.found(_place(_told(load_settings), folder)):
        size = f"{path.stat().st_size / 2**20:.1f}"
        try:
            manifest = archive.read_manifest(path)
        except BadInput as error:
            table.add_row(path.name, "[red]no vale · bad[/]", "", error.message, size)
        else:
            rows = f"{sum(manifest.tables.values()):,}"
            table.add_row(path.name, manifest.made_at, manifest.revision, rows, size)
    Console().print(table)


@app.command()
def restore(
    file: Annotated[Path, typer.Argument(help="A backup")],
    replace: Annotated[bool, typer.Option("--replace", help="Throw away what the database holds")] = False,
) -> None:
    """Put a backup into the database of the settings; stop the server and the workers first."""
    settings = _told(load_settings)
    manifest = _told(lambda: archive.restore(locate(settings), file, replace=replace))
    rows = sum(manifest.tables.values())
    Console().print(f"{rows:,} filas de · rows of {len(manifest.tables)} tablas · tables, {manifest.made_at}")


def _place(settings: Settings, folder: Path | None) -> Path:
    return folder or settings.home / "backups"


def _told(act: Callable[[], Done]) -> Done:
    try:
        return act()
    except CuadrillaError as error:
        Console(stderr=True).print(f"[red]{error.message}[/]", soft_wrap=True)
        raise typer.Exit(2) from error


if __name__ == "__main__":
    app()
