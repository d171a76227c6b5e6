"""The three walls: what gets through, what they cost, and how soon a hostile query is cut.

``python -m bench.walls``; with ``--docs docs/security.md`` its tables are written into that page.
"""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from bench.figures import Row, show, write
from bench.walls_attacked import Tally, attacked
from bench.walls_cost import GUARD_P50_MS, MOST_SECONDS, NEIGHBOURS, OVERHEAD, Cost, costs
from core.logging import configure_logging
from db import embedded

BENIGN_SHARE = 0.99
_BEGIN, _END = "<!-- figures: python -m bench.walls --docs docs/security.md -->", "<!-- end of figures -->"
_WALL_NAMES = ("binding alone", "guard alone", "database alone", "bare login", "all walls")

Section = tuple[str, tuple[str, ...], list[Row]]


def sections(tally: Tally, cost: Cost) -> list[Section]:
    """Every table: title, columns, rows."""
    return [_attacks(tally), _benign(tally), _overhead(cost), _cuts(cost)]


def _attacks(tally: Tally) -> Section:
    rows = []
    for category, walls in sorted(tally.attacks.items()):
        cells = (str(tally.fired[category]), *(f"{stopped} refused, {leaked} leaks" for stopped, leaked in walls))
        rows.append(Row(category, cells, all(leaked == 0 for _, leaked in walls)))
    leaks = [sum(walls[place][1] for walls in tally.attacks.values()) for place in range(len(_WALL_NAMES))]
    total = (str(sum(tally.fired.values())), *(f"{number} leaks" for number in leaks))
    rows.append(Row("all of them", total, not any(leaks)))
    written = ("0" if tally.untouched else "some",) * len(_WALL_NAMES)
    rows.append(Row("writes found afterwards", ("", *written), tally.untouched))
    return "Attacks by category and wall", ("attacks", *_WALL_NAMES), rows


def _benign(tally: Tally) -> Section:
    rows = [
        Row(role, (str(asked), f"{right}", f"{right / asked:.1%}"), right / asked >= BENIGN_SHARE)
        for role, (asked, right) in tally.benign.items()
    ]
    return "Honest questions, with the rows the owner sees", ("asked", "right", "share"), rows


def _overhead(cost: Cost) -> Section:
    rows = [
        Row(
            f"a question's turn, {role}",
            (f"{bare.p50:.1f} ms", f"{walled.p50:.1f} ms", f"{walled.p50 / bare.p50:.2f}x", str(walled.n)),
            walled.p50 / bare.p50 <= OVERHEAD,
        )
        for role, (bare, walled) in cost.turns.items()
    ]
    for role, (bare, known, first) in cost.queries.items():
        for what, walled in (("alone", known), ("alone, its text new to the guard", first)):
            cells = (f"{bare.p50:.2f} ms", f"{walled.p50:.2f} ms", f"{walled.p50 / bare.p50:.2f}x", str(walled.n))
            rows.append(Row(f"the query {what}, {role}", cells))
    rows.append(
        Row(
            "the guard on honest SQL",
            ("", f"p50 {cost.guard.p50:.2f} ms", f"p95 {cost.guard.p95:.2f} ms", str(cost.guard.n)),
            cost.guard.p50 <= GUARD_P50_MS,
        )
    )
    return f"What the walls cost (bound {OVERHEAD}x a question)", ("owner's login", "walls", "ratio", "runs"), rows


def _cuts(cost: Cost) -> Section:
    rows = [
        Row(cut.what, (cut.guard, cut.database, f"{cut.seconds:.2f} s"), cut.seconds <= MOST_SECONDS)
        for cut in cost.cuts
    ]
    quiet, besieged = cost.neighbours
    ratio = besieged.p95 / quiet.p95
    rows.append(
        Row(
            "p95 of other people's turns meanwhile",
            (f"{quiet.p95:.1f} ms quiet", f"{besieged.p95:.1f} ms", f"{ratio:.2f}x"),
            ratio <= NEIGHBOURS,
        )
    )
    return "Hostile queries with the guard removed", ("the guard says", "the database", "over after"), rows


def markdown(found: Iterable[Section]) -> str:
    """The tables as Markdown."""
    parts = []
    for title, columns, rows in found:
        parts += ["", f"### {title}", "", f"| | {' | '.join(columns)} | holds |", "|---" * (len(columns) + 2) + "|"]
        mark = {None: "", True: "yes", False: "**no**"}
        parts += [f"| {row.what} | {' | '.join(row.figures)} | {mark[row.ok]} |" for row in rows]
    return "\n".join(parts) + "\n"


def into_page(page: Path, text: str, begin: str = _BEGIN) -> None:
    """Put ``text`` between the page's mark ``begin`` and the next end."""
    before, found, rest = page.read_text(encoding="utf-8").partition(begin)
    if not found:
        raise typer.BadParameter(f"{page} has no {begin}")
    _, _, after = rest.partition(_END)
    page.write_text(f"{before}{begin}\n{text}\n{_END}{after}", encoding="utf-8")


def main(
    json_file: Annotated[Path | None, typer.Option("--json", help="Write the figures here.")] = None,
    docs: Annotated[Path | None, typer.Option("--docs", help="Write the tables into this page.")] = None,
) -> None:
    """Fire at the walls and measure them."""
    console = Console()
    with tempfile.TemporaryDirectory(prefix="cuadrilla-bench-", ignore_cleanup_errors=True) as home:
        configure_logging("ERROR", Path(home))
        tally = asyncio.run(attacked(embedded.start(Path(home) / "range")))
        cost = asyncio.run(costs(Path(home) / "crew"))
    found = sections(tally, cost)
    for title, columns, rows in found:
        show(console, title, columns, rows)
    if docs is not None:
        into_page(docs, markdown(found))
    figures: dict[str, Any] = {"attacked": tally, "cost": cost}
    write(json_file, figures)
    raise typer.Exit(0 if all(row.ok is not False for _, _, rows in found for row in rows) else 1)


if __name__ == "__main__":
    typer.run(main)
