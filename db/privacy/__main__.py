"""``python -m db.privacy export|erase``: the rights of one person over what is kept about them."""

from __future__ import annotations

import json
import sys
from contextlib import closing
from pathlib import Path
from typing import Annotated

import psycopg2
import typer
from rich.console import Console
from rich.table import Table

from core.command import exit_code
from core.errors import BadInput
from core.settings import load_settings
from db.place import locate
from db.privacy.erasing import erase
from db.privacy.exporting import export
from db.privacy.subject import Kind, find_subject
from db.url import libpq_url

app = typer.Typer(help="One person's data: given to them, or erased.", add_completion=False, no_args_is_help=True)
_Client = Annotated[int | None, typer.Option("--client", help="Client number")]
_Technician = Annotated[int | None, typer.Option("--technician", help="Technician number")]
_Phone = Annotated[str | None, typer.Option("--phone", help="Telephone (+34...) or channel's id of a stranger")]


@app.command("export")
def give(
    to: Annotated[Path, typer.Argument(help="File to write")],
    client: _Client = None,
    technician: _Technician = None,
    phone: _Phone = None,
) -> None:
    """Write what is kept about one person to a file, as JSON."""
    kind, number = _whom(client, technician, phone)
    with closing(psycopg2.connect(libpq_url(locate(load_settings()).url))) as server:
        found = export(server, find_subject(server, kind, number, phone))
    to.touch(mode=0o600)
    to.write_text(json.dumps(found, ensure_ascii=False, indent=1, default=str), encoding="utf-8")
    Console().print(f"{sum(map(len, found.values()))} rows in {to}")


@app.command("erase")
def forget(
    client: _Client = None,
    technician: _Technician = None,
    phone: _Phone = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do it; without it, only what would be done is told")] = False,
) -> None:
    """Erase what is kept about one person. It cannot be undone."""
    kind, number = _whom(client, technician, phone)
    with closing(psycopg2.connect(libpq_url(locate(load_settings()).url))) as server:
        subject = find_subject(server, kind, number, phone)
        done = erase(server, subject, dry_run=not yes)
    table = Table("what", "rows", title="Erased" if yes else "Would be erased (say --yes)")
    for what, rows in {**done.rows, **{f"named in {where}": rows for where, rows in done.named.items()}}.items():
        if rows:
            table.add_row(what, str(rows))
    Console().print(table)
    if subject.namesakes:
        Console().print(f"{subject.namesakes} others bear that name: where others wrote it, it stays.")


def _whom(client: int | None, technician: int | None, phone: str | None) -> tuple[Kind, int | None]:
    given: list[tuple[Kind, int | None]] = []
    if client is not None:
        given.append(("client", client))
    if technician is not None:
        given.append(("technician", technician))
    if phone is not None:
        given.append(("stranger", None))
    if len(given) != 1:
        raise BadInput("Say one of --client, --technician and --phone.")
    return given[0]


if __name__ == "__main__":
    sys.exit(exit_code(app))
