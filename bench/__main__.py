"""``python -m bench``: every bench, one table each; exits 1 when a bound does not hold."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from bench import startup, turn
from bench.figures import write


def main(json_file: Annotated[Path | None, typer.Option("--json", help="Write the figures here.")] = None) -> None:
    """Measure everything."""
    console, figures, holds = Console(), dict[str, Any](), True
    for name, run in (("startup", startup.run), ("turn", turn.run)):
        figures[name], ok = run(console)
        holds = holds and ok
    write(json_file, figures)
    raise typer.Exit(0 if holds else 1)


if __name__ == "__main__":
    typer.run(main)
