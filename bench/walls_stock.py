"""The walls on a PostgreSQL as distributions ship it, which is not ours to harden: ``python -m bench.walls_stock``.

The corpora of ``tests/walls``, without those that only want to cost (such a server has no memory bound), fired at all
walls and at the database alone: once with a migrating login that is no superuser, as managed services have it, and once
with one that is, so that the migrations harden the database. ``--docs docs/security.md`` writes the table there.
"""

from __future__ import annotations

import asyncio
import os
import pwd
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import psycopg
import typer
from rich.console import Console

from bench.figures import Row, show, write
from bench.walls import BENIGN_SHARE, into_page, markdown
from bench.walls_attacked import Tally, attacked
from core.logging import configure_logging
from db import embedded

BEGIN = "<!-- figures: python -m bench.walls_stock --docs docs/security.md -->"
_FIRED_AT = {"all": "all walls", "database": "database alone", "login": "bare login"}
_OWNERS = {"an ordinary login": "CREATEROLE CREATEDB", "a superuser": "SUPERUSER"}
_DEBIAN = "/usr/lib/postgresql"


def find_binaries() -> Path | None:
    """The programs of a PostgreSQL server on this machine, the newest; None when there is none."""
    config = shutil.which("pg_config")
    told = [Path(subprocess.run([config, "--bindir"], check=True, capture_output=True, text=True).stdout.strip())] if (
        config
    ) else []  # fmt: skip
    packaged = sorted(Path(_DEBIAN).glob("*/bin"), key=lambda folder: -int(re.sub(r"\D", "", folder.parent.name) or 0))
    return next((folder for folder in [*packaged, *told] if (folder / "initdb").exists()), None)


@contextmanager
def server(binaries: Path, powers: str) -> Iterator[str]:
    """A new cluster with its defaults; gives the URL of the empty database that a login with ``powers`` owns."""
    folder = Path(tempfile.mkdtemp(prefix="cuadrilla-stock-"))
    user: dict[str, Any] = {}
    if os.geteuid() == 0:
        entry = pwd.getpwnam(embedded.SYSTEM_USER)
        os.chown(folder, entry.pw_uid, entry.pw_gid)
        user = {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}

    def run(program: str, *arguments: str) -> None:
        with tempfile.TemporaryFile() as output:
            command: list[str | Path] = [binaries / program, "-D", str(folder / "data"), *arguments]
            subprocess.run(command, check=True, cwd="/", stdout=output, stderr=output, **user)

    try:
        run("initdb", "-A", "trust", "-U", "postgres", "-N")
        options = f"-c listen_addresses='' -c fsync=off -k {folder}"
        run("pg_ctl", "-w", "-l", str(folder / "log"), "-o", options, "start")
        with psycopg.connect(f"postgresql://postgres@/postgres?host={folder}", autocommit=True) as superuser:
            superuser.execute(f"CREATE ROLE cuadrilla LOGIN {powers}".encode())
            superuser.execute("CREATE DATABASE cuadrilla OWNER cuadrilla")
        yield f"postgresql://cuadrilla@/cuadrilla?host={folder}"
    finally:
        run("pg_ctl", "-w", "-m", "immediate", "stop")
        shutil.rmtree(folder)


def rows(tallies: dict[str, Tally]) -> list[Row]:
    """A line for each kind of owner."""
    found = []
    for owner, tally in tallies.items():
        fired = sum(tally.fired.values())
        cells, held = [str(fired)], tally.untouched
        for place in range(len(_FIRED_AT)):
            refused = sum(walls[place][0] for walls in tally.attacks.values())
            leaked = sum(walls[place][1] for walls in tally.attacks.values())
            cells.append(f"{refused} refused, {leaked} leaks")
            held = held and not leaked
        asked, right = (sum(pair[side] for pair in tally.benign.values()) for side in (0, 1))
        cells += ["0" if tally.untouched else "some", f"{right} of {asked}"]
        found.append(Row(f"migrated by {owner}", tuple(cells), held and right / asked >= BENIGN_SHARE))
    return found


def main(
    binaries: Annotated[Path | None, typer.Option("--bin", help="Where initdb and pg_ctl are.")] = None,
    json_file: Annotated[Path | None, typer.Option("--json", help="Write the figures here.")] = None,
    docs: Annotated[Path | None, typer.Option("--docs", help="Write the table into this page.")] = None,
) -> None:
    """Fire at the walls on a stock server."""
    console = Console(soft_wrap=True)
    place = binaries or find_binaries()
    if place is None:
        console.print("There is no PostgreSQL server here: name its programs with --bin.")
        raise typer.Exit(2)
    version = subprocess.run([place / "postgres", "--version"], check=True, capture_output=True, text=True).stdout
    tallies: dict[str, Tally] = {}
    with tempfile.TemporaryDirectory(prefix="cuadrilla-bench-") as home:
        configure_logging("CRITICAL", Path(home))
        for owner, powers in _OWNERS.items():
            with server(place, powers) as url:
                tallies[owner] = asyncio.run(attacked(url, tuple(_FIRED_AT)))
            for found in tallies[owner].leaks:
                console.print(f"{owner}: {found}", markup=False)
    columns = ("attacks", *_FIRED_AT.values(), "writes", "honest questions right")
    title = f"PostgreSQL {version.split()[2]}, as it comes"
    show(console, title, columns, table := rows(tallies))
    if docs is not None:
        into_page(docs, markdown([(title, columns, table)]), BEGIN)
    write(json_file, {"stock": tallies})
    raise typer.Exit(0 if all(row.ok for row in table) else 1)


if __name__ == "__main__":
    typer.run(main)
