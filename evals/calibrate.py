"""``python -m evals.calibrate``: how certain the offline brain may be before a model is asked, measured and written.

Asks the golden questions of the offline brain, fits ``agents/brains/cascade/certainty.yaml`` and shows the curve: the
share answered without a call against the precision on that share, on turns that the fit did not see.
"""

from __future__ import annotations

import asyncio
import json
import tempfile
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import typer
import yaml
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from agents.brains.cascade.brain import CascadeBrain
from agents.brains.cascade.certainty import FILE, HERE, NEVER, Certainty
from agents.brains.cascade.governor import Governor
from agents.brains.cascade.signals import Decision, Signals
from agents.brains.protocol import Brain
from agents.brains.purse import Purse
from core.clock import FixedClock
from core.logging import configure_logging
from core.settings import Settings
from db.place import locate
from db.session import make_engine
from evals.asking import Asked, Examiner
from evals.cases import Case, load_cases
from evals.certainty_fit import Example, Kept, chances, curve, fit, held_out, kept, nested, threshold, truths
from evals.drawing import draw_curve
from evals.facts import Facts
from evals.run import WEDNESDAY
from evals.values import load_words
from graph.app import Think, open_crew
from graph.messages import TurnRequest, TurnResult
from tools.sql.catalogue import Catalogue

SHARES = tuple(share / 20 for share in range(4, 21))
SEED = 7
_DIGITS = 4


def watching(seen: list[Decision]) -> Think:
    """A cascade in which the offline brain decides everything, and puts its decisions in ``seen``."""

    def think(_settings: Settings, catalogue: Catalogue, offline: Brain, _purse: Purse) -> CascadeBrain:
        return CascadeBrain(offline, offline, NEVER, Signals(catalogue), Governor(), seen.extend)

    return think


async def observe(home: Path, today: datetime, cases: Sequence[Case], console: Console) -> list[tuple[Case, Example]]:
    """Ask ``cases`` of the offline brain; each judged turn as an example, in order."""
    configure_logging("ERROR", home)
    settings = Settings(home=home, DATABASE_URL=None, log_level="ERROR")  # type: ignore[call-arg]
    clock = FixedClock(today.replace(tzinfo=settings.zone), settings.zone)
    seen: list[Decision] = []
    taken: list[tuple[Decision, ...]] = []
    async with open_crew(settings, clock, watching(seen)) as crew:

        async def answer(request: TurnRequest) -> TurnResult:
            seen.clear()
            result = await crew.turns.answer(request)
            taken.append(tuple(seen))
            return result

        engine = make_engine(locate(settings).url)
        examiner = Examiner(answer, Facts(engine, clock), load_words())
        examples: list[tuple[Case, Example]] = []
        with Progress(console=console, transient=True) as progress:
            asking = progress.add_task("Asking", total=len(cases))
            async for outcome in examiner.ask(cases):
                progress.advance(asking)
                turns = zip(outcome.turns, taken[-len(outcome.turns) :], strict=True)
                examples += [(outcome.case, _example(asked, by)) for asked, by in turns if asked.verdicts]
        engine.dispose()
    return examples


def _example(asked: Asked, decisions: tuple[Decision, ...]) -> Example:
    routing = [verdict.ok for verdict in asked.verdicts if verdict.metric == "routing"]
    return Example(decisions, all(verdict.ok for verdict in asked.verdicts), all(routing) if routing else None)


def measured(examples: Sequence[Example], splits: Sequence[str]) -> tuple[Certainty, dict[str, Any]]:
    """The calibration, and what it was measured to do."""
    curves = fit(examples)
    found, right = held_out(examples, SEED), truths(examples)
    least = threshold(found, right)
    dev = [example for example, split in zip(examples, splits, strict=True) if split == "dev"]
    held = [example for example, split in zip(examples, splits, strict=True) if split == "held"]
    strange = kept(chances(fit(dev), held), truths(held), threshold(held_out(dev, SEED), truths(dev)))
    figures = {
        "turns": len(examples),
        "right": int(right.sum()),
        "held_out_folds": _figures(kept(found, right, least)),
        "threshold_held_out_too": _figures(nested(examples, SEED)),
        "fitted_on_dev_measured_on_held": _figures(strange),
        "curve": [[share, round(precision, _DIGITS)] for share, precision in curve(found, right, SHARES)],
    }
    return Certainty(least, curves), figures


def _figures(found: Kept) -> dict[str, float]:
    return {
        "share": round(found.share, _DIGITS),
        "precision": round(found.precision, _DIGITS),
        "answered": found.answered,
        "wrong": found.wrong,
    }


def written(certainty: Certainty, figures: dict[str, Any], today: datetime) -> str:
    """The calibration as YAML."""
    data = {
        "threshold": round(certainty.threshold, _DIGITS),
        "kinds": {
            kind.value: {
                "bias": round(fitted.bias, _DIGITS),
                "weights": {name: round(weight, _DIGITS) for name, weight in fitted.weights.items()},
            }
            for kind, fitted in certainty.curves.items()
        },
        "measured": {"asked_as_of": today.date().isoformat(), **figures},
    }
    head = "# Written by `python -m evals.calibrate`: do not edit. See docs/brains.md.\n"
    return head + yaml.safe_dump(data, sort_keys=False, default_flow_style=None, width=110)


def show(console: Console, certainty: Certainty, figures: dict[str, Any]) -> None:
    """Print the curve and the figures."""
    table = Table("without a call", "right of those", title="Held-out folds")
    for share, precision in figures["curve"]:
        table.add_row(f"{share:.0%}", f"{precision:.1%}")
    console.print(table)
    for name in ("held_out_folds", "threshold_held_out_too", "fitted_on_dev_measured_on_held"):
        found = figures[name]
        console.print(
            f"{name.replace('_', ' ')}: {found['share']:.1%} without a call, {found['precision']:.1%} of them right"
            f" ({found['wrong']} wrong of {found['answered']})"
        )
    console.print(f"threshold {certainty.threshold:.4f}")


def main(
    json_file: Annotated[Path | None, typer.Option("--json", help="Write the figures here.")] = None,
    draw: Annotated[Path | None, typer.Option(help="Draw the curve into this PNG.")] = None,
    dry: Annotated[bool, typer.Option("--dry", help="Measure, write no calibration.")] = False,
    today: Annotated[datetime, typer.Option(help="When it is, in the company.")] = WEDNESDAY,
) -> None:
    """Calibrate the cascade."""
    console = Console()
    with tempfile.TemporaryDirectory(prefix="cuadrilla-calibrate-", ignore_cleanup_errors=True) as home:
        observed = asyncio.run(observe(Path(home), today, load_cases(), console))
    certainty, figures = measured([example for _, example in observed], [case.split for case, _ in observed])
    show(console, certainty, figures)
    if not dry:
        (HERE / FILE).write_text(written(certainty, figures, today), encoding="utf-8")
    if draw is not None:
        draw_curve(figures, draw)
    if json_file is not None:
        json_file.write_text(json.dumps(figures, indent=1), encoding="utf-8")


if __name__ == "__main__":
    typer.run(main)
