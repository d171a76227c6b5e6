"""``python -m evals.run``: ask the golden questions of a fresh demo company and print how it went.

Exits 1 when a score is below its floor (whole runs only: with ``--only`` nothing is compared). ``--brain llm`` asks
them of the configured model too and shows quality, calls, tokens, cost and latency beside the offline run.
"""

from __future__ import annotations

import asyncio
import json
import tempfile
from collections.abc import Iterator
from contextlib import AsyncExitStack, contextmanager
from dataclasses import asdict
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer
from pydantic import SecretStr
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
from evals.model_standin.app import KEY, Standin
from evals.model_standin.competing import competent
from evals.report import as_json, below_floors, failures, print_scores, print_tags, score
from evals.serving import served
from evals.spending import Spent, print_spent
from evals.values import load_words
from graph.app import open_crew

WEDNESDAY = datetime.fromisoformat("2026-11-18T10:00")


class Split(StrEnum):
    """Which half of the cases."""

    DEV = "dev"
    HELD = "held"
    ALL = "all"


class Brains(StrEnum):
    """Which brain understands."""

    OFFLINE = "offline"
    LLM = "llm"
    CASCADE = "cascade"


OFFLINE = Brains.OFFLINE


@contextmanager
def _home(kept: Path | None) -> Iterator[Path]:
    """The home to evaluate in: the one named, or a fresh one that is forgotten."""
    if kept is not None:
        yield kept
        return
    with tempfile.TemporaryDirectory(prefix="cuadrilla-eval-", ignore_cleanup_errors=True) as fresh:
        yield Path(fresh)


async def examine(
    home: Path, today: datetime, cases: list[Case], console: Console, brain: Brains, model: Standin | None = None
) -> list[Outcome]:
    """Ask ``cases`` of a crew opened on ``home`` at the hour ``today``; returns their outcomes in order.

    ``model`` answers in the place of the endpoint that the settings name.
    """
    configure_logging("ERROR", home)
    async with AsyncExitStack() as stack:
        named = await _endpoint(model, stack) if brain is not Brains.OFFLINE else {}
        settings = Settings(home=home, DATABASE_URL=None, log_level="ERROR", brain=brain.value, **named)  # type: ignore[call-arg]
        clock = FixedClock(today.replace(tzinfo=settings.zone), settings.zone)
        console.print(f"Opening the crew in {home} (brain: {brain.value}) …")
        crew = await stack.enter_async_context(open_crew(settings, clock))
        if model is not None:
            model.rules = [competent(crew)]
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


async def _endpoint(model: Standin | None, stack: AsyncExitStack) -> dict[str, Any]:
    """Settings that point at ``model``; none when there is an endpoint already."""
    if model is None:
        return {}
    address = await stack.enter_async_context(served(model.app()))
    return {"llm_base_url": f"{address}/v1", "llm_api_key": SecretStr(KEY)}


def main(
    split: Annotated[Split, typer.Option(help="Which half of the cases.")] = Split.ALL,
    only: Annotated[str | None, typer.Option(help="Cases with this tag, topic, role or id.")] = None,
    json_file: Annotated[Path | None, typer.Option("--json", help="Write the scores here.")] = None,
    show: Annotated[bool, typer.Option("--failures", help="Show what failed (held-out cases: tags only).")] = False,
    today: Annotated[datetime, typer.Option(help="When it is, in the company.")] = WEDNESDAY,
    home: Annotated[Path | None, typer.Option(help="Evaluate in this home and keep it.")] = None,
    brain: Annotated[Brains, typer.Option(help="Which brain; one with a model is shown beside offline.")] = OFFLINE,
    standin: Annotated[
        bool, typer.Option(help="Ask the stand-in, not the configured model: costs, not quality.")
    ] = False,
) -> None:
    """Ask the golden questions."""
    console = Console()
    if brain is not Brains.OFFLINE:
        _with_a_model(console, brain, split, only, json_file, show, today, standin)
        return
    cases = _chosen(split, only)
    with _home(home) as place:
        outcomes = asyncio.run(examine(place, today, cases, console, brain))
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


def _chosen(split: Split, only: str | None) -> list[Case]:
    return [
        case
        for case in load_cases()
        if split in (Split.ALL, case.split) and (only is None or only in (*case.tags, case.topic, case.role, case.id))
    ]


def _with_a_model(
    console: Console,
    brain: Brains,
    split: Split,
    only: str | None,
    json_file: Path | None,
    show: bool,
    today: datetime,
    standin: bool,
) -> None:
    """The same questions of a fresh company each: without a model, and with one; quality and cost side by side."""
    settings = Settings()
    if not standin and settings.llm_api_key is None and settings.llm_base_url is None:
        raise typer.BadParameter("Set CUADRILLA_LLM_API_KEY or CUADRILLA_LLM_BASE_URL, or ask the --standin.")
    cases = _chosen(split, only)
    runs: dict[str, list[Outcome]] = {}
    for one in (Brains.OFFLINE, brain):
        with _home(None) as place:
            runs[one.value] = asyncio.run(examine(place, today, cases, console, one, Standin() if standin else None))
    spent = {name: Spent.of(outcomes, settings) for name, outcomes in runs.items()}
    scores = {name: score(outcomes) for name, outcomes in runs.items()}
    print_scores(console, scores)
    print_spent(console, spent, "the stand-in: no quality of any model" if standin else settings.llm_model)
    if show:
        console.print(failures(runs[brain.value]), markup=False, highlight=False)
    if json_file is not None:
        found = {"scores": as_json(scores, runs[brain.value]), "spent": {name: asdict(s) for name, s in spent.items()}}
        json_file.write_text(json.dumps(found, ensure_ascii=False, indent=1), encoding="utf-8")


if __name__ == "__main__":
    typer.run(main)
