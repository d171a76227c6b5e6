"""What the command line says: what became of each document, the reasons in plain words, the totals."""

from __future__ import annotations

import os.path
from collections import Counter
from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path

import yaml
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from ingest.pipeline import Outcome, Report, Status

_COLOURS = {
    Status.ADDED: "green",
    Status.REPLACED: "cyan",
    Status.UNCHANGED: "dim",
    Status.DUPLICATE: "yellow",
    Status.FAILED: "red",
}
_WORDS = {
    Status.ADDED: ("nuevo", "nuevos"),
    Status.REPLACED: ("sustituido", "sustituidos"),
    Status.UNCHANGED: ("igual", "sin cambios"),
    Status.DUPLICATE: ("repetido", "repetidos"),
    Status.FAILED: ("no se ha leído", "no se han leído"),
}
_COLUMNS = ("Documento · Document", "Resultado · Result", "Pág.", "Pasajes", "s")
_MOST_SHOWN = 200


@lru_cache(maxsize=1)
def reasons() -> Mapping[str, Mapping[str, str]]:
    """What each reason means, by code, in Spanish and in English."""
    path = Path(__file__).with_name("reasons.yaml")
    data = yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
    return {**data["failed"], **data["noted"]}


def explained(outcome: Outcome, names: Mapping[str, str]) -> str:
    """Why ``outcome``, in Spanish; for a failure also its code and the reader's own words. ``names``: how sources are
    shown."""
    words = reasons().get(outcome.reason)
    if words is None:
        return ": ".join(part for part in (outcome.reason, outcome.detail) if part)
    spanish = words["es"].format(other=names.get(outcome.detail, outcome.detail))
    if outcome.status is Status.FAILED:
        return f"{spanish} ({outcome.reason}: {outcome.detail.removeprefix(names[outcome.source]).lstrip(': ')})"
    return spanish


def show(report: Report, console: Console, passed_over: Counter[str] | None = None) -> None:
    """Print ``report``; of many unchanged documents only the count."""
    names = short_names([outcome.source for outcome in report.outcomes])
    table = Table(*_COLUMNS)
    shown = [o for o in report.outcomes if o.status is not Status.UNCHANGED or len(report.outcomes) <= _MOST_SHOWN]
    for outcome in shown:
        colour = _COLOURS[outcome.status]
        table.add_row(
            escape(names[outcome.source]),
            f"[{colour}]{_WORDS[outcome.status][0]} · {outcome.status}[/]",
            str(outcome.pages or ""),
            str(outcome.chunks or ""),
            f"{outcome.seconds:.1f}" if outcome.seconds else "",
        )
    if shown:
        console.print(table)
    for outcome in shown:
        if outcome.reason:
            name = f"[{_COLOURS[outcome.status]}]{escape(names[outcome.source])}[/]"
            console.print(f"{name}: {escape(explained(outcome, names))}", soft_wrap=True)
    counts = {status: report.count(status) for status in Status if report.count(status)}
    spanish = ", ".join(f"{count} {_WORDS[status][count != 1]}" for status, count in counts.items())
    console.print(f"{spanish} · " + ", ".join(f"{count} {status}" for status, count in counts.items()))
    if passed_over:
        kinds = ", ".join(f"{kind} ({count})" for kind, count in passed_over.most_common())
        console.print(f"[dim]No se leen · Not read: {escape(kinds)}[/]")


def short_names(sources: Sequence[str]) -> Mapping[str, str]:
    """Each source by its last part, or by its path below what all share when two have the same last part."""
    last = {source: source.rstrip("/").rpartition("/")[2] or source for source in sources}
    twice = Counter(last.values())
    shared = [source for source in last if twice[last[source]] > 1 and source.startswith("/")]
    root = os.path.commonpath(shared) if len(shared) > 1 else ""
    return {s: (s if root in ("", "/") else os.path.relpath(s, root)) if twice[last[s]] > 1 else last[s] for s in last}
