"""``python -m evals.run``: ask the golden questions of a fresh demo company and print how it went.

Exits 1 when a score is below its floor (whole runs only: with ``--only`` nothing is compared).
"""

from __future__ import annotations

import asyncio
import json
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import Progress

from core.clock import FixedClock
from core.logging import configure_logging
from core.settings import Settings
from db.place import locate
from db.session import make_engine
from evals.asking import Examiner, Outcome
from evals.cases import Case, load_cases
from evals.facts import Facts
from evals.report import as_json, below_floors, failures, print_scores, print_tags, score
from evals.values import load_words
from graph.app import open_crew

WEDNESDAY = datetime.fromisoformat("2026-11-18T10:00")


class Split(StrEnum):
    """Which half of the cases."""

    DEV = "dev"
    HELD = "held"
    ALL = "all"


@contextmanager
def _home(kept: Path | None) -> Iterator[Path]:
    """The home to evaluate in: the one named, or a fresh one that is forgotten."""
    if kept is not None:
        yield kept
        return
    with tempfile.TemporaryDirectory(prefix="cuadrilla-eval-", ignore_cleanup_errors=True) as fresh:
        yield Path(fresh)


async def examine(home: Path, today: datetime, cases: list[Case], console: Console) -> list[Outcome]:
    """Ask ``cases`` of a crew opened on ``home`` at the hour ``today``; returns their outcomes in order."""
    configure_logging("ERROR", home)
    settings = Settings(home=home, DATABASE_URL=None, log_level="ERROR")  # type: ignore[call-arg]
    clock = FixedClock(today.replace(tzinfo=settings.zone), settings.zone)
    console.print(f"Opening the crew in {home} …")
    async with open_crew(settings, clock) as crew:
        engine = make_engine(locate(settings).url)
        examiner = Examiner(crew.turns.answer, Facts(engine, clock), load_words())
        outcomes = []
        with Progress(console=console, transient=True) as progress:
            asking = progress.add_task("Asking", total=len(cases))
            async for outcome in examiner.ask(cases):
                progress.advance(asking)
                outcomes.append(outcome)
        engine.dispose()
    return outcomes


def main(
    split: Annotated[Split, typer.Option(help="Which half of the cases.")] = Split.ALL,
    only: Annotated[str | None, typer.Option(help="Cases with this tag, topic, role or id.")] = None,
    json_file: Annotated[Path | None, typer.Option("--json", help="Write the scores here.")] = None,
    show: Annotated[bool, typer.Option("--failures", help="Show what failed (held-out cases: tags only).")] = False,
    today: Annotated[datetime, typer.Option(help="When it is, in the company.")] = WEDNESDAY,
    home: Annotated[Path | None, typer.Option(help="Evaluate in this home and keep it.")] = None,
) -> None:
    """Ask the golden questions."""
    console = Console()
    cases = [
        case
        for case in load_cases()
        if split in (Split.ALL, case.split) and (only is None or only in (*case.tags, case.topic, case.role, case.id))
    ]
    with _home(home) as place:
        outcomes = asyncio.run(examine(place, today, cases, console))
    splits = [part for part in (Split.DEV, Split.HELD) if any(case.split == part for case in cases)]
    runs = {str(part): score([o for o in outcomes if o.case.split == part]) for part in splits}
    runs["all"] = score(outcomes)
    print_scores(console, runs)
    if show:
        print_tags(console, runs)
        console.print(failures(outcomes), markup=False, highlight=False)
    if json_file is not None:
        json_file.write_text(json.dumps(as_json(runs, outcomes), ensure_ascii=False, indent=1), encoding="utf-8")
    fallen = below_floors(runs["all"]) if only is None and split is Split.ALL else []
    for line in fallen:
        console.print(f"[red]below its floor[/red]  {line}")
    raise typer.Exit(1 if fallen else 0)


if __name__ == "__main__":
    typer.run(main)
