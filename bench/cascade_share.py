"""``python -m bench.cascade_share``: how much of the eval set the cascade answers without a call, and how well.

The whole set is asked of a crew in cascade over the stand-in model. Its calibration has seen these questions: the
figure that it has not is beside it, from the held-out folds of ``python -m evals.calibrate``.
"""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import Progress

from agents.brains.cascade.certainty import FILE, HERE
from agents.brains.offline.data import load_data
from bench.figures import Latency, Row, show, write
from bench.model_down import crew_in_cascade
from core.logging import configure_logging
from db.session import make_engine
from evals.asking import Examiner, Outcome
from evals.cases import load_cases
from evals.facts import Facts
from evals.run import WEDNESDAY
from evals.values import load_words

SHARE, PRECISION = 0.60, 0.98


async def ask_all(home: Path, console: Console) -> list[Outcome]:
    """Every golden conversation, asked in cascade."""
    configure_logging("CRITICAL", home)
    cases = load_cases()
    async with crew_in_cascade(home, WEDNESDAY) as (crew, _):
        engine = make_engine(crew.url)
        examiner = Examiner(crew.turns.answer, Facts(engine, crew.clock), load_words())
        outcomes = []
        with Progress(console=console, transient=True) as progress:
            asking = progress.add_task("Asking", total=len(cases))
            async for outcome in examiner.ask(cases):
                progress.advance(asking)
                outcomes.append(outcome)
        engine.dispose()
    return outcomes


def figures_of(outcomes: Sequence[Outcome]) -> dict[str, Any]:
    """Shares of whole conversations, and of judged turns."""
    free = [outcome for outcome in outcomes if not _calls(outcome)]
    paid = [outcome for outcome in outcomes if _calls(outcome)]
    turns = [turn for outcome in outcomes for turn in outcome.turns if turn.verdicts]
    free_turns = [turn for turn in turns if not turn.result.usage.model_calls]
    return {
        "conversations": len(outcomes),
        "without_a_call": round(len(free) / len(outcomes), 4),
        "right_of_those": round(sum(outcome.ok for outcome in free) / max(len(free), 1), 4),
        "right_of_the_rest": round(sum(outcome.ok for outcome in paid) / max(len(paid), 1), 4),
        "right_in_all": round(sum(outcome.ok for outcome in outcomes) / len(outcomes), 4),
        "turns": len(turns),
        "turns_without_a_call": round(len(free_turns) / len(turns), 4),
        "turns_right_of_those": round(
            sum(all(v.ok for v in turn.verdicts) for turn in free_turns) / max(len(free_turns), 1), 4
        ),
        "calls_a_turn": round(sum(turn.result.usage.model_calls for turn in turns) / len(turns), 3),
        "input_tokens_a_turn": round(sum(turn.result.usage.input_tokens for turn in turns) / len(turns), 1),
        "latency_without_a_call": Latency.of([turn.milliseconds for turn in free_turns]),
        "held_out": load_data(FILE, HERE)["measured"],
    }


def _calls(outcome: Outcome) -> int:
    return sum(turn.result.usage.model_calls for turn in outcome.turns)


def report(console: Console, figures: dict[str, Any]) -> bool:
    """Print the table; True when the bounds hold on what the calibration did not see."""
    this_run = [
        _row("conversations, this run", figures["without_a_call"], figures["right_of_those"]),
        _row("turns, this run", figures["turns_without_a_call"], figures["turns_right_of_those"]),
    ]
    holds = report_held_out(console, figures["held_out"], this_run)
    console.print(
        f"calls a turn {figures['calls_a_turn']}, prompt tokens a turn {figures['input_tokens_a_turn']:.0f},"
        f" right in all {figures['right_in_all']:.1%} (the stand-in understands what the offline brain does)"
    )
    return holds


def report_held_out(console: Console, measured: Mapping[str, Any] | None = None, rows: Sequence[Row] = ()) -> bool:
    """Print, after ``rows``, what ``measured`` (else the calibration that is shipped) holds on turns it did not see."""
    told = measured if measured is not None else load_data(FILE, HERE)["measured"]
    lines = {
        "turns, held-out folds": ("held_out_folds", True),
        "turns, held-out folds, threshold too": ("threshold_held_out_too", True),
        "turns, fitted on dev, measured on held": ("fitted_on_dev_measured_on_held", False),
    }
    held_out = [
        _row(what, told[name]["share"], told[name]["precision"], bound) for what, (name, bound) in lines.items()
    ]
    title = f"Answered without a call (bound: {SHARE:.0%} of the turns, {PRECISION:.0%} of them right)"
    show(console, title, ("share", "right of those"), [*rows, *held_out])
    return all(row.ok is not False for row in held_out)


def _row(what: str, share: float, precision: float, bound: bool = False) -> Row:
    return Row(what, (f"{share:.1%}", f"{precision:.1%}"), share >= SHARE and precision >= PRECISION if bound else None)


def main(json_file: Annotated[Path | None, typer.Option("--json", help="Write the figures here.")] = None) -> None:
    """Measure the share."""
    console = Console()
    with tempfile.TemporaryDirectory(prefix="cuadrilla-bench-", ignore_cleanup_errors=True) as home:
        figures = figures_of(asyncio.run(ask_all(Path(home), console)))
    holds = report(console, figures)
    write(json_file, figures)
    raise typer.Exit(0 if holds else 1)


if __name__ == "__main__":
    typer.run(main)
