"""What benches measure and how they show it: medians, tails, ratios; a table for people, JSON for machines."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median, quantiles
from typing import Any

from rich.console import Console
from rich.table import Table


@dataclass(frozen=True, slots=True)
class Latency:
    """Milliseconds of ``n`` runs: the median and the 95th percentile."""

    n: int
    p50: float
    p95: float

    @classmethod
    def of(cls, milliseconds: Sequence[float]) -> Latency:
        cuts = quantiles(milliseconds, n=20, method="inclusive")
        return cls(len(milliseconds), round(median(milliseconds), 2), round(cuts[18], 2))


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a table: what was measured, the figures, and the bound that it must respect, if there is one."""

    what: str
    figures: tuple[str, ...]
    ok: bool | None = None


def show(console: Console, title: str, columns: Iterable[str], rows: Iterable[Row]) -> None:
    """Print ``rows`` as a table, with a last column that says whether the bound holds."""
    table = Table(title=title)
    table.add_column("what")
    for column in columns:
        table.add_column(column, justify="right")
    table.add_column("holds", justify="center")
    for row in rows:
        table.add_row(row.what, *row.figures, {None: "", True: "yes", False: "[red]no[/red]"}[row.ok])
    console.print(table)


def write(path: Path | None, figures: Mapping[str, Any]) -> None:
    """Write ``figures`` as JSON when a path was given."""
    if path is not None:
        path.write_text(json.dumps(figures, indent=1, default=asdict), encoding="utf-8")
