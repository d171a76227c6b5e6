"""``python -m db.backup create|restore|list``."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from core.clock import SystemClock
from core.command import exit_code
from core.settings import Settings, load_settings
from db.backup import work
from db.place import locate

app = typer.Typer(help="Backups of the database.", add_completion=False, no_args_is_help=True)
_FILES = typer.Option("--files", help="A folder of documents to keep too; may be repeated", exists=True)


@app.command()
def create(
    to: Annotated[Path | None, typer.Option(help="Folder; left out: that of the settings")] = None,
    files: Annotated[list[Path] | None, _FILES] = None,
) -> None:
    """Make a backup while everything goes on working."""
    settings = load_settings()
    now = SystemClock(settings.zone).now()
    path = work.create(locate(settings).url, to or _folder(settings), now, files or ())
    Console().print(f"{path} ({path.stat().st_size / 1e6:.1f} MB)", soft_wrap=True)


@app.command()
def restore(
    path: Annotated[Path, typer.Argument(help="A backup", exists=True)],
    yes: Annotated[bool, typer.Option("--yes", help="Replace what is in the database; it is backed up first")] = False,
    files_to: Annotated[Path | None, typer.Option(help="Where to put the documents that it brings")] = None,
) -> None:
    """Make the database what it was. Stop servers and workers first."""
    settings = load_settings()
    place = locate(settings)
    if yes and work.occupied(place.url):
        now = SystemClock(settings.zone).now()
        kept = work.create(place.url, _folder(settings), now, name=f"before-restore-{now:%Y%m%d-%H%M%S}")
        Console().print(f"What was there: {kept}", soft_wrap=True)
    manifest = work.restore(place.url, place.secret, path, yes=yes, files=files_to)
    Console().print(f"{manifest.rows} rows of {manifest.made_at}, compared and in place")


@app.command("list")
def show(folder: Annotated[Path | None, typer.Argument(help="Left out: that of the settings")] = None) -> None:
    """Backups, newest first."""
    table = Table("file", "made", "schema", "rows", "MB")
    for path, manifest in work.listed(folder or _folder(load_settings())):
        size = f"{path.stat().st_size / 1e6:.1f}"
        if manifest is None:
            table.add_row(str(path), "damaged", "", "", size)
        else:
            table.add_row(str(path), manifest.made_at, manifest.revision, str(manifest.rows), size)
    Console().print(table)


def _folder(settings: Settings) -> Path:
    return settings.backup_dir or settings.home / "backups"


if __name__ == "__main__":
    sys.exit(exit_code(app))
