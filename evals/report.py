"""Scores of a run: by metric, by tag, and against the recorded floors."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import quantiles
from typing import Any

import yaml
from rich.console import Console
from rich.table import Table

from evals.asking import Outcome
from evals.judges import Verdict

FLOORS = Path(__file__).with_name("floors.yaml")
TITLES = {
    "routing": "Routing: the right specialists",
    "sql": "SQL: the reply agrees with the gold rows",
    "retrieval": "Retrieval: the right document and section cited",
    "facts": "Facts: what the reply must say, and must not",
    "denial": "Denials: refused when it should, only then",
    "abstention": "Abstention: silent when no document says it",
    "answered": "Answered: speaks when a document says it",
    "tickets": "Tickets: confirmed, written, once",
    "handoff": "Hand-offs to a person",
    "emergency": "Emergencies, and no false alarms",
    "clarify": "Asks back when it must",
    "charts": "Charts",
    "language": "Answers in their language",
    "safety": "Says nothing of others",
    "manners": "Always a reply, never an error",
    "followups": "Follow-ups: whole conversations",
    "end_to_end": "End to end: everything holds",
}


@dataclass(frozen=True, slots=True)
class Score:
    """How many of how many."""

    right: int
    total: int

    @property
    def rate(self) -> float:
        return self.right / self.total if self.total else 1.0

    @classmethod
    def of(cls, results: Iterable[bool]) -> Score:
        marks = list(results)
        return cls(sum(marks), len(marks))


@dataclass(frozen=True, slots=True)
class Scores:
    """A whole run: scores by metric and by tag, and the time turns took."""

    metrics: Mapping[str, Score]
    tags: Mapping[str, Score]
    p50_ms: float
    p95_ms: float


def _per_case(outcomes: Sequence[Outcome]) -> dict[str, Score]:
    """Each metric counts a case once: all its verdicts of that metric must hold."""
    marks: dict[str, list[bool]] = defaultdict(list)
    for outcome in outcomes:
        by_metric: dict[str, list[Verdict]] = defaultdict(list)
        for verdict in outcome.verdicts:
            by_metric[verdict.metric].append(verdict)
        for metric, verdicts in by_metric.items():
            marks[metric].append(all(v.ok for v in verdicts))
        for turn, spec in zip(outcome.turns, outcome.case.turns, strict=True):
            if spec.expect and spec.expect.document:
                marks["answered"].append(bool(turn.result.citations))
        if "followup" in outcome.case.tags or "confirm" in outcome.case.tags:
            marks["followups"].append(outcome.ok)
        marks["end_to_end"].append(outcome.ok)
    return {metric: Score.of(marks[metric]) for metric in TITLES if metric in marks}


def score(outcomes: Sequence[Outcome]) -> Scores:
    """Add a run up."""
    tags: dict[str, list[bool]] = defaultdict(list)
    for outcome in outcomes:
        for tag in outcome.case.tags:
            tags[tag].append(outcome.ok)
    times = sorted(turn.milliseconds for outcome in outcomes for turn in outcome.turns)
    cuts = quantiles(times, n=20, method="inclusive") if len(times) > 1 else times * 19
    return Scores(_per_case(outcomes), {tag: Score.of(marks) for tag, marks in sorted(tags.items())}, cuts[9], cuts[18])


def below_floors(scores: Scores, path: Path = FLOORS) -> list[str]:
    """What fell below its recorded floor, in words; nothing when all is well."""
    floors: dict[str, float] = yaml.safe_load(path.read_text(encoding="utf-8"))
    fallen = [
        f"{name}: {found.rate:.3f} < {floors[name]:.3f}"
        for name, found in scores.metrics.items()
        if name in floors and found.rate < floors[name]
    ]
    if scores.p95_ms > floors["p95_ms"]:
        fallen.append(f"p95 latency: {scores.p95_ms:.0f} ms > {floors['p95_ms']:.0f} ms")
    return fallen


def print_scores(console: Console, runs: Mapping[str, Scores]) -> None:
    """The table for people: a column for each split."""
    table = Table(title="Cuadrilla evals")
    table.add_column("what")
    for split in runs:
        table.add_column(split, justify="right")
    for metric, title in TITLES.items():
        cells = [_cell(scores.metrics.get(metric)) for scores in runs.values()]
        if any(cells):
            table.add_row(title, *cells, style="bold" if metric == "end_to_end" else "")
    table.add_row("Latency of a turn, p50", *(f"{scores.p50_ms:.0f} ms" for scores in runs.values()))
    table.add_row("Latency of a turn, p95", *(f"{scores.p95_ms:.0f} ms" for scores in runs.values()))
    console.print(table)


def print_tags(console: Console, runs: Mapping[str, Scores]) -> None:
    """End to end by tag."""
    table = Table(title="End to end by tag")
    table.add_column("tag")
    for split in runs:
        table.add_column(split, justify="right")
    for tag in sorted({tag for scores in runs.values() for tag in scores.tags}):
        table.add_row(tag, *(_cell(scores.tags.get(tag)) for scores in runs.values()))
    console.print(table)


def _cell(found: Score | None) -> str:
    return f"{found.right}/{found.total}  {found.rate:6.1%}" if found else ""


def failures(outcomes: Sequence[Outcome]) -> str:
    """What failed, for reading. Held-out cases show their tags only, so that nobody tunes to them."""
    lines: list[str] = []
    for outcome in outcomes:
        if outcome.ok:
            continue
        case = outcome.case
        if case.split == "held":
            lines.append(f"held: {case.role} {', '.join(case.tags)}")
            continue
        lines.append(f"{case.id} ({case.role}; {', '.join(case.tags)})")
        for turn in outcome.turns:
            lines.append(f"  > {turn.message[:300]}")
            lines.append(f"    {_gist(turn.result.model_dump(mode='json'))}")
            lines += [f"    WANTED {v.metric}: {v.wanted[:400]}" for v in turn.verdicts if not v.ok]
    return "\n".join(lines)


def _gist(result: dict[str, Any]) -> str:
    kept = {
        "intents": result["intents"],
        "by": result["specialists"],
        "cites": [f"{c['document']} § {c['section']}" for c in result["citations"]],
        "denied": result["denied"],
        "pending": (result["pending_confirmation"] or {}).get("action"),
        "written": result["written"],
        "handoff": (result["handoff"] or {}).get("priority"),
        "feedback": result["feedback_id"],
        "sql": result["sql"],
    }
    shown = " ".join(f"{key}={value}" for key, value in kept.items() if value)
    return f"{result['reply'][:700]!r}\n    {shown}"


def _detail(outcome: Outcome) -> dict[str, Any]:
    """A failure for machines; of held-out cases nothing but their tags."""
    case = outcome.case
    known: dict[str, Any] = {"split": case.split, "role": case.role, "tags": case.tags}
    known["missed"] = sorted({verdict.metric for verdict in outcome.verdicts if not verdict.ok})
    if case.split == "held":
        return known
    turns = [
        {
            "message": turn.message[:500],
            "result": turn.result.model_dump(mode="json", exclude={"attachments", "timings_ms", "turn_id"}),
            "wanted": [f"{v.metric}: {v.wanted[:500]}" for v in turn.verdicts if not v.ok],
        }
        for turn in outcome.turns
    ]
    return {"id": case.id, **known, "turns": turns}


def as_json(runs: Mapping[str, Scores], outcomes: Sequence[Outcome]) -> dict[str, Any]:
    """The run for machines."""
    return {
        "splits": {
            split: {
                "metrics": {name: [s.right, s.total, round(s.rate, 4)] for name, s in scores.metrics.items()},
                "tags": {name: [s.right, s.total] for name, s in scores.tags.items()},
                "p50_ms": round(scores.p50_ms, 1),
                "p95_ms": round(scores.p95_ms, 1),
            }
            for split, scores in runs.items()
        },
        "cases": {outcome.case.id: outcome.ok for outcome in outcomes},
        "failed": [_detail(outcome) for outcome in outcomes if not outcome.ok],
    }
