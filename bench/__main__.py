"""``python -m bench``: every bench in a process of its own, one table each; exits 1 when a bound does not hold."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Annotated, Any

import typer

from bench.figures import write

BENCHES = ("startup", "turn", "retrieval", "index_scale", "walls", "webhook", "webhook_replies", "learning", "llm_cost")


def measure(name: str) -> tuple[Any, bool]:
    """The figures of one bench, None when it had nothing to measure with, and whether its bounds hold."""
    with tempfile.TemporaryDirectory(prefix="cuadrilla-bench-") as folder:
        figures = Path(folder) / "figures.json"
        command = [sys.executable, "-m", f"bench.{name}", "--json", str(figures)]
        done = subprocess.run(command, check=False)
        found = json.loads(figures.read_text(encoding="utf-8")) if figures.exists() else None
    return found, done.returncode == 0


def main(json_file: Annotated[Path | None, typer.Option("--json", help="Write the figures here.")] = None) -> None:
    """Measure everything."""
    measured = {name: measure(name) for name in BENCHES}
    write(json_file, {name: figures for name, (figures, _) in measured.items()})
    raise typer.Exit(0 if all(ok for _, ok in measured.values()) else 1)


if __name__ == "__main__":
    typer.run(main)
